//! The decoder of section `BLOB`.
#![no_main]

use pace_ir::bundle::sections::BLOB;
use pace_ir::program::BlobSection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<BlobSection>(BLOB, data));
