//! The decoder of section `TMAP`.
#![no_main]

use pace_ir::bundle::sections::TMAP;
use pace_ir::program::ToolMapSection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<ToolMapSection>(TMAP, data));
