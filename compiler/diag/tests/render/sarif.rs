//! The SARIF document: what it holds, that its fingerprints outlive edits, and that a validator from other hands accepts
//! it.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use pace_diag::render::{Action, Report, sarif};
use serde_json::{Value, json};

use crate::project::Project;

fn parsed(project: &Project) -> Value {
    serde_json::from_str(&sarif(&project.report())).unwrap()
}

#[test]
fn the_tool_and_its_rules() {
    let document = parsed(&Project::sample());
    assert_eq!(document["version"], "2.1.0");
    let run = &document["runs"][0];
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(run["tool"]["driver"]["name"], "pace");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<&str> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["P0122", "P0201", "P0401", "P0405", "P0601"]);
    let expected = json!({
        "id": "P0405",
        "name": "unused-grant",
        "shortDescription": { "text": "A grant is about a tool that no agent lists." },
        "helpUri": "https://github.com/paceline/paceline/blob/main/compiler/diag/errors/P0405.md",
        "defaultConfiguration": { "level": "warning" },
    });
    assert_eq!(rules[3], expected);
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], rules[index]["id"]);
    }
}

#[test]
fn a_result() {
    let document = parsed(&Project::sample());
    let mut result = document["runs"][0]["results"][0].clone();
    let fingerprints = result.as_object_mut().unwrap().remove("partialFingerprints").unwrap();
    assert!(fingerprints["paceDiagnostic/v1"].as_str().unwrap().ends_with(":1"));
    let region = json!({ "startLine": 2, "startColumn": 8, "endLine": 2, "endColumn": 22 });
    let file = json!({ "uri": "agents/triage/spec.yaml" });
    let expected = json!({
        "ruleId": "P0201",
        "ruleIndex": 1,
        "level": "error",
        "message": { "text": "unknown model `claude-sonet-4`: no model has this name\nhelp: did you mean `claude-sonnet-4`?" },
        "locations": [{ "physicalLocation": { "artifactLocation": file, "region": region } }],
        "relatedLocations": [{
            "id": 1,
            "physicalLocation": {
                "artifactLocation": { "uri": "paceline.yaml" },
                "region": { "startLine": 6, "startColumn": 1, "endLine": 6, "endColumn": 7 },
            },
            "message": { "text": "models are declared here" },
        }],
        "properties": { "help": ["did you mean `claude-sonnet-4`?"] },
    });
    assert_eq!(result, expected);
}

#[test]
fn only_what_can_be_trusted_is_a_fix() {
    let document = parsed(&Project::sample());
    let results = document["runs"][0]["results"].as_array().unwrap();
    let fixed: Vec<&str> = results
        .iter()
        .filter(|result| result.get("fixes").is_some())
        .map(|result| result["ruleId"].as_str().unwrap())
        .collect();
    assert_eq!(fixed, ["P0405", "P0405"]);
    let region = json!({ "startLine": 13, "startColumn": 11, "endLine": 13, "endColumn": 20 });
    let expected = json!([{
        "description": { "text": "remove the grant" },
        "artifactChanges": [{
            "artifactLocation": { "uri": "paceline.yaml" },
            "replacements": [{ "deletedRegion": region, "insertedContent": { "text": "" } }],
        }],
    }]);
    assert_eq!(results[3]["fixes"], expected);
}

#[test]
fn what_no_file_is_to_blame_for_has_a_place_too() {
    let document = parsed(&Project::sample());
    let location = &document["runs"][0]["results"][5]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "paceline.yaml");
    assert_eq!(location["region"]["startLine"], 1);
}

fn fingerprints(text: &str, needles: &[&str]) -> Vec<String> {
    let mut project = Project::one(text, needles[0], "");
    let file = project.sources.find("agents/a/spec.yaml").unwrap();
    for needle in &needles[1..] {
        let mut diagnostic = project.diagnostics[0].clone();
        diagnostic.primary.as_mut().unwrap().span = project.span(file, needle);
        project.diagnostics.push(diagnostic);
    }
    let results = parsed(&project)["runs"][0]["results"].as_array().unwrap().clone();
    results
        .iter()
        .map(|result| result["partialFingerprints"]["paceDiagnostic/v1"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn fingerprints_survive_edits_above() {
    let before = fingerprints("modle: x\n", &["modle"]);
    assert_eq!(fingerprints("# A comment.\nname: y\n\n  modle: z\n", &["modle"]), before);
    assert_ne!(fingerprints("modell: x\n", &["modell"]), before);
    let twice = fingerprints("modle: x\n", &["modle", "modle"]);
    assert_eq!(twice[0], before[0]);
    assert_eq!(twice[1], before[0].replace(":1", ":2"), "two of the same are told apart");
}

/// What the validator says about a document; `None`, said aloud, where there is none.
#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may start its oracle, and says aloud when it has none"
)]
fn validate(document: &str) -> Option<String> {
    let Some(python) = std::env::var_os("PACE_TEST_PYTHON") else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "PACE_TEST_PYTHON is not set");
        println!("skipped: PACE_TEST_PYTHON is not set (a Python with tests/oracles/requirements.txt)");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/oracles/sarif/oracle.py");
    let mut child =
        std::process::Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

#[test]
fn a_validator_from_other_hands_accepts_it() {
    let sample = Project::sample();
    let hostile = crate::hostile::project();
    let empty = Report::new(&[], &sample.sources, Action::Check);
    for report in [sample.report(), hostile.report(), empty] {
        let document = sarif(&report);
        let Some(verdict) = validate(&document) else { return };
        assert_eq!(verdict, "valid", "{document}");
    }
    let broken = sarif(&sample.report()).replace("\"columnKind\"", "\"columnSort\"");
    assert!(validate(&broken).unwrap().contains("columnSort"), "the validator looks");
}
