//! A tree of PyPI on disk: wheels in `site-packages`, and a script that starts from there, wherever the folder lies.

use std::fmt::Write;
use std::io::Read;
use std::path::Path;

use super::failure::Attempt;
use super::{Client, Wheels};
use crate::error::PackageError;
use crate::process;
use crate::settings::Settings;
use crate::tree::Tree;
use pace_mcp::installed::PYTHON_SCRIPT;

/// Starts the package beside it.
const START: &str = include_str!("start.py");

/// Installs `tree` into `folder`, which is empty.
pub(crate) fn install(tree: &Tree, folder: &Path, settings: &Settings) -> Result<(), PackageError> {
    let client = Client::here(folder, settings)?;
    let failed = |error: std::io::Error| PackageError::file("cannot write", folder, &error);
    std::fs::write(folder.join("requirements.txt"), requirements(tree)).map_err(failed)?;
    let output = client.install(Wheels::Pinned("requirements.txt"), "site-packages", folder, settings)?;
    if !output.succeeded {
        return Err(Attempt { client, name: &tree.name, folder, settings }.error(&output));
    }
    std::fs::remove_file(folder.join("requirements.txt")).map_err(failed)?;
    remove_scripts(&folder.join("site-packages/bin")).map_err(failed)?;
    compile(folder, settings)?;
    std::fs::write(folder.join(PYTHON_SCRIPT), START).map_err(failed)
}

/// The tree as pip and uv read it. Hashes make both refuse whatever is needed and not listed.
fn requirements(tree: &Tree) -> String {
    let mut text = String::new();
    for package in &tree.packages {
        // Writing to a text does not fail.
        let _written = write!(text, "{}=={}", package.path, package.version);
        if let Some(marker) = &package.marker {
            let _written = write!(text, " ; {marker}");
        }
        for integrity in &package.integrity {
            let _written = write!(text, " --hash={integrity}");
        }
        text.push('\n');
    }
    text
}

/// Removes console scripts, which name this machine's Python by its path. Other programs in wheels stay.
fn remove_scripts(folder: &Path) -> std::io::Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        let mut start = [0; 2];
        let is_script = std::fs::File::open(&path)?.read_exact(&mut start).is_ok() && &start == b"#!";
        if is_script {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// Compiles the sources, which halves the time of a start. What is compiled goes by the source's hash, not by its time, so that
/// copying the folder changes nothing; and it names no path of this machine, because it is named from here.
fn compile(folder: &Path, settings: &Settings) -> Result<(), PackageError> {
    let arguments = ["-I", "-m", "compileall", "-qq", "--invalidation-mode", "checked-hash", "site-packages"];
    // Some packages carry sources for other versions of Python: those are not compiled, and nobody minds.
    process::run("python3", &arguments, folder, settings).map(|_output| ())
}

#[cfg(test)]
mod tests {
    use super::requirements;
    use crate::tree::{Need, Package, Registry, Tree};

    #[test]
    fn requirements_hold_markers_and_hashes() {
        let package = Package {
            path: "a".to_owned(),
            version: "1.0".to_owned(),
            alias_of: None,
            integrity: vec!["sha256:1".to_owned(), "sha256:2".to_owned()],
            need: Need::Required,
            os: Vec::new(),
            cpu: Vec::new(),
            libc: Vec::new(),
            marker: Some("sys_platform == 'win32'".to_owned()),
        };
        let tree = Tree {
            registry: Registry::PyPi,
            name: "a".to_owned(),
            version: "1.0".to_owned(),
            runtime: String::new(),
            entry: "a:main".to_owned(),
            packages: vec![package],
        };
        assert_eq!(requirements(&tree), "a==1.0 ; sys_platform == 'win32' --hash=sha256:1 --hash=sha256:2\n");
    }
}
