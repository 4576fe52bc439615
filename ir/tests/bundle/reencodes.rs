//! What has to be true of every file that passes.

use pace_ir::bundle::codec::{self, Stored};
use pace_ir::bundle::sections::{AUTH, BLOB, Known, LOCK, META, PROG, SBOM, SRCM, TMAP, TOOL};
use pace_ir::{Digest, Policy, VerifiedBundle, verify};

use crate::sample::FEATURES;

/// Verifies a file and holds what has to be true of one that passes: each section is the encoding of what it decoded
/// to.
pub(crate) fn check(file: &[u8]) -> Option<VerifiedBundle> {
    let verified = verify(file, &Policy { expect: None, features: FEATURES }).ok()?;
    let bundle = verified.bundle();
    reencodes(&verified, AUTH, Some(&bundle.auth));
    reencodes(&verified, BLOB, Some(&bundle.blobs));
    reencodes(&verified, LOCK, Some(&bundle.lock));
    reencodes(&verified, META, Some(&bundle.meta));
    reencodes(&verified, PROG, Some(&bundle.program));
    reencodes(&verified, SBOM, bundle.sbom.as_ref());
    reencodes(&verified, SRCM, bundle.source_map.as_ref());
    reencodes(&verified, TMAP, bundle.tool_map.as_ref());
    reencodes(&verified, TOOL, Some(&bundle.tools));
    Some(verified)
}

fn reencodes<T: Stored>(verified: &VerifiedBundle, known: Known, value: Option<&T>) {
    let entry = verified.sections().iter().find(|entry| entry.id == known.id);
    assert_eq!(entry.is_some(), value.is_some(), "{}", known.id);
    if let Some((entry, value)) = entry.zip(value) {
        let raw = codec::encode(value).unwrap();
        assert_eq!((raw.len() as u64, Digest::of(&raw)), (entry.raw_length, entry.raw_digest), "{}", known.id);
    }
}
