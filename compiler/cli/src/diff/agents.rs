//! Agents.

use std::collections::BTreeSet;

use pace_ir::Bundle;
use pace_ir::program::{Agent, Generation, Json, Limits};
use serde_json::Value;

use super::changes::{Changes, paired};
use super::{Place, access, tools, values};

/// All agents.
pub(super) fn compare(changes: &mut Changes, a: &Bundle, b: &Bundle) {
    for (name, old, new) in paired(&a.program.agents, &b.program.agents) {
        changes.at(Place::Agent(name.to_string()));
        match (old, new) {
            (None, Some(agent)) => {
                changes.grows("agent", format!("is new: {}", access::executors(b, name)));
                tools::compare(changes, &[], &agent.tools);
            }
            (Some(agent), None) => {
                changes.shrinks("agent", format!("is gone: {}", access::executors(a, name)));
                tools::compare(changes, &agent.tools, &[]);
            }
            (Some(old), Some(new)) => {
                agent(changes, old, new);
                if let (Some(old), Some(new)) = (a.auth.agents.get(name), b.auth.agents.get(name)) {
                    changes.value("run_as", "`run_as`", &old.run_as, &new.run_as);
                    access::agent(changes, old.acl.as_ref(), new.acl.as_ref());
                }
            }
            (None, None) => {}
        }
    }
}

fn agent(changes: &mut Changes, a: &Agent, b: &Agent) {
    let Agent { model, prompt, summary, tools, skills, generation, output, limits } = a;
    changes.value("model", "model", model, &b.model);
    changes.value("summary", "summary", summary, &b.summary);
    changes.text("description", "prompt", prompt, &b.prompt);
    tools::compare(changes, tools, &b.tools);
    self::skills(changes, skills, &b.skills);
    self::generation(changes, generation, &b.generation);
    self::output(changes, output.as_ref(), b.output.as_ref());
    self::limits(changes, limits, &b.limits);
}

fn skills(changes: &mut Changes, a: &[String], b: &[String]) {
    let sets: (BTreeSet<_>, BTreeSet<_>) = (a.iter().collect(), b.iter().collect());
    let lost = |skill: &&String| format!("no longer has the skill `{skill}`");
    changes.set("skills", (&sets.0, &sets.1), |skill| format!("has the skill `{skill}`"), lost);
    if sets.0 == sets.1 && a != b {
        changes.changes("skills", "skills are in another order");
    }
}

fn generation(changes: &mut Changes, a: &Generation, b: &Generation) {
    let Generation { temperature, top_p, max_output_tokens, stop, thinking_budget } = a;
    let mut setting = |name: &str, a: Option<String>, b: Option<String>| {
        let show = |value: Option<String>| value.unwrap_or_else(|| "the provider's own".to_owned());
        changes.words("generation", name, &show(a), &show(b));
    };
    setting("`temperature`", text(*temperature), text(b.temperature));
    setting("`top_p`", text(*top_p), text(b.top_p));
    setting("`thinking_budget`", text(*thinking_budget), text(b.thinking_budget));
    let texts = |stop: &[String]| Some(values::quoted(stop, "empty"));
    setting("`stop`", texts(stop), texts(&b.stop));
    let tokens = (*max_output_tokens, b.max_output_tokens);
    values::bound(changes, "generation", "`max_output_tokens`", tokens, ToString::to_string);
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

/// A schema is a guard: replies that do not fit it are refused.
fn output(changes: &mut Changes, a: Option<&Json>, b: Option<&Json>) {
    match (a, b) {
        (None, Some(_)) => changes.shrinks("output", "replies have to fit a schema"),
        (Some(_), None) => changes.grows("output", "replies no longer have to fit a schema"),
        (Some(a), Some(b)) if a != b => {
            changes.changes("output", format!("the schema of replies is another{}", schema(a, b)));
        }
        _ => {}
    }
}

/// What came to and went from the outermost object of a schema; empty where that is the same.
fn schema(a: &Json, b: &Json) -> String {
    let parse = |json: &Json| serde_json::from_str::<Value>(&json.0).unwrap_or_default();
    let (a, b) = (parse(a), parse(b));
    let properties = |schema: &Value| -> BTreeSet<String> {
        schema.get("properties").and_then(Value::as_object).into_iter().flat_map(|all| all.keys().cloned()).collect()
    };
    let required = |schema: &Value| -> BTreeSet<String> {
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let (old, new) = (properties(&a), properties(&b));
    let both: BTreeSet<_> = old.intersection(&new).cloned().collect();
    let (old_required, new_required) = (required(&a), required(&b));
    let changed = both.iter().filter(|name| property(&a, name) != property(&b, name)).collect();
    let told = [
        told(&new.difference(&old).collect(), "is new", "are new"),
        told(&old.difference(&new).collect(), "is gone", "are gone"),
        told(&changed, "is another", "are others"),
        told(&new_required.difference(&old_required).collect(), "is now required", "are now required"),
        told(&old_required.difference(&new_required).collect(), "is no longer required", "are no longer required"),
    ];
    let told: Vec<_> = told.into_iter().flatten().collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}

fn property<'s>(schema: &'s Value, name: &str) -> Option<&'s Value> {
    schema.get("properties")?.get(name)
}

fn told(names: &BTreeSet<&String>, one: &str, several: &str) -> Option<String> {
    let verb = if names.len() == 1 { one } else { several };
    (!names.is_empty()).then(|| format!("{} {verb}", values::quoted(names, "none")))
}

fn limits(changes: &mut Changes, a: &Limits, b: &Limits) {
    let Limits { max_turns, timeout, max_tokens, max_cost, max_tool_calls } = a;
    let what = "limits";
    changes.level(what, "`max_turns`", (*max_turns, b.max_turns), ToString::to_string);
    changes.level(what, "`timeout`", (*timeout, b.timeout), ToString::to_string);
    values::bound(changes, what, "`max_tokens`", (*max_tokens, b.max_tokens), ToString::to_string);
    values::bound(changes, what, "`max_cost_usd`", (*max_cost, b.max_cost), ToString::to_string);
    values::bound(changes, what, "`max_tool_calls`", (*max_tool_calls, b.max_tool_calls), ToString::to_string);
}

#[cfg(test)]
mod tests {
    use super::{Json, schema};

    #[test]
    fn what_is_different_at_the_top_of_a_schema_is_named() {
        let told = |a: &str, b: &str| schema(&Json(a.to_owned()), &Json(b.to_owned()));
        let old = r#"{"properties": {"kept": {"type": "string"}, "lost": {}}, "required": ["kept", "lost"]}"#;
        let new = r#"{"properties": {"kept": {"type": "null"}, "new": {}}, "required": ["new"]}"#;
        assert_eq!(
            told(old, new),
            ": `new` is new, `lost` is gone, `kept` is another, `new` is now required, `kept`, `lost` are no longer required"
        );
        assert_eq!(told(r#"{"type": "object"}"#, r#"{"type": "object", "title": "x"}"#), "");
        assert_eq!(told("true", "{}"), "");
    }
}
