//! Second step: whether the bytes are a bundle this runner can execute. The checks are `pace_ir`'s; here stands what this
//! runner can do, and what a person can do about a refusal.

use std::path::{Path, PathBuf};

use pace_ir::bundle::header::MAGIC;
use pace_ir::bundle::verify::TOOL_ABI;
use pace_ir::{BundleId, Policy, RejectReason, VerifiedBundle};

use crate::load::shown;
use crate::printable;

/// The optional features this runner has: compiled tools, and servers that Node.js and Python run. Whether the program is there
/// is found out when it is started.
pub const FEATURES: &[&str] = &[TOOL_ABI, "stdio:node", "stdio:python"];

/// A bundle that is not executed. Its words hold nothing that could steer a terminal, whatever the file holds.
#[derive(Debug, thiserror::Error)]
#[error("`{}` is refused: {}", shown(path), printable(&reason.to_string()))]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// The first check it failed.
    pub reason: RejectReason,
    /// What the file was taken for.
    pub content: Content,
}

/// What a file looks like from its first bytes; only words depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// It has none.
    Empty,
    /// Something else than a bundle.
    Foreign,
    /// A bundle, or the beginning of one.
    Bundle,
}

/// Verifies the content of the file at `path`; `expect` is the bundle that has to be in it.
///
/// # Errors
/// [`Refused`] with the first check that fails.
pub fn verify(path: &Path, bytes: &[u8], expect: Option<BundleId>) -> Result<VerifiedBundle, Refused> {
    verify_for(path, bytes, &Policy { expect, features: FEATURES })
}

/// As [`verify`], for a reader that can do something else than this runner: one that only says what is in a bundle needs
/// nothing of what it takes to execute it.
///
/// # Errors
/// [`Refused`] with the first check that fails.
pub fn verify_for(path: &Path, bytes: &[u8], policy: &Policy<'_>) -> Result<VerifiedBundle, Refused> {
    pace_ir::verify(bytes, policy).map_err(|reason| Refused::new(path, bytes, reason))
}

impl Refused {
    /// A refusal of `bytes`, the content of the file at `path` or the beginning of it.
    pub(crate) fn new(path: &Path, bytes: &[u8], reason: RejectReason) -> Self {
        let content = match bytes {
            [] => Content::Empty,
            _ if bytes.starts_with(&MAGIC) || MAGIC.starts_with(bytes) => Content::Bundle,
            _ => Content::Foreign,
        };
        Self { path: path.to_owned(), reason, content }
    }

    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match &self.reason {
            _ if self.content == Content::Empty => "the file is empty; build or fetch it again",
            _ if self.content == Content::Foreign => "this is not a bundle; `pace build` makes one",
            RejectReason::NotExpected { .. } => {
                "find out which bundle is meant; `--expect` takes the id `pace build` printed"
            }
            RejectReason::ContainerVersion { .. }
            | RejectReason::UnknownRequired { .. }
            | RejectReason::SectionVersion { .. }
            | RejectReason::UnknownFeature { .. } => {
                "run it with the `pace-runner` of the version of `pace` that built it, or a newer one"
            }
            _ => "the file is damaged or was changed; build or fetch it again",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_cannot_steer_a_terminal() {
        let reason = RejectReason::UnknownFeature { feature: "\u{1b}[2Jstdio".into(), known: vec![] };
        let refused = Refused::new(Path::new("x\u{9b}.pace"), &MAGIC, reason);
        let wanted =
            "`x\\u{9b}.pace` is refused: the bundle requires `\\u{1b}[2Jstdio`; this reader has no optional features";
        assert_eq!(refused.to_string(), wanted);
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let help = |bytes: &[u8], reason| Refused::new(Path::new("x"), bytes, reason).help();
        let short = |length| RejectReason::TooShort { length };
        assert!(help(b"", short(0)).contains("empty"));
        assert!(help(b"name: a", short(7)).contains("`pace build` makes one"));
        assert!(help(b"\x89PAC", short(4)).contains("damaged"));
        assert!(help(&MAGIC, RejectReason::ContainerVersion { major: 2, minor: 0 }).contains("newer"));
    }
}
