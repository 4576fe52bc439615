//! Faults by somebody who knows the format: whatever is changed, digests and id are made to fit again.

use pace_ir::bundle::codec::{self, Stored};
use pace_ir::bundle::sections::{AUTH, BLOB, Known, LOCK, META, PROG, SBOM, SRCM, TOOL};
use pace_ir::{Digest, Policy, VerifiedBundle, verify};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::draft::Draft;
use crate::edit;
use crate::sample::{self, FEATURES};

/// Verifies a file and holds what has to be true of one that passes: each section is the encoding of what it decoded to.
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

#[test]
fn the_untouched_draft_passes() {
    assert!(check(&Draft::of(&sample::bundle()).seal()).is_some());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_and_resealed_bundle_is_refused_or_canonical(script in vec(any::<u8>(), 0..60)) {
        let mut draft = Draft::of(&sample::bundle());
        edit::draft(&mut draft, &script);
        check(&draft.seal());
    }

    #[test]
    fn one_byte_of_one_section(section in 0_usize..8, at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut draft = Draft::of(&sample::bundle());
        let raw = &mut draft.sections[section].raw;
        let at = at.index(raw.len());
        raw[at] = value;
        check(&draft.seal());
    }

    #[test]
    fn mutated_bytes_never_panic(script in vec(any::<u8>(), 4..40)) {
        let mut file = sample::bundle().to_bytes().unwrap();
        edit::bytes(&mut file, &script);
        check(&file);
    }
}
