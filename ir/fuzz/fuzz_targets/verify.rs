//! See `pace_ir_fuzz::verify`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::verify(data));
