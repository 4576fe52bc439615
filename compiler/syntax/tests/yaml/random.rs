//! Anything at all: random bytes and documents with pieces torn out or put in. Nothing panics, and what
//! [`crate::support::read`] checks holds of every tree: spans are text, children lie in their parents, errors are
//! sentences.

use pace_syntax::{FileId, Limits, SourceMap, decode, front_matter, parse, parse_range};
use proptest::prelude::*;

use crate::support::read;

const DOCUMENTS: [&str; 5] = [
    "name: weather\ndescription: |-\n  Tell the\n    weather.\n\ntools:\n  - std/http\n  - {tool: tools/x, net: [a.b, 'c']}\n",
    "- &a {x: [1, 2.5, ~]}\n- *a\n- !!str 12\n- \"é\\n\\u00e9\"\n- 'it''s'\n- >+2\n   x\n\n- ? k\n  : v\n",
    "---\na: plain\n  over lines # comment\nb: \"over\n  lines\"\n\u{20ac}: [{a: b}, c: d,]\n...\n",
    "a:\r\n- b\r\n-\r\n- c:\r\n    d: |\r\n      x\r\n",
    "\u{feff}%YAML 1.2\n--- # x\n{\"a\":1,\n 'b': &x [],\n c, d: *x}\n",
];

const PIECES: [&str; 37] = [
    " ", "\n", "\t", ":", "-", "?", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`",
    "~", "<<", ": ", "- ", "? ", "&a ", "*a", "!!int ", "---\n", "...\n", "\\", "\r", "\0", "\u{feff}", "é",
];

/// A document after some cuts and insertions.
fn torn() -> impl Strategy<Value = String> {
    let cut = (any::<prop::sample::Index>(), 0_usize..4, proptest::sample::select(PIECES.to_vec()));
    (proptest::sample::select(DOCUMENTS.to_vec()), proptest::collection::vec(cut, 1..8)).prop_map(|(document, cuts)| {
        let mut characters: Vec<char> = document.chars().collect();
        for (place, length, piece) in cuts {
            let start = place.index(characters.len() + 1);
            let end = (start + length).min(characters.len());
            characters.splice(start..end, piece.chars());
        }
        characters.into_iter().collect()
    })
}

fn soup() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn torn_documents_are_read(text in torn()) {
        read(&text);
    }

    #[test]
    fn soup_is_read(text in soup()) {
        read(&text);
    }

    #[test]
    fn small_limits_hold(text in torn(), depth in 0_usize..4, nodes in 0_usize..12) {
        let document = parse(FileId(0), &text, Limits { depth, nodes });
        // Closing what a broken document left open may add one hole for each level.
        prop_assert!(document.nodes().count() <= nodes + depth);
    }

    #[test]
    fn a_part_reads_as_it_would_alone(text in torn(), before in soup(), after in soup()) {
        let whole = format!("{before}{text}{after}");
        let alone = parse(FileId(0), &text, Limits::default());
        let part = parse_range(FileId(0), &whole, before.len()..before.len() + text.len(), Limits::default());
        let moved = u32::try_from(before.len()).unwrap();
        prop_assert_eq!(alone.errors.len(), part.errors.len());
        for ((_, alone), (_, part)) in alone.nodes().zip(part.nodes()) {
            prop_assert_eq!((alone.span.start + moved, alone.span.end + moved), (part.span.start, part.span.end));
        }
    }

    #[test]
    fn any_bytes_decode_or_say_why(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        match decode("f", bytes.clone()) {
            Ok(text) => {
                prop_assert_eq!(text.as_bytes(), &bytes[..]);
                read(&text);
            }
            Err(error) => prop_assert!(error.text.get(error.span.clone()).is_some(), "{error}"),
        }
    }

    #[test]
    fn front_matter_is_two_parts_of_the_file(text in "(\u{feff})?(---[ \n])?[a:\\- \r\n]{0,30}(\n---\r?\n)?[a-]{0,5}") {
        match front_matter::split(&text) {
            Ok(parts) => {
                let opening = text[..parts.yaml.start].trim_start_matches('\u{feff}');
                prop_assert!(opening.starts_with("---"));
                prop_assert!(text[parts.yaml.end..parts.body.start].starts_with("---"));
                prop_assert_eq!(parts.body.end, text.len());
            }
            Err(error) => prop_assert!(text.get(error.range()).is_some()),
        }
    }

    #[test]
    fn lines_and_columns_agree_with_counting(text in "[a\u{e9}\u{20ac}\r\n]{0,60}", offset in 0_u32..200) {
        let mut map = SourceMap::new();
        let file = map.add("f", text.as_str());
        let at = map.get(file).unwrap().line_column(offset);
        let before = &text[..text.floor_char_boundary(offset as usize)];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        prop_assert_eq!((at.line as usize, at.column as usize), (line, column));
    }
}
