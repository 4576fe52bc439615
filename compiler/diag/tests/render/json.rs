//! The lines of JSON: their shape, and that they say what the other formats say.

use pace_diag::render::json::{Bundle, Finished, bundle, diagnostics, finished};
use pace_diag::render::{Colour, Glyphs, human};
use serde_json::{Value, json};

use crate::project::Project;

fn parsed(project: &Project) -> Vec<Value> {
    diagnostics(&project.report()).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_shape_of_a_diagnostic() {
    let rendered = "error[P0201]: unknown model `claude-sonet-4`
  ┌─ agents/triage/spec.yaml:2:8
  │
2 │ model: claude-sonet-4
  │        ^^^^^^^^^^^^^^ no model has this name
  │
  ┌─ paceline.yaml:6:1
  │
6 │ models:
  │ ------ models are declared here
  │
  = help: did you mean `claude-sonnet-4`?
";
    let here = json!({
        "file": "agents/triage/spec.yaml",
        "start": { "byte": 20, "line": 2, "column": 8 },
        "end": { "byte": 34, "line": 2, "column": 22 },
    });
    let there = json!({
        "file": "paceline.yaml",
        "start": { "byte": 54, "line": 6, "column": 1 },
        "end": { "byte": 60, "line": 6, "column": 7 },
    });
    let expected = json!({
        "reason": "diagnostic",
        "code": "P0201",
        "slug": "unknown-model",
        "severity": "error",
        "message": "unknown model `claude-sonet-4`",
        "labels": [
            { "primary": true, "text": "no model has this name", "at": here },
            { "primary": false, "text": "models are declared here", "at": there },
        ],
        "notes": [],
        "help": [{
            "text": "did you mean `claude-sonnet-4`?",
            "applicability": "unsafe",
            "edits": [{ "at": here, "replacement": "claude-sonnet-4" }],
        }],
        "rendered": rendered,
    });
    assert_eq!(parsed(&Project::sample())[0], expected);
}

#[test]
fn rendered_is_what_the_default_format_prints() {
    let sample = Project::sample();
    let rendered: String =
        parsed(&sample).iter().map(|line| line["rendered"].as_str().unwrap().to_owned() + "\n").collect();
    let human = human(&sample.report(), Colour::Plain, Glyphs::Unicode);
    assert_eq!(human, rendered + "error: build failed: 4 errors, 2 warnings\n");
}

#[test]
fn a_diagnostic_without_a_place() {
    let lines = parsed(&Project::sample());
    assert_eq!(lines.len(), 6);
    assert_eq!((&lines[5]["code"], &lines[5]["labels"]), (&json!("P0122"), &json!([])));
    assert_eq!(lines[5]["help"][0]["applicability"], "manual");
    assert_eq!((&lines[3]["severity"], &lines[3]["help"][0]["applicability"]), (&json!("warning"), &json!("safe")));
}

#[test]
fn the_other_lines() {
    let written = Bundle {
        path: "build/desk.pace",
        id: "b3:1f",
        program: "b3:2e",
        bytes: 48_128,
        manifest: ".pace/build/1f.json",
    };
    let expected = r#"{"reason":"bundle","path":"build/desk.pace","id":"b3:1f","program":"b3:2e","bytes":48128,"manifest":".pace/build/1f.json"}"#;
    assert_eq!(bundle(&written), format!("{expected}\n"));
    let sample = Project::sample();
    let expected = r#"{"reason":"build-finished","success":false,"errors":4,"warnings":2}"#;
    assert_eq!(finished(&Finished::of(&sample.report())), format!("{expected}\n"));
}
