//! Random spans over random text: no format panics, and each keeps its promises.

use pace_diag::render::{Action, Colour, Glyphs, Report, github, human, json, sarif, short};
use pace_diag::{Applicability, Diagnostic, Severity, code};
use pace_syntax::{FileId, SourceMap, Span};
use proptest::prelude::*;

/// Text that is likely to break something: line ends, wide, combining and control characters, long lines.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z:\\- ]{0,12}",
        3 => Just(String::from("\n")),
        1 => Just(String::from("\r\n")),
        1 => Just(String::from("\t")),
        1 => prop::sample::select(vec!["é", "日本", "👩‍👩‍👧", "e\u{301}", "\u{feff}", "\u{202e}", "\u{1b}[0m", "\r", "\0", "`", "%"])
            .prop_map(String::from),
        1 => (150_usize..500).prop_map(|length| "w".repeat(length)),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

/// A span that may lie outside of its file, or be in none.
fn span() -> impl Strategy<Value = Span> {
    (0_u32..4, 0_u32..600, 0_u32..300).prop_map(|(file, start, length)| Span {
        file: FileId(file),
        start,
        end: start + length,
    })
}

fn diagnostic() -> impl Strategy<Value = Diagnostic> {
    let labels = prop::collection::vec((span(), text()), 0..4);
    (text(), prop::option::of((span(), text())), labels, text(), span(), 0_usize..code::ALL.len(), any::<bool>())
        .prop_map(|(words, primary, secondary, note, edit, code, warning)| {
            let mut diagnostic = Diagnostic::new(code::ALL[code], words.clone());
            if let Some((span, text)) = primary {
                diagnostic = diagnostic.at(span, text);
            }
            for (span, text) in secondary {
                diagnostic = diagnostic.also(span, text);
            }
            if warning {
                diagnostic.severity = Severity::Warning;
            }
            diagnostic.note(note).fix(words.clone(), Applicability::Safe, edit, words)
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_format_keeps_its_promises(
        files in prop::collection::vec(text(), 3),
        diagnostics in prop::collection::vec(diagnostic(), 0..4),
    ) {
        let mut sources = SourceMap::new();
        for (number, text) in files.iter().enumerate() {
            sources.add(format!("file-{number}.yaml"), text.as_str());
        }
        let report = Report::new(&diagnostics, &sources, Action::Build);
        for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
            for text in [human(&report, Colour::Plain, glyphs), short(&report, Colour::Plain, glyphs)] {
                prop_assert!(text.lines().all(|line| !line.ends_with(' ')), "{text}");
                prop_assert!(text.chars().all(|character| character == '\n' || !character.is_control()), "{text:?}");
            }
        }
        human(&report, Colour::Ansi, Glyphs::Unicode);
        short(&report, Colour::Ansi, Glyphs::Unicode);
        prop_assert_eq!(github(&report).lines().count(), diagnostics.len());
        let lines = json::diagnostics(&report);
        prop_assert_eq!(lines.lines().count(), diagnostics.len());
        for (line, diagnostic) in lines.lines().zip(&diagnostics) {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(value["message"].as_str(), Some(diagnostic.message.as_str()));
        }
        prop_assert!(serde_json::from_str::<serde_json::Value>(&sarif(&report)).is_ok());
    }
}
