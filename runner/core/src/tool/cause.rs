//! Why a call came to nothing, as data: for those who run a bundle and can do something about it. The words are with the call's
//! result; no model is told this, and nobody at the other end of a connection.

use pace_ir::program::Principal;

/// What is behind a call that was denied or that failed, where it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The tool failed, because its entry's `net` does not list this host; as `net` would.
    Unlisted(String),
    /// It was denied, because there is no credential for its server that this principal could use.
    NoCredential(Principal),
    /// It was denied, because the credential for its server cannot be used here. What to do about it, imperative; may have
    /// several lines, and names variables.
    Unusable(String),
}

/// Why a call is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// One sentence.
    pub why: String,
    /// What is behind it, where it is no rule.
    pub cause: Option<Cause>,
}
