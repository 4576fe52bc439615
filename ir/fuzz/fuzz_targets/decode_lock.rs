//! The decoder of section `LOCK`.
#![no_main]

use pace_ir::bundle::sections::LOCK;
use pace_ir::program::LockSection;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pace_ir_fuzz::decode::<LockSection>(LOCK, data));
