//! Files and messages made to harm whoever reads the output.

use pace_diag::render::{Colour, Glyphs, github, human, json, sarif, short};
use pace_diag::{Applicability, Diagnostic, code};

use crate::project::Project;

const EVIL: &str =
    "a\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}gpj\u{2066}\u{200b}\u{feff}\u{2028}\r\0\u{7f}\u{e0041}é";

/// A project of nothing but hostile text.
pub(crate) fn project() -> Project {
    let mut project = Project::new();
    let file = project.sources.add(format!("agents/{EVIL}/spec.yaml"), format!("x: {EVIL} y\n{EVIL}"));
    let (span, other) = (project.span(file, EVIL), project.span(file, "x"));
    let diagnostic = Diagnostic::new(&code::UNKNOWN_MODEL, format!("unknown {EVIL}\n::error::x"))
        .at(span, format!("label {EVIL}"))
        .also(other, EVIL)
        .note(format!("a note\nof {EVIL}"))
        .fix(format!("write {EVIL}"), Applicability::Unsafe, span, EVIL);
    project.diagnostics.push(diagnostic);
    project
}

fn harmless(text: &str) {
    let harmful: Vec<char> = text
        .chars()
        .filter(|character| {
            (character.is_control() && *character != '\n')
                || ['\u{202e}', '\u{2066}', '\u{200b}', '\u{feff}', '\u{2028}', '\u{e0041}'].contains(character)
        })
        .collect();
    assert!(harmful.is_empty(), "{harmful:?} in {text:?}");
}

#[test]
fn nothing_reaches_a_terminal_raw() {
    let project = project();
    let report = project.report();
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        harmless(&human(&report, Colour::Plain, glyphs));
        harmless(&short(&report, Colour::Plain, glyphs));
    }
    for text in [github(&report), json::diagnostics(&report), sarif(&report)] {
        harmless(&text);
    }
    assert_eq!(github(&report).lines().count(), 1);
    assert_eq!(json::diagnostics(&report).lines().count(), 1);
}

#[test]
fn only_our_own_colours_are_written() {
    let project = project();
    let coloured = human(&project.report(), Colour::Ansi, Glyphs::Unicode);
    for sequence in coloured.split('\u{1b}').skip(1) {
        let parameters = sequence.strip_prefix('[').and_then(|rest| rest.split_once('m')).unwrap().0;
        assert!(parameters.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{sequence:?}");
    }
    assert!(!coloured.contains("\u{1b}[2J"));
}

#[test]
fn json_keeps_the_text_as_it_is() {
    let project = project();
    let line: serde_json::Value = serde_json::from_str(&json::diagnostics(&project.report())).unwrap();
    assert_eq!(line["message"], format!("unknown {EVIL}\n::error::x"));
    assert_eq!(line["help"][0]["edits"][0]["replacement"], EVIL);
}

#[test]
fn escapes_are_shown_where_they_stand() {
    let shown =
        human(&Project::one("x\u{1b}[31m: \u{202e}a\n", "[31m", "here").report(), Colour::Plain, Glyphs::Unicode);
    let expected = r"1 │ x\u{1b}[31m: \u{202e}a
  │        ^^^^ here
";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn a_file_of_one_line_does_not_bury_the_message() {
    let text = format!("{{{}\"needle\": 1, {}}}", "\"key\": 1, ".repeat(50_000), "\"key\": 2, ".repeat(50_000));
    for (needle, glyphs) in [("\"needle\"", Glyphs::Unicode), (text.as_str(), Glyphs::Ascii)] {
        let project = Project::one(&text, needle, "here");
        assert!(human(&project.report(), Colour::Plain, glyphs).len() < 1_000);
        assert!(short(&project.report(), Colour::Plain, glyphs).len() < 1_000);
        assert!(json::diagnostics(&project.report()).len() < 2_000);
    }
    let shown = human(&Project::one(&text, "\"needle\"", "here").report(), Colour::Plain, Glyphs::Unicode);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines[1], "  ┌─ agents/a/spec.yaml:1:500002");
    assert!(
        lines[3].starts_with("1 │ … \"key\": 1, ")
            && lines[3].contains("1, \"needle\": 1, ")
            && lines[3].ends_with('…')
    );
    let column = |line: &str, what: char| line.chars().position(|character| character == what).unwrap();
    let needle = lines[3].chars().collect::<String>().split("\"needle\"").next().unwrap().chars().count();
    assert_eq!(column(lines[4], '^'), needle, "the caret stands under its word");
    assert!(lines[4].ends_with("^^^^^^^^ here"));
}

#[test]
fn labels_of_one_long_line_get_a_frame_each() {
    let text = format!("first {} second", "x".repeat(5_000));
    let mut project = Project::one(&text, "second", "again");
    let file = project.sources.find("agents/a/spec.yaml").unwrap();
    let first = project.span(file, "first");
    let diagnostic = project.diagnostics.remove(0);
    project.diagnostics.push(diagnostic.also(first, "first here"));
    let shown = human(&project.report(), Colour::Plain, Glyphs::Ascii);
    assert!(shown.contains("spec.yaml:1:5008\n  |\n1 | ...xxx"), "{shown}");
    assert!(shown.contains("  --> agents/a/spec.yaml:1:1\n  |\n1 | first xxx"), "{shown}");
}

#[test]
fn a_long_message_is_cut() {
    let mut project = Project::one("x", "x", "");
    project.diagnostics[0].message = "y".repeat(1 << 20);
    project.diagnostics[0].notes = vec!["z".repeat(1 << 20)];
    assert!(human(&project.report(), Colour::Plain, Glyphs::Unicode).len() < 4_000);
    assert!(short(&project.report(), Colour::Plain, Glyphs::Unicode).len() < 4_000);
    assert!(github(&project.report()).len() < 4_000);
}
