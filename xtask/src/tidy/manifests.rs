//! Cargo manifests: every shared dependency says what it is for, every crate inherits versions and lints, and the
//! crates that do no IO share one list of what is banned there.

use super::{File, Report};

/// The crates that reach the outside through a trait or not at all. Clippy reads one file a crate, without includes.
const PURE: [&str; 4] = ["compiler/core", "compiler/diag", "compiler/syntax", "ir"];

/// Outside the workspace: libFuzzer wants flags of its own, the engine is compiled for another machine by another compiler,
/// and what stores its memory compiles a compiler that nothing else needs.
const SEPARATE: [&str; 3] =
    ["ir/fuzz/Cargo.toml", "runner/sandbox/engine/Cargo.toml", "runner/sandbox/engine/snapshot/Cargo.toml"];

/// Checks the manifests among `files`.
pub(crate) fn check(files: &[File], report: &mut Report) {
    for file in files.iter().filter(|file| file.name() == "Cargo.toml" && !SEPARATE.contains(&file.path.as_str())) {
        match file.path.as_str() {
            "Cargo.toml" => check_comments(file, report),
            _ => check_member(file, report),
        }
    }
    check_pure(files, report);
}

/// A comment covers the dependencies below it, down to an empty line.
fn check_comments(file: &File, report: &mut Report) {
    let mut covered = false;
    for (line, text) in section(&file.text, "[workspace.dependencies]") {
        if text.is_empty() {
            covered = false;
        } else if text.starts_with('#') {
            covered = true;
        } else if !covered && text.contains(" = ") {
            report.fail(format!("{}:{line}: say in a comment above what the dependency is for", file.path));
        }
    }
}

fn check_member(file: &File, report: &mut Report) {
    if !section(&file.text, "[lints]").any(|(_, text)| text == "workspace = true") {
        report.fail(format!("{}: `[lints]` with `workspace = true` is missing", file.path));
    }
    for heading in ["[dependencies]", "[dev-dependencies]", "[build-dependencies]"] {
        for (line, text) in section(&file.text, heading) {
            if text.contains('=') && !text.starts_with('#') && !text.contains("workspace = true") {
                report.fail(format!("{}:{line}: take the dependency from the workspace's table", file.path));
            }
        }
    }
}

fn check_pure(files: &[File], report: &mut Report) {
    let mut lists = PURE.iter().map(|folder| {
        let path = format!("{folder}/clippy.toml");
        let text = files.iter().find(|file| file.path == path).map(|file| file.text.as_str());
        (path, text)
    });
    let Some((first, wanted)) = lists.next() else { return };
    if wanted.is_none() {
        report.fail(format!("{first} is missing: it bans IO in that crate"));
    }
    for (path, text) in lists {
        if text != wanted {
            report.fail(format!("{path}: has to say the same as {first}"));
        }
    }
}

/// The lines under `heading`, trimmed, with their numbers.
fn section<'a>(text: &'a str, heading: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    let lines = text.lines().map(str::trim).enumerate().map(|(index, line)| (index + 1, line));
    lines.skip_while(move |(_, line)| *line != heading).skip(1).take_while(|(_, line)| !line.starts_with('['))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn failures(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        let mut files = vec![file(path, text)];
        files.extend(PURE.iter().map(|folder| file(&format!("{folder}/clippy.toml"), "same")));
        check(&files, &mut report);
        report.failures().to_vec()
    }

    #[test]
    fn a_dependency_without_a_comment_is_found() {
        let fine =
            "[workspace.dependencies]\n# Two halves of one thing.\na = \"1\"\nb = \"1\"\n\n[profile.dev]\nx = 1\n";
        assert_eq!(failures("Cargo.toml", fine), Vec::<String>::new());
        let bad = "[workspace.dependencies]\n# For this.\na = \"1\"\n\nb = \"1\"\n";
        assert_eq!(failures("Cargo.toml", bad), ["Cargo.toml:5: say in a comment above what the dependency is for"]);
    }

    #[test]
    fn a_member_inherits() {
        let fine = "[lints]\nworkspace = true\n\n[dependencies]\na.workspace = true\nb = { workspace = true }\n";
        assert_eq!(failures("ir/Cargo.toml", fine), Vec::<String>::new());
        assert_eq!(failures("ir/Cargo.toml", "[dependencies]\na = \"1\"\n").len(), 2);
    }

    #[test]
    fn the_lists_of_pure_crates_agree() {
        let mut report = Report::default();
        let files = [file("compiler/core/clippy.toml", "one"), file("ir/clippy.toml", "two")];
        check(&files, &mut report);
        assert_eq!(report.failures().len(), 3);
    }
}
