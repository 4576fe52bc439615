//! Rust files: a module says what it is for, stays short, and explains what it switches off.

use super::{File, Report};

/// A file longer than this should be split.
const WARN_LINES: usize = 500;

/// A file longer than this has to be.
const FAIL_LINES: usize = 800;

/// How often `unsafe_code` is expected in the whole tree: where the sandbox loads its own compiled engine, and where it asks
/// Linux for pages (docs/decisions/015). Raising it is a decision of its own.
const UNSAFE_RECORDED: usize = 2;

/// Checks one file, if it is Rust.
pub(crate) fn check(file: &File, report: &mut Report) {
    if file.extension() != "rs" || file.is_generated() {
        return;
    }
    check_name(file, report);
    check_opening(file, report);
    check_length(file, report);
    check_attributes(file, report);
}

/// Counts where unsafe code is expected.
pub(crate) fn check_unsafe(files: &[File], report: &mut Report) {
    let rust = files.iter().filter(|file| file.extension() == "rs");
    let count = rust.flat_map(|file| attributes(&file.text)).filter(|(_, text)| is_about_unsafe(text)).count();
    report.fact(format!("unsafe code is expected in {count} places"));
    if count > UNSAFE_RECORDED {
        report.fail(format!("unsafe code is expected in {count} places, {UNSAFE_RECORDED} are recorded"));
    }
}

fn check_name(file: &File, report: &mut Report) {
    if file.name() == "mod.rs" {
        report.fail(format!("{}: name the module's file after the module, `foo.rs` beside `foo/`", file.path));
    }
}

fn check_opening(file: &File, report: &mut Report) {
    if !file.text.starts_with("//!") {
        report.fail(format!("{}:1: a module opens with `//!`: what it is for", file.path));
    }
}

fn check_length(file: &File, report: &mut Report) {
    let lines = file.text.lines().count();
    if is_test(&file.path) || lines <= WARN_LINES {
        return;
    }
    if lines > FAIL_LINES {
        report.fail(format!("{}: {lines} lines, more than {FAIL_LINES}", file.path));
    } else {
        report.warn(format!("{}: {lines} lines, more than {WARN_LINES}", file.path));
    }
}

fn check_attributes(file: &File, report: &mut Report) {
    for (line, text) in attributes(&file.text) {
        if text.contains("allow(") && !text.contains("reason") {
            report.fail(format!("{}:{line}: use `#[expect(lint, reason = \"…\")]`", file.path));
        }
    }
}

/// Tests may be long: a table of cases is read one case at a time.
fn is_test(path: &str) -> bool {
    path.split('/').any(|part| part == "tests" || part == "tests.rs" || part.ends_with("_tests.rs"))
}

fn is_about_unsafe(attribute: &str) -> bool {
    attribute.contains("unsafe_code") && (attribute.contains("expect(") || attribute.contains("allow("))
}

/// The attributes that start a line, with the number of that line. An attribute over several lines ends at the first
/// line that closes it.
fn attributes(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, line) in text.lines().map(str::trim).enumerate() {
        if open {
            if let Some((_, attribute)) = found.last_mut() {
                attribute.push_str(line);
            }
        } else if line.starts_with("#[") || line.starts_with("#![") {
            found.push((index + 1, line.to_owned()));
            open = true;
        }
        open = open && !line.contains(']');
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn failures(path: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(&file(path, text), &mut report);
        report.failures().to_vec()
    }

    #[test]
    fn a_module_must_say_what_it_is_for() {
        assert_eq!(failures("a/src/lib.rs", "//! Adds.\n"), Vec::<String>::new());
        assert_eq!(failures("a/src/lib.rs", "use std::fs;\n").len(), 1);
        assert_eq!(failures("a/notes.md", "no module\n").len(), 0);
    }

    #[test]
    fn a_bare_allow_is_found_over_several_lines_too() {
        let bare = "//! A.\n    #[allow(\n        dead_code,\n    )]\nfn a() {}\n";
        assert_eq!(failures("a.rs", bare), ["a.rs:2: use `#[expect(lint, reason = \"…\")]`"]);
        assert_eq!(failures("a.rs", "//! A.\n#[allow(dead_code, reason = \"a mirror\")]\n").len(), 0);
        assert_eq!(failures("a.rs", "//! A.\nlet text = \"#[allow(dead_code)]\";\n").len(), 0);
    }

    #[test]
    fn long_files_are_named_unless_they_are_tests() {
        let long = format!("//! A.\n{}", "\n".repeat(FAIL_LINES));
        assert_eq!(failures("ir/src/a.rs", &long).len(), 1);
        assert_eq!(failures("ir/tests/a.rs", &long).len(), 0);
        let mut report = Report::default();
        check(&file("ir/src/a.rs", &"//! A.\n".repeat(WARN_LINES + 1)), &mut report);
        assert_eq!((report.failures().len(), report.warnings().len()), (0, 1));
    }

    #[test]
    fn a_folder_is_no_module_file() {
        assert_eq!(failures("a/src/b/mod.rs", "//! B.\n").len(), 1);
    }

    #[test]
    fn unsafe_code_beyond_the_record_fails() {
        let text = "//! A.\n#[expect(unsafe_code, reason = \"loads\")]\n".repeat(UNSAFE_RECORDED + 1);
        let mut report = Report::default();
        check_unsafe(&[file("a.rs", &text)], &mut report);
        assert_eq!(report.failures().len(), 1);
    }
}
