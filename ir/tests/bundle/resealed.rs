//! Faults by somebody who knows the format: whatever is changed, digests and id are made to fit again.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::draft::Draft;
use crate::edit;
use crate::reencodes::check;
use crate::sample;

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
