//! Where the file is: its folder, who may read it, what kind of file system it lies on, and whether it is still the same file.

use std::io;
use std::path::{Path, PathBuf};

use crate::error::StoreError;

/// The name of the file in its folder.
pub(super) const FILE: &str = "state.db";

/// A folder and a file that exist.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) file: PathBuf,
    /// What the file is known by to the system, whatever its name.
    identity: Option<(u64, u64)>,
    warning: Option<String>,
}

impl Place {
    /// Makes what is missing, for the owner alone. What is there keeps its mode: an operator may have a reason.
    pub(super) fn prepare(folder: &Path) -> Result<Self, StoreError> {
        let unwritable = |path: &Path, error: &io::Error| StoreError::Unwritable {
            path: path.to_owned(),
            reason: error.to_string(),
        };
        if folder.is_file() {
            return Err(StoreError::Unwritable {
                path: folder.to_owned(),
                reason: "it is a file, not a folder".to_owned(),
            });
        }
        make_folder(folder).map_err(|error| unwritable(folder, &error))?;
        let warning = judge_file_system(folder)?;
        let file = folder.join(FILE);
        make_file(&file).map_err(|error| unwritable(&file, &error))?;
        let identity = identity(&file);
        Ok(Self { file, identity, warning })
    }

    /// Where a file is that is there; nothing where none is.
    pub(super) fn find(folder: &Path) -> Result<Option<Self>, StoreError> {
        let file = folder.join(FILE);
        if !file.exists() {
            return Ok(None);
        }
        let (warning, identity) = (judge_file_system(folder)?, identity(&file));
        Ok(Some(Self { file, identity, warning }))
    }

    /// Whether the file is still the one that was opened.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        if identity(&self.file) == self.identity {
            return Ok(());
        }
        let reason = format!("`{}` was removed or replaced", self.file.display());
        Err(StoreError::Unavailable { reason })
    }

    /// Takes the file that is there now, which has to exist.
    pub(super) fn renewed(&self) -> Result<Self, StoreError> {
        let identity = identity(&self.file);
        if identity.is_none() {
            return Err(StoreError::Unavailable { reason: format!("`{}` is gone", self.file.display()) });
        }
        Ok(Self { identity, ..self.clone() })
    }

    pub(super) fn surroundings(&self) -> (Option<u64>, Option<String>) {
        (free(&self.file), self.warning.clone())
    }
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// The files beside it, which SQLite makes, get the same mode.
fn make_file(file: &Path) -> io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file).map(drop)
}

#[cfg(unix)]
fn identity(file: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(file).ok().map(|metadata| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(file: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(file).ok().map(|_| (0, 0))
}

#[cfg(unix)]
fn free(file: &Path) -> Option<u64> {
    let system = rustix::fs::statvfs(file).ok()?;
    system.f_bavail.checked_mul(system.f_frsize)
}

#[cfg(not(unix))]
fn free(_file: &Path) -> Option<u64> {
    None
}

/// File systems that other hosts write too, by the numbers of Linux's `statfs(2)`: on them two runners would damage the file.
const NETWORK: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB"),
    (0x517b, "SMB"),
    (0x00c3_6400, "Ceph"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x0bd0_0bd0, "Lustre"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
];

/// File systems of the kernel's own, in which nobody can make files, whatever their modes say.
const KERNEL: &[(u64, &str)] =
    &[(0x9fa0, "proc"), (0x6265_6572, "sysfs"), (0x6367_7270, "cgroup2"), (0x0027_e0eb, "cgroup")];

/// May be anything, a disk of this host too.
const FUSE: u64 = 0x6573_5546;

#[cfg(target_os = "linux")]
pub(super) fn judge_file_system(folder: &Path) -> Result<Option<String>, StoreError> {
    let Ok(system) = rustix::fs::statfs(folder) else { return Ok(None) };
    // The number has 32 bits; the type of the field differs between systems.
    judge(u64::try_from(system.f_type).unwrap_or_default() & 0xffff_ffff, folder)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn judge_file_system(_folder: &Path) -> Result<Option<String>, StoreError> {
    Ok(None)
}

fn judge(kind: u64, folder: &Path) -> Result<Option<String>, StoreError> {
    if let Some((_, name)) = KERNEL.iter().find(|(number, _)| *number == kind) {
        let reason = format!("it lies on a file system that keeps no files ({name})");
        return Err(StoreError::Unwritable { path: folder.to_owned(), reason });
    }
    let folder = folder.display();
    if let Some((_, name)) = NETWORK.iter().find(|(number, _)| *number == kind) {
        let reason = format!("`{folder}` lies on a network file system ({name}), where SQLite files are damaged");
        return Err(StoreError::Refused { reason });
    }
    let warning = || format!("`{folder}` lies on a FUSE file system: no other host may write there");
    Ok((kind == FUSE).then(warning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_refused_and_fuse_is_warned_of() {
        let folder = Path::new("/state");
        let refused = judge(0x6969, folder).unwrap_err().to_string();
        assert!(refused.contains("`/state` lies on a network file system (NFS)"), "{refused}");
        assert!(judge(FUSE, folder).unwrap().unwrap().contains("FUSE"));
        let refused = judge(0x9fa0, folder).unwrap_err().to_string();
        assert!(refused.contains("keeps no files (proc)"), "{refused}");
        // ext4 and tmpfs.
        assert_eq!((judge(0xef53, folder), judge(0x0102_1994, folder)), (Ok(None), Ok(None)));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_made_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let above = tempfile::tempdir().unwrap();
        let place = Place::prepare(&above.path().join("a/b")).unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&place.file), 0o600);
        assert_eq!((mode(&above.path().join("a/b")), mode(&above.path().join("a"))), (0o700, 0o700));
    }

    #[test]
    fn a_file_where_the_folder_should_be_is_named() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("file");
        std::fs::write(&folder, "").unwrap();
        let error = Place::prepare(&folder).unwrap_err();
        let wanted = format!("the store cannot be kept at `{}`: it is a file, not a folder", folder.display());
        assert_eq!(error.to_string(), wanted);
    }
}
