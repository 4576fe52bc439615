//! Ids that the runner gives: 128 random bits, written as 32 hexadecimal digits. Knowing one is not being allowed to use it;
//! but where nobody says who they are, an id that cannot be guessed is all there is.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 hexadecimal digits in lower case")]
pub struct MalformedId;

/// The same, for programs.
pub(crate) const PATTERN: &str = "^[0-9a-f]{32}$";

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(u128);

        impl $name {
            /// A new one.
            ///
            /// # Errors
            /// The operating system has no random bytes to give.
            pub fn new() -> Result<Self, getrandom::Error> {
                random().map(Self)
            }

            /// As a number.
            pub(crate) fn number(self) -> u128 {
                self.0
            }

            /// As it is written.
            pub(crate) fn digits(self) -> Digits {
                Digits::of(self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.digits().as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.digits().as_str())
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": PATTERN })
            }
        }

        impl FromStr for $name {
            type Err = MalformedId;

            fn from_str(text: &str) -> Result<Self, MalformedId> {
                let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                if text.len() != 32 || !text.bytes().all(is_digit) {
                    return Err(MalformedId);
                }
                u128::from_str_radix(text, 16).map(Self).map_err(|_| MalformedId)
            }
        }

        impl TryFrom<String> for $name {
            type Error = MalformedId;

            fn try_from(text: String) -> Result<Self, MalformedId> {
                text.parse()
            }
        }
    };
}

id!(
    /// One run of an agent for one message.
    InvocationId
);
id!(
    /// A conversation that goes on over several invocations.
    SessionId
);

impl SessionId {
    /// The id that is this number.
    pub(crate) fn of_number(number: u128) -> Self {
        Self(number)
    }

    /// Another id in its place: always the same one, which opens no session, and from which nobody gets back to it. For records of
    /// sessions that are anybody's who knows their id.
    pub(crate) fn disguised(self) -> Self {
        // So that it is no digest that anything else may have of the same bytes.
        let mut text = b"paceline session\0".to_vec();
        text.extend_from_slice(&self.0.to_be_bytes());
        let digest = ring::digest::digest(&ring::digest::SHA256, &text);
        Self(digest.as_ref().iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte)))
    }
}

impl InvocationId {
    /// A number below 256, as evenly spread as the ids are.
    pub(crate) fn first_byte(self) -> u8 {
        let [first, ..] = self.0.to_le_bytes();
        first
    }

    /// Another one.
    pub(crate) fn last_byte(self) -> u8 {
        let [.., last] = self.0.to_le_bytes();
        last
    }
}

/// What is kept by ids.
pub(crate) type IdMap<Id, T> = HashMap<Id, T, BuildHasherDefault<IdHasher>>;

/// An id is random, so that a part of it is as good a hash as any. Whoever makes ids up only looks for what is not there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(part) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*part);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The 32 digits of an id. Each answer has six of them, and the standard library's formatting takes five times as long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Digits([u8; 32]);

impl Digits {
    fn of(id: u128) -> Self {
        const fn digit(half: u8) -> u8 {
            if half < 10 { b'0' + half } else { b'a' + half - 10 }
        }
        let mut digits = [0; 32];
        let (pairs, _none) = digits.as_chunks_mut();
        for (pair, byte) in pairs.iter_mut().zip(id.to_be_bytes()) {
            *pair = [digit(byte >> 4), digit(byte & 0xf)];
        }
        Self(digits)
    }

    pub(crate) fn as_str(&self) -> &str {
        // Digits and letters are UTF-8.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// How many ids a thread gets from the system at once: a call for each would be a tenth of what a short answer costs.
const AT_ONCE: usize = 32;

thread_local! {
    /// Random numbers that were got and not given yet.
    static SUPPLY: RefCell<Vec<u128>> = const { RefCell::new(Vec::new()) };
}

/// 128 bits from the system that nobody else was given.
///
/// # Errors
/// The operating system has no random bytes to give.
pub(crate) fn random() -> Result<u128, getrandom::Error> {
    SUPPLY.with_borrow_mut(|supply| {
        if supply.is_empty() {
            let mut bytes = [0; 16 * AT_ONCE];
            getrandom::fill(&mut bytes)?;
            let (numbers, _rest) = bytes.as_chunks();
            supply.extend(numbers.iter().map(|number| u128::from_le_bytes(*number)));
        }
        // It was filled a moment ago.
        supply.pop().ok_or(getrandom::Error::UNEXPECTED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_spread_over_a_map() {
        use std::hash::BuildHasher as _;
        let map = IdMap::<SessionId, u8>::default();
        let hashes = (0..1_000).map(|_| map.hasher().hash_one(SessionId::new().unwrap()));
        // What a map looks at: some of the lowest bits, and the seven highest.
        let seen: std::collections::BTreeSet<_> = hashes.map(|hash| (hash & 0xff, hash >> 57)).collect();
        assert!(seen.len() > 950, "{}", seen.len());
    }

    #[test]
    fn ids_print_as_they_parse_and_differ() {
        let (one, two) = (SessionId::new().unwrap(), SessionId::new().unwrap());
        assert_ne!(one, two);
        let many: std::collections::BTreeSet<_> = (0..10 * AT_ONCE).map(|_| SessionId::new().unwrap()).collect();
        assert_eq!(many.len(), 10 * AT_ONCE);
        assert_eq!(one.to_string().parse(), Ok(one));
        for bad in ["", "0", &"0".repeat(33), &"A".repeat(32), &"+".repeat(32), &"é".repeat(16)] {
            assert_eq!(bad.parse::<SessionId>(), Err(MalformedId), "{bad}");
        }
    }
}
