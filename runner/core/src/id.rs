//! Ids that the runner gives: 128 random bits, written as 32 hexadecimal digits. Knowing one is not being allowed to use it;
//! but where nobody says who they are, an id that cannot be guessed is all there is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an id is 32 hexadecimal digits in lower case")]
pub struct MalformedId;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $name(u128);

        impl $name {
            /// A new one.
            ///
            /// # Errors
            /// The operating system has no random bytes to give.
            pub fn new() -> Result<Self, getrandom::Error> {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes)?;
                Ok(Self(u128::from_le_bytes(bytes)))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:032x}", self.0)
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

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_print_as_they_parse_and_differ() {
        let (one, two) = (SessionId::new().unwrap(), SessionId::new().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.to_string().parse(), Ok(one));
        for bad in ["", "0", &"0".repeat(33), &"A".repeat(32), &"+".repeat(32), &"é".repeat(16)] {
            assert_eq!(bad.parse::<SessionId>(), Err(MalformedId), "{bad}");
        }
    }
}
