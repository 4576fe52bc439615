//! `P0318`: a tool that an agent is given has a schema that no call could be held against. Such a tool would be offered to the
//! model, and every call of it refused.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::PatternOptions;
use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::Json;
use pace_ir::text::{quoted, shortened};
use serde_json::Value;

use crate::check::Checked;
use crate::pin::exposed::exposed;
use crate::pin::{PinnedUse, place};
use crate::pins::ToolPin;

/// How much of what somebody else says is repeated.
const SAID: usize = 200;

/// Looks at every tool that some agent is given, once.
pub(super) fn check(servers: &BTreeMap<&str, PinnedUse<'_>>, checked: &Checked<'_>, sink: &mut Sink) {
    for (key, server) in servers {
        let mut seen = BTreeSet::new();
        for used in &server.uses {
            for (name, _) in exposed(used, &server.pin).given {
                let Some(tool) = server.pin.tools.get(name).filter(|_| seen.insert(name)) else { continue };
                let Some((of, why)) = fault(tool) else { continue };
                let message = format!("the tool `{}` of `{key}` cannot be called", quoted(name));
                let label = format!("the schema of its {of} cannot be used: {why}");
                let diagnostic = Diagnostic::new(&code::UNUSABLE_SCHEMA, message).at(used.named_at(), label);
                let diagnostic = match place(checked, key).and_then(|places| places.tools.get(name)) {
                    Some(pinned) => diagnostic.also(*pinned, "pinned here"),
                    None => diagnostic,
                };
                sink.error(
                    diagnostic.help("leave it out: list the other tools under `tools`; or tell the server's authors"),
                );
            }
        }
    }
}

/// Which schema is at fault, and why.
fn fault(tool: &ToolPin) -> Option<(&'static str, String)> {
    let input = unusable(&tool.input).map(|why| ("arguments", why));
    input.or_else(|| tool.output.as_ref().and_then(unusable).map(|why| ("results", why)))
}

/// Why a schema cannot be used. It is made ready as the runner makes it ready.
fn unusable(schema: &Json) -> Option<String> {
    let schema: Value = serde_json::from_str(&schema.0).ok()?;
    let options = jsonschema::options().with_pattern_options(PatternOptions::fancy_regex());
    let error = options.build(&schema).err()?;
    let said = error.to_string();
    if let Some(target) = outside(&schema, &said) {
        return Some(format!("it refers to `{}`, which is not in it, and nothing is fetched", shortened(target, SAID)));
    }
    let place = error.instance_path().to_string();
    let keyword = place.rsplit('/').next().unwrap_or_default();
    if keyword == "pattern" || place.contains("/patternProperties/") || said.contains("is not a \"regex\"") {
        return Some(format!("its pattern at `{}` is none, or too large", shortened(&place, SAID)));
    }
    let at = if place.is_empty() { String::new() } else { format!("at `{}`: ", shortened(&place, SAID)) };
    Some(format!("{at}{}", shortened(&said, SAID)))
}

/// The reference that leads nowhere, if it is one that the library complains of.
fn outside<'s>(schema: &'s Value, said: &str) -> Option<&'s str> {
    match schema {
        Value::Object(entries) => {
            let own = entries.get("$ref").and_then(Value::as_str);
            own.filter(|target| {
                !target.is_empty() && said.contains(target.trim_start_matches('#').trim_end_matches('#'))
            })
            .or_else(|| entries.values().find_map(|inner| outside(inner, said)))
        }
        Value::Array(items) => items.iter().find_map(|inner| outside(inner, said)),
        _ => None,
    }
}
