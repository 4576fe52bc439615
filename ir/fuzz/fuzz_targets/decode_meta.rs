//! The decoder of section `META`.
#![no_main]

use pace_ir::bundle::sections::META;
use pace_ir::program::Meta;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<Meta>(META, data));
