//! `pace chat`, driven as people and programs drive it: through pipes, and in a real terminal.

#[path = "chat/pipe.rs"]
mod pipe;
#[path = "chat/session.rs"]
mod session;
#[path = "chat/terminal.rs"]
mod terminal;
#[path = "chat/tools.rs"]
mod tools;

use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use pace_tests::{Project, Run};

const SETTINGS: &str = "models:
  - {name: recorded, provider: replay, turns: turns.json}
  - {name: other, provider: replay, turns: other.json}
";

const TURNS: &str = r#"[
  {"user": "What's the capital of France?", "model": {"text": "Paris.", "usage": {"input": 9, "output": 2}}},
  {"user": "And of Spain?", "turn": 2, "model": "Madrid, too."},
  {"user": "And of Spain?", "model": "What of Spain?"},
  {"user": "slow", "model": "one two three four", "pace": "600s"},
  {"user": "later", "model": "one two three four", "pace": "400ms"},
  {"user": "evil", "model": "red \u001b[31mtext\u001b[2J\u0007\u009b0m end\r\nnext"},
  {"user": "one\ntwo", "model": "Two lines."},
  {"user": "/etc/passwd", "model": "A path."},
  {"user": "tool", "model": {"calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}]}},
  {"results": ["get_weather"], "model": "It rains."},
  {"user": "cut", "model": {"text": "This is", "cut": "length"}},
  {"user": "blocked", "model": {"text": "This is", "cut": "SAFETY"}},
  {"user": "fox", "model": "The quick brown fox jumps over the lazy dog."},
  {"user": "sort", "model": "```json\n{\"topic\": \"bills\", \"urgent\": true}\n```"}
]"#;

/// A project that answers from recordings: `helper`, `triage` (with data) and `refunds` (for `group:support` alone).
fn project() -> Project {
    Project::new(&[
        ("agents/helper/spec.yaml", "name: helper\nmodel: recorded\ndescription: You help.\n"),
        (
            "agents/triage/spec.yaml",
            "name: triage\nmodel: recorded\ndescription: You sort.\noutput: {type: object, required: [topic]}\n",
        ),
        (
            "agents/refunds/spec.yaml",
            "name: refunds\nmodel: recorded\ndescription: You decide.\n\
             acl: [{principal: group:support, role: execute}]\n",
        ),
        ("paceline.yaml", SETTINGS),
        ("turns.json", TURNS),
        ("other.json", r#"[{"user": {"contains": ""}, "model": "Another model."}]"#),
    ])
}

/// `pace` in a folder, as the person `ann`, without keys, keeping nothing but sessions with a name.
fn pace(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = pace_tests::pace(folder, arguments);
    command.env("USER", "ann").env("LC_ALL", "C.UTF-8");
    if arguments.iter().any(|argument| argument.starts_with("--session")) {
        for variable in ["PACE_STATE_DIR", "DATABASE_URL", "PACE_ENVIRONMENT"] {
            command.env_remove(variable);
        }
    } else {
        command.env("PACE_STATE_DIR", "memory");
    }
    for variable in ["GOOGLE_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY_FILE", "GEMINI_API_KEY_FILE"] {
        command.env_remove(variable);
    }
    command
}

/// Starts `pace` with a message on its standard input, which is then closed.
fn start(folder: &Path, arguments: &[&str], message: &[u8]) -> Child {
    let mut command = pace(folder, arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that has nothing to read for may have ended already.
    let _unread = child.stdin.take().unwrap().write_all(message);
    child
}

fn ended(child: Child) -> Run {
    let output = pace_tests::program::output_of(child);
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// Runs `pace` with a message on its standard input.
fn say(project: &Project, arguments: &[&str], message: &str) -> Run {
    ended(start(project.path(), arguments, message.as_bytes()))
}

#[track_caller]
fn assert_run(run: &Run, code: i32, out: &str, err: &str) {
    assert_eq!((run.code, run.out.as_str(), run.err.as_str()), (Some(code), out, err));
}
