//! The decoder of section `TOOL`.
#![no_main]

use pace_ir::bundle::sections::TOOL;
use pace_ir::program::ToolSection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<ToolSection>(TOOL, data));
