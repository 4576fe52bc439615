//! Names. Each kind is its own type, valid by construction and checked again when decoded from a bundle.

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};

/// Why a text is not a name: what a name looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedName {
    /// `^[a-z0-9][a-z0-9-]{0,62}$` does not match.
    #[error("1 to 63 lower-case letters (a to z), digits and hyphens, not starting with a hyphen")]
    Label,
    /// `^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$` does not match.
    #[error("1 to 128 letters, digits and `. _ : / -`, starting with a letter or digit")]
    Model,
    /// `^[A-Za-z_][A-Za-z0-9_-]{0,63}$` does not match.
    #[error("1 to 64 letters, digits, `_` and `-`, starting with a letter or `_`")]
    Tool,
}

/// The pattern of agents, loops, service accounts and projects, as JSON Schema writes it.
pub const LABEL_PATTERN: &str = "^[a-z0-9][a-z0-9-]{0,62}$";
/// The pattern of model names.
pub const MODEL_PATTERN: &str = "^[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}$";
/// The pattern of tool names and aliases.
pub const TOOL_PATTERN: &str = "^[A-Za-z_][A-Za-z0-9_-]{0,63}$";

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $pattern:expr, $check:path, $error:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The pattern every such name matches.
            pub const PATTERN: &'static str = $pattern;

            /// The name as written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = MalformedName;

            fn from_str(text: &str) -> Result<Self, MalformedName> {
                if $check(text) { Ok(Self(text.to_owned())) } else { Err($error) }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }

        impl Encode for $name {
            fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
                self.0.encode(encoder)
            }
        }

        impl<Context> Decode<Context> for $name {
            fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
                let text = String::decode(decoder)?;
                text.parse().map_err(|why: MalformedName| DecodeError::OtherString(why.to_string()))
            }
        }
        bincode::impl_borrow_decode!($name);
    };
}

name!(
    /// An agent's name; agents are known by it, not by their folder.
    AgentName, LABEL_PATTERN, is_label, MalformedName::Label
);
name!(
    /// A loop's name.
    LoopName, LABEL_PATTERN, is_label, MalformedName::Label
);
name!(
    /// A service account's name, without `serviceaccount:`.
    ServiceAccountName, LABEL_PATTERN, is_label, MalformedName::Label
);
name!(
    /// A project's name.
    ProjectName, LABEL_PATTERN, is_label, MalformedName::Label
);
name!(
    /// The name by which agents choose a model.
    ModelName, MODEL_PATTERN, is_model, MalformedName::Model
);
name!(
    /// A tool's name or a server's alias, as the model sees it.
    ToolName, TOOL_PATTERN, is_tool, MalformedName::Tool
);

impl Default for ProjectName {
    /// `default`: never the folder's name, so that a clone elsewhere is the same project.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

impl From<&AgentName> for ServiceAccountName {
    /// Every agent has an account of its own name without declaring it.
    fn from(agent: &AgentName) -> Self {
        Self(agent.0.clone())
    }
}

fn is_label(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&text.len()) && !text.starts_with('-') && text.bytes().all(allowed)
}

fn is_model(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte);
    (1..=128).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(allowed)
}

fn is_tool(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        for good in ["a", "0", "helper", "a-", "a".repeat(63).as_str()] {
            assert!(good.parse::<AgentName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a_b", "é", "a b", "a".repeat(64).as_str()] {
            assert!(bad.parse::<AgentName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn tools() {
        for good in ["a", "_x", "A-b_9"] {
            assert!(good.parse::<ToolName>().is_ok(), "{good}");
        }
        for bad in ["", "9a", "-a", "a.b", "a".repeat(65).as_str()] {
            assert!(bad.parse::<ToolName>().is_err(), "{bad}");
        }
    }
}
