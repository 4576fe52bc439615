//! The pages that `pace explain` prints: each code has one, and the examples on it are compiled, so that no page says
//! what the compiler does not do.
//!
//! Under `## Fails` and `## Fixed` stand fenced blocks, each a file of a small project: the info string is a language and
//! the file's path. A block of the language `hex` holds bytes, as `hexdump -C` prints them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

/// Says that the files of `## Fixed` replace or join those of `## Fails`. Without it they are the whole project.
const OVERLAY: &str = "Files not shown stay as they are.";

/// Rules that only a build can break; `check` passes over them.
const BUILD_ONLY: [&str; 13] = [
    "P0510", "P0511", "P0512", "P0513", "P0514", "P0515", "P0516", "P0517", "P0518", "P0519", "P0520", "P0521", "P0522",
];

/// The rules that only what a server answers can break: `compiler/core/tests/compile/servers/pages.rs` builds their
/// examples, with servers made of strings.
const SERVERS_ONLY: [&str; 8] = ["P0301", "P0305", "P0306", "P0308", "P0309", "P0310", "P0804", "P0805"];

/// The rule that only a build without network can break.
const OFFLINE_ONLY: &str = "P0803";

/// The rule that only `check --types` can break, by the type checker of the project.
const TYPES_ONLY: &str = "P0523";

type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let listed: BTreeSet<_> = rules().into_iter().map(|rule| rule.id).collect();
    let entries = std::fs::read_dir(pages()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: BTreeSet<_> = entries.map(|name| name.strip_suffix(".md").unwrap_or(&name).to_owned()).collect();
    assert_eq!(listed, pages);
}

#[test]
fn explain_prints_the_page_by_code_and_by_name() {
    for rule in rules() {
        let page = rule.page();
        for name in [rule.id.clone(), rule.id.to_lowercase(), rule.slug.clone()] {
            let output = pace(&["explain", &name], Path::new("."));
            assert_eq!(output.status.code(), Some(0), "{name}");
            assert_eq!(text(&output.stdout), page, "{name}: if the page was just changed, build `pace` first");
        }
    }
}

#[test]
fn explain_knows_what_it_does_not_know() {
    for (name, help) in [("unknown-modle", "did you mean `unknown-model`?"), ("x", "`pace explain` lists all codes")] {
        let output = pace(&["explain", name], Path::new("."));
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), String::new()));
        assert_eq!(text(&output.stderr), format!("error: unknown code `{name}`\n  help: {help}\n"));
    }
}

#[test]
fn pages_have_title_reason_and_level() {
    for rule in rules() {
        let (page, Rule { id, slug, kind }) = (rule.page(), &rule);
        assert!(page.starts_with(&format!("# {id}: {slug}\n\n")), "{id}: the title");
        assert!(page.lines().all(|line| line.chars().count() <= 160), "{id}: a line is too long for a terminal");
        assert!(page.lines().count() <= 50, "{id}: longer than anybody reads");
        assert!(section(&page, "Why").len() > 80, "{id}: the reason");
        if let Some(level) = kind.strip_prefix("lint, ").and_then(|rest| rest.strip_suffix(" by default")) {
            let level_section = section(&page, "Level");
            assert!(level_section.contains(&format!("`{slug}` is a lint, `{level}` by default")), "{id}: the level");
            assert!(level_section.contains(&format!("`lints: {{{slug}: ")), "{id}: how to set the level");
        } else {
            assert!(!page.contains("## Level"), "{id} is no lint");
        }
    }
}

#[test]
fn failing_examples_fail_with_their_code_alone() {
    let wrong = judged().filter_map(|rule| {
        let found = diagnose(&rule, &examples(&rule.page()).0);
        let alone = found.all.contains(&rule.id) && found.errors.iter().all(|code| *code == rule.id);
        (!alone).then(|| format!("{}: {found:?}", rule.id))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn fixed_examples_have_nothing_left_to_say() {
    let wrong = judged().filter_map(|rule| {
        let (fails, fixed) = examples(&rule.page());
        assert_ne!(fails, fixed, "{}", rule.id);
        let found = diagnose(&rule, &fixed);
        (!found.all.is_empty() || found.code != Some(0)).then(|| format!("{}: {found:?}", rule.id))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

/// A line of `pace explain`.
struct Rule {
    id: String,
    slug: String,
    kind: String,
}

impl Rule {
    fn page(&self) -> String {
        std::fs::read_to_string(pages().join(format!("{}.md", self.id))).unwrap()
    }
}

fn rules() -> Vec<Rule> {
    let output = pace(&["explain"], Path::new("."));
    let listing = text(&output.stdout);
    let rules = listing.lines().map(|line| {
        let mut parts = line.splitn(3, "  ").map(|part| part.trim().to_owned());
        let (id, slug, kind) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        Rule { id, slug, kind }
    });
    let rules: Vec<_> = rules.collect();
    assert!(!rules.is_empty(), "`pace explain` lists nothing: {}", text(&output.stderr));
    rules
}

/// The rules whose examples can be judged here.
fn judged() -> impl Iterator<Item = Rule> {
    let has_checker = packages().is_some();
    let is_judged = move |rule: &Rule| has_checker || rule.id != TYPES_ONLY;
    rules().into_iter().filter(move |rule| is_judged(rule) && !SERVERS_ONLY.contains(&rule.id.as_str()))
}

/// Where TypeScript is; the suite of tools counts it as skipped where it is not.
fn packages() -> Option<PathBuf> {
    std::env::var_os("PACE_TEST_PACKAGES").map(|folder| Path::new(&folder).join("node_modules"))
}

fn pages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../compiler/diag/errors")
}

/// What stands under a heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no `{heading}`:\n{page}"));
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

/// The project that fails and the one that does not.
fn examples(page: &str) -> (Files, Files) {
    let fails = files(section(page, "Fails"));
    let fixed = section(page, "Fixed");
    let mut files_then = if fixed.contains(OVERLAY) { fails.clone() } else { Files::new() };
    files_then.extend(files(fixed));
    (fails, files_then)
}

fn files(section: &str) -> Files {
    let mut files = Files::new();
    let mut lines = section.lines();
    while let Some(info) = lines.find_map(|line| line.strip_prefix("```")) {
        let (language, path) = info.split_once(' ').unwrap_or_else(|| panic!("a block without a path: {info}"));
        let content: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        let content = if content.is_empty() { String::new() } else { content.join("\n") + "\n" };
        let bytes = if language == "hex" { hex(&content) } else { content.into_bytes() };
        assert!(files.insert(path.to_owned(), bytes).is_none(), "{path} stands there twice");
    }
    assert!(!files.is_empty(), "no example:\n{section}");
    files
}

fn hex(dump: &str) -> Vec<u8> {
    let bytes = dump.lines().flat_map(|line| line.split('|').next().unwrap().split_whitespace());
    bytes.map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect()
}

/// What the compiler said: the codes of everything, and of the errors.
#[derive(Debug)]
struct Found {
    all: BTreeSet<String>,
    errors: BTreeSet<String>,
    code: Option<i32>,
}

fn diagnose(rule: &Rule, files: &Files) -> Found {
    let project = TempDir::new().unwrap();
    for (path, bytes) in files {
        let path = project.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    if let Some(packages) = packages().filter(|_| rule.id == TYPES_ONLY) {
        pace_tests::link_packages(project.path(), &packages);
    }
    let verb: &[&str] = match rule.id.as_str() {
        TYPES_ONLY => &["check", "--types"],
        OFFLINE_ONLY => &["build", "--offline"],
        id if BUILD_ONLY.contains(&id) => &["build"],
        _ => &["check"],
    };
    let output = pace(&[verb, &["--message-format", "json"]].concat(), project.path());
    let mut found = Found { all: BTreeSet::new(), errors: BTreeSet::new(), code: output.status.code() };
    let mut finished = false;
    for line in text(&output.stdout).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        finished |= line["reason"] == "build-finished";
        if line["reason"] == "diagnostic" {
            let code = line["code"].as_str().unwrap().to_owned();
            if line["severity"] == "error" {
                found.errors.insert(code.clone());
            }
            found.all.insert(code);
        }
    }
    assert!(finished, "{}: `pace {verb:?}` did not get to its end: {}", rule.id, text(&output.stderr));
    found
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs the `pace` that was built beside this test.
fn pace(arguments: &[&str], folder: &Path) -> Output {
    let mut command = pace_tests::pace(folder, arguments);
    command.env("LC_ALL", "C.UTF-8").output().unwrap()
}
