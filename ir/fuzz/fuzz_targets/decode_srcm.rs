//! The decoder of section `SRCM`.
#![no_main]

use pace_ir::bundle::sections::SRCM;
use pace_ir::program::SourceMapSection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<SourceMapSection>(SRCM, data));
