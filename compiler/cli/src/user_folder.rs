//! Where `pace` keeps what is of the user and of no project: the folder of the XDG Base Directory Specification (0.8) for what
//! programs keep from one run to the next. Only says where; nothing is made here.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// `$XDG_STATE_HOME/paceline`, without that `~/.local/state/paceline`. Nothing where the environment tells of neither, or of a
/// home that there is none of.
pub(crate) fn state() -> Option<PathBuf> {
    state_of(std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME"))
}

fn state_of(state: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    // As the specification says, what is not absolute is ignored; that is also what is empty.
    let absolute = |path: Option<OsString>| path.map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = |home: PathBuf| home.join(Path::new(".local").join("state"));
    let home = || absolute(home).filter(|home| home.is_dir());
    absolute(state).or_else(|| home().map(usual)).map(|folder| folder.join("paceline"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn relative_folders_are_ignored() {
        let home = tempfile::tempdir().unwrap();
        let folder = |state: Option<&str>, home: Option<&Path>| {
            state_of(state.map(OsString::from), home.map(|home| home.as_os_str().to_owned()))
        };
        let set = Some(PathBuf::from("/state/paceline"));
        assert_eq!(folder(Some("/state"), Some(home.path())), set);
        assert_eq!(folder(Some("/state"), None), set);
        for other in [None, Some(""), Some("state"), Some("./state"), Some("~/state")] {
            assert_eq!(folder(other, Some(home.path())), Some(home.path().join(".local/state/paceline")));
            for no_home in [None, Some("ann"), Some("."), Some(""), Some("/nonexistent")] {
                assert_eq!(folder(other, no_home.map(Path::new)), None);
            }
        }
    }
}
