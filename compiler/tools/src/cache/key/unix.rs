//! The file of the key: found, or made so that of two builds at once both have the same.

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::LENGTH;
use crate::cache::owner::{OTHERS, make_folder};

/// What the file is called.
const NAME: &str = "cache.key";

/// How the name of an unfinished one begins.
const TEMPORARY: &str = ".cache.key-";

/// The key in a folder, which is made with it.
pub(super) fn find(folder: &Path, project: &Path) -> Option<[u8; LENGTH]> {
    let user = rustix::process::geteuid().as_raw();
    if !exists(folder) {
        let above = folder.ancestors().find(|above| above.exists())?;
        // With somebody else's home, as `sudo` may leave it, they would find a folder there that is closed to them.
        if fs::metadata(above).ok()?.uid() != user || is_inside(above, project) {
            return None;
        }
        make_folder(folder).ok()?;
    }
    // A link is looked at as well: whoever made it chose the folder.
    let is_private = fs::symlink_metadata(folder).ok()?.uid() == user && is_own(&fs::metadata(folder).ok()?, user);
    if !is_private || is_inside(folder, project) {
        return None;
    }
    let file = folder.join(NAME);
    if !exists(&file) {
        make(folder, &file).ok()?;
    }
    read(&file, user).ok()?
}

/// Whether a folder that exists is in the project, whatever links say.
fn is_inside(folder: &Path, project: &Path) -> bool {
    folder.canonicalize().is_ok_and(|folder| folder.starts_with(project))
}

/// Whether something stands there, be it a link that leads nowhere.
fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

fn is_own(metadata: &Metadata, user: u32) -> bool {
    metadata.uid() == user && metadata.mode() & OTHERS == 0
}

/// Nobody else can put anything in its place meanwhile: the folder is the user's alone.
fn read(file: &Path, user: u32) -> io::Result<Option<[u8; LENGTH]>> {
    let metadata = fs::symlink_metadata(file)?;
    if !metadata.is_file() || !is_own(&metadata, user) || usize::try_from(metadata.len()) != Ok(LENGTH) {
        return Ok(None);
    }
    let mut key = [0; LENGTH];
    fs::File::open(file)?.read_exact(&mut key)?;
    Ok(Some(key))
}

/// Puts a new key there, whole, unless another build was first.
fn make(folder: &Path, file: &Path) -> io::Result<()> {
    let mut key = [0; LENGTH];
    getrandom::fill(&mut key).map_err(io::Error::other)?;
    // Temporary files are their owner's alone (0600), and keep that when they are renamed.
    let mut new = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
    new.write_all(&key)?;
    // An empty file after a loss of power would be no key for good.
    new.as_file().sync_all()?;
    match new.persist_noclobber(file) {
        Err(error) if error.error.kind() != ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::PathBuf;

    use super::*;

    /// A home, and the folder in it that is asked for.
    fn home() -> (tempfile::TempDir, PathBuf) {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("state/paceline");
        (home, folder)
    }

    fn key(folder: &Path) -> Option<[u8; LENGTH]> {
        find(folder, Path::new("/project"))
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_key_is_made_once_and_for_its_user_alone() {
        let (home, folder) = home();
        let made = key(&folder).unwrap();
        assert_ne!(made, [0; LENGTH]);
        assert_eq!((mode(&folder), mode(&folder.join(NAME))), (0o700, 0o600));
        assert_eq!((key(&folder), fs::read(folder.join(NAME)).unwrap()), (Some(made), made.to_vec()));
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing unfinished is left");
        fs::remove_file(folder.join(NAME)).unwrap();
        assert_ne!(key(&folder).unwrap(), made);
        drop(home);
    }

    #[test]
    fn builds_at_once_agree() {
        for _ in 0..20 {
            let (_home, folder) = home();
            let start = std::sync::Barrier::new(8);
            let ask = || {
                start.wait();
                key(&folder).unwrap()
            };
            let keys: Vec<_> = std::thread::scope(|scope| {
                let asking: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
                asking.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert!(keys.iter().all(|other| *other == keys[0]), "{keys:?}");
            assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        }
    }

    #[test]
    fn what_others_may_reach_is_no_key() {
        let (_home, folder) = home();
        let made = key(&folder).unwrap();
        for open in [0o710, 0o701, 0o770, 0o755, 0o777] {
            set_mode(&folder, open);
            assert_eq!(key(&folder), None, "{open:o}");
        }
        set_mode(&folder, 0o700);
        for open in [0o640, 0o604, 0o620, 0o602, 0o644] {
            set_mode(&folder.join(NAME), open);
            assert_eq!(key(&folder), None, "{open:o}");
        }
        set_mode(&folder.join(NAME), 0o600);
        assert_eq!(key(&folder), Some(made));
    }

    #[test]
    fn who_owns_it_counts() {
        let (_home, folder) = home();
        key(&folder).unwrap();
        let metadata = fs::metadata(&folder).unwrap();
        assert!(is_own(&metadata, metadata.uid()));
        assert!(!is_own(&metadata, metadata.uid() + 1));
        if metadata.uid() != fs::metadata("/").unwrap().uid() {
            assert_eq!(key(Path::new("/paceline-that-nobody-made/state")), None);
        }
    }

    #[test]
    fn what_is_somebody_elses_is_no_key() {
        const NOBODY: u32 = 65_534;
        let (home, folder) = home();
        let made = key(&folder).unwrap();
        let give = |path: &Path, user: u32| std::os::unix::fs::lchown(path, Some(user), None);
        if give(&folder, NOBODY).is_err() {
            // Only the superuser can give files away; the owner is looked at by `who_owns_it_counts` in any case.
            return;
        }
        let user = rustix::process::geteuid().as_raw();
        assert_eq!(key(&folder), None);
        give(&folder, user).unwrap();
        give(&folder.join(NAME), NOBODY).unwrap();
        assert_eq!(key(&folder), None);
        give(&folder.join(NAME), user).unwrap();
        let link = home.path().join("link");
        symlink(&folder, &link).unwrap();
        give(&link, NOBODY).unwrap();
        assert_eq!((key(&link), key(&folder)), (None, Some(made)));
        // With somebody else's home nothing is made in it.
        let theirs = tempfile::tempdir().unwrap();
        give(theirs.path(), NOBODY).unwrap();
        assert_eq!(key(&theirs.path().join("state/paceline")), None);
        assert_eq!(fs::read_dir(theirs.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_has_another_length_is_no_key_and_stays() {
        let (_home, folder) = home();
        key(&folder).unwrap();
        for wrong in [&[][..], &[1; LENGTH - 1], &[1; LENGTH + 1]] {
            fs::write(folder.join(NAME), wrong).unwrap();
            assert_eq!(key(&folder), None);
            assert_eq!(fs::read(folder.join(NAME)).unwrap(), wrong);
        }
    }

    #[test]
    fn links_and_pipes_are_no_key() {
        let (home, folder) = home();
        key(&folder).unwrap();
        let elsewhere = home.path().join("elsewhere");
        fs::rename(folder.join(NAME), &elsewhere).unwrap();
        symlink(&elsewhere, folder.join(NAME)).unwrap();
        assert_eq!(key(&folder), None);
        fs::remove_file(folder.join(NAME)).unwrap();
        symlink(home.path().join("nowhere"), folder.join(NAME)).unwrap();
        assert_eq!(key(&folder), None);
        fs::remove_file(folder.join(NAME)).unwrap();
        let pipe = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(folder.join(NAME)).status();
        assert!(pipe.unwrap().success());
        assert_eq!(key(&folder), None);
    }

    #[test]
    fn a_folder_behind_a_link_counts_as_it_is() {
        let (home, folder) = home();
        let made = key(&folder).unwrap();
        let link = home.path().join("link");
        symlink(&folder, &link).unwrap();
        assert_eq!(key(&link), Some(made));
        set_mode(&folder, 0o750);
        assert_eq!(key(&link), None);
        let nowhere = home.path().join("nowhere");
        symlink(home.path().join("missing"), &nowhere).unwrap();
        assert_eq!(key(&nowhere), None);
        assert!(!home.path().join("missing").exists());
    }

    #[test]
    fn a_key_in_the_project_is_none() {
        let (home, folder) = home();
        let project = home.path().canonicalize().unwrap();
        assert_eq!(find(&folder, &project), None);
        assert!(!folder.exists(), "and none is made there");
        assert!(key(&folder).is_some());
        assert_eq!(find(&folder, &project), None);
        // Also where only a link leads out of the way.
        let outside = tempfile::tempdir().unwrap();
        let link = outside.path().join("paceline");
        symlink(&folder, &link).unwrap();
        assert_eq!(find(&link, &project), None);
    }

    #[test]
    fn where_nothing_can_be_made_there_is_none() {
        let (home, folder) = home();
        fs::write(home.path().join("state"), "in the way").unwrap();
        assert_eq!(key(&folder), None);
    }
}
