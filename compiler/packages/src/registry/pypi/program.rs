//! What an unpacked wheel says of itself: its console scripts, and the versions of Python it is for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::PackageError;
use crate::tree::normalised;

/// What is started, and what that needs.
#[derive(Debug)]
pub(super) struct Metadata {
    /// `module:function`.
    pub(super) entry: String,
    /// `Requires-Python`; empty for any.
    pub(super) runtime: String,
}

/// Reads the metadata of the package `name` in a folder it was installed to.
pub(super) fn read(name: &str, folder: &Path) -> Result<Metadata, PackageError> {
    let nothing = || PackageError::NoProgram { name: name.to_owned() };
    let directory = information(name, folder).ok_or_else(nothing)?;
    let text = std::fs::read_to_string(directory.join("METADATA")).unwrap_or_default();
    let mut headers = text.lines().take_while(|line| !line.is_empty());
    let runtime = headers.find_map(|line| line.strip_prefix("Requires-Python:")).unwrap_or_default();
    let scripts = std::fs::read_to_string(directory.join("entry_points.txt")).unwrap_or_default();
    Ok(Metadata { entry: choose(name, &scripts)?, runtime: runtime.trim().to_owned() })
}

/// The folder `<name>-<version>.dist-info`.
fn information(name: &str, folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| {
        let file = path.file_name().and_then(|file| file.to_str()).and_then(|file| file.strip_suffix(".dist-info"));
        file.and_then(|file| file.rsplit_once('-')).is_some_and(|(found, _)| normalised(found) == name)
    })
}

/// The console script that `uvx` would take, which is named like the package; or the only one.
fn choose(name: &str, entry_points: &str) -> Result<String, PackageError> {
    let scripts = scripts(entry_points);
    let named = scripts.iter().find(|(script, _)| normalised(script) == name);
    let only = scripts.first_key_value().filter(|_| scripts.len() == 1);
    match named.or(only) {
        Some((_, entry)) => Ok(entry.clone()),
        None if scripts.is_empty() => Err(PackageError::NoProgram { name: name.to_owned() }),
        None => Err(PackageError::SeveralPrograms { name: name.to_owned(), programs: scripts.into_keys().collect() }),
    }
}

/// `[console_scripts]` of an `entry_points.txt`: functions by script. Extras after a function are obsolete, and ignored.
fn scripts(text: &str) -> BTreeMap<String, String> {
    let mut scripts = BTreeMap::new();
    let mut inside = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line == "[console_scripts]";
        } else if let Some((script, function)) =
            line.split_once('=').filter(|_| inside && !line.starts_with(['#', ';']))
        {
            let function: String = function.split('[').next().unwrap_or_default().split_whitespace().collect();
            scripts.insert(script.trim().to_owned(), function);
        }
    }
    scripts
}

#[cfg(test)]
mod tests {
    use super::choose;
    use crate::error::PackageError;

    #[test]
    fn the_script_is_the_one_that_uvx_would_take() {
        let text =
            "[gui_scripts]\nx = g:x\n\n[console_scripts]\n# a comment\nother = a:b\nMCP_Server-x = a.b:main [extra]\n";
        assert_eq!(choose("mcp-server-x", text), Ok("a.b:main".to_owned()));
        assert_eq!(choose("x", "[console_scripts]\nserve = a:b\n"), Ok("a:b".to_owned()));
        assert_eq!(choose("x", "[gui_scripts]\nx = a:b\n"), Err(PackageError::NoProgram { name: "x".to_owned() }));
        let programs = ["a", "b"].map(str::to_owned).to_vec();
        let several = PackageError::SeveralPrograms { name: "x".to_owned(), programs };
        assert_eq!(choose("x", "[console_scripts]\nb = b:b\na = a:a\n"), Err(several));
    }
}
