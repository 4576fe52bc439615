//! Everything Paceline says to an author: one [`Diagnostic`] type, the [`Sink`] that collects them, the registry of
//! [`codes`](Code), and one renderer a format.
//!
//! The passes make diagnostics; only the command line renders them. Nothing here knows what an agent is.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

pub mod code;
pub mod diagnostic;
pub mod nearest;
pub mod render;
pub mod sink;

pub use code::{Code, Kind, Level};
pub use diagnostic::{Applicability, Diagnostic, Edit, Help, Label, Severity};
pub use sink::{Lints, Reported, Sink};
