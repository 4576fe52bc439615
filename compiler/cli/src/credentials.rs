//! The credentials that `pace` keeps for a project, in `.pace/credentials.local`: for its owner's eyes only, out of git, and
//! written whole or not at all.

use std::fs::File;
use std::path::Path;

use pace_runner::config;
use pace_runner::credentials::{Credentials, LONGEST};
use pace_runner::environment::Environment;

use crate::exit::Ended;
use crate::private_file;
use crate::world::plain;

/// Where they are kept, relative to the project.
pub(crate) const PLACE: &str = ".pace/credentials.local";

/// The surroundings of a project that its author runs: this process's variables, with what `PACE_CREDENTIALS` names or else what the project keeps.
///
/// # Errors
/// The credentials cannot be read, or others could read them.
pub(crate) fn environment(root: &Path) -> anyhow::Result<Environment> {
    Ok(known(root)?.in_project(root))
}

/// The same for a bundle that is served from a project, as in production.
///
/// # Errors
/// As [`environment`].
pub(crate) fn serving(root: &Path) -> anyhow::Result<Environment> {
    Ok(known(root)?.served_from(root))
}

fn known(root: &Path) -> anyhow::Result<Environment> {
    let kept = root.join(PLACE);
    refuse_shared(&kept)?;
    refuse_other(&kept)?;
    Ok(config::with_credentials(Environment::of_process(), Some(&kept))?)
}

/// What the project keeps; nothing where there is no such file.
///
/// # Errors
/// It cannot be read.
pub(crate) fn kept(root: &Path) -> anyhow::Result<Credentials> {
    let path = root.join(PLACE);
    refuse_shared(&path)?;
    refuse_other(&path)?;
    match private_file::read(&path, LONGEST) {
        Ok(None) => Ok(Credentials::default()),
        Ok(Some(text)) => Credentials::parse(&text).map_err(|why| {
            let help = format!("mend it, or remove `{PLACE}` and add the credentials again");
            Ended::usage(format!("`{PLACE}` cannot be used: {why}"), help).into()
        }),
        Err(error) => {
            let message = format!("cannot read `{PLACE}`: {}", plain(&error));
            Err(Ended::usage(message, "make it a file that you may read").into())
        }
    }
}

/// Changes what the project keeps. One command at a time does.
///
/// # Errors
/// As [`kept`], or it cannot be written.
pub(crate) fn change<T>(root: &Path, change: impl FnOnce(&mut Credentials) -> T) -> anyhow::Result<T> {
    let unwritable = |error: &std::io::Error| {
        let message = format!("cannot write `{PLACE}`: {}", plain(error));
        Ended::usage(message, "make `.pace` a folder that you may write to")
    };
    let folder = root.join(".pace");
    private_file::make_folder(root, &folder).map_err(|error| unwritable(&error))?;
    let lock = File::create(folder.join("credentials.lock")).map_err(|error| unwritable(&error))?;
    // Held until the file is closed, however this ends.
    lock.lock().map_err(|error| unwritable(&error))?;
    let mut credentials = kept(root)?;
    let changed = change(&mut credentials);
    private_file::write(root, PLACE, credentials.to_json()?.as_bytes()).map_err(|error| unwritable(&error))?;
    Ok(changed)
}

/// Only a file is read: a pipe would keep the command waiting, and a link could lead into the repository.
fn refuse_other(path: &Path) -> anyhow::Result<()> {
    if std::fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
        let help = format!("move what it leads to into its place, or remove `{PLACE}`");
        return Err(Ended::usage(format!("`{PLACE}` is no regular file"), help).into());
    }
    Ok(())
}

/// As ssh does with keys: what others can read is no secret any more.
#[cfg(unix)]
fn refuse_shared(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let is_shared = std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0);
    if is_shared {
        let help = format!("run `chmod 600 {PLACE}`, and replace what is in it if anybody else works on this machine");
        return Err(Ended::usage(format!("others can read `{PLACE}`"), help).into());
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_shared(_: &Path) -> anyhow::Result<()> {
    Ok(())
}
