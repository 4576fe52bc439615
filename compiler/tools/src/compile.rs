//! All tools of a build: what the cache holds is taken from it, the rest is bundled by child processes. The engine compiles and
//! describes what is new or under no seal, and what a tool says of itself is checked in any case; what is new is kept.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use pace_compiler::tools::Wanted;
use pace_compiler::{CompiledTool, CompiledTools, ToolCompiler, WorldError};
use pace_diag::Sink;
use pace_ir::bundle::tool_module;
use pace_ir::program::ToolMap;
use pace_ir::program::record::Component;
use pace_syntax::SourceMap;

use crate::again;
use crate::cache::{self, Cache, Kept};
use crate::definition::{self, Definition, Written};
use crate::embedded;
use crate::engine::{self, Described, Describer, Refusal};
use crate::pool::{self, Lost};
use crate::protocol::{Bundle, Reply, Request};
use crate::words::{self, Files};

/// Is told what is compiled, for people who wait.
pub trait Progress: Debug + Send + Sync {
    /// A tool that was not in the cache is done: its key, how many are done, and how many there are.
    fn compiled(&self, key: &str, done: usize, of: usize);

    /// The cache is not used, and why: its folder in the project, and what is wrong with that.
    fn distrusted(&self, folder: &str, why: &str);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn compiled(&self, _: &str, _: usize, _: usize) {}
    fn distrusted(&self, _: &str, _: &str) {}
}

/// Compiles the TypeScript tools of one project.
#[derive(Debug)]
pub struct TypeScript {
    /// The project's folder, without links.
    root: PathBuf,
    /// This program, which is started again to bundle.
    program: PathBuf,
    /// The user's folder outside of every project, where the key is that seals the cache.
    state: Option<PathBuf>,
    progress: Arc<dyn Progress>,
}

impl TypeScript {
    /// For the project in `root`. `program` is a `pace` of the same version: it is started with [`crate::BUNDLE_COMMAND`].
    ///
    /// # Errors
    /// There is no such folder.
    pub fn new(root: &Path, program: &Path, progress: Arc<dyn Progress>) -> std::io::Result<Self> {
        Ok(Self { root: root.canonicalize()?, program: program.to_owned(), state: None, progress })
    }

    /// With a folder of this user's outside of every project. It is made, and in it a key, when there is something to seal:
    /// what the engine makes of a tool is then kept, and not made again while nothing changes. Without it, and where it is not
    /// the user's alone, each build makes that anew.
    #[must_use]
    pub fn with_state(self, folder: Option<PathBuf>) -> Self {
        Self { state: folder, ..self }
    }
}

impl ToolCompiler for TypeScript {
    fn knows(&self, key: &str) -> bool {
        key.strip_prefix("std/").map_or(key.starts_with("tools/"), embedded::has_std)
    }

    fn compile(
        &self,
        wanted: &BTreeMap<String, Wanted>,
        sources: &mut SourceMap,
        sink: &mut Sink,
    ) -> Result<CompiledTools, WorldError> {
        if wanted.is_empty() {
            return Ok(CompiledTools::default());
        }
        let mut cache = Cache::new(&self.root, self.state.as_deref());
        if let Some(why) = cache.refused() {
            self.progress.distrusted(cache::FOLDER, why);
        }
        let engine = SharedEngine::default();
        let found = wanted.keys().filter_map(|key| cache.find(key)).collect();
        let mut tools = again::compile(found, &cache, &engine);
        let is_missing = |key: &&String| !tools.contains_key(*key);
        let missing = wanted.keys().filter(is_missing).map(|key| Request { root: self.root.clone(), key: key.clone() });
        let missing: Vec<_> = missing.collect();
        if !missing.is_empty() {
            cache.clean();
        }
        let mut made = self.make(missing, &engine);
        // Whatever thread was first, the author reads in order.
        made.sort_by(|a, b| a.key.cmp(&b.key));
        for made in made {
            if let Some(tool) = Self::check(made, &cache, sources, sink)? {
                tools.insert(tool.0, tool.1);
            }
        }
        Ok(CompiledTools { engine: Some(engine::digest()), tools })
    }
}

/// The engine of a build, made when the first tool needs it.
#[derive(Debug, Default)]
pub(crate) struct SharedEngine(OnceLock<Result<Describer, String>>);

impl SharedEngine {
    /// Compiles and describes a module.
    ///
    /// # Errors
    /// There is no engine, in its words.
    pub(crate) fn describe(&self, code: &str) -> Result<Result<Described, Refusal>, String> {
        let describer = self.0.get_or_init(Describer::new).as_ref();
        describer.map(|describer| describer.describe(code)).map_err(Clone::clone)
    }
}

/// A tool that was bundled, and loaded if that went well.
#[derive(Debug)]
struct Made {
    key: String,
    reply: Result<Reply, Lost>,
    described: Option<Result<Result<Described, Refusal>, String>>,
}

impl TypeScript {
    fn make(&self, requests: Vec<Request>, engine: &SharedEngine) -> Vec<Made> {
        let (of, done) = (requests.len(), AtomicUsize::new(0));
        pool::bundle(&self.program, requests, |request, reply| {
            let bundle = reply.as_ref().ok().and_then(|reply| reply.result.as_ref().ok());
            let described = bundle.map(|bundle| engine.describe(&bundle.code));
            self.progress.compiled(&request.key, done.fetch_add(1, Ordering::Relaxed) + 1, of);
            Made { key: request.key, reply, described }
        })
    }

    /// Tells what is wrong with a tool, or keeps it.
    fn check(
        made: Made,
        cache: &Cache,
        sources: &mut SourceMap,
        sink: &mut Sink,
    ) -> Result<Option<(String, CompiledTool)>, WorldError> {
        let path = path(&made.key);
        let failed = |why: String| WorldError { path: path.clone(), why, help: None, leads_out: false };
        let Reply { result, texts, outline, doors } = match made.reply {
            Ok(reply) => reply,
            Err(Lost::NotStarted(why)) => return Err(failed(format!("its compiler cannot be started: {why}"))),
            Err(lost) => {
                let texts = BTreeMap::new();
                let mut files = Files::new(sources, &texts);
                sink.error(match lost {
                    Lost::Late => words::late(&path, &mut files),
                    _ => words::not_bundled(&path, &mut files),
                });
                return Ok(None);
            }
        };
        let mut files = Files::new(sources, &texts);
        let bundle = match result {
            Ok(bundle) => bundle,
            Err(findings) => {
                for diagnostic in words::all(findings, &mut files) {
                    sink.error(diagnostic);
                }
                return Ok(None);
            }
        };
        let written = Written { key: &made.key, path: &path, outline: &outline };
        let described = match made.described {
            Some(Ok(described)) => described,
            Some(Err(why)) => return Err(failed(why)),
            None => return Ok(None),
        };
        let map = ToolMap::from(bundle.map.clone());
        let described = match described {
            Ok(described) => described,
            Err(Refusal::Compile(error)) => {
                sink.error(words::not_compiled(&path, &error, &map, &mut files));
                return Ok(None);
            }
            Err(Refusal::Load(error)) => {
                let told = definition::unsayable(&error, &map, written, &mut files);
                sink.error(told.unwrap_or_else(|| words::not_loaded(&path, &error, &map, &doors, &mut files)));
                return Ok(None);
            }
        };
        match definition::check(&described.description, written, &mut files) {
            Ok(definition) => {
                let kept = Kept { key: made.key, bundle };
                cache.keep(&kept, &described);
                Ok(finished(&kept.bundle, definition, &described.bytecode.0).map(|tool| (kept.key, tool)))
            }
            Err(wrong) => {
                for diagnostic in wrong {
                    sink.error(diagnostic);
                }
                Ok(None)
            }
        }
    }
}

/// A tool's own file, as it is shown.
pub(crate) fn path(key: &str) -> String {
    if key.starts_with("std/") { format!("{key}/index.ts") } else { format!("{key}.ts") }
}

/// What a bundle holds of a tool; nothing if what was kept makes no sense, and then it is made again.
pub(crate) fn finished(bundle: &Bundle, definition: Definition, bytecode: &[u8]) -> Option<CompiledTool> {
    let in_project = |path: &&String| !path.starts_with("../") && !path.split('/').any(|part| part == "node_modules");
    let inputs = bundle.read.files.iter().filter(|(path, _)| in_project(path));
    let inputs = inputs.map(|(path, digest)| Some((path.clone(), digest.parse().ok()?)));
    let packages = bundle.packages.iter().map(|package| {
        let component = Component { licence: package.licence.clone(), digest: package.digest.parse().ok()? };
        Some((purl(&package.name, &package.version), component))
    });
    Some(CompiledTool {
        name: definition.name,
        description: definition.description,
        parameters: definition.parameters,
        module: tool_module::wrap(bytecode),
        source: bundle.code.clone().into_bytes(),
        map: bundle.map.clone().into(),
        inputs: inputs.collect::<Option<_>>()?,
        packages: packages.collect::<Option<_>>()?,
    })
}

/// A package URL (purl-spec, type `npm`): the `@` of a scope is escaped.
fn purl(name: &str, version: &str) -> String {
    format!("pkg:npm/{}@{version}", name.replace('@', "%40"))
}
