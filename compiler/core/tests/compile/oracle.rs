//! The schemas before a validator from other hands: Python's jsonschema finds them valid, and judges documents as the
//! Rust one does. It also judges the templates of `pace init`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use pace_compiler::schema::schema;
use serde_json::{Value, json};

use crate::generate::document;
use crate::mutate::mutate;
use crate::project;
use crate::schema::{KINDS, validator};
use crate::tape::{Tape, noise};

/// What the validator says of each document, or of the schema; `None`, said aloud, where there is no validator.
#[expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may start its oracle, and says aloud when it has none"
)]
fn ask(schema: &Value, documents: &[Value]) -> Option<Value> {
    let Some(python) = std::env::var_os("PACE_TEST_PYTHON") else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "PACE_TEST_PYTHON is not set");
        println!("skipped: PACE_TEST_PYTHON is not set (a Python with tests/oracles/requirements.txt)");
        return None;
    };
    let script = root().join("tests/oracles/schema/oracle.py");
    let mut child =
        std::process::Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let request = json!({"schema": schema, "documents": documents}).to_string();
    child.stdin.take().unwrap().write_all(request.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn both_validators_judge_alike() {
    for (kind, _) in KINDS {
        let schema = schema(kind);
        let documents: Vec<Value> = (0..300).map(|seed| random(&schema, seed)).collect();
        let Some(answer) = ask(&schema, &documents) else { return };
        let validator = validator(&schema);
        let ours: Vec<bool> = documents.iter().map(|document| validator.is_valid(document)).collect();
        let theirs: Vec<bool> =
            answer["errors"].as_array().unwrap().iter().map(|errors| errors.as_array().unwrap().is_empty()).collect();
        for ((document, ours), theirs) in documents.iter().zip(&ours).zip(&theirs) {
            assert_eq!(ours, theirs, "{kind:?}: {document}");
        }
        assert!(theirs.iter().filter(|valid| **valid).count() > 30, "{kind:?}");
        assert!(theirs.iter().filter(|valid| !**valid).count() > 30, "{kind:?}");
    }
}

fn random(schema: &Value, seed: u64) -> Value {
    let bytes = noise(seed, 400);
    let mut tape = Tape::new(&bytes);
    let mut value = document(schema, &mut tape);
    mutate(&mut value, &mut tape);
    value
}

#[test]
fn a_broken_schema_is_noticed() {
    let Some(answer) = ask(&json!({"type": "mapping"}), &[]) else { return };
    assert!(answer["schema"].as_str().unwrap().contains("mapping"), "{answer}");
}

#[test]
fn specs_of_people_are_valid() {
    let mut specs: Vec<(usize, String, Value)> = Vec::new();
    for world in [project::every_key(), project::with_tools()] {
        for (kind, path) in project::specs(&world) {
            let place = KINDS.iter().position(|(known, _)| *known == kind).unwrap();
            specs.push((place, path.clone(), serde_yaml::from_str(world.text(&path)).unwrap()));
        }
    }
    let templates = templates();
    assert!(!templates.is_empty(), "there are templates");
    specs.extend(templates);
    for (place, (kind, _)) in KINDS.iter().enumerate() {
        let of_kind: Vec<_> = specs.iter().filter(|(known, ..)| *known == place).collect();
        let documents: Vec<Value> = of_kind.iter().map(|(_, _, value)| value.clone()).collect();
        let Some(answer) = ask(&schema(*kind), &documents) else { return };
        for ((_, path, _), errors) in of_kind.iter().zip(answer["errors"].as_array().unwrap()) {
            assert_eq!(*errors, json!([]), "{path}");
        }
    }
}

/// The specs of every template, by the place of their kind in [`KINDS`].
#[expect(clippy::disallowed_methods, reason = "reads the templates of the repository")]
fn templates() -> Vec<(usize, String, Value)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("templates")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_loop = path.parent().is_some_and(|folder| folder.ends_with("loops"));
            let place = match path.file_name().and_then(|name| name.to_str()) {
                Some("spec.yaml") => 0,
                Some("paceline.yaml") => 2,
                Some(_) if is_loop => 1,
                _ => continue,
            };
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((place, path.display().to_string(), serde_yaml::from_str(&text).unwrap()));
        }
    }
    found
}
