//! Names for content: [`Digest`] names any bytes, [`BundleId`] names a whole bundle. Both are BLAKE3 and 32 bytes long; a
//! place in the format always says which of the two, and which bytes, it means.

use std::fmt;
use std::str::FromStr;

use bincode::{Decode, Encode};

/// The BLAKE3 hash of some bytes, 32 bytes. Written as 64 lower-case hexadecimal digits, and read from nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Digest([u8; 32]);

/// The name of a bundle: a digest that covers every byte of the file (`FORMAT.md`, "The bundle id"). Written `b3:` and 64
/// lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct BundleId(Digest);

/// A text that names no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseDigestError {
    /// Not 64 digits of `0-9a-f`.
    #[error("a digest is 64 lower-case hexadecimal digits")]
    Digits,
    /// Not `b3:` and a digest.
    #[error("a bundle id is `b3:` and 64 lower-case hexadecimal digits")]
    Scheme,
}

impl Digest {
    /// The digest of `bytes`: plain BLAKE3, no key, no context.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// The digest of the concatenation of `parts` under `context`, in BLAKE3's derive-key mode, so that it never equals a
    /// plain digest or one made under another context.
    pub fn derive<'a>(context: &str, parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        for part in parts {
            hasher.update(part);
        }
        Self(*hasher.finalize().as_bytes())
    }

    /// A digest computed elsewhere.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl BundleId {
    /// The bundle named by `digest`.
    pub const fn new(digest: Digest) -> Self {
        Self(digest)
    }

    /// The digest without its scheme: its first 12 digits name the file under `.pace/build`.
    pub const fn digest(&self) -> Digest {
        self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for BundleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b3:{}", self.0)
    }
}

impl fmt::Debug for BundleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let mut bytes = [0; 32];
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return Err(ParseDigestError::Digits);
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = (nibble(*high)? << 4) | nibble(*low)?;
        }
        Ok(Self(bytes))
    }
}

impl FromStr for BundleId {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("b3:").ok_or(ParseDigestError::Scheme)?;
        digits.parse().map(Self).map_err(|_| ParseDigestError::Scheme)
    }
}

/// One digit. Capitals are refused: a digest is written in one way.
fn nibble(digit: u8) -> Result<u8, ParseDigestError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(ParseDigestError::Digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";

    #[test]
    fn the_digest_of_nothing_is_the_published_one() {
        assert_eq!(Digest::of(b"").to_string(), EMPTY);
    }

    #[test]
    fn text_goes_round() {
        let id = BundleId::new(Digest::of(b"bundle"));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.digest().to_string().parse(), Ok(id.digest()));
    }

    #[test]
    fn only_one_spelling_is_read() {
        let short = &EMPTY[1..];
        for wrong in ["", short, &EMPTY.to_uppercase(), &format!("{EMPTY}00"), &format!("+{short}")] {
            assert_eq!(wrong.parse::<Digest>(), Err(ParseDigestError::Digits), "{wrong}");
        }
        for wrong in [EMPTY, "b3:", &format!("B3:{EMPTY}"), &format!("sha256:{EMPTY}"), &format!("b3: {EMPTY}")] {
            assert_eq!(wrong.parse::<BundleId>(), Err(ParseDigestError::Scheme), "{wrong}");
        }
    }

    #[test]
    fn contexts_are_apart_and_parts_are_joined() {
        let parts = || [b"one".as_slice(), b"two"];
        assert_ne!(Digest::derive("a", parts()), Digest::derive("b", parts()));
        assert_eq!(Digest::derive("a", parts()), Digest::derive("a", [b"onetwo".as_slice()]));
        assert_ne!(Digest::derive("a", parts()), Digest::of(b"onetwo"));
    }
}
