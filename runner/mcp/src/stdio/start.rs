//! A program's start: through a supervisor, with the variables it was given and no others.

use std::path::{Path, PathBuf};
use std::process::Stdio as Pipe;
use std::sync::Arc;

use tokio::process::Command;

use super::Stdio;
use super::child::Child;
use super::log::{self, Said};
use super::writer::Writer;
use crate::error::Kind;
use crate::server::Program;
use crate::supervise::{SUPERVISE_COMMAND, Supervisor, orphans};
use crate::wire::Shared;

/// Starts `program`, and says what it is spoken to by and what it is ended by.
///
/// # Errors
/// There is no such program, or it cannot be started. Whether it speaks is not known yet.
pub(crate) fn start(program: &Program, supervisor: &Supervisor, shared: &Arc<Shared>) -> Result<(Stdio, Child), Kind> {
    let path = find(program)?;
    let cannot = |error: std::io::Error| Kind::CannotStart { program: program.program.clone(), why: error.to_string() };
    let mut command = if cfg!(unix) {
        let mut command = Command::new(supervisor.path().map_err(cannot)?);
        command.arg(SUPERVISE_COMMAND).arg(&path);
        command
    } else {
        Command::new(&path)
    };
    command.args(&program.arguments).env_clear().envs(&program.variables);
    command.envs(program.secrets.iter().map(|(name, secret)| (name, secret.reveal())));
    command.current_dir(&program.directory);
    command.stdin(Pipe::piped()).stdout(Pipe::piped()).stderr(Pipe::piped());
    #[cfg(unix)]
    command.process_group(0);
    let mut child = orphans::spawn(&mut command).map_err(|error| cannot_spawn(&error, program))?;
    let (Some(input), Some(output), Some(error)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(cannot(std::io::Error::other("it has no pipes")));
    };
    let said = Arc::new(Said::default());
    let log = tokio::spawn(log::follow(error, Arc::clone(&said), Arc::clone(shared)));
    let stdio = Stdio::new(output, Writer::new(input, Arc::clone(shared)), Arc::clone(shared));
    Ok((stdio, Child::mind(child, program.program.clone(), said, log)))
}

/// The folder is looked for by the same call as the program; it is told apart here.
fn cannot_spawn(error: &std::io::Error, program: &Program) -> Kind {
    let why = if program.directory.is_dir() {
        error.to_string()
    } else {
        format!("there is no folder `{}`", pace_ir::text::quoted(&program.directory.to_string_lossy()))
    };
    Kind::CannotStart { program: program.program.clone(), why }
}

/// The program's file. A name without a folder is looked for where the program itself would look.
fn find(program: &Program) -> Result<PathBuf, Kind> {
    let missing = || Kind::ProgramNotFound { program: program.program.clone() };
    let path = &program.program;
    if path.components().count() > 1 || path.is_absolute() {
        // What is relative is so to where it is started.
        let path = program.directory.join(path);
        return if path.is_file() { Ok(path) } else { Err(missing()) };
    }
    let folders = program.variables.get("PATH").map(String::as_str).unwrap_or_default();
    let found = std::env::split_paths(folders).map(|folder| folder.join(path)).find(|path| is_program(path));
    found.ok_or_else(missing)
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
