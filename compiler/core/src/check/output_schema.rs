//! `P0118`: an `output` that is no JSON Schema. Checked against the meta-schema by a validator from other hands.

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::Json;

use crate::parse::json::{JsonSpec, pointer_span};
use crate::resolve::{Resolved, ResolvedAgent};

/// The schema of an agent's reply.
pub(super) fn check(agent: &ResolvedAgent<'_>, resolved: &Resolved<'_>, sink: &mut Sink) -> Option<Json> {
    let spec = agent.spec.output.get()?;
    if let Err(error) = jsonschema::meta::validate(&spec.value) {
        sink.error(malformed(agent, spec, &error.instance_path().to_string(), &error.to_string(), resolved));
        return None;
    }
    if spec.value.get("type").and_then(serde_json::Value::as_str) != Some("object") {
        let why = "a structured reply is an object; providers take no other";
        sink.error(
            malformed(agent, spec, "/type", why, resolved)
                .help("write `type: object` and name the parts under `properties`"),
        );
        return None;
    }
    Some(Json(spec.value.to_string()))
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
