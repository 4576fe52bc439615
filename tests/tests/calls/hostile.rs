//! Tools that mean harm, and bundles whose bytecode was changed by somebody who knows how to seal them again. The runner
//! goes on, and calls beside theirs do not notice.

use pace_ir::bundle::tool_module::{unwrap, wrap};
use pace_ir::bundle::verify::TOOL_ABI;
use pace_ir::{Policy, verify};
use pace_tests::http::get;
use pace_tests::process::Runner;
use pace_tests::{Project, binary};
use serde_json::{Value, json};

use super::{agent, recording, results};

/// What a tool does, the word for how it ends, and a part of what the model is told.
const HARM: [(&str, &str, &str, &str); 12] = [
    ("endless", "for (;;) {}", "time", ""),
    (
        "microtasks",
        "const again = () => { Promise.resolve().then(again); }; again(); return new Promise(() => {});",
        "time",
        "",
    ),
    ("waits", "return new Promise(() => {});", "deadlock", ""),
    ("regex", "return /^(a+)+$/.test(\"a\".repeat(40) + \"b\");", "time", ""),
    ("memory", "const all = []; for (;;) all.push(new Uint8Array(1 << 20));", "memory", ""),
    ("recursion", "const down = () => down() + 1; return down();", "threw", "stack"),
    ("deep", "let deep = []; for (let i = 0; i < 5000; i++) deep = [deep]; return deep;", "result", "nested"),
    ("long", "return \"x\".repeat(4 << 20);", "result", ""),
    ("circle", "const a = {}; a.a = a; return a;", "result", "circular"),
    ("flood", "for (let i = 0; i < 2000; i++) console.log(\"x\".repeat(1000)); return 1;", "done", "1"),
    (
        "pollute",
        "Object.prototype.polluted = \"yes\"; JSON.stringify = () => \"{\"; return { ok: 1 };",
        "result",
        "not JSON",
    ),
    ("thrown", "throw { toString() { throw new Error(\"again\"); } };", "threw", ""),
];

/// A project of these tools; of each, `more` says what else stands in its entry.
fn project_of(tools: &[(String, String)], more: impl Fn(&str) -> &'static str) -> Project {
    let names: Vec<&str> = tools.iter().map(|(name, _)| name.as_str()).collect();
    let calls: Vec<_> = names.iter().map(|name| (*name, json!({}))).collect();
    let project = Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: turns.json}\n"),
        ("turns.json", &recording(&[("go", &calls)])),
    ]);
    let entry = |name: &&str| format!("  - {{name: tools/{name}, access: read, net: []{}}}\n", more(name));
    let entries = names.iter().map(entry);
    agent(&project, &entries.collect::<String>());
    for (name, body) in tools {
        let tool = format!(
            "import {{ defineTool }} from \"@paceline/runtime\";\nexport default defineTool({{ name: \"{name}\", \
             description: \"Does harm\", parameters: {{}},\n  execute: (): any => {{ {body} }},\n}});\n"
        );
        project.write(&format!("tools/{name}.ts"), &tool);
    }
    project
}

#[test]
fn harm_is_an_answer_to_the_model_and_nothing_else() {
    let mut tools: Vec<_> = HARM.iter().map(|(name, body, ..)| ((*name).to_owned(), (*body).to_owned())).collect();
    // Whoever comes after, and beside, finds a world as new.
    tools.push(("clean".to_owned(), "return { polluted: ({} as any).polluted ?? null };".to_owned()));
    // Whatever ends by itself has the time to, though all of them run at once.
    let runs_out = |name: &str| HARM.iter().any(|(harm, _, kind, _)| *harm == name && *kind == "time");
    let bounds = |name: &str| if runs_out(name) { ", timeout: 2s" } else { ", timeout: 60s, memory: 64MiB" };
    let project = project_of(&tools, bounds);
    let runner = Runner::start(&project, &[]);
    for _round in 0..2 {
        let results = results(&runner, "go");
        for (result, (name, _, kind, told)) in results.iter().zip(HARM) {
            let content = &result["content"];
            match kind {
                "done" => assert_eq!(result["status"], "done", "{name}: {result}"),
                kind => assert_eq!(content["kind"], kind, "{name}: {result}"),
            }
            assert!(content.to_string().contains(told), "{name}: {result}");
            assert!(content.to_string().len() < 20_000, "{name}: {} bytes", content.to_string().len());
        }
        assert_eq!(results.last().unwrap()["content"], json!({"polluted": null}));
        assert_eq!(get(runner.address, "/health").status, 200);
    }
}

#[test]
fn changed_bytecode_in_a_sealed_bundle_harms_nobody() {
    let body =
        "const all = [1, 2, 3].map((one) => ({ one, text: `${one}` })); return all.filter((one) => one.one > 1);";
    let tools: Vec<_> = (0..32).map(|number| (format!("t{number}"), body.to_owned())).collect();
    // What was changed may compute for ever; the first one is whole, and has the time it needs.
    let project = project_of(&tools, |name| if name == "t0" { ", timeout: 60s" } else { ", timeout: 2s" });
    let built = project.run(&["build", "--output", "whole.pace"]);
    assert_eq!(built.code, Some(0), "{}", built.err);
    let bytes = std::fs::read(project.path().join("whole.pace")).unwrap();
    let verified = verify(&bytes, &Policy { expect: None, features: &[TOOL_ABI] }).unwrap();
    let mut bundle = verified.bundle().clone();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    // The first tool stays as it is.
    for number in 1..tools.len() {
        let tool = bundle.tools.local.get_mut(&format!("tools/t{number}")).unwrap();
        let mut bytecode = unwrap(&bundle.blobs.blobs[&tool.module]).unwrap().to_vec();
        for _change in 0..=number / 4 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(random >> 33).unwrap() % bytecode.len();
            bytecode[at] ^= u8::try_from((random >> 24) & 0xff).unwrap() | 1;
        }
        tool.module = bundle.blobs.insert(wrap(&bytecode));
    }
    let used: Vec<_> = bundle.tools.local.values().flat_map(|tool| [tool.module, tool.source]).collect();
    let turns = bundle.program.models.values().filter_map(|model| model.turns);
    let used: Vec<_> = used.into_iter().chain(turns).collect();
    bundle.blobs.blobs.retain(|digest, _| used.contains(digest));
    std::fs::write(project.path().join("changed.pace"), bundle.emit().unwrap().bytes).unwrap();

    let mut command = std::process::Command::new(binary("pace-runner"));
    command
        .env_clear()
        .env("PORT", "0")
        .env("PACE_STATE_DIR", "memory")
        .arg(project.path().join("changed.pace"))
        .stdin(std::process::Stdio::null());
    let mut runner = Runner::of(command);
    for _round in 0..3 {
        let results = results(&runner, "go");
        let statuses: Vec<Value> = results.iter().map(|result| result["status"].clone()).collect();
        assert_eq!(results[0]["content"], json!([{"one": 2, "text": "2"}, {"one": 3, "text": "3"}]), "{statuses:?}");
        assert!(statuses.contains(&json!("failed")), "no change was noticed: {statuses:?}");
        assert_eq!(get(runner.address, "/health").status, 200);
    }
    assert_eq!(runner.stop(), Some(0));
}
