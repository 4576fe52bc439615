//! What the fuzz targets share: the sample bundle, edits read from the fuzzer's bytes, and the properties that have to
//! hold. The three modules are those of the test suite.

#[path = "../../tests/bundle/draft.rs"]
mod draft;
#[path = "../../tests/bundle/edit.rs"]
mod edit;
#[path = "../../tests/bundle/reencodes.rs"]
mod reencodes;
#[path = "../../tests/bundle/sample.rs"]
mod sample;

use std::sync::LazyLock;

use draft::Draft;
use pace_ir::bundle::codec::{self, Stored};
use pace_ir::bundle::sections::Known;

static SAMPLE: LazyLock<Draft> = LazyLock::new(|| Draft::of(&sample::bundle()));
static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| SAMPLE.seal());

/// Any bytes, and the sample's bytes edited.
pub fn verify(data: &[u8]) {
    reencodes::check(data);
    let mut file = FILE.clone();
    edit::bytes(&mut file, data);
    reencodes::check(&file);
}

/// The sample edited and sealed again.
pub fn resealed(data: &[u8]) {
    let mut draft = SAMPLE.clone();
    edit::draft(&mut draft, data);
    reencodes::check(&draft.seal());
}

/// Any bytes, and the sample's section edited, as the content of one section.
pub fn decode<T: Stored>(known: Known, data: &[u8]) {
    decode_one::<T>(known, data);
    let section = SAMPLE.sections.iter().find(|section| section.name == *known.id.as_bytes());
    let mut raw = section.map(|section| section.raw.clone()).unwrap_or_default();
    edit::bytes(&mut raw, data);
    decode_one::<T>(known, &raw);
}

/// What decodes has to encode to the same bytes.
fn decode_one<T: Stored>(known: Known, raw: &[u8]) {
    if let Ok(value) = codec::decode::<T>(known.id, known.version, raw) {
        assert_eq!(codec::encode(&value).expect("stored types encode"), raw);
    }
}
