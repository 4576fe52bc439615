//! `pace init`: a project to start from. Needs no network and no key, and touches nothing that is there already.

pub(crate) mod placing;
pub(crate) mod template;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Args;

use self::placing::Placing;
use self::template::Template;
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::Output;
use crate::{project, types};

/// Start a project
///
/// Makes a few commented files to learn from and to change. Files that are there already are never touched: if one is in
/// the way, nothing is written at all.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The project's folder, made if it is not there; without it, the current one
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    /// What to start with
    #[arg(long, value_enum, default_value = "minimal", value_name = "TEMPLATE")]
    template: Template,
}

/// Runs the command.
pub(crate) fn run(command: &Init, global: &Global) -> anyhow::Result<ExitCode> {
    let start = project::start(global)?;
    let root = command.folder.as_ref().map_or_else(|| start.clone(), |folder| start.join(folder));
    let name = command.folder.as_deref().or(global.directory.as_deref()).unwrap_or(Path::new("."));
    let placing = placing::plan(&root, command.template.files())
        .with_context(|| format!("cannot look into `{}`", name.display()))?;
    refuse_conflicts(&placing, &root, name, command.template)?;
    let output = Output::new(global);
    if placing.files.is_empty() {
        output.note(&format!("✓ Nothing to do: all files of the template are in `{}` already\n", name.display()));
        return Ok(ExitCode::Success);
    }
    refuse_project(&root, name)?;
    placing::place(&root, &placing.files)
        .with_context(|| format!("cannot start a project in `{}`; nothing was written", name.display()))?;
    types::write(&root)?;
    output.note(&success(&placing, command, &root));
    Ok(ExitCode::Success)
}

/// Names everything that would stop the command, the project that is there included, and not only what comes first.
fn refuse_conflicts(placing: &Placing, root: &Path, name: &Path, template: Template) -> anyhow::Result<()> {
    if placing.in_the_way.is_empty() {
        return Ok(());
    }
    let mut all: Vec<PathBuf> = placing.in_the_way.clone();
    all.extend(signs_of_project(root).into_iter().map(PathBuf::from));
    all.sort();
    all.dedup();
    let all: Vec<_> = all.iter().map(|path| format!("`{}`", shown(name, path))).collect();
    let another = template.command("<dir>");
    match all.as_slice() {
        [only] => bail!(
            "{only} is in the way; nothing was written\n  help: start in another folder with `{another}`, or move it away"
        ),
        all => bail!(
            "these are in the way: {}; nothing was written\n  \
             help: start in another folder with `{another}`, or move them away",
            all.join(", ")
        ),
    }
}

/// A path in the project as the author would type it.
fn shown(name: &Path, path: &Path) -> String {
    match (name == Path::new("."), path.as_os_str().is_empty()) {
        (true, false) => path.display().to_string(),
        (_, true) => name.display().to_string(),
        (false, false) => name.join(path).display().to_string(),
    }
}

/// A template in the middle of somebody's project would change what that project builds.
fn refuse_project(root: &Path, name: &Path) -> anyhow::Result<()> {
    let signs: Vec<_> = signs_of_project(root).into_iter().map(|sign| format!("`{sign}`")).collect();
    if signs.is_empty() {
        return Ok(());
    }
    bail!(
        "`{}` is a project already: it has {}; nothing was written\n  \
         help: choose another folder, or write an agent of your own in `agents/<name>/spec.yaml`",
        name.display(),
        signs.join(", ")
    )
}

/// The files that make a folder a project, in order. A folder `agents` alone may be anything.
fn signs_of_project(root: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(root.join("agents")).into_iter().flatten().flatten();
    let specs = folders.filter(|folder| folder.path().join("spec.yaml").exists());
    let mut signs: Vec<_> = specs.map(|folder| format!("agents/{}/spec.yaml", folder.file_name().display())).collect();
    signs.sort();
    signs.extend(root.join("paceline.yaml").exists().then(|| "paceline.yaml".to_owned()));
    signs
}

fn success(placing: &Placing, command: &Init, root: &Path) -> String {
    let folder = command.folder.as_deref().filter(|folder| *folder != Path::new("."));
    let (place, enter) = match folder {
        Some(folder) => {
            (format!(" in `{}`", folder.display()), format!("  cd {}\n", quoted(&folder.to_string_lossy())))
        }
        None => (String::new(), String::new()),
    };
    let made = placing.files.iter().map(|file| format!("  {}\n", file.path));
    let kept = placing.kept.iter().map(|path| format!("  {path} was there already and is left as it is\n"));
    let files: Vec<_> = made.chain(kept).collect();
    format!(
        "✓ Project started{place}\n{}{}\nNext:\n{enter}  {}\n  pace build\n",
        files.concat(),
        outer_project(root),
        command.template.chat()
    )
}

/// Commands take the nearest project, so a project inside of another one is worth a word.
fn outer_project(root: &Path) -> String {
    // `..` in a path does not stand inside of what is in front of it; the folder is there by now.
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    match real.ancestors().skip(1).find(|outer| outer.join("paceline.yaml").is_file()) {
        Some(outer) => {
            let outer = outer.display();
            format!("note: it stands inside of the project `{outer}`; commands started here are about the new one\n")
        }
        None => String::new(),
    }
}

/// A path as shells read it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+".contains(c);
    if path.starts_with('-') {
        quoted(&format!("./{path}"))
    } else if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn paths_are_quoted_where_a_shell_would_split_them() {
        for (path, shown) in [
            ("desk", "desk"),
            ("büro/one", "büro/one"),
            ("my desk", "'my desk'"),
            ("it's", r"'it'\''s'"),
            ("-x", "./-x"),
            ("~", "'~'"),
        ] {
            assert_eq!(quoted(path), shown);
        }
    }
}
