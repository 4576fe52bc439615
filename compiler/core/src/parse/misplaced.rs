//! `P0120`, lint `misplaced-file`: files that look like a part of the project and stand where nothing reads them. A loop
//! that is not read does not fire, and nobody is told at night.

use pace_diag::{Diagnostic, code, nearest};
use pace_syntax::Span;

use super::tree::Reading;
use crate::world::{DirEntry, EntryKind, WorldError};

/// The folders of a project.
const FOLDERS: [&str; 4] = ["agents", "loops", "skills", "tools"];

impl Reading<'_> {
    /// Other spellings of `paceline.yaml` and of the folders.
    pub(super) fn misplaced_at_the_top(&mut self) -> Result<(), WorldError> {
        for entry in self.list("")? {
            let is_file = entry.kind == EntryKind::File;
            if is_file && entry.name != "paceline.yaml" && is_settings(&entry.name) {
                self.misplaced(&entry.name, "move it to `paceline.yaml`")?;
            }
            if entry.kind == EntryKind::Directory && !FOLDERS.contains(&entry.name.as_str()) {
                self.misplaced_folder(&entry.name)?;
            }
        }
        Ok(())
    }

    /// `loop/` for `loops/`, told at its first file that could be a part of the project.
    fn misplaced_folder(&mut self, folder: &str) -> Result<(), WorldError> {
        let Some(meant) = nearest::nearest(folder, FOLDERS) else { return Ok(()) };
        let help = format!("rename the folder `{folder}` to `{meant}`");
        for entry in self.list(folder)? {
            let path = format!("{folder}/{}", entry.name);
            // What the folder that is meant would read.
            let (file, is_part) = match (meant, entry.kind) {
                ("agents", EntryKind::Directory) => (format!("{path}/spec.yaml"), true),
                ("skills", EntryKind::Directory) => (format!("{path}/SKILL.md"), true),
                ("tools", EntryKind::File) => (path, entry.name.strip_suffix(".ts").is_some()),
                ("loops", EntryKind::File) if yaml_stem(&entry.name).is_some() => {
                    let is_loop = self.says(&path, &["schedule:", "name:"])?;
                    (path, is_loop)
                }
                _ => continue,
            };
            if is_part && self.world.read(&file)?.is_some() {
                return self.misplaced(&file, &help);
            }
        }
        Ok(())
    }

    /// Whether a line of a file begins with one of these keys.
    fn says(&self, path: &str, keys: &[&str]) -> Result<bool, WorldError> {
        let bytes = self.world.read(path)?.unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.lines().any(|line| keys.iter().any(|key| line.starts_with(key))))
    }

    /// A file right under `agents`: an agent without its folder, or a loop.
    pub(super) fn misplaced_agent(&mut self, entry: &DirEntry) -> Result<(), WorldError> {
        let path = format!("agents/{}", entry.name);
        let Some(stem) = yaml_stem(&entry.name).filter(|_| entry.kind == EntryKind::File) else { return Ok(()) };
        let is_loop = self.says(&path, &["schedule:"])?;
        let right = if is_loop { format!("loops/{stem}.yaml") } else { format!("agents/{stem}/spec.yaml") };
        self.misplaced(&path, &format!("move it to `{right}`"))
    }

    /// A folder under `agents` without `spec.yaml`: its first other YAML file is meant to be it.
    pub(super) fn misplaced_in_agent(&mut self, folder: &str) -> Result<(), WorldError> {
        let is_yaml = |entry: &DirEntry| entry.kind == EntryKind::File && yaml_stem(&entry.name).is_some();
        let entries = self.list(&format!("agents/{folder}"))?;
        // One that is there and could not be read was reported as what it is.
        if entries.iter().any(|entry| entry.name == "spec.yaml") {
            return Ok(());
        }
        for entry in entries.into_iter().filter(is_yaml) {
            let path = format!("agents/{folder}/{}", entry.name);
            if self.says(&path, &["name:", "model:"])? {
                return self.misplaced(&path, &format!("rename it to `agents/{folder}/spec.yaml`"));
            }
        }
        Ok(())
    }

    /// Something under `loops` that is no `.yaml` file: another ending, or a folder of loops.
    pub(super) fn misplaced_loop(&mut self, entry: &DirEntry) -> Result<(), WorldError> {
        let path = format!("loops/{}", entry.name);
        if entry.kind == EntryKind::File {
            let Some(stem) = yaml_stem(&entry.name) else { return Ok(()) };
            return self.misplaced(&path, &format!("rename it to `loops/{stem}.yaml`"));
        }
        for inner in self.list(&path)? {
            let file = format!("{path}/{}", inner.name);
            if let Some(stem) = yaml_stem(&inner.name).filter(|_| inner.kind == EntryKind::File)
                && self.says(&file, &["schedule:"])?
            {
                self.misplaced(&file, &format!("move it to `loops/{stem}.yaml`"))?;
            }
        }
        Ok(())
    }

    /// Notes a file that nothing reads; it is told once the lints' levels are known.
    fn misplaced(&mut self, path: &str, help: &str) -> Result<(), WorldError> {
        let Some(bytes) = self.world.read(path)? else { return Ok(()) };
        let text = String::from_utf8_lossy(&bytes);
        let first_line = text.lines().next().unwrap_or_default().len();
        let file = self.sources.add(path, text.as_ref());
        let diagnostic = Diagnostic::new(&code::MISPLACED_FILE, format!("`{path}` is read by nothing"))
            .at(Span::new(file, 0..first_line), "this file has no effect")
            .help(help);
        self.misplaced.push(diagnostic);
        Ok(())
    }
}

/// Whether a name is another spelling of `paceline.yaml`.
fn is_settings(name: &str) -> bool {
    let stem = yaml_stem(name).map(str::to_ascii_lowercase);
    matches!(stem.as_deref(), Some("paceline" | "pace"))
}

/// The name of a YAML file without its ending, in whatever case.
fn yaml_stem(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    (ending.eq_ignore_ascii_case("yaml") || ending.eq_ignore_ascii_case("yml")).then_some(stem)
}
