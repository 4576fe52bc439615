//! The bundle under `tests/compat/` that holds every section, made from the sample of this suite.

#![expect(clippy::disallowed_methods, reason = "reads, and once writes, a kept bundle")]

use std::path::PathBuf;

use pace_ir::{Policy, verify};

use crate::sample::{self, FEATURES};

/// Where the newest one is. A kept bundle is never written again: when the sample or a section's version changes, name
/// the next folder here, run this test with `BLESS=1`, and leave the old folder where it is.
const NEWEST: &str = "everything-3";

#[test]
fn the_newest_kept_bundle_holds_the_sample() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/compat").join(NEWEST).join("bundle.pace");
    if std::env::var_os("BLESS").is_some() && !path.exists() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, sample::bundle().to_bytes().unwrap()).unwrap();
    }
    let file = std::fs::read(&path).unwrap();
    let kept = verify(&file, &Policy { expect: None, features: FEATURES }).unwrap();
    assert_eq!(*kept.bundle(), sample::bundle(), "see `NEWEST`");
}
