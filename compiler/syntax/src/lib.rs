//! Source files, spans and spanned YAML: the first step of the compiler, below the diagnostics.
//!
//! This crate turns text into trees that remember where every byte came from. It knows nothing of agents or of what keys
//! mean, does no IO, and never fails: what cannot be read becomes a [`SyntaxError`] beside a tree that may have holes.
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

pub mod front_matter;
pub mod source;
pub mod span;
pub mod yaml;

pub use front_matter::{FrontMatter, FrontMatterError};
pub use source::decode::{DecodeError, DecodeErrorKind, Encoding, decode};
pub use source::{FileId, LineColumn, SourceFile, SourceMap};
pub use span::{Span, Spanned};
pub use yaml::document::{Document, Node, NodeId, NodeKind};
pub use yaml::error::{SyntaxError, SyntaxErrorKind};
pub use yaml::scalar::{CoreTag, Scalar, Style, Value};
pub use yaml::{Limits, parse, parse_range};
