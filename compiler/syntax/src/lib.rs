//! Source files, spans and spanned YAML: the first step of the compiler, below the diagnostics.
//!
//! This crate turns text into trees that remember where every byte came from. It knows nothing of agents or of what keys
//! mean, does no IO, and never fails: what cannot be read becomes a [`SyntaxError`] beside a tree that may have holes.

pub mod front_matter;
pub mod source;
pub mod span;
pub mod yaml;

pub use source::{FileId, LineColumn, SourceFile, SourceMap};
pub use span::{Span, Spanned};
