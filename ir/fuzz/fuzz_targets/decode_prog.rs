//! The decoder of section `PROG`.
#![no_main]

use pace_ir::bundle::sections::PROG;
use pace_ir::program::ProgramSection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<ProgramSection>(PROG, data));
