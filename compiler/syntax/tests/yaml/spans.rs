//! Where things are: keys, values, lists, and parts of texts.

use pace_syntax::{NodeKind, Value};

use crate::support::{Read, clean};

const SPEC: &str = "\
# An agent.
name: weather-bot   # its name
model: 'gemini'   # quoted
tools:
  - std/http
  - {tool: \"std/x\", net: [a.b]}   # flow

  # trailing

description: |-
  Be brief.
    And kind.

limits:
summary: >
  one
  two

acl: &acl
- principal: user:ä
  role: read
";

#[test]
fn values_end_before_comments_and_blank_lines() {
    let read = clean(SPEC);
    assert_eq!(read.text_at("name"), "weather-bot");
    assert_eq!(read.text_at("model"), "'gemini'");
    assert_eq!(read.text_at("tools"), "- std/http\n  - {tool: \"std/x\", net: [a.b]}");
    assert_eq!(read.text_at("tools/1"), "{tool: \"std/x\", net: [a.b]}");
    assert_eq!(read.text_at("tools/1/tool"), "\"std/x\"");
    assert_eq!(read.text_at("tools/1/net"), "[a.b]");
    assert_eq!(read.text_at("description"), "Be brief.\n    And kind.");
    assert_eq!(read.text_at("acl"), "- principal: user:ä\n  role: read");
    assert_eq!(read.text_at("acl/0"), "principal: user:ä\n  role: read");
    assert!(SPEC["# An agent.\n".len()..].trim_end().ends_with(read.text_at("")));
    let anchor = read.document.node(read.at("acl")).anchor.unwrap();
    assert_eq!(read.map.text(anchor), "&acl");
}

#[test]
fn keys_are_exact() {
    let read = clean(SPEC);
    let root = read.document.root.unwrap();
    let keys: Vec<_> =
        read.document.entries(root).unwrap().iter().map(|(key, _)| read.map.text(read.document.span(*key))).collect();
    assert_eq!(keys, ["name", "model", "tools", "description", "limits", "summary", "acl"]);
    assert_eq!(read.document.get(root, "nothing"), None);
    assert_eq!(read.document.get(read.at("name"), "x"), None);
}

/// The offset of an absent value, which has an empty span and reads as null.
fn absent(read: &Read, path: &str) -> usize {
    let id = read.at(path);
    assert!(read.document.scalar(id).unwrap().is_absent());
    assert_eq!((read.document.value(id), read.document.describe(id)), (Some(Value::Null), "nothing"));
    let span = read.document.span(id);
    assert_eq!(span.start, span.end);
    span.start as usize
}

#[test]
fn absent_values_stand_right_after_what_announces_them() {
    assert_eq!(absent(&clean(SPEC), "limits"), SPEC.find("limits:").unwrap() + "limits:".len());
    assert_eq!(absent(&clean("a: # comment\n\n# - more\nb: 1\n"), "a"), 2);
    assert_eq!(absent(&clean("b: 1\na:\n\n\n# end\n"), "a"), 7);
    assert_eq!(absent(&clean("-\n- # x\n- \n"), "0"), 1);
    assert_eq!(absent(&clean("-\n- # x\n- \n"), "1"), 3);
    assert_eq!(absent(&clean("-\n- # x\n- \n# end\n"), "2"), 9);
    assert_eq!(absent(&clean("{a: , b}"), "a"), 3);
    assert_eq!(absent(&clean("{a: , b}"), "b"), 7);
    assert_eq!(absent(&clean("a: &x\nb: 1\n"), "a"), 5);
    assert_eq!(absent(&clean("? a # c\n? b\n"), "a"), 3);
    assert_eq!(absent(&clean("? k\n::\n"), "k"), 3, "the `::` is the next key and its `:`");
    assert_eq!(absent(&clean("? k\n:,: \n"), "k"), 3, "and so is `:,:` outside brackets");
    assert_eq!(absent(&clean("{\"k\":, j}"), "k"), 5);
    assert_eq!(absent(&clean("#\r-"), "0"), 3);
    let written = clean("a: ~\n");
    assert!(!written.document.scalar(written.at("a")).unwrap().is_absent());
    assert_eq!(written.document.describe(written.at("a")), "null");
}

#[test]
fn aliases_have_their_own_place_and_the_value_of_another() {
    let read = clean("a: &x [1]\nb: *x\n");
    let alias = read.at("b");
    assert_eq!(read.text_at("b"), "*x");
    assert!(matches!(read.document.node(alias).kind, NodeKind::Alias(_)));
    assert_eq!(read.document.deref(alias), read.at("a"));
    assert_eq!(read.document.items(alias).unwrap().len(), 1);
}

/// The bytes that a part of the scalar at `path` was read from.
fn inner<'a>(read: &'a Read, path: &str, part: &str) -> &'a str {
    let id = read.at(path);
    let text = &read.document.scalar(id).unwrap().text;
    let start = text.find(part).unwrap();
    read.map.text(read.document.inner_span(id, start..start + part.len()))
}

#[test]
fn parts_of_a_text_are_found_in_the_file() {
    let read = clean(
        "p: 0 9 * * 8\ns: '0 9 * * 8'\nd: \"0 9 * * 8\"\ne: \"0\\x209 * * 8\"\nq: 'it''s 8'\nl: |\n  0 9\n    * ä 8\nf: >-\n  0 9 *\n  * 8\nm: 0 9\n  * * 8\na: *x\n"
            .replace("p: 0", "p: &x 0")
            .as_str(),
    );
    for path in ["p", "s", "d", "l", "f", "m", "a"] {
        assert_eq!(inner(&read, path, "8"), "8", "{path}");
        assert_eq!(inner(&read, path, "9"), "9", "{path}");
    }
    assert_eq!(inner(&read, "l", "ä 8"), "ä 8");
    assert_eq!(inner(&read, "f", "* *"), "*\n  *");
    assert_eq!(inner(&read, "e", "8"), "\"0\\x209 * * 8\"", "escapes: the whole value");
    assert_eq!(inner(&read, "q", "8"), "'it''s 8'");
    let id = read.at("p");
    assert_eq!(read.map.text(read.document.inner_span(id, 5..900)), " * 8");
    assert_eq!(
        read.document.inner_span(read.document.root.unwrap(), 0..1),
        read.document.span(read.document.root.unwrap())
    );
}

#[test]
fn block_scalars_without_text_are_their_header() {
    let read = clean("a: >-\nb: |+ # c\n\n\nc: 1\n");
    assert_eq!((read.text_at("a"), read.text_at("b")), (">-", "|+"));
}

#[test]
fn a_broken_file_keeps_what_was_read() {
    let read = crate::support::read("a: 1\nb:\n  - x\n  - [y, {z\n");
    assert!(!read.document.complete);
    // The bracket is refused before the list it would have been begins.
    assert_eq!(read.json(), serde_json::json!({"a": 1, "b": ["x"]}));
}
