//! `P0515` (a file that exports no tool), `P0520` (a tool that fails before it can be called), `P0522` (a tool the bundler
//! could not cope with), and what only the engine finds in a module (`P0511`).

use std::collections::BTreeMap;

use pace_diag::{Applicability, Diagnostic, code};
use pace_ir::program::ToolMap;
use pace_ir::program::record::SourceLocation;
use pace_ir::text::{printable, shortened};
use pace_sandbox::{CompileError, ToolError, ToolErrorKind};

use super::syntax::lowered;
use super::{Files, Says};
use crate::protocol::Door;
use pace_ir::program::tool_map::frame;

/// How much of what a tool throws is repeated.
const MOST_WORDS: usize = 200;

pub(super) fn no_default(says: &Says<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::NO_TOOL, format!("`{}` exports no tool", says.finding.file));
    says.show(diagnostic, "nothing here is `export default`").help("write `export default defineTool({ … })`")
}

/// A tool is there, and only its export is missing.
pub(super) fn undelivered(says: &Says<'_>, held: Option<&str>) -> Diagnostic {
    let message = format!("`{}` has no default export", says.finding.file);
    let diagnostic = says.show(Diagnostic::new(&code::NO_TOOL, message), "the tool is not handed over");
    let whole = "write `export default defineTool({ … })`";
    match (held, says.place) {
        (Some(held), _) => diagnostic.help(format!("add `export default {held};`")),
        (None, Some(span)) => diagnostic.fix(whole, Applicability::Unsafe, span, "export default defineTool"),
        (None, None) => diagnostic.help(whole),
    }
}

pub(super) fn other(says: &Says<'_>, message: &str, help: Option<&str>) -> Diagnostic {
    let message = format!("`{}` cannot be bundled: {}", says.culprit(), lowered(&printable(message)));
    let diagnostic = says.show(Diagnostic::new(&code::NOT_BUNDLED, message), "");
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The bundling process ended over this tool.
pub(crate) fn not_bundled(path: &str, files: &mut Files<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::NOT_BUNDLED, format!("`{path}` is nested too deeply to be bundled"));
    at_start(diagnostic, path, "the bundler ended over this file, or one it imports", files)
        .help("keep generated data in a `.json` file, and let no expression nest by the thousands")
}

/// The bundling process did not come to an end.
pub(crate) fn late(path: &str, files: &mut Files<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::NOT_BUNDLED, format!("`{path}` was not bundled within a minute"));
    at_start(diagnostic, path, "with all it imports", files)
        .help("import less, or only the parts of a package that are needed")
}

fn at_start(diagnostic: Diagnostic, path: &str, label: &str, files: &mut Files<'_>) -> Diagnostic {
    match files.span(path, None) {
        Some(span) => diagnostic.at(span, label),
        None => diagnostic.note(label),
    }
}

/// The engine cannot read the module.
pub(crate) fn not_compiled(path: &str, error: &CompileError, map: &ToolMap, files: &mut Files<'_>) -> Diagnostic {
    let words = printable(error.message.trim_start_matches("SyntaxError: "));
    let diagnostic = Diagnostic::new(&code::TOOL_SYNTAX, format!("the engine cannot read `{path}`: {words}"));
    let place = error.line.and_then(|line| map.locate(line, error.column.unwrap_or(1)));
    match place.and_then(|place| files.word(&place.file, place.line, place.column)) {
        Some(span) => diagnostic.at(span, "here"),
        None => at_start(diagnostic, path, "in the module it was bundled to", files),
    }
}

/// The module fails while it is loaded.
pub(crate) fn not_loaded(
    path: &str,
    error: &ToolError,
    map: &ToolMap,
    doors: &BTreeMap<String, Door>,
    files: &mut Files<'_>,
) -> Diagnostic {
    let words = printable(shortened(&error.message, MOST_WORDS).as_ref());
    let (message, help) = match error.kind {
        ToolErrorKind::Threw => (
            format!("`{path}` fails while it is loaded: {words}"),
            "do in `execute` what can fail: what stands outside runs when the project is built, and again for each call",
        ),
        ToolErrorKind::Time => (
            format!("`{path}` does not come to an end while it is loaded"),
            "do in `execute` what takes time: what stands outside runs when the project is built, and again for each call",
        ),
        ToolErrorKind::Memory => (
            format!("`{path}` needs too much memory while it is loaded"),
            "do in `execute` what needs much: what stands outside runs when the project is built, and again for each call",
        ),
        ToolErrorKind::Deadlock => (
            format!("`{path}` waits for something that never comes while it is loaded"),
            "await in `execute`, not outside of it",
        ),
        _ => (format!("`{path}` cannot be loaded: {words}"), "make it simpler, and report this if it looks right"),
    };
    let diagnostic = Diagnostic::new(&code::TOOL_FAILS_TO_LOAD, message);
    let places: Vec<_> = places(error, map).collect();
    let is_packed = |place: &&SourceLocation| place.file.split('/').any(|part| part == "node_modules");
    let own = places.iter().find(|place| !is_packed(place));
    let first = places.first().filter(is_packed);
    let door = first.and_then(|place| doors.get(&place.file));
    let diagnostic = if let Some(span) = own.and_then(|place| files.word(&place.file, place.line, place.column)) {
        diagnostic.at(span, "from here")
    } else if let Some(span) = door.and_then(|door| files.span(&door.file, Some(door.place))) {
        diagnostic.at(span, "this leads there")
    } else {
        at_start(diagnostic, path, "when the module is run", files)
    };
    let diagnostic = match first {
        Some(place) => diagnostic.note(format!("in `{}`, line {}", place.file, place.line)),
        None => diagnostic,
    };
    diagnostic.help(help)
}

/// Where the frames of a failure were written, innermost first.
pub(crate) fn places<'a>(error: &'a ToolError, map: &'a ToolMap) -> impl Iterator<Item = SourceLocation> + 'a {
    error.stack.lines().filter_map(frame).filter_map(|(line, column)| map.locate(line, column))
}
