//! The decoder of section `SBOM`.
#![no_main]

use pace_ir::bundle::sections::SBOM;
use pace_ir::program::SbomSection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<SbomSection>(SBOM, data));
