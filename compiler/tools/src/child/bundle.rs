//! One tool: set up the bundler, let it work, and turn what it says into findings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use pace_diag::nearest::nearest;
use pace_ir::program::ToolMap;
use pace_ir::program::tool_map::Mapped;
use rolldown::{
    AttachDebugInfo, Bundler, BundlerOptions, BundlerTransformOptions, CodeSplittingMode, Either, ExperimentalOptions,
    InputItem, OutputFormat, Platform, ResolveOptions, SourceMapType, TsConfig,
};
use rolldown_common::{Output, OutputChunk};
use rolldown_error::{BuildDiagnostic, DiagnosticOptions, EventKind};
use rolldown_sourcemap::SourceMap;

use super::graph::Graph;
use super::plugin::Door;
use super::{EMBEDDED, RUNTIME_ID, near, reach, script};
use crate::embedded;
use crate::protocol::{Bundle, Exporter, Finding, Package, Place, Problem, Reply, Request, StoredMap};

/// Bundles one tool.
pub(super) async fn bundle(request: Request) -> Reply {
    let Request { root, key } = request;
    let tool = match key.strip_prefix("std/") {
        Some(name) => format!("{EMBEDDED}{name}/index.ts"),
        None => root.join(format!("{key}.ts")).to_string_lossy().into_owned(),
    };
    let graph = Arc::new(Graph::new(root, tool));
    let door = Door { graph: Arc::clone(&graph) };
    let result = match Bundler::with_plugins(options(&graph), vec![Arc::new(door)]) {
        Ok(mut bundler) => bundler.generate().await,
        Err(errors) => Err(errors),
    };
    let (chunk, errors) = match result {
        Ok(output) => (output.assets.into_iter().find_map(chunk), Vec::new()),
        Err(errors) => (None, errors.into_vec()),
    };
    let mut findings = graph.findings();
    findings.extend(errors.iter().filter_map(|error| converted(error, &graph)));
    if findings.is_empty() && graph.script(&graph.tool, |script| !script.exports.contains("default")) == Some(true) {
        findings.push(no_default(&graph));
    }
    findings.sort();
    findings.dedup();
    let result = match chunk {
        Some(chunk) if findings.is_empty() => Ok(finished(&chunk, &graph)),
        _ => {
            if findings.is_empty() {
                let message = "the bundler gave no module".to_owned();
                findings.push(graph.finding(&graph.tool, Problem::Other { message, help: None }, |_| None));
            }
            Err(findings)
        }
    };
    let texts = texts(&graph, result.as_ref().err().map_or(&[], Vec::as_slice));
    let outline = graph.script(&graph.tool, |script| script.outline.clone()).unwrap_or_default();
    Reply { result, texts, outline, doors: graph.doors() }
}

fn options(graph: &Graph) -> BundlerOptions {
    let strings = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    BundlerOptions {
        input: Some(vec![InputItem { name: Some("tool".into()), import: graph.tool.clone() }]),
        cwd: Some(graph.root.clone()),
        dir: Some(".".into()),
        platform: Some(Platform::Neutral),
        format: Some(OutputFormat::Esm),
        sourcemap: Some(SourceMapType::Hidden),
        sourcemap_exclude_sources: Some(true),
        code_splitting: Some(CodeSplittingMode::Bool(false)),
        // Settings of an author's tsconfig.json are for the editor: a build depends on the sources alone.
        tsconfig: Some(TsConfig::Auto(false)),
        transform: Some(BundlerTransformOptions { target: Some(Either::Left("es2022".into())), ..Default::default() }),
        resolve: Some(ResolveOptions {
            // What packages have for browsers needs nothing of Node.js; `import` and `require` go with each import.
            condition_names: Some(strings(&["browser", "module"])),
            main_fields: Some(strings(&["browser", "module", "main"])),
            alias_fields: Some(vec![strings(&["browser"])]),
            ..Default::default()
        }),
        define: Some(std::iter::once(("process.env.NODE_ENV".to_owned(), "\"production\"".to_owned())).collect()),
        // Comments would change the module when nothing else does, and name paths of this machine.
        comments: Some(rolldown::CommentsOptions { legal: false, annotation: false, jsdoc: false }),
        experimental: Some(ExperimentalOptions {
            attach_debug_info: Some(AttachDebugInfo::None),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn chunk(output: Output) -> Option<Arc<OutputChunk>> {
    match output {
        Output::Chunk(chunk) => Some(chunk),
        Output::Asset(_) => None,
    }
}

fn finished(chunk: &OutputChunk, graph: &Graph) -> Bundle {
    let map = chunk.map.as_ref().map(|map| stored(map, graph)).unwrap_or_default();
    let packages = graph.packages().into_iter().filter_map(|(folder, digest)| {
        let manifest = folder.join("package.json");
        graph.also_read(&manifest);
        let text = std::fs::read_to_string(&manifest).ok()?;
        let json: serde_json::Value = serde_json::from_str(&text).ok()?;
        let word = |key: &str| json.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        Some(Package {
            name: word("name")?,
            version: word("version").unwrap_or_else(|| "0.0.0".to_owned()),
            licence: word("license"),
            digest: digest.to_string(),
        })
    });
    let packages = packages.chain(graph.vendored()).collect();
    Bundle { code: chunk.code.clone(), map, read: graph.read(), packages }
}

/// Where packages lie: a project's, and those inside tools that come with Paceline.
const PACKED: [&str; 2] = ["node_modules/", "std/vendor/"];

/// The map as it is stored: paths that say nothing of this machine, no names, and of packages one place a line.
fn stored(map: &SourceMap, graph: &Graph) -> StoredMap {
    let paths: Vec<String> = map.get_sources().map(|source| shown(source, graph)).collect();
    let mut sources: Vec<String> = paths.iter().filter(|path| !path.is_empty()).cloned().collect();
    sources.sort();
    sources.dedup();
    let mut places: Vec<Mapped> = Vec::new();
    for token in map.get_tokens() {
        let path = token.get_source_id().and_then(|id| paths.get(id as usize)).filter(|path| !path.is_empty());
        let Some(source) = path.and_then(|path| sources.binary_search(path).ok()) else { continue };
        let place = Mapped {
            line: token.get_dst_line(),
            column: token.get_dst_col(),
            source: u32::try_from(source).unwrap_or(u32::MAX),
            source_line: token.get_src_line(),
            source_column: token.get_src_col(),
        };
        let key = |place: &Mapped| (place.line, place.source, place.source_line);
        let is_packed = path.is_some_and(|path| PACKED.iter().any(|folder| path.starts_with(folder)));
        if !(is_packed && places.last().is_some_and(|last| key(last) == key(&place))) {
            places.push(place);
        }
    }
    places.sort_by_key(|place| (place.line, place.column));
    let ToolMap { sources, mappings } = ToolMap::new(sources, &places);
    StoredMap { sources, mappings }
}

/// A path of the bundler's map; empty for modules nobody wrote.
fn shown(source: &str, graph: &Graph) -> String {
    if let Some((_, path)) = source.split_once("paceline:std/") {
        return format!("std/{path}");
    }
    if source.contains('\0') || source.contains("paceline:") {
        return String::new();
    }
    reach::shown(&graph.root, &reach::normal(&graph.root.join(source)))
}

/// What the bundler says, as a finding; `None` for what was found before.
fn converted(error: &BuildDiagnostic, graph: &Graph) -> Option<Finding> {
    let id = error.id().unwrap_or_else(|| graph.tool.clone());
    match error.kind() {
        _ if graph.is_broken(&id) => None,
        EventKind::ParseError => Some(broken(error, &id, graph)),
        EventKind::MissingExportError => missing_export(error, &id, graph),
        EventKind::CircularReexportError => circle(error, graph),
        // Imports that lead nowhere were noted by the plugin, with their places.
        EventKind::UnresolvedImport | EventKind::ResolveError => None,
        _ => Some(other(error, &id, graph)),
    }
}

/// The tool's file exports no tool: said where it defines one, if it does.
fn no_default(graph: &Graph) -> Finding {
    match graph.script(&graph.tool, |script| script.undelivered.clone()).flatten() {
        Some((place, problem)) => graph.finding(&graph.tool, problem, |_| Some(place)),
        None => graph.finding(&graph.tool, Problem::NoDefault, |_| None),
    }
}

/// What the bundler refuses, in its words.
fn other(error: &BuildDiagnostic, id: &str, graph: &Graph) -> Finding {
    let told = error.to_diagnostic_with(&DiagnosticOptions { cwd: graph.root.clone() });
    let message = told.to_string().lines().next().unwrap_or_default().to_owned();
    let message = if message.is_empty() { error.to_string() } else { message };
    // The bundler's own name for it stands in brackets before.
    let message =
        message.split_once("] ").map_or(message.as_str(), |(_, words)| words).trim_end_matches('.').to_owned();
    let problem = match error.kind() {
        // Through a namespace; of other imports the file itself tells.
        EventKind::AssignToImportError => {
            script::assigned::import(message.split('\'').nth(1).unwrap_or_default(), Vec::new())
        }
        EventKind::RequireTlaError => {
            Problem::Other { message, help: Some("write `import` instead of `require`".to_owned()) }
        }
        _ => Problem::Other { message, help: None },
    };
    let told_of = told.get_primary_location().and_then(|(path, _, _, at)| {
        let id = reach::normal(&graph.root.join(path)).to_string_lossy().into_owned();
        let place = graph.text(&id).map(|text| word_at(&text, at))?;
        Some((id, Some(place)))
    });
    let (id, place) = told_of.unwrap_or_else(|| (id.to_owned(), None));
    graph.finding(&id, problem, |_| place)
}

/// A file that is not what its name says.
fn broken(error: &BuildDiagnostic, id: &str, graph: &Graph) -> Finding {
    let text = graph.text(id).unwrap_or_default();
    let again = script::read(Path::new(id), &text).problems.into_iter().next();
    let (place, problem) = again.unwrap_or_else(|| {
        let told = error.to_diagnostic_with(&DiagnosticOptions { cwd: graph.root.clone() });
        let place = told.get_primary_location().map(|(_, _, _, at)| byte_at(&text, at));
        let message = error.to_string().lines().next().unwrap_or_default().to_owned();
        let problem = Problem::Syntax { message, label: String::new(), help: None, others: Vec::new() };
        (place.unwrap_or(Place { start: 0, end: 0 }), problem)
    });
    let mut finding = graph.finding(id, problem, |_| None);
    // In a package, the place to look at is the import; in a file of the project, the error.
    if finding.chain.is_empty() {
        finding.file = reach::shown(&graph.root, Path::new(id));
        finding.place = Some(place);
    }
    finding
}

/// The character at an offset in UTF-16 units.
fn byte_at(text: &str, wanted: usize) -> Place {
    let mut units = 0;
    let at = text.char_indices().find(|(_, letter)| {
        let is_there = units >= wanted;
        units += letter.len_utf16();
        is_there
    });
    let (start, length) = at.map_or((text.len(), 0), |(at, letter)| (at, letter.len_utf8()));
    let bound = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Place { start: bound(start), end: bound(start + length) }
}

/// The word, or else the character, at an offset in UTF-16 units.
fn word_at(text: &str, wanted: usize) -> Place {
    let first = byte_at(text, wanted);
    let rest = text.get(first.start as usize..).unwrap_or_default();
    let letters = rest.chars().take_while(|letter| letter.is_alphanumeric() || ['_', '$'].contains(letter));
    let length = u32::try_from(letters.map(char::len_utf8).sum::<usize>()).unwrap_or(u32::MAX);
    Place { end: first.end.max(first.start.saturating_add(length)), ..first }
}

fn missing_export(error: &BuildDiagnostic, id: &str, graph: &Graph) -> Option<Finding> {
    let exporter = error.exporter()?;
    if graph.is_broken(&exporter) {
        return None;
    }
    let words = error.to_message_with(&DiagnosticOptions { cwd: graph.root.clone() });
    let name = words.split('"').nth(1)?.to_owned();
    let (exporter, near, is_type) = exporter_of(&exporter, &name, graph);
    let problem = Problem::MissingExport { name: name.clone(), exporter, is_type, near };
    Some(graph.finding(id, problem, |script| {
        script.names.iter().rfind(|(imported, ..)| *imported == name).map(|(.., place)| *place)
    }))
}

/// Whose module it is, the name it exports that is nearest to the wanted one, and whether that is a type there.
fn exporter_of(id: &str, wanted: &str, graph: &Graph) -> (Exporter, Option<String>, bool) {
    let near = |exports: &BTreeSet<String>| nearest(wanted, exports.iter().map(String::as_str)).map(str::to_owned);
    if id == RUNTIME_ID {
        let types = script::read(Path::new("index.d.ts"), embedded::RUNTIME_TYPES).types;
        let exports = script::read(Path::new("index.js"), embedded::RUNTIME).exports;
        return (Exporter::Own("@paceline/runtime".to_owned()), near(&exports), types.contains(wanted));
    }
    if let Some((near, is_type)) = graph.script(id, |script| (near(&script.exports), script.types.contains(wanted))) {
        let shown = reach::shown(&graph.root, Path::new(id.trim_start_matches(EMBEDDED)));
        return (Exporter::Own(shown), near, is_type);
    }
    let shown = reach::shown(&graph.root, Path::new(id));
    let reach::Home::Package(folder) = reach::home(&graph.root, Path::new(id)) else {
        return (Exporter::Own(shown), None, false);
    };
    let package = near::named(&folder).unwrap_or(shown);
    let exports = graph.exports(id);
    let near = near(&exports);
    (Exporter::Package { package, exports }, near, false)
}

/// The bundler names the export and the module, in quotes.
fn circle(error: &BuildDiagnostic, graph: &Graph) -> Option<Finding> {
    let words = error.to_message_with(&DiagnosticOptions { cwd: graph.root.clone() });
    let mut quoted = words.split('\'').skip(1).step_by(2);
    let name = quoted.next()?.to_owned();
    let module = reach::normal(&graph.root.join(quoted.next()?));
    Some(graph.finding(&module.to_string_lossy(), Problem::Circle { name: name.clone() }, |script| {
        script.names.iter().rfind(|(imported, ..)| *imported == name).map(|(.., place)| *place)
    }))
}

/// The texts that findings point into, and all of the project: what fails when the module is run is told there.
fn texts(graph: &Graph, findings: &[Finding]) -> BTreeMap<String, String> {
    let ids = findings.iter().map(|finding| graph.root.join(&finding.file).to_string_lossy().into_owned());
    let ids = ids.map(|id| reach::normal(Path::new(&id)).to_string_lossy().into_owned()).chain(graph.own());
    let texts = ids.filter_map(|id| {
        let text = graph.text(&id)?;
        let path = match id.strip_prefix(EMBEDDED) {
            Some(path) => format!("std/{path}"),
            None => reach::shown(&graph.root, Path::new(&id)),
        };
        Some((path, text))
    });
    texts.collect()
}
