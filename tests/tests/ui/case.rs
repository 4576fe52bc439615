//! Where the cases are, which of their files are the project, and which say what is expected.

use std::fs;
use std::path::{Path, PathBuf};

use crate::served;

/// What `pace` prints to standard error.
pub(crate) const STDERR: &str = "stderr.txt";
/// What `pace inspect` prints of the bundle.
pub(crate) const INSPECT: &str = "inspect.txt";
/// Marks of lines that cannot hold a comment.
pub(crate) const MARKS: &str = "marks";
/// The arguments, where they are not `build`.
pub(crate) const COMMAND: &str = "command";
/// Programs that the case needs and a machine may lack, by name.
const NEEDS: &str = "needs";

const EXPECTATIONS: [&str; 5] = [STDERR, INSPECT, MARKS, COMMAND, NEEDS];

/// What may stand at the top of a case besides what is expected: anything else would be an expectation nobody reads.
const PROJECT: [&str; 16] = [
    "agents",
    "loop", // One that is misplaced.
    "loops",
    "tools",
    "lib",          // What tools import.
    "node_modules", // Packages made for a case.
    "package.json",
    "skills",
    "tests",
    "recordings",
    "paceline.yaml",
    "paceline.yml",
    "pace.yaml",
    "skills.lock",
    "mcp.lock",
    "shared",
];

/// A case.
#[derive(Debug)]
pub(crate) struct Case {
    /// `<subject>/<case>`.
    pub(crate) name: String,
    /// The project as it is committed.
    pub(crate) project: PathBuf,
    /// Where what is expected stands: the same folder, except for templates.
    pub(crate) expected: PathBuf,
}

/// Every case, and every file or folder that is none.
#[derive(Debug)]
pub(crate) struct Found {
    /// By name.
    pub(crate) cases: Vec<Case>,
    /// What stands where nothing reads it.
    pub(crate) strays: Vec<String>,
}

/// Looks for cases and templates.
pub(crate) fn find() -> Found {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let mut found = Found { cases: Vec::new(), strays: Vec::new() };
    for subject in entries(&root) {
        match subject.as_str() {
            "templates" => {}
            _ if root.join(&subject).is_dir() => found.subject(&root, &subject),
            _ => found.strays.push(format!("tests/ui/{subject} is no folder of cases")),
        }
    }
    found.templates(&root);
    found
}

impl Found {
    fn subject(&mut self, root: &Path, subject: &str) {
        let names = entries(&root.join(subject));
        if names.is_empty() {
            self.strays.push(format!("tests/ui/{subject} has no cases"));
        }
        for name in names {
            let folder = root.join(subject).join(&name);
            let name = format!("{subject}/{name}");
            if !folder.is_dir() {
                self.strays.push(format!("tests/ui/{name} is no case; a case is a folder"));
                continue;
            }
            let unknown = entries(&folder);
            let unknown = unknown.iter().map(String::as_str).filter(|file| !EXPECTATIONS.contains(file));
            let unknown = unknown.filter(|file| !PROJECT.contains(file) && *file != served::FOLDER);
            self.strays.extend(unknown.map(|file| format!("tests/ui/{name}/{file} is read by nothing")));
            self.cases.push(Case { name, project: folder.clone(), expected: folder });
        }
    }

    /// A template's expectations stand in `tests/ui/templates/<name>/`, so that `pace init` does not copy them.
    fn templates(&mut self, root: &Path) {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates");
        let templates: Vec<_> = entries(&sources).into_iter().filter(|name| sources.join(name).is_dir()).collect();
        for name in entries(&root.join("templates")).iter().filter(|name| !templates.contains(name)) {
            self.strays.push(format!("tests/ui/templates/{name}: there is no such template"));
        }
        for name in templates {
            let expected = root.join("templates").join(&name);
            let unknown = entries(&expected).into_iter().filter(|file| !EXPECTATIONS.contains(&file.as_str()));
            self.strays.extend(unknown.map(|file| format!("tests/ui/templates/{name}/{file} is read by nothing")));
            self.cases.push(Case { name: format!("templates/{name}"), project: sources.join(&name), expected });
        }
    }
}

impl Case {
    /// The text of an expectation, if there is one.
    pub(crate) fn expectation(&self, file: &str) -> Option<String> {
        let bytes = fs::read(self.expected.join(file)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The arguments of `pace`.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let line = self.expectation(COMMAND).unwrap_or_else(|| "build".to_owned());
        line.split_whitespace().map(str::to_owned).collect()
    }

    /// A program that the case needs, and this machine does not have.
    pub(crate) fn missing(&self) -> Option<String> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let is_missing = |program: &&str| !std::env::split_paths(&path).any(|folder| folder.join(program).is_file());
        self.expectation(NEEDS)?.split_whitespace().find(is_missing).map(str::to_owned)
    }

    /// The project's files, relative, with `/`, sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        walk(&self.project, "", &mut files);
        files.retain(|file| !EXPECTATIONS.contains(&file.as_str()) && !Path::new(file).starts_with(served::FOLDER));
        files
    }
}

/// Adds the files below `folder`.
pub(crate) fn walk(folder: &Path, prefix: &str, files: &mut Vec<String>) {
    for name in all_entries(folder) {
        let path = format!("{prefix}{name}");
        let below = folder.join(&name);
        if below.is_dir() {
            walk(&below, &format!("{path}/"), files);
        } else {
            files.push(path);
        }
    }
}

/// Names in a folder, sorted, hidden ones left out; none where there is no folder.
fn entries(folder: &Path) -> Vec<String> {
    all_entries(folder).into_iter().filter(|name| !name.starts_with('.')).collect()
}

fn all_entries(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}
