//! From a bundle to its bytes. The writer trusts itself no more than a stranger: what it wrote goes through the reader
//! and has to come back equal.

use crate::program::Bundle;

use super::codec::EncodeFailed;
use super::container::{self, WriteError};
use super::reject::RejectReason;
use super::sections;
use super::verify::{Policy, VerifiedBundle, verify};

/// Why a bundle has no bytes. The first two name limits an author can meet; the others are faults of whoever made the
/// bundle.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// A limit of the format.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The reader refuses what was written: a reference that leads nowhere, or a compiled tool (see `FORMAT.md`, duty
    /// 9).
    #[error("the bundle would be refused")]
    Refused(#[from] RejectReason),
    /// Cannot happen with the stored types.
    #[error(transparent)]
    Encode(#[from] EncodeFailed),
    /// The bundle comes back different: it holds a value its own decoder reads as another.
    #[error("the bundle reads back as another than was written")]
    Unequal,
}

/// A bundle's bytes, and what the reader made of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Emitted {
    /// The file.
    pub bytes: Vec<u8>,
    /// The same, verified: its id, digests and content.
    pub verified: VerifiedBundle,
}

impl Bundle {
    /// The bundle as a file, verified. Equal bundles give equal bytes.
    ///
    /// # Errors
    /// An [`EmitError`] when a limit is passed or the reader would refuse the file.
    pub fn emit(&self) -> Result<Emitted, EmitError> {
        let bytes = container::write(sections::encode(self)?)?;
        let features: Vec<&str> = self.meta.required_features.iter().map(String::as_str).collect();
        let verified = verify(&bytes, &Policy { expect: None, features: &features })?;
        if verified.bundle() == self { Ok(Emitted { bytes, verified }) } else { Err(EmitError::Unequal) }
    }

    /// The bytes of [`Bundle::emit`].
    ///
    /// # Errors
    /// As for [`Bundle::emit`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EmitError> {
        self.emit().map(|emitted| emitted.bytes)
    }
}
