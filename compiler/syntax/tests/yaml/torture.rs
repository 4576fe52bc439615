//! Documents meant to take a parser's stack, its time or its sense of place. Each runs in a thread of 2 MiB; each is one
//! error at the right place, or what it means. Nothing is timed: what is quadratic does not finish.

use std::fmt::Write as _;

use pace_syntax::SyntaxErrorKind::{self, *};
use pace_syntax::{Limits, NodeKind, SourceMap, parse};
use serde_json::json;

use crate::support::{Read, clean, read};

const MEBIBYTE: usize = 1024 * 1024;

/// Reads in a thread with the stack that worker threads have.
fn small_stack(text: String) -> Read {
    let thread = std::thread::Builder::new().stack_size(2 * MEBIBYTE);
    thread.spawn(move || read(&text)).unwrap().join().unwrap()
}

/// The one error, as kind, line and column.
fn only(read: &Read) -> (SyntaxErrorKind, u32, u32) {
    assert_eq!(read.document.errors.len(), 1, "{:?}", read.errors().iter().take(5).collect::<Vec<_>>());
    let error = &read.document.errors[0];
    let at = read.map.line_column(error.span);
    (error.kind, at.line, at.column)
}

/// How many errors there are, all of one kind.
fn count(read: &Read, kind: SyntaxErrorKind) -> usize {
    assert!(read.document.errors.iter().all(|error| error.kind == kind), "not only {kind:?}");
    read.document.errors.len()
}

fn deep_block(levels: usize) -> String {
    (0..levels).fold(String::new(), |mut text, level| {
        // 10,000 levels of full indentation would be 50 MiB; the limit is met long before.
        writeln!(text, "{}a:", " ".repeat(level.min(200))).unwrap();
        text
    })
}

#[test]
fn nesting_ends_at_the_limit() {
    assert_eq!(only(&small_stack(deep_block(10_000))), (TooDeep, 65, 65));
    assert_eq!(only(&small_stack("- ".repeat(500_000))), (TooDeep, 1, 129));
    assert_eq!(only(&small_stack("? ".repeat(500_000))), (TooDeep, 1, 129));
    assert_eq!(only(&small_stack("[".repeat(200_000))), (TooDeep, 1, 65));
    assert_eq!(only(&small_stack("{".repeat(200_000))), (TooDeep, 1, 65));
    assert_eq!(only(&small_stack("[{".repeat(100_000))), (TooDeep, 1, 65));
    assert_eq!(only(&small_stack("{? ".repeat(100_000))), (TooDeep, 1, 64 * 3 + 1));
    assert_eq!(only(&small_stack("{a: ".repeat(100_000))), (TooDeep, 1, 64 * 4 + 1));
    assert_eq!(only(&small_stack("a:\n - [".to_owned() + &"[".repeat(100_000))), (TooDeep, 2, 66));
}

#[test]
fn nesting_up_to_the_limit_is_read() {
    let text = "[".repeat(64) + &"]".repeat(64);
    assert_eq!(clean(&text).document.nodes().count(), 64);
    let text = "- ".repeat(64) + "x";
    assert_eq!(clean(&text).document.nodes().count(), 65);
    assert_eq!(clean(&deep_block(64)).document.nodes().count(), 64 * 2 + 1);
}

#[test]
fn an_alias_bomb_is_one_error_an_alias_too_many() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let alias = vec![format!("*a{}", level - 1); 9].join(", ");
        writeln!(bomb, "a{level}: &a{level} [{alias}]").unwrap();
    }
    let read = small_stack(bomb);
    assert!(read.kinds().iter().all(|kind| *kind == TooManyNodes) && !read.kinds().is_empty(), "{:?}", read.errors());
    assert!(walk(&read, read.document.root.unwrap()) <= Limits::default().nodes);
}

/// How many nodes a consumer meets that follows aliases.
fn walk(read: &Read, id: pace_syntax::NodeId) -> usize {
    let document = &read.document;
    1 + match document.kind(id) {
        NodeKind::Sequence(items) => items.iter().map(|item| walk(read, *item)).sum(),
        NodeKind::Mapping(entries) => entries.iter().map(|(key, value)| walk(read, *key) + walk(read, *value)).sum(),
        _ => 0_usize,
    }
}

#[test]
fn aliases_do_not_nest_deeper_than_text_may() {
    let mut ladder = String::from("- &a0 [x]\n");
    for level in 1..200 {
        writeln!(ladder, "- &a{level} [*a{}]", level - 1).unwrap();
    }
    let read = small_stack(ladder);
    // The list of level 63 with all below it and the one around it is the 65th level; a hole in it starts anew.
    assert!(read.kinds().iter().all(|kind| *kind == TooDeep));
    assert_eq!(read.map.line_column(read.document.errors[0].span), pace_syntax::LineColumn { line: 64, column: 9 });
    assert_eq!(clean("- &a [1, 2]\n- *a\n").json(), json!([[1, 2], [1, 2]]));
}

#[test]
fn an_alias_inside_its_own_value_is_recursive() {
    assert_eq!(only(&read("&a [*a]")), (RecursiveAlias, 1, 5));
    assert_eq!(only(&read("&a\nx: {y: [1, *a]}\n")), (RecursiveAlias, 2, 12));
    assert_eq!(only(&read("a: &a\n  *a : 1\n")), (RecursiveAlias, 2, 3));
    assert_eq!(only(&read("- &a [1]\n- &a [*a]\n")), (RecursiveAlias, 2, 7));
    assert_eq!(clean("- &a [1]\n- *a\n- &a [2, 3]\n- *a\n").json(), json!([[1], [1], [2, 3], [2, 3]]));
}

#[test]
fn many_nodes_end_at_the_limit() {
    assert_eq!(only(&small_stack("- a\n".repeat(MEBIBYTE / 4))), (TooManyNodes, 200_000, 3));
    assert_eq!(only(&small_stack("[".to_owned() + &"a,".repeat(MEBIBYTE / 2))), (TooManyNodes, 1, 2 * 199_999 + 2));
}

#[test]
fn many_keys_and_many_duplicates_take_linear_time() {
    let mut keys = String::new();
    for key in 0..99_000 {
        writeln!(keys, "k{key}: v").unwrap();
    }
    assert_eq!(small_stack(keys).errors(), Vec::<String>::new());
    let twice = "k: v\n".repeat(50_000);
    let read = small_stack(twice);
    assert_eq!((count(&read, DuplicateKey), read.document.complete), (1_000, false), "a thousand errors are enough");
    let line = "{".to_owned() + &"k: v, ".repeat(50_000) + "}";
    let read = small_stack(line);
    let columns: Vec<_> = read.document.errors.iter().map(|error| read.map.line_column(error.span).column).collect();
    assert_eq!((columns.len(), columns[999]), (1_000, 1_000 * 6 + 2));
}

#[test]
fn many_anchors_and_many_unknown_aliases_take_linear_time() {
    let mut text = String::new();
    for key in 0..30_000 {
        writeln!(text, "k{key}: &a{key} [v]\nl{key}: *missing").unwrap();
    }
    assert_eq!(count(&small_stack(text), UnknownAnchor), 1_000);
}

#[test]
fn long_runs_of_one_character_are_read_or_refused() {
    for run in [" ", "\n", "\r\n", "#", " #x\n", "\r"] {
        assert_eq!(small_stack(run.repeat(MEBIBYTE / run.len())).kinds(), [Empty], "{run:?}");
    }
    let refused = [
        "\"", "'' ", "!", "& ", "*", "%", "@", "`", "]", "}", ",", "|", "\0", "? a\n", "<<: x\n", "!a ", "&a ",
        "a: b: ", ":",
    ];
    for run in refused {
        let read = small_stack(run.repeat(MEBIBYTE / run.len()));
        assert!(!read.document.errors.is_empty(), "{run:?}");
    }
    for run in ["x", "-", "é", "<", "~", "=", "a "] {
        let text = run.repeat(MEBIBYTE / run.len());
        let read = small_stack(text.clone());
        assert_eq!(read.errors(), Vec::<String>::new(), "{run:?}");
        assert_eq!(read.json(), json!(text.trim_end()), "{run:?}");
    }
    // A tab is white space before a document, and no indentation.
    assert_eq!(small_stack("\t".repeat(MEBIBYTE)).document.errors.len(), 1);
}

#[test]
fn long_keys_are_refused_as_such() {
    let long = "k".repeat(1025);
    assert_eq!(clean(&format!("{}: v\n", &long[1..])).document.nodes().count(), 3);
    for text in
        [format!("{long}: v\n"), format!("a: b\n{long}: v\n"), format!("'{long}': v\n"), format!("a: b\n'{long}': v\n")]
    {
        let read = read(&text);
        assert_eq!(read.kinds(), [Syntax]);
        assert!(read.document.errors[0].message.contains("1,024"), "{}", read.document.errors[0].message);
    }
    assert_eq!(clean(&format!("? {long}\n: v\n")).document.nodes().count(), 3);
}

#[test]
fn long_scalars_of_every_style_are_read() {
    let long = "x".repeat(MEBIBYTE);
    for text in
        [long.clone(), format!("'{long}'"), format!("\"{long}\""), format!("|-\n {long}"), format!(">-\n {long}")]
    {
        assert_eq!(small_stack(text).json(), json!(long));
    }
    let escapes = format!("\"{}\"", "\\x41".repeat(MEBIBYTE / 4));
    assert_eq!(small_stack(escapes).json(), json!("A".repeat(MEBIBYTE / 4)));
    let lines = "x\n".repeat(MEBIBYTE / 4);
    assert_eq!(small_stack(format!("|\n {}", lines.replace('\n', "\n "))).json(), json!(lines));
}

#[test]
fn an_unclosed_quote_or_bracket_is_found_at_its_start_however_far_the_end() {
    let filler = "word: [1, 2]\n".repeat(10_000);
    assert_eq!(only(&small_stack(format!("a: b\nc: \"x\n{filler}"))), (Syntax, 2, 4));
    assert_eq!(only(&small_stack(format!("a: b\nc: 'x\n{filler}"))), (Syntax, 2, 4));
    assert_eq!(only(&small_stack(format!("a: b\nc: [x,\n{filler}"))), (Syntax, 2, 4));
    let words = "word, ".repeat(30_000);
    assert_eq!(only(&small_stack(format!("a: b\nc: [x, {words}"))), (Syntax, 2, 4));
}

#[test]
fn byte_order_marks_and_line_ends_keep_their_places() {
    let read = clean("\u{feff}a: 1\r\nb:\r\n  - 'x' # c\r\n  - y\r\n");
    assert_eq!(read.json(), json!({"a": 1, "b": ["x", "y"]}));
    assert_eq!(read.text_at("b"), "- 'x' # c\r\n  - y");
    assert_eq!(read.map.line_column(read.document.span(read.at("a"))).column, 4);
    let text = "\u{feff}a: 1\r\na: 2\r\n";
    assert_eq!(only(&self::read(text)), (DuplicateKey, 2, 1));
    assert_eq!(clean("a: |\r\n  x\r\n  y\r\n").json(), json!({"a": "x\ny\n"}));
    assert_eq!(only(&self::read("a: \u{feff}b\n")), (Syntax, 1, 4));
}

#[test]
fn tabs_separate_but_do_not_indent() {
    assert_eq!(clean("key:\tvalue\n").json(), json!({"key": "value"}));
    assert_eq!(clean("key: value\t# comment\n").json(), json!({"key": "value"}));
    assert_eq!(only(&read("a:\n\tb: 1\n")), (Syntax, 2, 1));
    assert_eq!(only(&read("a:\n  - b\n  -\tc: 1\n \t d: 2\n")).0, Syntax);
}

#[test]
fn nul_and_control_characters_are_placed() {
    assert_eq!(only(&read("a: \0\n")), (Syntax, 1, 4));
    assert_eq!(only(&read("a: b\nc: x\0y\n")), (Syntax, 2, 5));
    assert_eq!(only(&read("a: \"é\0\"\n")), (Syntax, 1, 6));
    assert_eq!(only(&read("a: |\n  é\0\n")), (Syntax, 2, 4));
    assert_eq!(only(&read("# \0\n")), (Syntax, 1, 3));
    assert_eq!(only(&read("a: \u{1}\n")), (Syntax, 1, 4));
}

#[test]
fn empty_files_have_no_root_and_say_so() {
    for text in ["", "\n", "# only\n", "\u{feff}", "---\n", "---\n...\n", "--- # x\n"] {
        let read = read(text);
        assert_eq!((read.kinds(), read.document.root), (vec![Empty], None), "{text:?}");
    }
    assert_eq!(clean("~").json(), json!(null));
    assert_eq!(clean("''").json(), json!(""));
}

#[test]
fn several_documents_are_refused_at_the_second() {
    assert_eq!(only(&read("a: 1\n---\nb: 2\n")), (SeveralDocuments, 2, 1));
    assert_eq!(only(&read("a: 1\n...\nb: 2\n")), (SeveralDocuments, 3, 1));
    assert_eq!(only(&read("--- 1\n--- 2\n--- 3\n")), (SeveralDocuments, 2, 1));
    assert_eq!(only(&read("---\n---\n")), (SeveralDocuments, 2, 1));
    assert_eq!(clean("%YAML 1.2\n---\na: 1\n...\n# end\n").json(), json!({"a": 1}));
    assert!(read("a: 1\n---\n: : :\n").document.complete, "the first document was read to its end");
    assert_eq!(only(&small_stack("---\n".repeat(MEBIBYTE / 4))), (SeveralDocuments, 2, 1));
}

#[test]
fn everything_that_can_be_skipped_is_reported_in_one_run() {
    let read = read("a: 1\na: !x 2\n<<: {b: 1}\nc: *d\n[e]: f\n~: g\nh: !!int i\nj: k: l\nm: 1\nm: 2\n");
    let kinds =
        [DuplicateKey, UnsupportedTag, MergeKey, UnknownAnchor, UnsupportedKey, UnsupportedKey, UnsupportedTag, Syntax];
    assert_eq!(read.kinds(), kinds);
    assert!(!read.document.complete);
    assert_eq!(read.json(), json!({"a": 1, "c": "hole", "h": "i", "j": "k"}));
}

#[test]
fn duplicates_are_found_by_text_whatever_their_style() {
    let read = read("\"a\": 1\n'a': 2\na: 3\n1: x\n\"1\": y\n? a\n: 4\nb: {c: 1, c: 2}\n");
    assert_eq!(read.kinds(), vec![DuplicateKey; 5]);
    assert_eq!(read.json(), json!({"a": 1, "1": "x", "b": {"c": 1}}));
    let first = read.document.errors[1].other.unwrap();
    assert_eq!((read.map.text(first.0), first.1), ("\"a\"", "first defined here"));
    assert_eq!(only(&self::read("- &k a\n- {a: 1, *k : 2}\n")), (DuplicateKey, 2, 10));
}

#[test]
fn merge_keys_are_refused_unless_quoted() {
    assert_eq!(only(&read("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\n")), (MergeKey, 3, 3));
    assert_eq!(clean("\"<<\": 1\n").json(), json!({"<<": 1}));
    assert_eq!(clean("a: <<\n").json(), json!({"a": "<<"}));
}

#[test]
fn core_tags_decide_and_others_are_refused() {
    let read = clean(
        "a: !!str 1\nb: !!int \"2\"\nc: !!float 3\nd: !!seq [!!map {}]\ne: !<tag:yaml.org,2002:str> ~\nf: !!null\n",
    );
    assert_eq!(read.json(), json!({"a": "1", "b": 2, "c": "float 3", "d": [{}], "e": "~", "f": null}));
    assert_eq!(only(&self::read("a: !!binary eA==\n")), (UnsupportedTag, 1, 4));
    assert_eq!(only(&self::read("- !env HOME\n")), (UnsupportedTag, 1, 3));
    assert_eq!(only(&self::read("a: !!bool yes\n")), (UnsupportedTag, 1, 4));
    assert_eq!(only(&self::read("a: !!str\n  b: c\n")), (UnsupportedTag, 1, 4));
    assert_eq!(count(&small_stack("- !a b\n".repeat(90_000)), UnsupportedTag), 1_000);
}

#[test]
fn huge_numbers_are_told_apart() {
    let read = clean("[9223372036854775807, 9223372036854775808, 1e308, 1e309, 0xfffffffffffffffff]");
    let expected = json!([
        i64::MAX,
        "beyond 9223372036854775808",
        format!("float {}", 1e308),
        "beyond 1e309",
        "beyond 0xfffffffffffffffff"
    ]);
    assert_eq!(read.json(), expected);
    assert_eq!(clean(&"9".repeat(100_000)).json(), json!(format!("beyond {}", "9".repeat(100_000))));
}

#[test]
fn a_part_of_a_file_keeps_the_offsets_of_the_file() {
    let text = "---\nname: x\nname: y\n---\nbody: [\n";
    let mut map = SourceMap::new();
    let file = map.add("SKILL.md", text);
    let parts = pace_syntax::front_matter::split(text).unwrap();
    let document = pace_syntax::parse_range(file, text, parts.yaml, Limits::default());
    assert_eq!(document.errors.len(), 1);
    assert_eq!(map.line_column(document.errors[0].span), pace_syntax::LineColumn { line: 3, column: 1 });
    let (key, value) = document.get(document.root.unwrap(), "name").unwrap();
    assert_eq!((map.text(document.span(key)), map.text(document.span(value))), ("name", "x"));
    let open = pace_syntax::parse_range(file, "---\na: [\n---\n]", 4..9, Limits::default());
    assert_eq!((open.errors[0].kind, open.errors[0].span.range()), (Syntax, 7..8));
    assert_eq!(pace_syntax::parse_range(file, "é", 1..2, Limits::default()).errors[0].kind, Empty);
    assert_eq!(parse(file, "", Limits::default()).errors[0].kind, Empty);
}
