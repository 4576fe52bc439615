//! Folders that appear whole or not at all: made beside their place, renamed when done. One process at a time makes a folder;
//! what one leaves behind that was killed is removed by the next.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Duration;

use pace_ir::digest::Digest;

use crate::error::PackageError;
use crate::settings::Settings;

/// How often a lock that somebody holds is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// The right to make one folder. The system takes it back when its process ends, however that ends.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    into: PathBuf,
    name: String,
}

/// A folder that is being made; removed again unless it is finished.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    lock: &'a Lock,
    folder: tempfile::TempDir,
}

/// Waits for the right to make the folder of `tree` in `into`, which is made if there is none.
pub(crate) fn lock(into: &Path, tree: Digest, settings: &Settings) -> Result<Lock, PackageError> {
    let failed = |error: &std::io::Error| PackageError::file("cannot make a folder", into, error);
    pace_mcp::installed::make_folder(into).map_err(|error| failed(&error))?;
    let name = tree.to_string();
    let path = into.join(format!(".{name}.lock"));
    let file = File::options().create(true).append(true).open(path).map_err(|error| failed(&error))?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file, into: into.to_owned(), name }),
            Err(TryLockError::Error(error)) => return Err(failed(&error)),
            Err(TryLockError::WouldBlock) if settings.cancelled.load(Ordering::Relaxed) => {
                return Err(PackageError::Cancelled);
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
        }
    }
}

impl Lock {
    /// A new, empty folder beside the place. Its name is new each time: clients of somebody who was killed may still be
    /// writing to the last one.
    pub(crate) fn stage(&self) -> Result<Stage<'_>, PackageError> {
        self.sweep();
        let made = tempfile::Builder::new().prefix(&self.prefix("new")).tempdir_in(&self.into);
        let folder = made.map_err(|error| PackageError::file("cannot make a folder", &self.into, &error))?;
        Ok(Stage { lock: self, folder })
    }

    fn prefix(&self, what: &str) -> String {
        format!(".{what}-{}-", self.name)
    }

    /// Removes what was left behind. What cannot be removed now, the next may remove.
    fn sweep(&self) {
        let Ok(entries) = std::fs::read_dir(&self.into) else { return };
        let prefixes = [self.prefix("new"), self.prefix("old")];
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if prefixes.iter().any(|prefix| name.starts_with(prefix)) {
                let _left = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Stage<'_> {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Puts the folder in its place. What was there before, incomplete or for another machine, is removed.
    pub(crate) fn finish(self) -> Result<(), PackageError> {
        let (into, name) = (self.lock.into.clone(), self.lock.name.clone());
        let failed = |error: std::io::Error| PackageError::file("cannot rename a folder", &into, &error);
        // Temporary folders are their owner's alone; an image's runner is somebody else.
        open_to_all(self.folder.path()).map_err(failed)?;
        let place = into.join(name);
        if place.exists() {
            let old = tempfile::Builder::new().prefix(&self.lock.prefix("old")).tempdir_in(&into).map_err(failed)?;
            std::fs::rename(&place, old.path().join("folder")).map_err(failed)?;
        }
        std::fs::rename(self.folder.path(), &place).map_err(failed)?;
        // There is nothing left at its path to remove.
        let _renamed = self.folder.keep();
        Ok(())
    }
}

fn open_to_all(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))
}
