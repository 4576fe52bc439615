//! Whose the cache is: a digest says that a file is whole, not who wrote it. As ssh does with its keys, what others may write
//! to is not used.

use std::io;
use std::path::Path;

#[cfg(unix)]
pub(super) use unix::{OTHERS, Owners};

/// Makes the folder, and those it is in, for their owner alone, whatever the umask leaves to others.
pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

#[cfg(unix)]
mod unix {
    use std::fs::Metadata;
    use std::os::unix::fs::MetadataExt;
    use std::path::Path;

    /// The users who may write what is kept.
    #[derive(Debug, Clone, Copy)]
    pub(in crate::cache) struct Owners {
        own: u32,
        /// Who owns the project may write its sources. In a container that is often somebody else than who builds.
        project: u32,
    }

    /// May write anywhere.
    const ROOT: u32 = 0;

    /// The part of a mode that a folder or file of the cache leaves to others, which is nothing. Git gives no file such a mode,
    /// so what came with a repository is none of ours either.
    pub(in crate::cache) const OTHERS: u32 = 0o077;

    impl Owners {
        /// Those of a project.
        pub(in crate::cache) fn of(root: &Path) -> Self {
            let own = rustix::process::geteuid().as_raw();
            Self { own, project: std::fs::metadata(root).map_or(own, |metadata| metadata.uid()) }
        }

        /// Whether a file or folder is theirs alone.
        pub(in crate::cache) fn have(self, metadata: &Metadata) -> bool {
            self.wrong(metadata.uid(), metadata.mode()).is_none()
        }

        /// What is wrong with a folder; nothing where there is none. A link to it is looked at as well: whoever made that
        /// chose the folder.
        pub(in crate::cache) fn refuse_folder(self, folder: &Path) -> Option<String> {
            let link = std::fs::symlink_metadata(folder).ok()?;
            let there = std::fs::metadata(folder).ok()?;
            self.wrong(link.uid(), 0).or_else(|| self.wrong(there.uid(), there.mode()))
        }

        fn wrong(self, owner: u32, mode: u32) -> Option<String> {
            if ![self.own, self.project, ROOT].contains(&owner) {
                return Some(format!("it belongs to user {owner}"));
            }
            (mode & OTHERS != 0).then(|| format!("its mode {:03o} lets others in", mode & 0o777))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::Owners;

        #[test]
        fn what_others_own_or_may_reach_is_refused() {
            let owners = Owners { own: 1000, project: 1001 };
            for owner in [1000, 1001, 0] {
                assert_eq!(owners.wrong(owner, 0o40_700), None);
                assert_eq!(owners.wrong(owner, 0o100_600), None);
                for mode in [0o40_720, 0o40_702, 0o40_750, 0o41_777] {
                    assert!(owners.wrong(owner, mode).is_some_and(|why| why.contains("mode")), "{owner} {mode:o}");
                }
            }
            assert_eq!(owners.wrong(1002, 0o40_700).as_deref(), Some("it belongs to user 1002"));
        }
    }
}

/// Where files have no such owners, the folder is taken as it is.
#[cfg(not(unix))]
#[derive(Debug, Clone, Copy)]
pub(super) struct Owners;

#[cfg(not(unix))]
impl Owners {
    pub(super) fn of(_: &Path) -> Self {
        Self
    }

    pub(super) fn have(self, _: &std::fs::Metadata) -> bool {
        true
    }

    pub(super) fn refuse_folder(self, _: &Path) -> Option<String> {
        None
    }
}
