//! No byte of a bundle can be changed, cut off or added.

use pace_ir::{Policy, verify};

use crate::sample::{self, FEATURES};

const POLICY: Policy<'static> = Policy { expect: None, features: FEATURES };

fn file() -> Vec<u8> {
    sample::bundle().to_bytes().unwrap()
}

#[test]
fn every_changed_bit_is_refused() {
    let mut file = file();
    for bit in 0..file.len() * 8 {
        file[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&file, &POLICY).is_err(), "bit {bit} is free to change");
        file[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(verify(&file, &POLICY).is_ok());
}

#[test]
fn every_truncation_is_refused() {
    let file = file();
    for length in 0..file.len() {
        assert!(verify(&file[..length], &POLICY).is_err(), "the first {length} bytes pass");
    }
}

#[test]
fn every_extension_is_refused() {
    let file = file();
    let frame = zstd::bulk::compress(b"one more", 6).unwrap();
    let skippable = [0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4];
    let padding = vec![0; 64 - file.len() % 64];
    let aligned_frame = [padding.as_slice(), &frame].concat();
    for extra in [&[0][..], b"\n", &[0; 64], &file, &frame, &skippable, &padding, &aligned_frame] {
        let extended = [file.as_slice(), extra].concat();
        assert!(verify(&extended, &POLICY).is_err(), "{} more bytes pass", extra.len());
        let prefixed = [extra, file.as_slice()].concat();
        assert!(verify(&prefixed, &POLICY).is_err(), "{} bytes in front pass", extra.len());
    }
}
