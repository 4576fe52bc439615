//! Texts that the runner completes, and JSON carried through unread.

use std::fmt;

use bincode::{Decode, Encode};

/// A string with references that the runner resolves when it starts; the values are never stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Template {
    /// In order; two literals never stand side by side, and none is empty.
    pub parts: Vec<TemplatePart>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum TemplatePart {
    /// Text as written.
    Literal(String),
    /// `${env:NAME}`: an environment variable of the runner.
    Env(String),
    /// `${credential:NAME}`: an entry of the runner's credentials.
    Credential(String),
}

impl Template {
    /// A template without references.
    pub fn literal(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { parts: if text.is_empty() { Vec::new() } else { vec![TemplatePart::Literal(text)] } }
    }

    /// The text, if it has no references.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TemplatePart::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether any part is a reference.
    pub fn has_reference(&self) -> bool {
        self.parts.iter().any(|part| !matches!(part, TemplatePart::Literal(_)))
    }
}

impl fmt::Display for Template {
    /// As the author wrote it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.parts {
            match part {
                TemplatePart::Literal(text) => formatter.write_str(text)?,
                TemplatePart::Env(name) => write!(formatter, "${{env:{name}}}")?,
                TemplatePart::Credential(name) => write!(formatter, "${{credential:{name}}}")?,
            }
        }
        Ok(())
    }
}

/// A JSON document as compact text, keys in the author's order: models read schemas from top to bottom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct Json(pub String);
