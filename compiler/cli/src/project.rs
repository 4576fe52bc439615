//! Finding the project: the folder asked for, or the nearest one above it that has `paceline.yaml` or `agents/`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::bail;
use pace_compiler::Named;
use pace_tools::{Progress, Silent, TypeScript};

use crate::arguments::Global;
use crate::output::Output;
use crate::user_folder;
use crate::world::{Folder, plain};

/// The folder that commands start from.
pub(crate) fn start(global: &Global) -> anyhow::Result<PathBuf> {
    let here = match &global.directory {
        Some(directory) => directory.clone(),
        None => std::env::current_dir()
            .map_err(|error| anyhow::anyhow!("cannot tell the current folder: {}", plain(&error)))?,
    };
    std::path::absolute(&here)
        .map_err(|error| anyhow::anyhow!("cannot find `{}`: {}", here.display(), plain(&error)))
        .and_then(|path| if path.is_dir() { Ok(path) } else { bail!("{}", no_folder(&here)) })
}

fn no_folder(path: &Path) -> String {
    let what = if path.exists() {
        format!("`{}` is a file, not a folder", path.display())
    } else {
        format!("there is no folder `{}`", path.display())
    };
    format!("{what}\n  help: name the project's folder after `-C`")
}

/// The project's folder; nothing where there is no project.
pub(crate) fn find_any(global: &Global) -> anyhow::Result<Option<PathBuf>> {
    Ok(start(global)?.ancestors().find(|folder| is_project(folder)).map(Path::to_owned))
}

/// The project's folder.
pub(crate) fn find(global: &Global) -> anyhow::Result<PathBuf> {
    let start = start(global)?;
    if let Some(found) = find_any(global)? {
        return Ok(found);
    }
    bail!(
        "there is no project in `{}` or any folder above it\n  \
         looked for: `paceline.yaml` or a folder `agents`\n  \
         help: start one with `pace init`, or name its folder with `-C <dir>`",
        start.display()
    )
}

/// Opens a project's folder for the compiler.
pub(crate) fn open(root: &Path) -> anyhow::Result<Folder> {
    Folder::open(root).map_err(|error| anyhow::anyhow!("cannot open `{}`: {}", root.display(), plain(&error)))
}

/// Whether an agent lists a server; another agent of the project is none.
pub(crate) fn has_servers(root: &Path) -> anyhow::Result<bool> {
    let uses = pace_compiler::uses(&open(root)?).result.unwrap_or_default();
    let is_server = |named: &Named| matches!(named, Named::Server(server) if !server.starts_with("paceline://"));
    Ok(uses.iter().any(|used| is_server(&used.named)))
}

/// What compiles the project's tools; tells people what they should know, and those who wait how far it is.
pub(crate) fn tools(root: &Path, output: Output) -> anyhow::Result<TypeScript> {
    Ok(compiler(root, Arc::new(Lines(output)))?.with_state(user_folder::state()))
}

/// The same, says nothing, and leaves nothing outside of the project.
pub(crate) fn silent_tools(root: &Path) -> anyhow::Result<TypeScript> {
    compiler(root, Arc::new(Silent))
}

fn compiler(root: &Path, progress: Arc<dyn Progress>) -> anyhow::Result<TypeScript> {
    let program = std::env::current_exe()
        .map_err(|error| anyhow::anyhow!("cannot tell where this program is: {}", plain(&error)))?;
    TypeScript::new(root, &program, progress)
        .map_err(|error| anyhow::anyhow!("cannot open `{}`: {}", root.display(), plain(&error)))
}

/// A line for each tool that is compiled, where somebody looks on.
#[derive(Debug)]
struct Lines(Output);

impl Progress for Lines {
    fn compiled(&self, key: &str, done: usize, of: usize) {
        if self.0.is_watched() {
            self.0.note(&format!("  compiled {key} ({done} of {of})\n"));
        }
    }

    fn distrusted(&self, folder: &str, why: &str) {
        self.0.note(&format!(
            "warning: `{folder}` is not used: {why}\n  help: remove it; the next build makes it anew\n"
        ));
    }
}

/// Whether a folder is a project.
pub(crate) fn is_project(folder: &Path) -> bool {
    folder.join("paceline.yaml").is_file() || folder.join("agents").is_dir()
}

#[cfg(test)]
mod tests {
    use super::no_folder;

    #[test]
    fn what_is_no_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("desk");
        let help = "\n  help: name the project's folder after `-C`";
        assert_eq!(no_folder(&missing), format!("there is no folder `{}`{help}", missing.display()));
        std::fs::write(&missing, "").unwrap();
        assert_eq!(no_folder(&missing), format!("`{}` is a file, not a folder{help}", missing.display()));
    }
}
