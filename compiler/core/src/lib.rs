//! The compiler: a project becomes a bundle, or a list of errors worth reading.
//!
//! [`pipeline`] is the way in. It calls the passes in order, and nothing else does:
//!
//! ```text
//! World ──text──▶ parse ──Parsed──▶ resolve ──Resolved──▶ check ──Checked──▶ pin ──┐
//!                 └────────── &mut Sink: everything said to the author ────────────┘│
//!                                                                                   ▼
//!       bytes ◀── emit ◀──LinkedProgram── link ◀──Program── lower ◀────Pinned───────┘
//! ```
//!
//! This crate does no IO of its own: all it knows of the outside comes through [`World`], through [`ToolCompiler`], which
//! [`build`] asks between `resolve` and `check` for the tools that the agents list, and through [`ServerProber`], which it
//! asks after `check` for what their servers offer. It has no clock, reads no environment, and knows no flags, colours or
//! exit codes.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod catalogue;
mod check;
mod emit;
mod link;
mod lower;
pub mod outcome;
pub mod overrides;
mod parse;
mod pin;
pub mod pins;
pub mod pipeline;
mod resolve;
pub mod schema;
mod secret;
pub mod servers;
pub mod tools;
pub mod uses;
pub mod world;

pub use outcome::{Built, Counts, Failure, Outcome};
pub use overrides::{Listed, ModelOverride, Overrides};
pub use pin::{Added, LeftOut, PinReport, Updated};
pub use pipeline::{Doors, build, build_with, check, pins, project_name, update_pins, uses};
pub use servers::{NoServers, PinMode, ServerProber};
pub use tools::{CompiledTool, CompiledTools, NoTools, ToolCompiler};
pub use uses::{Named, ToolUse};
pub use world::{DirEntry, EntryKind, World, WorldError};
