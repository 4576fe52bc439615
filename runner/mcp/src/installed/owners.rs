//! Whose an installed package is. Its hashes say that it is whole, not who wrote them: what others may write to is not started,
//! as the cache of tools is not used then.

use std::fs::Metadata;
use std::path::Path;

/// The users who may write to packages that are started here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Owners {
    #[cfg(unix)]
    own: u32,
    /// Who owns the project may write all that is built of it. In a container that is often somebody else than who runs.
    #[cfg(unix)]
    project: u32,
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::MetadataExt as _;

    use super::{Metadata, Owners, Path};

    /// May write anywhere; images belong to it.
    const ROOT: u32 = 0;

    /// What a folder or file leaves to others: not to write. They may read it, because who installs an image's packages is
    /// seldom who runs it.
    const OTHERS: u32 = 0o022;

    impl Owners {
        /// Those of a project's packages, or of those that belong to none.
        pub(in crate::installed) fn of(project: Option<&Path>) -> Self {
            let own = rustix::process::geteuid().as_raw();
            let owner = project.and_then(|project| std::fs::metadata(project).ok()).map(|metadata| metadata.uid());
            Self { own, project: owner.unwrap_or(own) }
        }

        /// Why a file or folder is not theirs alone.
        pub(in crate::installed) fn refuse(self, path: &Path, metadata: &Metadata) -> Option<String> {
            let why = self.wrong(metadata.uid(), metadata.mode())?;
            Some(format!("others may write to `{}`: {why}", pace_ir::text::quoted(&path.to_string_lossy())))
        }

        /// Why a folder is not theirs alone. A link to it is looked at as well: whoever made that chose the folder.
        pub(in crate::installed) fn refuse_folder(self, folder: &Path) -> Option<String> {
            let (link, there) = (std::fs::symlink_metadata(folder).ok()?, std::fs::metadata(folder).ok()?);
            let why = self.wrong(link.uid(), 0).or_else(|| self.wrong(there.uid(), there.mode()))?;
            Some(format!("others may write to `{}`: {why}", pace_ir::text::quoted(&folder.to_string_lossy())))
        }

        fn wrong(self, owner: u32, mode: u32) -> Option<String> {
            if ![self.own, self.project, ROOT].contains(&owner) {
                return Some(format!("it belongs to user {owner}"));
            }
            (mode & OTHERS != 0).then(|| format!("its mode {:03o} lets them", mode & 0o777))
        }
    }

    #[cfg(test)]
    mod tests {
        use super::Owners;

        #[test]
        fn what_others_own_or_may_write_is_refused() {
            let owners = Owners { own: 1000, project: 1001 };
            for owner in [1000, 1001, 0] {
                assert_eq!(owners.wrong(owner, 0o40_755), None);
                assert_eq!(owners.wrong(owner, 0o100_444), None);
                assert!(owners.wrong(owner, 0o40_775).is_some_and(|why| why.contains("mode 775")));
                assert!(owners.wrong(owner, 0o41_777).is_some_and(|why| why.contains("mode 777")));
            }
            assert_eq!(owners.wrong(1002, 0o40_755).as_deref(), Some("it belongs to user 1002"));
        }
    }
}

/// Where files have no such owners, folders are taken as they are.
#[cfg(not(unix))]
impl Owners {
    pub(super) fn of(_: Option<&Path>) -> Self {
        Self {}
    }

    pub(super) fn refuse(self, _: &Path, _: &Metadata) -> Option<String> {
        None
    }

    pub(super) fn refuse_folder(self, _: &Path) -> Option<String> {
        None
    }
}
