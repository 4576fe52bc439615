//! `pace-runner` as a server: the real binary, a bundle made by `pace build` with recorded answers, and clients on TCP that
//! behave well, badly or not at all.

mod bounds;
mod curl;
mod drain;
mod listeners;
mod refusals;
mod routes;
mod streams;

use pace_tests::{Project, http, process};

/// A project whose agents answer from a recording: at once, word by word, or after a while.
fn project() -> Project {
    let turns = r#"[
        {"user": "slow", "pace": "40ms", "model": "one two three four five six seven eight nine ten"},
        {"user": "long", "pace": "1s", "model": "one two three four five six seven eight nine ten"},
        {"user": "wait", "wait": "1s", "model": "waited"},
        {"user": "for ever", "wait": "1h", "model": "never"},
        {"user": "what did I say?", "turn": 2, "model": "you said hello"},
        {"user": "no turn", "turn": 9, "model": "x"},
        {"user": "tool", "model": {"calls": [{"name": "made_up", "arguments": {"city": "Oslo"}}]}},
        {"results": ["made_up"], "model": "without it, then"},
        {"user": "hello", "model": {"text": "Hello! How can I help you?", "usage": {"input": 12, "output": 8}}}
    ]"#;
    let agent =
        |name: &str| format!("name: {name}\nmodel: recorded\ndescription: The secret prompt.\nsummary: Helps.\n");
    Project::new(&[
        ("paceline.yaml", "models:\n  - {name: recorded, provider: replay, turns: recordings/turns.json}\n"),
        ("recordings/turns.json", turns),
        ("agents/helper/spec.yaml", &agent("helper")),
        ("agents/closed/spec.yaml", &format!("{}acl:\n  - {{principal: user:ann, role: execute}}\n", agent("closed"))),
    ])
}
