//! `docs/reference/errors.md`: every code with its name, its level and the first sentence of its page.

use std::fmt::Write as _;

use crate::binaries::print;

const OPENING: &str = "# Diagnostics

Made from `pace explain`. `pace explain P0201` (or `pace explain unknown-model`) prints a page with an example that fails and
one that does not. Errors get fixed; a lint has a level, set in `paceline.yaml`: `lints: {unused-grant: deny}`. A `deny` fails
the build, and so does a `warn` under `--deny-warnings`.
";

/// Subjects by the first two digits of the code.
const SUBJECTS: [(&str, &str); 9] = [
    ("P01", "Names and structure"),
    ("P02", "Models"),
    ("P03", "Servers"),
    ("P04", "Accounts, grants and access lists"),
    ("P05", "Tools"),
    ("P06", "Schedules"),
    ("P07", "Skills"),
    ("P08", "Lock and link"),
    ("P09", "Bundles"),
];

/// The page.
pub(crate) fn page() -> String {
    let list = print("pace", &["explain"]);
    let mut page = OPENING.to_owned();
    let mut told = 0;
    for (prefix, subject) in SUBJECTS {
        let rows: Vec<_> = list.lines().filter(|line| line.starts_with(prefix)).map(row).collect();
        told += rows.len();
        if !rows.is_empty() {
            write!(page, "\n## {subject}\n\n| code | name | level | when |\n|---|---|---|---|\n{}", rows.concat())
                .unwrap();
        }
    }
    assert_eq!(told, list.lines().count(), "a code has no subject here");
    page
}

fn row(line: &str) -> String {
    let mut parts = line.splitn(3, "  ").map(str::trim);
    let (code, name, kind) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let level = kind.strip_suffix(" by default").unwrap_or(kind);
    let explained = print("pace", &["explain", code]);
    let sentence = first_sentence(&explained).replace('|', "\\|");
    format!("| [{code}](../../compiler/diag/errors/{code}.md) | `{name}` | {level} | {sentence} |\n")
}

/// The first sentence under the title.
fn first_sentence(page: &str) -> String {
    let paragraph: Vec<_> = page.lines().skip(2).take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ");
    let end = paragraph.find(". ").map_or(paragraph.len(), |end| end + 1);
    paragraph.chars().take(paragraph[..end].chars().count()).collect()
}

#[test]
fn sentences_end_at_their_stop() {
    assert_eq!(first_sentence("# P0101: x\n\nOne thing\nis `a.b`. Another.\n\n## Fails\n"), "One thing is `a.b`.");
    assert_eq!(first_sentence("# P0101: x\n\nOnly one.\n"), "Only one.");
}
