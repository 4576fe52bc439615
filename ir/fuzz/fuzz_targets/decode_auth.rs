//! The decoder of section `AUTH`.
#![no_main]

use pace_ir::bundle::sections::AUTH;
use pace_ir::program::AuthSection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<AuthSection>(AUTH, data));
