//! Puts a template's files into a folder: all of them or none, and none over something that is there.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempPath};

use super::template::TemplateFile;

/// A list of what others keep, too: an author's own one stays. Builds keep `.pace/` out of git by themselves anyway.
const SHARED: &str = ".gitignore";

/// What has to be written, and what there is instead.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Placing {
    /// To be written.
    pub(super) files: Vec<TemplateFile>,
    /// There with other content, and fine.
    pub(super) kept: Vec<&'static str>,
    /// There and something else: a file with other content, a folder, a link to nowhere, or a file where a folder must be.
    pub(super) in_the_way: Vec<PathBuf>,
}

/// Compares a template with a folder, which need not be there.
///
/// # Errors
/// When something is there and cannot be looked at.
pub(super) fn plan(root: &Path, template: &[TemplateFile]) -> io::Result<Placing> {
    let mut placing = Placing::default();
    for file in template {
        if let Some(obstacle) = obstacle(root, file.path)? {
            if !placing.in_the_way.contains(&obstacle) {
                placing.in_the_way.push(obstacle);
            }
            continue;
        }
        let path = root.join(file.path);
        match fs::read(&path) {
            Ok(there) if there == file.text.as_bytes() => {}
            Ok(_) if file.path == SHARED => placing.kept.push(file.path),
            Ok(_) => placing.in_the_way.push(file.path.into()),
            // Nothing there, not even a link that leads to nothing.
            Err(error) if is_absence(&error) && fs::symlink_metadata(&path).is_err() => placing.files.push(*file),
            Err(error) if is_absence(&error) || error.kind() == ErrorKind::IsADirectory => {
                placing.in_the_way.push(file.path.into());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(placing)
}

/// What stands where a file's folder must be, and is none. Relative to `root`; empty for `root` itself.
fn obstacle(root: &Path, path: &str) -> io::Result<Option<PathBuf>> {
    let mut folders: Vec<&Path> = Path::new(path).ancestors().skip(1).collect();
    folders.reverse();
    for folder in folders {
        // Joined with nothing, a path ends in `/`, and a file is not found by that.
        let place = if folder.as_os_str().is_empty() { root.to_owned() } else { root.join(folder) };
        match fs::metadata(&place) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Ok(Some(folder.to_owned())),
            Err(error) if is_absence(&error) => {
                let is_link = fs::symlink_metadata(&place).is_ok();
                return Ok(is_link.then(|| folder.to_owned()));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Writes files that are not there.
///
/// Everything is written under other names first, so that a full disk is noticed before anything is in place.
///
/// # Errors
/// When anything fails, or a file has come to be there meanwhile; then nothing that was made here is left.
pub(crate) fn place(root: &Path, files: &[TemplateFile]) -> io::Result<()> {
    let mut made = Made::default();
    let result = made.place(root, files);
    if result.is_err() {
        made.remove();
    }
    result
}

/// What was made so far, in this order.
#[derive(Debug, Default)]
struct Made {
    folders: Vec<PathBuf>,
    files: Vec<PathBuf>,
}

impl Made {
    fn place(&mut self, root: &Path, files: &[TemplateFile]) -> io::Result<()> {
        self.folder(root)?;
        let staged = files.iter().map(|file| stage(root, file.text)).collect::<io::Result<Vec<_>>>()?;
        for (file, staged) in files.iter().zip(staged) {
            let place = root.join(file.path);
            if let Some(folder) = place.parent() {
                self.folder(folder)?;
            }
            staged.persist_noclobber(&place).map_err(|error| error.error)?;
            self.files.push(place);
        }
        Ok(())
    }

    /// Makes a folder and those it is in.
    fn folder(&mut self, folder: &Path) -> io::Result<()> {
        let missing: Vec<_> = folder.ancestors().take_while(|folder| !folder.is_dir()).collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => self.folders.push(folder.to_owned()),
                Err(error) if error.kind() == ErrorKind::AlreadyExists && folder.is_dir() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Removes what was made. A folder that somebody else has put something into stays.
    fn remove(self) {
        for file in self.files.iter().rev() {
            // What cannot be removed is left; the failure that led here is the one to tell.
            let _left = fs::remove_file(file);
        }
        for folder in self.folders.iter().rev() {
            let _left = fs::remove_dir(folder);
        }
    }
}

/// Writes a text beside its place, as any other file of the user's: the process's mask applies.
fn stage(root: &Path, text: &str) -> io::Result<TempPath> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file: NamedTempFile = builder.prefix(".pace-").tempfile_in(root)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file.into_temp_path())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: TemplateFile = TemplateFile { path: "a/b/one.yaml", text: "1\n" };
    const TWO: TemplateFile = TemplateFile { path: "two.yaml", text: "2\n" };

    #[test]
    fn a_file_that_comes_meanwhile_is_kept_and_the_rest_is_undone() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("new/project");
        fs::create_dir_all(&root).unwrap();
        fs::write(root.join("two.yaml"), "theirs").unwrap();
        let error = place(&root, &[ONE, TWO]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        let left: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["two.yaml"]);
        assert_eq!(fs::read_to_string(root.join("two.yaml")).unwrap(), "theirs");
    }

    #[test]
    fn folders_made_on_the_way_are_undone() {
        let outer = tempfile::tempdir().unwrap();
        let too_long = TemplateFile {
            path: concat!(
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            ),
            text: "",
        };
        place(&outer.path().join("new/project"), &[ONE, too_long]).unwrap_err();
        assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 0);
    }
}
