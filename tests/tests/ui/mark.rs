//! Marks: where a project is wrong, as its author says. `#~ P0201` at the end of the line in YAML and in front matter,
//! `//~` in TypeScript, `<!--~ P0703 -->` in Markdown; several codes on one line are several diagnostics. Where a line
//! cannot hold a comment, a line `path:line code` of the file `marks`; `- code` where no file is to blame.

use std::collections::BTreeMap;

use libtest_mimic::{Failed, Trial};

use crate::case::{Case, MARKS};

/// Where, and by which code: `agents/a/spec.yaml:3 P0201`, `- P0122`. As text, because that is how it is told.
pub(crate) type Mark = String;

/// How often each mark is set or hit.
pub(crate) type Marks = BTreeMap<Mark, usize>;

/// The marks of a case, and what is wrong with the way they are written.
pub(crate) fn of(case: &Case) -> std::io::Result<(Marks, Vec<String>)> {
    let (mut marks, mut complaints) = (Marks::new(), Vec::new());
    for path in case.files() {
        let text = std::fs::read(case.project.join(&path))?;
        in_file(&path, &String::from_utf8_lossy(&text), &mut marks, &mut complaints);
    }
    for line in case.expectation(MARKS).unwrap_or_default().lines() {
        match line.split_once(' ') {
            Some((place, codes)) => add(place, codes, &mut marks, &mut complaints),
            None => complaints.push(format!("`{line}` in `{MARKS}` is no mark; write `path:line code` or `- code`")),
        }
    }
    Ok((marks, complaints))
}

/// The mark of a diagnostic.
pub(crate) fn at(place: Option<(&str, u64)>, code: &str) -> Mark {
    place.map_or_else(|| format!("- {code}"), |(path, line)| format!("{path}:{line} {code}"))
}

/// What differs between what is marked and what was hit.
pub(crate) fn compare(marked: &Marks, hit: &Marks) -> Vec<String> {
    let count = |marks: &Marks, mark: &Mark| marks.get(mark).copied().unwrap_or(0);
    let all: std::collections::BTreeSet<&Mark> = marked.keys().chain(hit.keys()).collect();
    let differing = all.into_iter().filter_map(|mark| match (count(marked, mark), count(hit, mark)) {
        (marked, hit) if marked > hit => Some(format!("a mark that nothing hit: {mark}")),
        (marked, hit) if marked < hit => Some(format!("a diagnostic without a mark: {mark}")),
        _ => None,
    });
    differing.collect()
}

fn in_file(path: &str, text: &str, marks: &mut Marks, complaints: &mut Vec<String>) {
    let signs: &[&str] = match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("yaml" | "yml") => &["#~"],
        Some("ts") => &["//~"],
        Some("md") => &["#~", "<!--~"],
        _ => &[],
    };
    for (number, line) in (1..).zip(text.split('\n')) {
        let Some(codes) = signs.iter().find_map(|sign| line.rsplit_once(sign)).map(|(_, codes)| codes) else {
            continue;
        };
        let codes = codes.trim().trim_end_matches("-->");
        add(&format!("{path}:{number}"), codes, marks, complaints);
    }
}

fn add(place: &str, codes: &str, marks: &mut Marks, complaints: &mut Vec<String>) {
    let is_code =
        |code: &str| code.strip_prefix('P').is_some_and(|d| d.len() == 4 && d.bytes().all(|b| b.is_ascii_digit()));
    if codes.trim().is_empty() {
        complaints.push(format!("{place}: a mark without a code"));
    }
    for code in codes.split_whitespace() {
        if is_code(code) {
            *marks.entry(format!("{place} {code}")).or_default() += 1;
        } else {
            complaints.push(format!("{place}: `{code}` is no code; write `P` and four digits"));
        }
    }
}

/// The marks are what the whole suite rests on, so they have tests of their own.
pub(crate) fn tests() -> Vec<Trial> {
    vec![Trial::test("suite/marks are read", reads), Trial::test("suite/marks are compared", compares)]
}

fn reads() -> Result<(), Failed> {
    let (mut marks, mut complaints) = (Marks::new(), Vec::new());
    in_file("a.yaml", "x: 1\ny: 2 #~ P0101 P0101\r\nz: 3 #~\nw: 4 #~ soon", &mut marks, &mut complaints);
    in_file("a.ts", "x #~ P0101\ny //~ P0502\n", &mut marks, &mut complaints);
    in_file("a.md", "# Title <!--~ P0703 -->\nname: x #~ P0703\n", &mut marks, &mut complaints);
    let expected = [("a.md:1 P0703", 1), ("a.md:2 P0703", 1), ("a.ts:2 P0502", 1), ("a.yaml:2 P0101", 2)];
    let expected: Marks = expected.map(|(mark, count)| (mark.to_owned(), count)).into();
    let same = marks == expected && complaints.len() == 2;
    same.then_some(()).ok_or_else(|| Failed::from(format!("{marks:?} {complaints:?}")))
}

fn compares() -> Result<(), Failed> {
    let marked: Marks = [("a:1 P0101".to_owned(), 1), ("b:1 P0101".to_owned(), 2)].into();
    let hit: Marks = [("b:1 P0101".to_owned(), 1), ("- P0122".to_owned(), 1)].into();
    let found = compare(&marked, &hit);
    let expected = [
        "a diagnostic without a mark: - P0122",
        "a mark that nothing hit: a:1 P0101",
        "a mark that nothing hit: b:1 P0101",
    ];
    (found == expected && compare(&hit, &hit).is_empty()).then_some(()).ok_or_else(|| Failed::from(found.join("\n")))
}
