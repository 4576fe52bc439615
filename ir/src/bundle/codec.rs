//! What is inside a section: bincode 2, standard configuration. The one file that calls bincode's functions.
//!
//! Decoding takes only the canonical encoding: after decoding, the value is encoded again and has to give the same
//! bytes. That one comparison refuses unsorted maps, doubled keys and numbers longer than they need be.

use bincode::config;
use bincode::de::read::Reader;
use bincode::de::{Decoder, DecoderImpl};
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use super::fields::length_u64;
use super::reject::RejectReason;
use super::table::SectionId;

/// A value that has no encoding.
#[derive(Debug, thiserror::Error)]
#[error("a stored value cannot be encoded")]
pub struct EncodeFailed(#[from] EncodeError);

/// A type with an encoding.
pub trait Stored: Encode + Decode<()> {}

impl<T: Encode + Decode<()>> Stored for T {}

/// How much decoding may claim, bytes, by the section's length. bincode claims the size *in memory* of what a container
/// announces before it reads the elements, so that a few bytes cannot make a reader reserve gigabytes; the claim for an
/// honest section stays below 256 times its length, since no stored type is larger than that per byte of encoding.
const SMALL: (usize, usize) = (64 << 10, 16 << 20);
const MEDIUM: (usize, usize) = (4 << 20, 1 << 30);
const LARGE: usize = 4095 << 20;

/// The canonical encoding of `value`.
///
/// # Errors
/// Never for the stored types: encoding fails only on things they do not hold (times before 1970, locked cells).
pub fn encode<T: Stored>(value: &T) -> Result<Vec<u8>, EncodeFailed> {
    Ok(bincode::encode_to_vec(value, config::standard())?)
}

/// The value of which `raw`, the content of section `id`, is the canonical encoding (duty 7).
///
/// # Errors
/// [`RejectReason::Decode`], [`RejectReason::LeftOver`], [`RejectReason::NotCanonical`].
pub fn decode<T: Stored>(id: SectionId, version: u16, raw: &[u8]) -> Result<T, RejectReason> {
    let failed = |problem: String| RejectReason::Decode { id, version, problem };
    let (value, read): (T, usize) = decode_limited(raw).map_err(|error| failed(error.to_string()))?;
    if read != raw.len() {
        return Err(RejectReason::LeftOver { id, read: length_u64(read), raw_length: length_u64(raw.len()) });
    }
    let canonical = encode(&value).map_err(|error| failed(error.to_string()))?;
    match difference(raw, &canonical) {
        Some(offset) => Err(RejectReason::NotCanonical { id, offset }),
        None => Ok(value),
    }
}

/// bincode's limit is a constant of the type, and each would have code of its own for every stored type: so there is one, of which what
/// a shorter section may not claim is claimed before.
fn decode_limited<T: Decode<()>>(raw: &[u8]) -> Result<(T, usize), DecodeError> {
    let limit = match raw.len() {
        length if length <= SMALL.0 => SMALL.1,
        length if length <= MEDIUM.0 => MEDIUM.1,
        _ => LARGE,
    };
    let mut decoder = DecoderImpl::new(Unread(raw), config::standard().with_limit::<LARGE>(), ());
    decoder.claim_bytes_read(LARGE - limit)?;
    let value = T::decode(&mut decoder)?;
    Ok((value, raw.len() - decoder.reader().0.len()))
}

/// What is left to read. bincode's own reader of slices does not tell.
struct Unread<'a>(&'a [u8]);

impl Reader for Unread<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), DecodeError> {
        let missing = || DecodeError::UnexpectedEnd { additional: bytes.len() - self.0.len() };
        let (read, rest) = self.0.split_at_checked(bytes.len()).ok_or_else(missing)?;
        bytes.copy_from_slice(read);
        self.0 = rest;
        Ok(())
    }

    fn peek_read(&mut self, length: usize) -> Option<&[u8]> {
        self.0.get(..length)
    }

    fn consume(&mut self, length: usize) {
        self.0 = self.0.get(length..).unwrap_or_default();
    }
}

/// The first place where two encodings differ.
fn difference(raw: &[u8], canonical: &[u8]) -> Option<u64> {
    if raw == canonical {
        return None;
    }
    let same = raw.iter().zip(canonical).take_while(|(a, b)| a == b).count();
    Some(length_u64(same))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const ID: SectionId = SectionId::known(*b"TEST");

    fn slug<T: Stored>(raw: &[u8]) -> Option<&'static str> {
        decode::<T>(ID, 1, raw).err().map(|reason| reason.slug())
    }

    #[test]
    fn values_go_round() {
        let map: BTreeMap<String, Option<Vec<u64>>> =
            BTreeMap::from([("a".into(), None), ("b".into(), Some(vec![0, 250, 251, 65_536, u64::MAX]))]);
        let raw = encode(&map).unwrap();
        assert_eq!(decode(ID, 1, &raw), Ok(map));
    }

    #[test]
    fn one_value_has_one_encoding() {
        assert_eq!(slug::<u64>(&[7]), None);
        // The same number in a wider form.
        assert_eq!(slug::<u64>(&[251, 7, 0]), Some("not-canonical"));
        // {1: 1, 2: 2} sorted, unsorted, and with a key twice.
        assert_eq!(slug::<BTreeMap<u8, u8>>(&[2, 1, 1, 2, 2]), None);
        assert_eq!(slug::<BTreeMap<u8, u8>>(&[2, 2, 2, 1, 1]), Some("not-canonical"));
        assert_eq!(slug::<BTreeMap<u8, u8>>(&[2, 1, 1, 1, 1]), Some("not-canonical"));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(slug::<u8>(&[7, 7]), Some("left-over"));
        assert_eq!(slug::<u8>(&[]), Some("decode"));
        assert_eq!(slug::<bool>(&[2]), Some("decode"));
        assert_eq!(slug::<String>(&[1, 0xFF]), Some("decode"));
        assert_eq!(slug::<Option<u8>>(&[2, 0]), Some("decode"));
    }

    #[test]
    fn a_few_bytes_reserve_little() {
        // A vector that announces 2^40 numbers.
        let announced = [253, 0, 0, 0, 0, 0, 1, 0, 0];
        let Err(RejectReason::Decode { problem, .. }) = decode::<Vec<u64>>(ID, 1, &announced) else {
            panic!("must be refused");
        };
        assert!(problem.contains("Limit"), "{problem}");
    }
}
