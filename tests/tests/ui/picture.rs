//! The words as they are stored: what differs from machine to machine and from version to version is left out, and
//! nothing else.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

/// What stands before a digest that Paceline computed.
const SIGNS: [&str; 2] = ["b3:", "build/"];

/// Digits of such a digest at least: the names of builds have twelve.
const DIGEST_DIGITS: usize = 12;

/// The text as it is stored.
pub(crate) fn normalise(text: &str, root: &Path) -> String {
    let text = text.replace(&*root.to_string_lossy(), "<project>").replace(env!("CARGO_PKG_VERSION"), "<version>");
    let mut stored = String::new();
    for line in digests(&text).lines() {
        // codespan leaves spaces where a label has no text.
        stored.push_str(line.trim_end());
        stored.push('\n');
    }
    stored
}

/// The exit code that the words mean: 1 where `pace` says that it failed, 2 where its surroundings failed.
pub(crate) fn exit_code(stderr: &str) -> i32 {
    let starts = |sign: &str| stderr.lines().any(|line| line.starts_with(sign));
    let failed = ["error: build failed", "error: check failed", "✗ "].into_iter().any(starts);
    match (failed, starts("error: ")) {
        (true, _) => 1,
        (false, true) => 2,
        (false, false) => 0,
    }
}

/// The first line that differs, with its neighbours.
pub(crate) fn difference(stored: &str, found: &str) -> String {
    let same = stored.lines().zip(found.lines()).take_while(|(stored, found)| stored == found).count();
    let around = |text: &str| {
        let lines: Vec<_> = text.lines().skip(same.saturating_sub(2)).take(12).collect();
        lines.join("\n    ")
    };
    format!("  from line {} on, stored:\n    {}\n  found:\n    {}", same + 1, around(stored), around(found))
}

/// Replaces what follows `b3:` or `build/` and is a digest. Other digests are an author's own words.
fn digests(text: &str) -> String {
    let mut rest = text;
    let mut result = String::new();
    while let Some((at, sign)) = SIGNS.iter().filter_map(|sign| Some((rest.find(sign)?, sign))).min() {
        let (before, after) = rest.split_at(at + sign.len());
        let length = after.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(after.len());
        let (digits, behind) = after.split_at(length);
        result.push_str(before);
        result.push_str(if length >= DIGEST_DIGITS { "<digest>" } else { digits });
        rest = behind;
    }
    result.push_str(rest);
    result
}

/// What is left out decides what a picture proves.
pub(crate) fn tests() -> Vec<Trial> {
    vec![Trial::test("suite/pictures are normalised", normalises)]
}

fn normalises() -> Result<(), Failed> {
    let root = Path::new("/home/ada/project");
    let text = "in /home/ada/project  \n b3:0123456789abcdef .pace/build/0a1b2c3d4e5f.json\n b3:01 0123456789abcdef\n";
    let expected = "in <project>\n b3:<digest> .pace/build/<digest>.json\n b3:01 0123456789abcdef\n";
    let found = normalise(text, root);
    (found == expected).then_some(()).ok_or_else(|| Failed::from(found))
}
