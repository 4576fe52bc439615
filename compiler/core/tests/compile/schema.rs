//! The language and its JSON Schemas agree: what the parser accepts validates, and what validates yields no structural
//! error.

use std::cell::Cell;

use jsonschema::Validator;
use pace_compiler::schema::{SpecKind, schema};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use crate::generate::document;
use crate::mutate::mutate;
use crate::project;
use crate::tape::Tape;
use crate::world::Strings;
use crate::yaml;

/// Every kind of file and where a test puts one.
pub(crate) const KINDS: [(SpecKind, &str); 3] =
    [(SpecKind::Agent, "agents/a/spec.yaml"), (SpecKind::Loop, "loops/l.yaml"), (SpecKind::Project, "paceline.yaml")];

/// An unknown key, a missing one, a wrong type.
const STRUCTURAL: &[&str] = &["P0101", "P0102", "P0103"];

/// What the parser says. Some of these codes are used by later passes too, where they only make this test look at fewer
/// documents.
const OF_THE_PARSER: &[&str] = &[
    "P0101", "P0102", "P0103", "P0104", "P0105", "P0107", "P0108", "P0109", "P0110", "P0111", "P0112", "P0113",
    "P0114", "P0115", "P0116", "P0118", "P0402", "P0505",
];

pub(crate) fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::meta::validate(schema).unwrap();
    jsonschema::draft202012::new(schema).unwrap()
}

/// The codes said about one file, each with its words.
fn said(path: &str, text: &str) -> Vec<(&'static str, String)> {
    let outcome = Strings::default().with(path, text).check();
    let of_file = |diagnostic: &&pace_diag::Diagnostic| {
        diagnostic.primary.as_ref().is_some_and(|label| outcome.sources.path(label.span.file) == path)
    };
    outcome.diagnostics.iter().filter(of_file).map(|one| (one.code.id, one.concise())).collect()
}

fn about(codes: &[&str], said: &[(&'static str, String)]) -> Vec<String> {
    said.iter().filter(|(code, _)| codes.contains(code)).map(|(code, words)| format!("{code} {words}")).collect()
}

/// How often each verdict came up: a test that never met one would show nothing.
#[derive(Default)]
struct Tally {
    accepted: Cell<u32>,
    valid: Cell<u32>,
    rejected: Cell<u32>,
}

fn raise(count: &Cell<u32>, by: bool) {
    count.set(count.get() + u32::from(by));
}

fn agree(kind: SpecKind, path: &str, damage: fn(&mut Value, &mut Tape<'_>), cases: u32) -> Tally {
    let schema = schema(kind);
    let validator = validator(&schema);
    let tally = Tally::default();
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&vec(any::<u8>(), 0..400), |bytes| {
        let mut tape = Tape::new(&bytes);
        let mut value = document(&schema, &mut tape);
        damage(&mut value, &mut tape);
        let text = yaml::write(&value, &mut tape);
        let said = said(path, &text);
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|error| format!("{} {error}", error.instance_path())).collect();
        let (structural, all) = (about(STRUCTURAL, &said), about(OF_THE_PARSER, &said));
        raise(&tally.accepted, all.is_empty());
        raise(&tally.valid, errors.is_empty());
        raise(&tally.rejected, !errors.is_empty());
        prop_assert!(!all.is_empty() || errors.is_empty(), "accepted and not valid: {errors:#?}\n{text}");
        prop_assert!(!errors.is_empty() || structural.is_empty(), "valid and not accepted: {structural:#?}\n{text}");
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
    tally
}

#[test]
fn documents_made_from_the_schemas_have_no_structural_errors() {
    for (kind, path) in KINDS {
        let tally = agree(kind, path, |_, _| (), 400);
        assert_eq!(tally.valid.get(), 400, "{kind:?}: the generator made something else");
        assert!(tally.accepted.get() > 40, "{kind:?}: {} accepted", tally.accepted.get());
    }
}

#[test]
fn damaged_documents_are_judged_alike() {
    for (kind, path) in KINDS {
        let tally = agree(kind, path, mutate, 1000);
        assert!(tally.accepted.get() > 60, "{kind:?}: {} accepted", tally.accepted.get());
        assert!(tally.rejected.get() > 200, "{kind:?}: {} rejected", tally.rejected.get());
    }
}

#[test]
fn a_project_with_every_key_is_valid() {
    for world in [project::every_key(), project::with_tools()] {
        for (kind, path) in project::specs(&world) {
            let value: Value = serde_yaml::from_str(world.text(&path)).unwrap();
            let validator = validator(&schema(kind));
            let errors: Vec<String> =
                validator.iter_errors(&value).map(|error| format!("{} {error}", error.instance_path())).collect();
            assert_eq!(errors, Vec::<String>::new(), "{path}");
        }
    }
}
