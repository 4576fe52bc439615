//! Paceline's part in the bundler: what an import may lead to, and the only place where a file is read.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use rolldown::plugin::{
    HookLoadArgs, HookLoadOutput, HookLoadReturn, HookResolveIdArgs, HookResolveIdOutput, HookResolveIdReturn,
    HookUsage, Plugin, PluginContext, PluginContextResolveOptions, SharedLoadPluginContext,
};
use rolldown_common::{ImportKind, ModuleType};

use super::graph::Graph;
use super::{EMBEDDED, RUNTIME_ID, builtin, is_json, near, optional, reach};
use crate::embedded;
use crate::protocol::{Near, Problem};

/// What a module of a tool may be.
const ENDINGS: [&str; 9] = ["ts", "tsx", "mts", "cts", "js", "jsx", "mjs", "cjs", "json"];

/// The most one module may hold: no package that is meant for a tool comes near it.
const MAX_BYTES: u64 = 16 << 20;

/// The plugin of one tool.
#[derive(Debug)]
pub(super) struct Door {
    /// What it notes.
    pub(super) graph: Arc<Graph>,
}

impl Plugin for Door {
    fn name(&self) -> Cow<'static, str> {
        "paceline".into()
    }

    fn register_hook_usage(&self) -> HookUsage {
        HookUsage::ResolveId | HookUsage::Load
    }

    async fn resolve_id(&self, context: &PluginContext, wanted: &HookResolveIdArgs<'_>) -> HookResolveIdReturn {
        let specifier = wanted.specifier;
        if specifier == "@paceline/runtime" {
            return Ok(Some(HookResolveIdOutput::from_id(RUNTIME_ID)));
        }
        if specifier == RUNTIME_ID || specifier == self.graph.tool {
            return Ok(Some(HookResolveIdOutput::from_id(specifier)));
        }
        let Some(importer) = wanted.importer else { return Ok(None) };
        if let Some(from) = importer.strip_prefix(EMBEDDED) {
            return Ok(Some(self.embedded(importer, from, specifier)));
        }
        // The bundler's own modules.
        if importer.starts_with('\0') || specifier.starts_with('\0') || specifier.starts_with("@oxc-project/runtime") {
            return Ok(None);
        }
        if self.leaves(importer, specifier) {
            self.graph.failed(importer, Problem::Outside { specifier: specifier.to_owned() });
            return Ok(Some(nothing(specifier)));
        }
        let options = PluginContextResolveOptions { import_kind: wanted.kind, ..Default::default() };
        let problem = match context.resolve(specifier, Some(importer), Some(options)).await? {
            // A package may say that a module is empty outside of Node.js.
            Ok(found) if found.id.as_str().starts_with('\0') => {
                return Ok(Some(HookResolveIdOutput::from_resolved_id(found)));
            }
            Ok(found) if !found.external.is_external() => {
                let id = found.id.as_str().to_owned();
                if let Some(problem) = self.refuse(specifier, importer, &id) {
                    problem
                } else {
                    self.graph.found(importer, specifier, &id);
                    if let Some(package) = &found.package_json {
                        self.graph.also_read(package.realpath());
                    }
                    return Ok(Some(HookResolveIdOutput::from_resolved_id(found)));
                }
            }
            _ if builtin::is_builtin(specifier) => Problem::NodeBuiltin { specifier: specifier.to_owned() },
            _ => {
                let near = near::find(&self.graph.root, Path::new(importer), specifier);
                Problem::Unresolved { specifier: specifier.to_owned(), near }
            }
        };
        if self.is_optional(wanted, importer, &problem) {
            self.graph.missed(importer, specifier);
            let is_awaited = wanted.kind == ImportKind::DynamicImport;
            return Ok(Some(HookResolveIdOutput::from_id(optional::id(specifier, is_awaited))));
        }
        self.graph.failed(importer, problem);
        Ok(Some(nothing(specifier)))
    }

    async fn load(&self, _: SharedLoadPluginContext, wanted: &HookLoadArgs<'_>) -> HookLoadReturn {
        let id = wanted.id;
        if id == RUNTIME_ID {
            return Ok(Some(module(embedded::RUNTIME.to_owned(), Some(ModuleType::Js))));
        }
        if let Some(absent) = optional::module(id) {
            return Ok(Some(module(absent, Some(ModuleType::Js))));
        }
        if let Some(path) = id.strip_prefix(EMBEDDED) {
            let text = embedded::std_file(path).unwrap_or_default();
            self.graph.loaded(id, text.as_bytes(), text);
            return Ok(Some(module(text.to_owned(), kind(Path::new(path)))));
        }
        if id.starts_with('\0') {
            return Ok(None);
        }
        Ok(Some(module(self.read(id), kind(Path::new(id)))))
    }
}

/// An import that came to nothing: the bundler goes on as if it were there, so that one run finds all that is wrong.
fn nothing(specifier: &str) -> HookResolveIdOutput {
    HookResolveIdOutput { id: specifier.into(), external: Some(true.into()), ..Default::default() }
}

/// Whether a file may be a module of a tool, by its name.
pub(super) fn is_code(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending))
}

fn module(code: String, module_type: Option<ModuleType>) -> HookLoadOutput {
    HookLoadOutput { code: code.into(), module_type, ..Default::default() }
}

/// What an embedded module is; others are told by the bundler.
fn kind(path: &Path) -> Option<ModuleType> {
    match path.extension()?.to_str()? {
        "ts" | "mts" | "cts" => Some(ModuleType::Ts),
        "tsx" => Some(ModuleType::Tsx),
        "jsx" => Some(ModuleType::Jsx),
        "json" => Some(ModuleType::Json),
        _ => Some(ModuleType::Js),
    }
}

impl Door {
    /// Whether a path in a file of the project leads out of it, whatever stands there.
    fn leaves(&self, importer: &str, specifier: &str) -> bool {
        let (root, from) = (&self.graph.root, Path::new(importer));
        let folder = from.parent().unwrap_or(root);
        let is_own = reach::home(root, from) == reach::Home::Project;
        is_own && reach::is_path(specifier) && !reach::normal(&folder.join(specifier)).starts_with(root)
    }

    /// Why an import may not lead there.
    fn refuse(&self, specifier: &str, importer: &str, id: &str) -> Option<Problem> {
        let (root, path) = (&self.graph.root, Path::new(id));
        let specifier = specifier.to_owned();
        if !reach::may_import(root, &specifier, Path::new(importer), path) {
            return Some(Problem::Outside { specifier });
        }
        (!is_code(path)).then_some(Problem::FileType { specifier })
    }

    /// Whether a package can do without something: it asks for it where it catches what fails.
    fn is_optional(&self, wanted: &HookResolveIdArgs<'_>, importer: &str, problem: &Problem) -> bool {
        // What the project's own files lack is a mistake that its author can mend.
        matches!(wanted.kind, ImportKind::Require | ImportKind::DynamicImport)
            && !matches!(problem, Problem::Outside { .. })
            && reach::home(&self.graph.root, Path::new(importer)) != reach::Home::Project
            && self.graph.is_tried(importer, wanted.specifier)
    }

    /// An import of a tool that comes with Paceline: another file of its folder.
    fn embedded(&self, importer: &str, from: &str, specifier: &str) -> HookResolveIdOutput {
        let folder = Path::new(from).parent().unwrap_or(Path::new(""));
        let base = reach::normal(&folder.join(specifier));
        let base = base.to_string_lossy();
        let paths = ["", ".ts", ".js", ".json", "/index.ts"].map(|ending| format!("{base}{ending}"));
        if let Some(path) = paths.iter().find(|path| embedded::std_file(path).is_some()) {
            let id = format!("{EMBEDDED}{path}");
            self.graph.found(importer, specifier, &id);
            HookResolveIdOutput::from_id(id)
        } else {
            let problem = Problem::Unresolved { specifier: specifier.to_owned(), near: Near::default() };
            self.graph.failed(importer, problem);
            nothing(specifier)
        }
    }

    /// Reads a file. One that cannot be read is an empty module to the bundler, and a finding.
    fn read(&self, id: &str) -> String {
        match read(Path::new(id)) {
            Ok((bytes, text)) => {
                self.graph.loaded(id, &bytes, &text);
                if self.graph.is_faulty(id) {
                    return "{}".to_owned();
                }
                // JSON has no place for a byte order mark.
                if is_json(id) { text.trim_start_matches('\u{feff}').to_owned() } else { text }
            }
            Err(problem) => {
                self.graph.failed(id, problem);
                if is_json(id) { "{}".to_owned() } else { "export {};".to_owned() }
            }
        }
    }
}

fn read(path: &Path) -> Result<(Vec<u8>, String), Problem> {
    let unreadable = |error: std::io::Error| Problem::Unreadable { why: error.kind().to_string() };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    if bytes > MAX_BYTES {
        return Err(Problem::TooLarge { bytes });
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok((text.clone().into_bytes(), text)),
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            Err(Problem::NotUtf8 { byte: error.as_bytes().get(at).copied().unwrap_or_default() })
        }
    }
}
