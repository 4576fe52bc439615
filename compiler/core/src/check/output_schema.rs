//! `P0118`: an `output` that is no JSON Schema. Checked against the meta-schema by a validator from other hands.

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, PatternOptions};
use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::Json;

use crate::parse::json::{JsonSpec, pointer_span};
use crate::resolve::{Resolved, ResolvedAgent};

/// Whoever made more mistakes in one schema mends these first.
const MAX_ERRORS: usize = 20;

const UNKNOWN_DRAFT: &str =
    "expected `https://json-schema.org/draft/2020-12/schema` or `…/2019-09/schema`, or draft 7, 6 or 4";

/// The schema of an agent's reply.
pub(super) fn check(agent: &ResolvedAgent<'_>, resolved: &Resolved<'_>, sink: &mut Sink) -> Option<Json> {
    let spec = agent.spec.output.get()?;
    let Ok(meta_schema) = jsonschema::meta::validator_for(&spec.value) else {
        sink.error(malformed(agent, spec, "/$schema", UNKNOWN_DRAFT, resolved));
        return None;
    };
    let mut errors = meta_schema.iter_errors(&spec.value).take(MAX_ERRORS).peekable();
    if errors.peek().is_some() {
        let mut places = BTreeSet::new();
        for error in errors {
            let pointer = error.instance_path().to_string();
            // One place may break several rules of the meta-schema; to the author it is one mistake.
            if !places.contains(&pointer) {
                sink.error(malformed(agent, spec, &pointer, &why(&pointer, &error), resolved));
                places.insert(pointer);
            }
        }
        return None;
    }
    if spec.value.get("type").and_then(serde_json::Value::as_str) != Some("object") {
        sink.error(no_object(agent, spec, resolved));
        return None;
    }
    // What the meta-schema cannot see: references that lead nowhere in the schema itself, and patterns that are none for the
    // runner's engine, which knows neither look-around nor back-references because it never backtracks.
    if let Err(error) = jsonschema::options().with_pattern_options(PatternOptions::regex()).build(&spec.value) {
        let pointer = error.instance_path().to_string();
        let pointer = fault(&spec.value, &error.to_string()).unwrap_or(pointer);
        sink.error(malformed(agent, spec, &pointer, &unusable(&pointer, &error), resolved));
        return None;
    }
    Some(Json(spec.value.to_string()))
}

/// A schema that says something else, or does not say it: at its `type`, or at the key `output` where that is missing.
fn no_object(agent: &ResolvedAgent<'_>, spec: &JsonSpec, resolved: &Resolved<'_>) -> Diagnostic {
    let document = resolved.parsed.document(agent.file.file);
    let written = document.filter(|_| spec.value.get("type").is_some());
    let span = written.map(|document| pointer_span(document, spec.node, "/type")).or(agent.spec.output.key());
    let message = format!("`output` of `{}` must be the schema of an object", agent.name.value);
    let diagnostic = Diagnostic::new(&code::MALFORMED_SCHEMA, message)
        .help("write `type: object` and name the parts under `properties`");
    let why = "a structured reply is an object; providers take no other";
    match span {
        Some(span) => diagnostic.at(span, why),
        None => diagnostic.note(why),
    }
}

/// Where the reference stands that a message of the validator is about; it names the target and not the place.
fn fault(schema: &serde_json::Value, message: &str) -> Option<String> {
    let children: Vec<(String, &serde_json::Value)> = match schema {
        serde_json::Value::Object(keys) => {
            if let Some(target) = keys.get("$ref").and_then(serde_json::Value::as_str)
                && message.contains(target.trim_start_matches('#'))
            {
                return Some("/$ref".to_owned());
            }
            keys.iter().map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        serde_json::Value::Array(items) => {
            items.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        _ => return None,
    };
    children.into_iter().find_map(|(key, value)| fault(value, message).map(|rest| format!("/{key}{rest}")))
}

/// Why a schema that looks like one cannot be used.
fn unusable(pointer: &str, error: &jsonschema::ValidationError<'_>) -> String {
    match pointer.rsplit('/').next() {
        Some("$ref") => "leads to nothing in this schema; what lies outside of it is never fetched".to_owned(),
        Some("pattern") => "not a regular expression, or one with look-around or back-references".to_owned(),
        _ => error.to_string(),
    }
}

/// Why the meta-schema refuses a part of a schema, in an author's words where they are known.
fn why(pointer: &str, error: &jsonschema::ValidationError<'_>) -> String {
    let keyword = pointer.rsplit('/').next().unwrap_or_default();
    match (keyword, error.kind()) {
        ("type", _) => {
            "expected `string`, `number`, `integer`, `boolean`, `object`, `array` or `null`, or a list of them"
                .to_owned()
        }
        (_, ValidationErrorKind::Type { kind: TypeKind::Single(kind) }) => format!("expected {}", in_yaml(*kind)),
        _ => error.to_string(),
    }
}

/// A JSON type as YAML's authors know it.
fn in_yaml(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "a list",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a mapping",
        JsonType::String => "a string",
    }
}

fn malformed(
    agent: &ResolvedAgent<'_>,
    spec: &JsonSpec,
    pointer: &str,
    why: &str,
    resolved: &Resolved<'_>,
) -> Diagnostic {
    let document = resolved.parsed.document(agent.file.file);
    let span = document.map(|document| pointer_span(document, spec.node, pointer)).or(agent.spec.output.span());
    let message = format!("`output` of `{}` is not a JSON Schema", agent.name.value);
    let diagnostic = Diagnostic::new(&code::MALFORMED_SCHEMA, message);
    match span {
        Some(span) => diagnostic.at(span, why),
        None => diagnostic.note(why),
    }
}
