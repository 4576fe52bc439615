//! A thousand random agents: what was written is what the bundle says.

use std::collections::BTreeSet;

use pace_ir::program::{Agent, Principal, Role};
use pace_ir::{Policy, verify};
use serde_json::{Value, json};

use crate::tape::{Tape, noise};
use crate::world::Strings;
use crate::yaml;

const COUNT: usize = 1_000;
const MODELS: &[&str] = &["gemini-2.5-flash", "gemini-2.5-pro", "house"];
const PRINCIPALS: &[&str] =
    &["user:a@b.example", "group:ops", "serviceaccount:bot", "serviceaccount:agent-7", "authenticated", "anonymous"];
const WORDS: &[&str] = &[
    "You help.",
    "é 日本 👩‍👩‍👧",
    "a: b # c",
    "- list",
    "'\"`\\",
    "\n",
    "\n\n",
    "  ",
    "${x}",
    "{[&*",
    "\t",
    "null",
    "3.0",
];

/// An agent as its author would write it, and the same in the words of a bundle.
struct Written {
    name: String,
    spec: Value,
    prompt: String,
    acl: Option<BTreeSet<(Principal, Role)>>,
}

fn written(number: usize, tape: &mut Tape<'_>) -> Written {
    let name = format!("agent-{number}");
    let prompt = (0..=tape.below(6)).map(|_| tape.pick(WORDS)).collect::<String>() + "!";
    let mut spec = json!({"name": name, "model": tape.pick(MODELS), "description": prompt});
    let mut acl = None;
    if tape.once_in(2) {
        let entries: BTreeSet<_> =
            (0..tape.below(4)).map(|_| (tape.pick(PRINCIPALS), tape.pick(&["execute", "read"]))).collect();
        spec["acl"] = entries.iter().map(|(principal, role)| json!({"principal": principal, "role": role})).collect();
        let role = |role: &str| if role == "read" { Role::Read } else { Role::Execute };
        acl = Some(entries.into_iter().map(|(principal, word)| (principal.parse().unwrap(), role(word))).collect());
    }
    if tape.once_in(2) {
        spec["summary"] = json!(format!("Agent of {}", tape.pick(&["letters", "numbers: 1", "'quotes'"])));
    }
    if tape.once_in(2) {
        spec["generation"] = json!({"temperature": tape.share() * 2.0, "max_output_tokens": 1 + tape.below(1000)});
    }
    if tape.once_in(2) {
        spec["limits"] = json!({"max_turns": 1 + tape.below(100), "timeout": format!("{}s", 1 + tape.below(100))});
    }
    if tape.once_in(3) {
        spec["output"] = json!({"type": "object", "properties": {"answer": {"type": tape.pick(&["string", "null"])}}});
    }
    Written { name, spec, prompt, acl }
}

fn agrees(written: &Written, agent: &Agent) {
    let Written { name, spec, prompt, .. } = written;
    assert_eq!(spec["model"], agent.model.as_str(), "{name}");
    assert_eq!(*prompt, agent.prompt, "{name}");
    assert_eq!(
        spec.get("summary").map_or(format!("Agent {name}"), |line| line.as_str().unwrap().into()),
        agent.summary
    );
    let generation = &spec["generation"];
    assert_eq!(generation["temperature"].as_f64(), agent.generation.temperature, "{name}");
    assert_eq!(generation["max_output_tokens"].as_u64(), agent.generation.max_output_tokens.map(u64::from), "{name}");
    let limits = &spec["limits"];
    assert_eq!(limits["max_turns"].as_u64().unwrap_or(32), u64::from(agent.limits.max_turns), "{name}");
    let timeout = limits["timeout"].as_str().map_or(600, |text| text.trim_end_matches('s').parse().unwrap());
    assert_eq!(timeout * 1000, agent.limits.timeout.0, "{name}");
    let output = agent.output.as_ref().map_or(Value::Null, |json| serde_json::from_str(&json.0).unwrap());
    assert_eq!(spec["output"], output, "{name}");
}

#[test]
fn a_bundle_says_what_was_written() {
    let bytes = noise(7, 60 * COUNT);
    let mut tape = Tape::new(&bytes);
    let settings = "service_accounts: [{name: bot}]\nmodels: [{name: house, provider: openai, model: house-2}]\n";
    let mut world = Strings::new(&[("paceline.yaml", settings)]);
    let all: Vec<Written> = (0..COUNT).map(|number| written(number, &mut tape)).collect();
    for (number, one) in all.iter().enumerate() {
        // The folder is not the name.
        world = world.with(&format!("agents/folder-{}/spec.yaml", COUNT - number), yaml::write(&one.spec, &mut tape));
    }
    let built = world.built();
    assert_eq!(built.counts.agents, COUNT);
    let verified = verify(&built.emitted.bytes, &Policy { expect: Some(built.emitted.verified.id()), features: &[] });
    let bundle = verified.unwrap().into_bundle();
    assert_eq!(bundle.program.agents.len(), COUNT);
    assert_eq!(bundle.lock.inputs.len(), COUNT + 1);
    assert_eq!(bundle.program.models.len(), MODELS.len());
    for one in &all {
        let name = one.name.parse::<pace_ir::program::AgentName>().unwrap();
        agrees(one, &bundle.program.agents[&name]);
        let access = &bundle.auth.agents[&name];
        assert_eq!(access.acl, one.acl, "{}", one.name);
        assert_eq!(access.run_as.as_str(), one.name);
    }
    assert_eq!(world.built().emitted.bytes, built.emitted.bytes);
}
