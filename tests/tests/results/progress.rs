//! How far a call is: told while it is made, in order, and no faster than people read.

use std::time::{Duration, Instant};

use pace_tests::binary;
use pace_tests::http::Event;
use pace_tests::terminal::Terminal;
use serde_json::Value;

use crate::{agent, camera, events, project, runner};

const TURNS: &str = r#"[
  {"user": "flood", "model": {"calls": [{"name": "camera_flood"}]}},
  {"results": ["camera_flood"], "model": "done"},
  {"user": "ask", "model": {"calls": [{"name": "below", "arguments": {"message": "flood"}}]}},
  {"results": ["below"], "model": "done"}
]"#;

pub(crate) fn recorded() -> Option<Vec<(String, String)>> {
    let camera = camera()?;
    Some(vec![
        agent("above", "recorded", "  - {server: \"paceline://below\", access: read}\n"),
        agent("below", "recorded", &camera),
        ("paceline.yaml".to_owned(), "models: [{name: recorded, provider: replay, turns: turns.json}]\n".to_owned()),
        ("turns.json".to_owned(), TURNS.to_owned()),
    ])
}

/// Nine hundred notifications, of which few are told.
#[track_caller]
fn assert_tidy(steps: &[&Value], took: Duration) {
    let most = took.as_millis() / 250 + 2;
    assert!(!steps.is_empty() && steps.len() as u128 <= most, "{} in {took:?}", steps.len());
    for step in steps {
        assert_eq!((&step["name"], &step["total"]), (&"camera_flood".into(), &900.0.into()));
        assert_eq!(step["message"], "copying\u{1b}[2J");
    }
    let numbers: Vec<_> = steps.iter().map(|step| step["progress"].as_f64().unwrap()).collect();
    assert!(numbers.is_sorted() && numbers.last() == Some(&900.0), "{numbers:?}");
}

#[test]
fn a_flood_is_a_few_events_between_the_call_and_its_result() {
    let Some(files) = recorded() else { return };
    let project = project(&files);
    let runner = runner(&project);
    let begun = Instant::now();
    let events = events(&runner, "below", "flood", "");
    let at = |name: &str| events.iter().position(|event| event.name == name).unwrap();
    let is_step = |event: &&Event| event.name == "tool_progress";
    let steps: Vec<_> = events.iter().filter(is_step).map(|event| &event.data).collect();
    assert_tidy(&steps, begun.elapsed());
    assert!(at("tool_call") < at("tool_progress"));
    assert!(events.iter().rposition(|event| event.name == "tool_progress") < Some(at("tool_result")));
}

#[test]
fn the_viewer_of_a_caller_sees_it_too() {
    let Some(files) = recorded() else { return };
    let project = project(&files);
    let runner = runner(&project);
    let begun = Instant::now();
    let events = events(&runner, "above", "ask", "");
    let below = events.iter().filter(|event| event.name == "agent" && event.data["event"] == "tool_progress");
    let steps: Vec<_> = below.map(|event| &event.data["data"]).collect();
    assert_tidy(&steps, begun.elapsed());
}

#[test]
fn a_terminal_shows_it_on_a_line_that_gives_way() {
    let Some(files) = recorded() else { return };
    let project = project(&files);
    let environment = [("USER", "ann"), ("TERM", "screen")];
    let Some(terminal) = Terminal::open(project.path(), 40, 40, &environment) else { return };
    terminal.run(&format!("clear; {} chat below", binary("pace").display()));
    terminal.await_end("\nYou:");
    terminal.line("flood");
    let line = "\n  [camera_flood 900 of 900: copying";
    let shown = terminal.await_text(line);
    // It is one line, and the only one of its kind.
    assert_eq!(shown.matches(" of 900").count(), 1, "{shown}");
    let after = terminal.await_end("\nbelow: done\n\nYou:");
    assert!(!after.contains("of 900") && after.contains("  [calls camera_flood {}]\nbelow: done"), "{after}");
}
