//! `P0515` (what is exported is no tool), `P0516` (what `defineTool` was given), `P0517` (a tool with another name than its
//! file): what the engine found in a loaded module, against what its author wrote.

use pace_diag::{Applicability, Diagnostic, code, nearest};
use pace_ir::program::name::ToolName;
use pace_ir::program::{Json, ToolMap};
use pace_ir::text::{printable, quoted, shortened};
use pace_sandbox::{Description, Exported, ToolError, ToolErrorKind};
use serde_json::Value;

use crate::parameters::{self, Fault, Part};
use crate::protocol::{Outline, Place, Shape};
use crate::words::Files;

/// The most a description may hold, bytes: it is sent to the model with every request.
const MAX_DESCRIPTION: usize = 8 << 10;

/// What `defineTool` throws, after the library's name, when a schema has no way to say itself as JSON Schema.
const SPEECHLESS: &str = " makes no JSON Schema of this schema";

/// What a model is told of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    /// The name.
    pub(crate) name: ToolName,
    /// What it is for.
    pub(crate) description: String,
    /// JSON Schema of its arguments.
    pub(crate) parameters: Json,
}

/// What `defineTool` throws when a parameter of the short form is a schema of a library, after the parameter's name; see
/// `stdlib-tools/runtime/index.js`.
const MIXED: &str = " is a schema of its own; make one of all parameters";

/// Where a tool was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'w> {
    /// `tools/<name>` or `std/<name>`.
    pub(crate) key: &'w str,
    /// Its file.
    pub(crate) path: &'w str,
    /// Where its parts are.
    pub(crate) outline: &'w Outline,
}

/// Checks what a module says of itself.
///
/// # Errors
/// Everything that is wrong with it.
pub(crate) fn check(
    description: &Description,
    written: Written<'_>,
    files: &mut Files<'_>,
) -> Result<Definition, Vec<Diagnostic>> {
    if let Some(diagnostic) = no_tool(&description.exported, written, files) {
        return Err(vec![diagnostic]);
    }
    let mut wrong = Vec::new();
    let name = name(description.name.as_deref(), written, files).map_err(|diagnostic| wrong.push(diagnostic));
    let text = text(description.description.as_deref(), written, files).map_err(|diagnostic| wrong.push(diagnostic));
    let schema = match description.parameters.as_deref().map(serde_json::from_str::<Value>) {
        // What the engine wrote and a reader refuses is too deep for it.
        Some(Err(_)) => {
            wrong.push(bad_parameters(&parameters::too_deep(), written, files));
            Err(())
        }
        None => {
            wrong.push(missing("parameters", "write `parameters: {}` for a tool that takes none", written, files));
            Err(())
        }
        Some(Ok(value)) => {
            let mut faults = not_json(&value, written);
            let is_seen = |path: &str| written.outline.properties.contains_key(&format!("parameters/{path}"));
            let schema = parameters::normalise(value, &is_seen).map_err(|found| faults.extend(found)).ok();
            wrong.extend(faults.iter().map(|fault| bad_parameters(fault, written, files)));
            schema.filter(|_| faults.is_empty()).ok_or(())
        }
    };
    match (name, text, schema) {
        (Ok(name), Ok(description), Ok(schema)) => {
            Ok(Definition { name, description, parameters: Json(schema.to_string()) })
        }
        _ => Err(wrong),
    }
}

/// Whether a tool failed because no JSON Schema can be made of its parameters: libraries do that when they are asked, and not
/// when the tool is defined.
pub(crate) fn unsayable(
    error: &ToolError,
    map: &ToolMap,
    written: Written<'_>,
    files: &mut Files<'_>,
) -> Option<Diagnostic> {
    if let Some(name) = error.message.strip_prefix("TypeError: ").and_then(|words| words.strip_suffix(MIXED)) {
        let why = "the schema of a library, inside of Paceline's short form".to_owned();
        let help = "make one schema of all parameters, such as `parameters: z.object({ … })`".to_owned();
        return Some(bad_parameters(&Fault::new(name, why, Some(help)), written, files));
    }
    if let Some(vendor) = error.message.strip_prefix("TypeError: ").and_then(|words| words.strip_suffix(SPEECHLESS)) {
        let why = format!("this schema of `{}` cannot say itself as JSON Schema", quoted(vendor));
        return Some(bad_parameters(&Fault::new("", why, Some(parameters::SPEECHLESS.to_owned())), written, files));
    }
    let is_about_schema = crate::words::places(error, map).any(|place| place.file.contains("json-schema"));
    let words = error.message.split_once(": ").map_or(error.message.as_str(), |(_, words)| words);
    (error.kind == ToolErrorKind::Threw && is_about_schema).then(|| {
        let why = format!("no JSON Schema can be made of it: {}", printable(&shortened(words, 120)));
        let help = "use types that JSON knows, such as a string with a format for a date".to_owned();
        bad_parameters(&Fault::new("", why, Some(help)), written, files)
    })
}

/// What JSON dropped, such as a function.
fn not_json(value: &Value, written: Written<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    // What a schema of a library says of itself has other keys than the schema.
    if !value.is_object() || written.outline.properties.contains_key("parameters/~standard") {
        return faults;
    }
    // What stands in a constant may have become something else on its way into the call.
    let Some(call) = written.outline.call else { return faults };
    let is_in_call = |key: &Place| call.start <= key.start && key.end <= call.end;
    let keys = written.outline.properties.iter().filter(|(_, (key, _))| is_in_call(key));
    let tops = keys.filter_map(|(path, _)| path.strip_prefix("parameters/"));
    let is_dropped = |name: &str| !name.contains('/') && name != "__proto__" && value.get(name).is_none();
    for name in tops.filter(|name| is_dropped(name)) {
        let why = "expected a schema, found what JSON cannot say";
        let help = format!("write `{name}: {{ type: \"string\", description: \"…\" }}`");
        faults.push(Fault::new(name, why, Some(help)));
    }
    faults
}

fn no_tool(exported: &Exported, written: Written<'_>, files: &mut Files<'_>) -> Option<Diagnostic> {
    let (properties, shape) = (&written.outline.properties, written.outline.shape);
    let mut help = "write `export default defineTool({ … })`";
    let found = match exported {
        Exported::Tool => return None,
        Exported::Other(kind) if kind == "object" && shape == Shape::Promise => {
            help = "write `export default defineTool({ … })`, or `export default await …`";
            "this is a Promise, not what `defineTool` returns".to_owned()
        }
        Exported::Other(kind) if kind == "object" && shape == Shape::Call => {
            help = "write `export default defineTool({ … })`, or `export default await …` if this is a Promise";
            "this is an object, not what `defineTool` returns".to_owned()
        }
        // `defineTool` was called, and what it got lacks the part that does the work.
        Exported::Other(kind) if kind == "object" && written.outline.defined => {
            let help = "add `execute: async ({ … }) => { … }`";
            return Some(match properties.get("execute") {
                Some((_, value)) => point(
                    Diagnostic::new(&code::TOOL_DEFINITION, "`execute` of a tool must be a function"),
                    *value,
                    "not a function",
                    written,
                    files,
                )
                .help(help),
                None => missing("execute", help, written, files),
            });
        }
        Exported::Executable => "this object was not made by `defineTool`".to_owned(),
        Exported::Other(kind) => format!("this is {}, not what `defineTool` returns", article(kind)),
        Exported::Nothing => "nothing is exported by default".to_owned(),
    };
    let diagnostic = Diagnostic::new(&code::NO_TOOL, format!("`{}` exports no tool", written.path));
    let place = first_line(written.outline.exported.unwrap_or(Place { start: 0, end: 0 }), written, files);
    Some(point(diagnostic, place, &found, written, files).help(help))
}

/// The part of a place on its first line: what follows is too much to underline.
fn first_line(place: Place, written: Written<'_>, files: &Files<'_>) -> Place {
    let text = files.text(written.path).and_then(|text| text.get(place.start as usize..place.end as usize));
    let length = text.and_then(|text| text.find('\n')).and_then(|at| u32::try_from(at).ok());
    length.map_or(place, |length| Place { start: place.start, end: place.start + length })
}

fn article(kind: &str) -> String {
    match kind {
        "undefined" | "null" => format!("`{kind}`"),
        "object" | "array" => format!("an {kind}"),
        kind => format!("a {}", printable(kind)),
    }
}

#[expect(clippy::result_large_err, reason = "made once for a mistake, and reported at once")]
fn name(told: Option<&str>, written: Written<'_>, files: &mut Files<'_>) -> Result<ToolName, Diagnostic> {
    let bare = written.key.split_once('/').map_or(written.key, |(_, bare)| bare);
    let suggested = bare.replace('-', "_");
    let help = format!("write `name: \"{suggested}\"`");
    let value = told.map(serde_json::from_str::<Value>);
    let Some(Ok(value)) = value else { return Err(missing("name", &help, written, files)) };
    let place = place("name", written);
    let Value::String(text) = value else {
        let diagnostic = Diagnostic::new(&code::TOOL_DEFINITION, "`name` of a tool must be a string");
        return Err(point(diagnostic, place, "not a string", written, files).help(help));
    };
    let name: ToolName = text.parse().map_err(|why: pace_ir::program::name::MalformedName| {
        let message = format!("`{}` cannot be the name of a tool", quoted(&text));
        point(Diagnostic::new(&code::TOOL_DEFINITION, message), place, &format!("a name is {why}"), written, files)
            .help(help.clone())
    })?;
    if name.as_str().replace('-', "_") == suggested {
        return Ok(name);
    }
    let message = format!("the tool of `{}` calls itself `{name}`", written.path);
    let diagnostic = Diagnostic::new(&code::TOOL_NAME, message);
    let label = format!("specs list it as `{}`", written.key);
    let diagnostic = point(diagnostic, place, &label, written, files);
    // Where the name stands as a plain string, it can be replaced.
    let span = files.span(written.path, Some(place));
    Err(match span.filter(|_| is_quoted(files.text(written.path), place)) {
        Some(span) => {
            let new = format!("\"{suggested}\"");
            diagnostic.fix(format!("{help}, or rename the file"), Applicability::Unsafe, span, new)
        }
        None => diagnostic.help(format!("{help}, or rename the file")),
    })
}

fn is_quoted(text: Option<&str>, place: Place) -> bool {
    let text = text.and_then(|text| text.get(place.start as usize..place.end as usize)).unwrap_or_default();
    text.len() > 1 && (text.starts_with('"') || text.starts_with('\''))
}

#[expect(clippy::result_large_err, reason = "made once for a mistake, and reported at once")]
fn text(told: Option<&str>, written: Written<'_>, files: &mut Files<'_>) -> Result<String, Diagnostic> {
    let help = "say in a sentence what it does and when to call it; the model chooses by it";
    let value = told.map(serde_json::from_str::<Value>);
    let Some(Ok(value)) = value else { return Err(missing("description", help, written, files)) };
    let (message, label) = match value {
        Value::String(text) if text.trim().is_empty() => ("`description` of a tool is empty", "says nothing"),
        Value::String(text) if text.len() > MAX_DESCRIPTION => {
            ("`description` of a tool is too long", "more than 8 KiB, sent with every request")
        }
        Value::String(text) => return Ok(text),
        _ => ("`description` of a tool must be a string", "not a string"),
    };
    let diagnostic = Diagnostic::new(&code::TOOL_DEFINITION, message);
    Err(point(diagnostic, place("description", written), label, written, files).help(help))
}

/// Of the name `defineTool`, in bytes.
const DEFINE_TOOL_LENGTH: u32 = 10;

/// The properties that a tool may have.
const PROPERTIES: [&str; 4] = ["name", "description", "parameters", "execute"];

/// The property that was written for one that is missing: a name like it, or the beginning of it.
fn meant<'w>(property: &str, written: Written<'w>) -> Option<(&'w str, (Place, Place))> {
    const SHORTEST: usize = 3;
    let others = written.outline.properties.iter().filter(|(key, _)| !key.contains('/'));
    let others: Vec<_> = others.filter(|(key, _)| !PROPERTIES.contains(&key.as_str())).collect();
    let near = nearest::nearest(property, others.iter().map(|(key, _)| key.as_str()));
    let begins = |key: &str| key.len() >= SHORTEST && property.starts_with(key);
    let (key, places) = others.into_iter().find(|(key, _)| near == Some(key.as_str()) || begins(key))?;
    Some((key, *places))
}

fn missing(property: &str, help: &str, written: Written<'_>, files: &mut Files<'_>) -> Diagnostic {
    let message = format!("the tool of `{}` has no `{property}`", written.path);
    let place = written.outline.exported.unwrap_or(Place { start: 0, end: 0 });
    let place = Place { end: place.end.min(place.start + DEFINE_TOOL_LENGTH), ..place };
    if let Some((key, (place, value))) = meant(property, written) {
        let diagnostic =
            point(Diagnostic::new(&code::TOOL_DEFINITION, message), place, "no tool has this", written, files);
        let help = format!("did you mean `{property}`?");
        // A key in quotes stays in quotes, and one that is its own value is more than a key.
        let is_bare = (place.end - place.start) as usize == key.len() && place != value;
        return match files.span(written.path, Some(place)).filter(|_| is_bare) {
            Some(span) => diagnostic.fix(help, Applicability::Unsafe, span, property.to_owned()),
            None => diagnostic.help(help),
        };
    }
    point(Diagnostic::new(&code::TOOL_DEFINITION, message), place, "not given here", written, files).help(help)
}

fn bad_parameters(fault: &Fault, written: Written<'_>, files: &mut Files<'_>) -> Diagnostic {
    let Fault { path, part, what, why, help } = fault;
    let message = match (path.as_str(), what) {
        ("", None) => format!("`parameters` of `{}` are no JSON Schema", written.path),
        ("", Some(what)) => format!("the schema under `parameters` of `{}` {what}", written.path),
        (path, what) => {
            let what = what.unwrap_or("is not JSON Schema");
            format!("`{}` in `parameters` of `{}` {what}", printable(&shown(path).replace('/', ".")), written.path)
        }
    };
    let full = if path.is_empty() { "parameters".to_owned() } else { format!("parameters/{path}") };
    let place = match (part, written.outline.properties.get(&full)) {
        (Part::Key, Some((key, _))) => *key,
        _ => place(&full, written),
    };
    let diagnostic = point(Diagnostic::new(&code::TOOL_DEFINITION, message), place, why, written, files);
    match help {
        Some(help) => diagnostic.help(help.as_str()),
        None => diagnostic,
    }
}

/// A path as it is named: a name under `required` is shown by its place.
fn shown(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some((list, index)) if list.ends_with("required") && index.bytes().all(|byte| byte.is_ascii_digit()) => list,
        _ => path,
    }
}

/// The value of a property, or of the nearest one above it that stands in the file.
fn place(path: &str, written: Written<'_>) -> Place {
    let mut path = path;
    loop {
        if let Some((_, value)) = written.outline.properties.get(path) {
            return *value;
        }
        match path.rsplit_once('/') {
            Some((above, _)) => path = above,
            None => return written.outline.exported.unwrap_or(Place { start: 0, end: 0 }),
        }
    }
}

fn point(diagnostic: Diagnostic, place: Place, label: &str, written: Written<'_>, files: &mut Files<'_>) -> Diagnostic {
    match files.span(written.path, Some(place)) {
        Some(span) => diagnostic.at(span, label),
        None => diagnostic.note(label.to_owned()),
    }
}
