//! The documentation, held true: the generated pages of `docs/reference` say what the binaries say, and the pages that
//! people wrote are played, each file written and each command run, and compared.
//!
//! `BLESS=1 cargo test -p pace-tests --test docs` rewrites what differs. CI never blesses.

#[path = "docs/binaries.rs"]
mod binaries;
#[path = "docs/cli.rs"]
mod cli;
#[path = "docs/errors.rs"]
mod errors;
#[path = "docs/models.rs"]
mod models;
#[path = "docs/page.rs"]
mod page;
#[path = "docs/play.rs"]
mod play;
#[path = "docs/spec.rs"]
mod spec;

use std::path::{Path, PathBuf};

const BLESS: &str = "BLESS=1 cargo test -p pace-tests --test docs";

/// Makes a page.
type Make = fn() -> String;

/// The pages made by this test; all others were written by people.
const GENERATED: [(&str, Make); 4] = [
    ("docs/reference/cli.md", cli::page),
    ("docs/reference/errors.md", errors::page),
    ("docs/reference/models.md", models::page),
    ("docs/reference/spec.md", spec::page),
];

#[test]
fn reference_says_what_the_binaries_say() {
    let complaints = GENERATED.into_iter().filter_map(|(path, make)| compare(path, &make()));
    assert_none(&complaints.collect::<Vec<_>>());
}

#[test]
fn written_pages_come_true() {
    let complaints = written().into_iter().filter_map(|path| {
        let text = read(&path);
        match play::played(&text) {
            Ok(played) => compare(&path, &played),
            Err(complaint) => Some(format!("{path}: {complaint}")),
        }
    });
    assert_none(&complaints.collect::<Vec<_>>());
}

#[test]
fn links_lead_somewhere() {
    let pages = written().into_iter().chain(GENERATED.map(|(path, _)| path.to_owned()));
    let dead = pages.flat_map(|path| {
        let folder = root().join(&path).parent().unwrap().to_owned();
        let text = read(&path);
        let links = page::links(&text);
        let dead = links.into_iter().filter(move |link| !leads_somewhere(&folder, &text, link));
        dead.map(move |link| format!("{path}: `{link}` leads nowhere")).collect::<Vec<_>>()
    });
    assert_none(&dead.collect::<Vec<_>>());
}

/// README and all Markdown under `docs/guide` and `docs/reference` that is not generated.
fn written() -> Vec<String> {
    let mut pages = vec!["README.md".to_owned()];
    for folder in ["docs/guide", "docs/reference"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        pages.extend(names.map(|name| format!("{folder}/{name}")));
    }
    pages.retain(|path| GENERATED.iter().all(|(generated, _)| generated != path));
    pages.sort();
    assert!(pages.len() > 6, "pages are missing: {pages:?}");
    pages
}

fn leads_somewhere(folder: &Path, text: &str, link: &str) -> bool {
    if link.starts_with("https://") {
        return true;
    }
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let text = match path {
        "" => text.to_owned(),
        _ if anchor.is_empty() => return folder.join(path).exists(),
        _ => std::fs::read_to_string(folder.join(path)).unwrap_or_default(),
    };
    page::anchors(&text).iter().any(|found| found == anchor)
}

/// A complaint if a stored page is not `wanted`, which is stored under `BLESS=1`.
fn compare(path: &str, wanted: &str) -> Option<String> {
    let stored = std::fs::read_to_string(root().join(path)).unwrap_or_default();
    if stored == wanted {
        return None;
    }
    let set = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    assert!(
        !set("BLESS", "1") || !set("CI", "true"),
        "CI never blesses; run `{BLESS}` at home and read the difference"
    );
    if set("BLESS", "1") {
        std::fs::write(root().join(path), wanted).unwrap();
        return None;
    }
    Some(format!("{path} differs:\n{}", page::difference(&stored, wanted)))
}

#[track_caller]
fn assert_none(complaints: &[String]) {
    let all = complaints.join("\n\n");
    assert!(complaints.is_empty(), "{all}\n\nIf the new words are right: {BLESS}\n");
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
