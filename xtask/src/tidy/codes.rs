//! Every diagnostic code has a page and at least one ui case, and every page has a code.

use std::collections::BTreeSet;

use super::{File, Report};

const REGISTRY: &str = "compiler/diag/src/code.rs";
const PAGES: &str = "compiler/diag/errors/";
const CASES: &str = "tests/ui/";

/// Checks pages and cases against the registry.
pub(crate) fn check(files: &[File], report: &mut Report) {
    let Some(registry) = files.iter().find(|file| file.path == REGISTRY) else {
        report.fail(format!("{REGISTRY} is missing: the codes are listed there"));
        return;
    };
    let codes: BTreeSet<&str> = registry.text.lines().filter_map(declared).collect();
    let cases: BTreeSet<&str> = files.iter().filter(|file| file.path.starts_with(CASES)).flat_map(marked).collect();
    for code in &codes {
        match files.iter().find(|file| file.path == format!("{PAGES}{code}.md")) {
            Some(page) => check_page(page, code, report),
            None => report.fail(format!("{PAGES}{code}.md is missing: the page that `pace explain {code}` prints")),
        }
        if !cases.contains(code) {
            report.fail(format!("{CASES}: no case has a mark with {code}"));
        }
    }
    let unknown = files.iter().filter_map(|file| page_of(&file.path)).filter(|code| !codes.contains(code));
    unknown.for_each(|code| report.fail(format!("{PAGES}{code}.md: {REGISTRY} has no such code")));
    report.fact(format!("{} codes", codes.len()));
}

/// A title with the code, an example that fails, the same one fixed, and the reason for the rule.
fn check_page(page: &File, code: &str, report: &mut Report) {
    let mut problem = |what: &str| report.fail(format!("{}: {what}", page.path));
    if !page.text.starts_with(&format!("# {code}: ")) {
        problem(&format!("the first line is `# {code}: <title>`"));
    }
    for heading in ["## Fails", "## Fixed"] {
        if !section(&page.text, heading).is_some_and(|body| body.contains("```")) {
            problem(&format!("`{heading}` with a fenced example is missing"));
        }
    }
    if section(&page.text, "## Why").is_none_or(|body| body.trim().is_empty()) {
        problem("`## Why` is missing or empty");
    }
}

/// The text under `heading`, up to the next heading of the same rank.
fn section<'a>(page: &'a str, heading: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\n{heading}\n"))?;
    Some(rest.split("\n## ").next().unwrap_or(rest))
}

/// The code of a registry line such as `UNKNOWN_KEY "P0101" "unknown-key" ERROR;`.
fn declared(line: &str) -> Option<&str> {
    let mut words = line.trim().strip_suffix(';')?.split_whitespace();
    let code = words.nth(1)?.strip_prefix('"')?.strip_suffix('"')?;
    is_code(code).then_some(code)
}

fn page_of(path: &str) -> Option<&str> {
    path.strip_prefix(PAGES)?.strip_suffix(".md")
}

/// The codes that a file of a ui case expects: after a mark at the end of a line, or anywhere in a `marks` file.
fn marked(file: &File) -> BTreeSet<&str> {
    let is_list = file.name() == "marks";
    let expectations = file.text.lines().filter_map(|line| if is_list { Some(line) } else { after_mark(line) });
    expectations.flat_map(str::split_whitespace).filter(|word| is_code(word)).collect()
}

fn after_mark(line: &str) -> Option<&str> {
    ["#~", "//~"].iter().find_map(|mark| line.split_once(mark)).map(|(_, rest)| rest)
}

fn is_code(word: &str) -> bool {
    word.len() == 5 && word.strip_prefix('P').is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    const CODES: &str = "codes! {\n    UNKNOWN_KEY \"P0101\" \"unknown-key\" ERROR;\n}\n";
    const PAGE: &str = "# P0101: unknown key\n\n## Fails\n\n```yaml\na: 1\n```\n\n## Fixed\n\n```yaml\nb: 1\n```\n\n## Why\n\nTypos.\n";

    fn failures(page: &str, case: (&str, &str)) -> Vec<String> {
        let mut report = Report::default();
        let page = file("compiler/diag/errors/P0101.md", page);
        check(&[file(REGISTRY, CODES), page, file(case.0, case.1)], &mut report);
        report.failures().to_vec()
    }

    #[test]
    fn a_code_with_page_and_case_passes() {
        for case in [("tests/ui/a/b/paceline.yaml", "x: 1 #~ P0101\n"), ("tests/ui/a/b/marks", "x.yaml:1 P0101\n")] {
            assert_eq!(failures(PAGE, case), Vec::<String>::new(), "{case:?}");
        }
    }

    #[test]
    fn a_code_without_a_case_fails() {
        let failures = failures(PAGE, ("tests/ui/a/b/paceline.yaml", "x: P0101\n"));
        assert_eq!(failures, ["tests/ui/: no case has a mark with P0101"]);
    }

    #[test]
    fn a_page_lacking_a_section_fails() {
        let case = ("tests/ui/a/b/marks", "- P0101\n");
        assert_eq!(failures(&PAGE.replace("## Fixed", "## Better"), case).len(), 1);
        assert_eq!(failures(&PAGE.replace("Typos.", ""), case).len(), 1);
        assert_eq!(failures("# P0101: unknown key\n", case).len(), 3);
    }

    #[test]
    fn a_page_without_a_code_fails() {
        let mut report = Report::default();
        check(&[file(REGISTRY, ""), file("compiler/diag/errors/P0999.md", PAGE)], &mut report);
        assert_eq!(report.failures(), ["compiler/diag/errors/P0999.md: compiler/diag/src/code.rs has no such code"]);
    }
}
