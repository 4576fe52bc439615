//! Who may do what: principals, the classes of a call, the roles of an access list.

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

use super::name::ServiceAccountName;
use crate::text::is_invisible;

/// Somebody a rule can name. Written `user:<id>`, `group:<name>`, `serviceaccount:<name>`, `authenticated`, `anonymous`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A person: 1 to 255 characters of printable UTF-8 without spaces, none of them invisible.
    User(String),
    /// Some people: as for a user.
    Group(String),
    /// A non-human identity.
    ServiceAccount(ServiceAccountName),
    /// Everyone with a valid credential.
    Authenticated,
    /// Everyone without a credential.
    Anonymous,
}

/// Why a text is not a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPrincipal {
    /// There is no `kind:` in front.
    #[error("a principal begins with `user:`, `group:` or `serviceaccount:`, or is `authenticated` or `anonymous`")]
    NoKind,
    /// The word before the colon is not a kind.
    #[error("the kinds of principal are `user`, `group` and `serviceaccount`")]
    UnknownKind,
    /// The name of a user or group is empty, over 255 characters, or has spaces, control characters or invisible ones.
    #[error("1 to 255 printable characters without spaces follow the colon")]
    Identifier,
    /// The name of a service account is no label.
    #[error("an account's name is 1 to 63 lower-case letters, digits and hyphens, not starting with a hyphen")]
    Account,
}

/// The class of a call. `Write` includes `Read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Access {
    /// Looks and changes nothing.
    Read,
    /// May change something.
    Write,
}

/// What an agent's or loop's access list gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Role {
    /// May invoke it.
    Execute,
    /// May see its traces and sessions.
    Read,
}

/// What the project's access list gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum ProjectRole {
    /// May see all traces and sessions.
    Read,
    /// `Read`, and may execute every agent and loop.
    Admin,
}

impl FromStr for Principal {
    type Err = MalformedPrincipal;

    fn from_str(text: &str) -> Result<Self, MalformedPrincipal> {
        match text.split_once(':') {
            None if text == "authenticated" => Ok(Self::Authenticated),
            None if text == "anonymous" => Ok(Self::Anonymous),
            None => Err(MalformedPrincipal::NoKind),
            Some(("user", id)) => identifier(id).map(Self::User),
            Some(("group", id)) => identifier(id).map(Self::Group),
            Some(("serviceaccount", name)) => {
                name.parse().map(Self::ServiceAccount).map_err(|_| MalformedPrincipal::Account)
            }
            Some(_) => Err(MalformedPrincipal::UnknownKind),
        }
    }
}

fn identifier(text: &str) -> Result<String, MalformedPrincipal> {
    // Two people whose names look the same would be told apart by nobody who reads a list.
    let printable = |c: char| !c.is_whitespace() && !c.is_control() && !is_invisible(c);
    let fits = (1..=255).contains(&text.chars().count());
    if fits && text.chars().all(printable) { Ok(text.to_owned()) } else { Err(MalformedPrincipal::Identifier) }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(formatter, "user:{id}"),
            Self::Group(id) => write!(formatter, "group:{id}"),
            Self::ServiceAccount(name) => write!(formatter, "serviceaccount:{name}"),
            Self::Authenticated => formatter.write_str("authenticated"),
            Self::Anonymous => formatter.write_str("anonymous"),
        }
    }
}

impl Encode for Principal {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.to_string().encode(encoder)
    }
}

impl<Context> Decode<Context> for Principal {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let text = String::decode(decoder)?;
        text.parse().map_err(|why: MalformedPrincipal| DecodeError::OtherString(why.to_string()))
    }
}
bincode::impl_borrow_decode!(Principal);

impl Access {
    /// The word used in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl Role {
    /// The word used in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Read => "read",
        }
    }
}

impl ProjectRole {
    /// The word used in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principals_print_as_they_parse() {
        for text in ["user:a@b.example", "group:ops", "serviceaccount:digest-bot", "authenticated", "anonymous"] {
            assert_eq!(text.parse::<Principal>().map(|p| p.to_string()).as_deref(), Ok(text));
        }
        assert_eq!("ops".parse::<Principal>(), Err(MalformedPrincipal::NoKind));
        assert_eq!("role:ops".parse::<Principal>(), Err(MalformedPrincipal::UnknownKind));
        assert_eq!("user:a b".parse::<Principal>(), Err(MalformedPrincipal::Identifier));
        for hidden in ['\u{ad}', '\u{200b}', '\u{202e}', '\u{3164}', '\u{fe0f}', '\u{feff}', '\u{e0061}', '\u{9b}'] {
            for kind in ["user", "group"] {
                let text = format!("{kind}:ann{hidden}");
                assert_eq!(text.parse::<Principal>(), Err(MalformedPrincipal::Identifier), "{text:?}");
            }
        }
        assert_eq!("serviceaccount:Bot".parse::<Principal>(), Err(MalformedPrincipal::Account));
    }
}
