//! What a Paceline bundle means ([`program`]) and how it is stored ([`bundle`]). The contract between compiler and runner,
//! and the bottom of the workspace: no input or output, no async, no terminal, no YAML.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

pub mod access;
pub mod bundle;
pub mod digest;
pub mod drift;
pub mod json;
pub mod program;
pub mod schedule;
pub mod text;

pub use bundle::emit::{EmitError, Emitted};
pub use bundle::reject::RejectReason;
pub use bundle::verify::{Policy, VerifiedBundle, verify};
pub use digest::{BundleId, Digest};
pub use program::Bundle;
