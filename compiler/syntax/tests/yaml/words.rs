//! What is said about broken text, and where: `kind line:column «text pointed at» message | «other place» why | help`.
//! Read for its words; a change here is a change of what authors see.

use crate::support::read;

const CASES: &[(&str, &str)] = &[
    ("a:\n\tb: 1", r"Syntax 2:1 «␉» expected spaces as indentation, found a tab | help: indent with spaces"),
    ("a:\n  b:\n  \tc: 1", r"Syntax 3:3 «␉» expected spaces as indentation, found a tab | help: indent with spaces"),
    ("x: a\ny: c\n\tz: 1", r"Syntax 3:1 «␉» expected spaces as indentation, found a tab | help: indent with spaces"),
    ("a: |\n\tx", r"Syntax 2:1 «␉» expected spaces as indentation, found a tab | help: indent with spaces"),
    ("a: [1, 2\nb: 3", r"Syntax 1:4 «[» `[` is never closed | 2:1 «b» read as part of it | help: add `]`"),
    (
        "tools: [a, b\nmodels: [c]",
        r"Syntax 1:8 «[» `[` is never closed | 2:1 «models» read as part of it | help: add `]`",
    ),
    ("a: {b: 1\nc: 2", r"Syntax 1:4 «{» `{` is never closed | 2:1 «c» read as part of it | help: add `}`"),
    (
        "acl:\n  - {principal: authenticated, role: execute\ntools:\n  - {name: std/calc}\n",
        r"Syntax 2:5 «{» `{` is never closed | 4:3 «-» read as part of it | help: add `}`",
    ),
    (
        "- {a: \"}\", b: [1] # }\nc:\n- [x]\n",
        r"Syntax 1:3 «{» `{` is never closed | 3:1 «-» read as part of it | help: add `}`",
    ),
    (
        "- [b, - c]",
        r"Syntax 1:7 «-» found a `- ` item inside brackets | 1:3 «[» the list starts here | help: separate items by commas alone",
    ),
    ("- [a\n- b", r"Syntax 1:3 «[» `[` is never closed | help: add `]`"),
    ("a: [1, 2}", r"Syntax 1:9 «}» expected `]` to close `[`, found `}` | 1:4 «[» opened here"),
    (
        "{a: 1}}",
        r"Syntax 1:7 «}» found `}` without a bracket that it closes | help: remove it, or put the value in quotes if it is meant as text",
    ),
    ("a: {b: 1 c: 2}", r"Syntax 1:11 «:» expected `,` or `}`, found `:` | 1:4 «{» the mapping starts here"),
    (
        "a: [a,,b]",
        r"Syntax 1:7 «,» expected a value before `,`, found none | 1:4 «[» the list starts here | help: remove the comma, or write a value",
    ),
    (
        "a: [b, - c]",
        r"Syntax 1:8 «-» found a `- ` item inside brackets | 1:4 «[» the list starts here | help: separate items by commas alone",
    ),
    (
        "a: [x\n  y: 1]",
        r"Syntax 2:4 «:» expected a key and its `:` on one line, found `:` | 1:4 «[» the list starts here",
    ),
    ("a: \"x\nb: 3", r#"Syntax 1:4 «"» `"` is never closed | help: add the closing `"`"#),
    (
        "a: \"x\n---\ny\"",
        r#"Syntax 1:4 «"» `"` is never closed | 2:1 «---» the document ends here | help: add the closing `"`"#,
    ),
    (
        "a: 'it's'\nb: 1",
        r"Syntax 1:8 «s'» expected the end of the value after its closing quote, found `s'` | 1:4 «'» the quoted value starts here | help: write a single quote inside single quotes twice: `''`",
    ),
    (
        "a: \"x\nb: \"y\"",
        r#"Syntax 2:5 «y"» expected the end of the value after its closing quote, found `y"` | 1:4 «"» the quoted value starts here | help: close the quote on the line where it starts"#,
    ),
    (
        "a: \"x\" y",
        r#"Syntax 1:8 «y» expected the end of the value after its closing quote, found `y` | 1:4 «"» the quoted value starts here | help: write a double quote inside double quotes as `\"`"#,
    ),
    (
        "a: \"\\q\"",
        r"Syntax 1:5 «\q» unknown escape `\q` in double quotes | help: write `\\q` for a backslash, or use single quotes, which have no escapes",
    ),
    ("a: \"\\x1\"", r"Syntax 1:5 «\x1» expected 2 hexadecimal digits in an escape, found `\x1`"),
    ("a: \"\\ud800\"", r"Syntax 1:5 «\ud800» escape `\ud800` is not a Unicode character"),
    (
        "key value\nb: 1",
        r"Syntax 1:1 «key value» expected `key: value`, found `key value` | help: write `: ` after the key",
    ),
    (
        "b: 1\nkey value\nc: 2",
        r"Syntax 2:1 «key value» expected `key: value`, found `key value` | help: write `: ` after the key",
    ),
    ("a:b\nc: d", r"Syntax 1:2 «:» expected a space after `:` | help: write `: ` between key and value"),
    ("\"a\":b", r"Syntax 1:4 «:» expected a space after `:` | help: write `: ` between key and value"),
    ("- a\n-b", r"Syntax 2:1 «-» expected a space after `-` | help: write `- ` before an item"),
    (
        "a: 1\n  b: 2",
        r"Syntax 2:3 «b» key `b` is indented under a value, not under a key | 1:4 «1» this value goes on until there | help: indent it like the key above, or put the value in quotes if `:` is part of it",
    ),
    (
        "description: a long text\n  with a note: here",
        r"Syntax 2:3 «with a note» key `with a note` is indented under a value, not under a key | 1:14 «a long text» this value goes on until there | help: indent it like the key above, or put the value in quotes if `:` is part of it",
    ),
    (
        "a: b: c",
        r"Syntax 1:5 «:» found `:` inside a value that is not in quotes | 1:4 «b» the value starts here | help: put the value in quotes, or start the inner mapping on a line of its own",
    ),
    (
        "a:\n  b: 1\n c: 2",
        r"Syntax 3:2 «c» this line starts at column 2, where nothing above it starts | 1:1 «a» the mapping around it | help: start it at column 1 to go on with the mapping around it, or indent it like the lines above",
    ),
    (
        "- a: 1\n  b:\n    - c\n   - d",
        r"Syntax 4:4 «-» this line starts at column 4, where nothing above it starts | 1:3 «a» the mapping around it | help: start it at column 3 to go on with the mapping around it, or indent it like the lines above",
    ),
    ("- a\nb: c", r"Syntax 2:1 «b» expected a list item (`- `), found `b` | 1:1 «-» the list starts here"),
    (
        "a: 1\n- b",
        r"Syntax 2:1 «-» expected a key, found a list item (`- `) | 1:1 «a» the mapping starts here | help: indent the list under its key, or remove the value of the key above",
    ),
    (
        "a: - b",
        r"Syntax 1:4 «-» found a list item after a value or a key on the same line, expected a value | help: start the list on the next line, or put the value in quotes if `-` is part of it",
    ),
    (
        "a: ? b",
        r"Syntax 1:4 «?» found `? ` where no key can stand, expected a value | help: put the value in quotes if `?` is part of it",
    ),
    (
        "a: x # note\n  y",
        r"Syntax 2:3 «y» expected a key or the end of the value, found `y` | 1:6 «# note» a comment ends a value that is not in quotes | help: move the comment above the value",
    ),
    ("a: @foo", r"Syntax 1:4 «@» a value cannot start with `@` | help: put it in quotes if it is meant as text"),
    (
        "a: `foo`",
        r"Syntax 1:4 «`» a value cannot start with a backtick | help: put it in quotes if it is meant as text",
    ),
    ("a: %foo", r"Syntax 1:4 «%» a value cannot start with `%` | help: put it in quotes if it is meant as text"),
    (
        "a: \"x\"#y",
        r"Syntax 1:7 «#» expected a space before `#`, found none | help: add a space to start a comment, or put the whole value in quotes",
    ),
    ("a: *", r"Syntax 1:4 «*» expected a name after `*` | help: put it in quotes if it is meant as text"),
    ("a: &b &c d", r"Syntax 1:7 «&c» a second anchor on one value"),
    ("a: &b *c", r"Syntax 1:7 «*c» an alias with an anchor or a tag of its own"),
    (
        "a: !<x",
        r"Syntax 1:4 «!<x» expected a tag like `!!str`, found `!<x` | help: put it in quotes if it is meant as text",
    ),
    (
        "a: |x",
        r"Syntax 1:5 «x» expected a line break after `|`, found `x` | help: start the text on the next line, indented",
    ),
    (
        "a: |\n\n     \n  x",
        r"Syntax 3:1 «     » an empty line at the start of a text block has more spaces than the text below it | 4:3 «x» the text starts here | help: remove the spaces",
    ),
    (
        "a: |2\n x",
        r"Syntax 2:2 «x» this line starts left of where the header of its text block says that text starts | 1:4 «|2» the header | help: indent the line, or change the number in the header",
    ),
    (
        "a: |\n   x\n  y",
        r"Syntax 3:3 «y» this line starts at column 3, left of the text block it would go on | 2:4 «x» the text block | help: indent it like the text",
    ),
    (
        "a: 1\n%YAML 1.2\n---",
        r"Syntax 2:1 «%YAML» expected directives only before the document, found `%YAML` after it",
    ),
    ("%YAML 1.2\na: b", r"Syntax 2:1 «a» expected `---` after the directives, found `a`"),
    ("%YAML 3.0\n---\na: b", r"Syntax 1:1 «%YAML» expected version 1.1 or 1.2 of YAML in `%YAML`, found another"),
    ("a: 1\n... x", r"Syntax 2:5 «x» expected nothing after `...` on its line, found `x`"),
    (
        "a: 1\n---\nb: 2",
        r"SeveralDocuments 2:1 «---» a second document starts here, where a file holds one | help: move it to a file of its own, or remove the line between the two",
    ),
    ("a: \0", r"Syntax 1:4 «␀» found a NUL character (U+0000), expected text | help: remove it"),
    (
        "a: \u{feff}x",
        r"Syntax 1:4 «BOM» found a byte order mark (U+FEFF) inside the file | help: remove it; nothing shows there",
    ),
    (
        "a: You are\nof great help\n",
        r"Syntax 2:1 «of great help» expected `key: value`, found `of great help` | help: write `: ` after the key, or indent the line if it goes on with the text above",
    ),
    (
        "a: {b: ${env:X}}",
        r"Syntax 1:8 «${env:X}» found `${env:X}` without quotes inside brackets | help: put `${env:X}` in quotes inside `{…}` and `[…]`",
    ),
    ("a: 1\na: 2", r"DuplicateKey 2:1 «a» duplicate key `a` | 1:1 «a» first defined here"),
    (
        "a: &a [*a]",
        r"RecursiveAlias 1:8 «*a» alias `*a` is inside the value it refers to | 1:4 «&a» the value starts here",
    ),
    (
        "a: *b",
        r"UnknownAnchor 1:4 «*b» alias `*b` refers to an anchor that is not defined before it | help: put it in quotes if it is meant as text",
    ),
    (
        "a: &x 1\nb: *y",
        r"UnknownAnchor 2:4 «*y» alias `*y` refers to an anchor that is not defined before it | help: use one of `&x`, or put it in quotes if it is meant as text",
    ),
    (
        "a: !env HOME",
        r"UnsupportedTag 1:4 «!env» unsupported tag `!env` | help: remove it, or put the value in quotes if `!` is part of it; known tags are `!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!map`, `!!seq`",
    ),
    ("a: !!int x", r"UnsupportedTag 1:4 «!!int» tag `!!int` does not fit `x`"),
    (
        "a: {{ name }}",
        r"UnsupportedKey 1:5 «{ name }» expected text as a key, found a mapping | help: put it in quotes if it is meant as text",
    ),
    (
        "~: 1\n: 2",
        r"UnsupportedKey 1:1 «~» expected text as a key, found `~` (null) | help: put it in quotes if it is meant as text
UnsupportedKey 2:1 «» expected a key before the `:`, found none",
    ),
    (
        "<<: {a: 1}\n",
        r"MergeKey 1:1 «<<» merge keys (`<<`) are not part of YAML 1.2 | help: write the entries out, or give the whole value an anchor and use an alias of it",
    ),
    (
        "- {a: b}: c\n  d: [\n",
        r"UnsupportedKey 1:3 «{a: b}» expected text as a key, found a mapping | help: put it in quotes if it is meant as text
Syntax 2:6 «[» `[` is never closed | help: add `]`",
    ),
];

#[test]
fn broken_text_is_explained() {
    for (text, expected) in CASES {
        assert_eq!(read(text).errors().join("\n"), *expected, "for {text:?}");
    }
}

#[test]
fn line_ends_and_byte_order_marks_change_no_explanation() {
    for (text, expected) in CASES {
        let places: Vec<_> = read(text).document.errors.iter().map(|error| error.message.clone()).collect();
        let windows = read(&format!("\u{feff}{}", text.replace('\n', "\r\n")));
        let found: Vec<_> = windows.document.errors.iter().map(|error| error.message.clone()).collect();
        assert_eq!(found, places, "for {text:?}, which says {expected}");
    }
}
