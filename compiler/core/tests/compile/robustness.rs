//! Whatever the files hold: the compiler ends, says the same twice in the same order, and points into the files it read.

use pace_compiler::{Failure, Outcome};
use pace_diag::render::{Action, Colour, Glyphs, Report, human};
use pace_diag::{Diagnostic, Severity};
use pace_syntax::{SourceMap, Span};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::edit;
use crate::project;
use crate::tape::Tape;
use crate::world::Strings;

/// Every place a diagnostic points at or would edit.
fn spans(diagnostic: &Diagnostic) -> impl Iterator<Item = Span> {
    let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|label| label.span);
    let edits = diagnostic.help.iter().flat_map(|help| &help.edits).map(|edit| edit.span);
    labels.chain(edits)
}

fn lies_inside(span: Span, sources: &SourceMap) -> bool {
    sources.get(span.file).is_some_and(|file| file.text().get(span.range()).is_some())
}

/// What has to hold of every outcome.
fn holds<T>(outcome: &Outcome<T>) -> Result<(), TestCaseError> {
    for diagnostic in &outcome.diagnostics {
        for span in spans(diagnostic) {
            prop_assert!(lies_inside(span, &outcome.sources), "{span:?} of {diagnostic:#?}");
        }
        prop_assert!(!diagnostic.message.is_empty() && !diagnostic.message.contains('\n'), "{diagnostic:#?}");
    }
    let key = |diagnostic: &Diagnostic| {
        let span = diagnostic.primary.as_ref().map(|label| label.span);
        (span.is_none(), span, diagnostic.code.id, diagnostic.message.clone())
    };
    prop_assert!(outcome.diagnostics.iter().map(key).is_sorted());
    let has_errors = outcome.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let is_reported = matches!(outcome.result, Err(Failure::Reported));
    prop_assert_eq!(has_errors, is_reported, "errors are said if and only if there is no result");
    let report = Report::new(&outcome.diagnostics, &outcome.sources, Action::Check);
    human(&report, Colour::Plain, Glyphs::Unicode);
    Ok(())
}

fn survives(world: &Strings) -> Result<(), TestCaseError> {
    let (check, build) = (world.check(), world.build());
    holds(&check)?;
    holds(&build)?;
    prop_assert_eq!(&world.check().diagnostics, &check.diagnostics);
    let again = world.build();
    prop_assert_eq!(&again.diagnostics, &build.diagnostics);
    match (build.result, again.result) {
        (Ok(first), Ok(second)) => prop_assert_eq!(first.emitted.bytes, second.emitted.bytes),
        (Err(first), Err(second)) => prop_assert_eq!(first.to_string(), second.to_string()),
        (first, second) => prop_assert!(false, "{first:?} and then {second:?}"),
    }
    Ok(())
}

/// A file of each kind that is read.
const PLACES: &[&str] = &[
    "paceline.yaml",
    "paceline.yml",
    "agents/a/spec.yaml",
    "agents/b/spec.yaml",
    "loops/l.yaml",
    "skills/s/SKILL.md",
    "tools/t.ts",
    "tests/turns.json",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_projects(tape in vec(any::<u8>(), 0..80)) {
        let mut tape = Tape::new(&tape);
        let mut world = if tape.once_in(2) { project::with_tools() } else { project::every_key() };
        for _ in 0..=tape.below(2) {
            let paths: Vec<String> = world.files.keys().cloned().collect();
            edit::bytes(world.files.get_mut(&tape.pick(&paths)).unwrap(), &mut tape);
        }
        survives(&world)?;
    }

    #[test]
    fn any_bytes_anywhere(files in vec((0..PLACES.len(), vec(any::<u8>(), 0..60)), 0..4)) {
        let mut world = project::every_key();
        for (place, bytes) in files {
            world.files.insert(PLACES[place].to_owned(), bytes);
        }
        survives(&world)?;
    }

    #[test]
    fn pieces_of_yaml_anywhere(place in 0..PLACES.len(), tape in vec(any::<u8>(), 0..120)) {
        let mut text = Vec::new();
        let mut tape = Tape::new(&tape);
        for _ in 0..tape.below(12) {
            edit::bytes(&mut text, &mut tape);
        }
        survives(&project::with_tools().with(PLACES[place], text))?;
    }

    #[test]
    fn any_names_of_files(names in vec("[a-z.é ]{1,8}", 1..4)) {
        let mut world = project::every_key();
        for name in names {
            for path in [format!("agents/{name}/spec.yaml"), format!("loops/{name}.yaml"), format!("tools/{name}.ts")] {
                world = world.with(&path, "name: x\n");
            }
        }
        survives(&world)?;
    }
}

#[test]
fn the_untouched_projects_survive() {
    survives(&project::every_key()).unwrap();
    survives(&project::with_tools()).unwrap();
    survives(&Strings::default()).unwrap();
}
