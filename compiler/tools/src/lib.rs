//! The tool compiler: a TypeScript file with all it imports becomes one ES2022 module, its bytecode, and what a model is
//! told of it.
//!
//! ```text
//! tools/x.ts ──▶ cache ──hit, sealed: all of it────────────────────┐
//!                  │ ├─────hit: module, map──┐                      ▼
//!                  │ miss                    ▼                  definition ──▶ CompiledTool
//!                  ▼               engine: compile, describe────────┘
//!       child process: bundle ──module, map──┘
//! ```
//!
//! [`TypeScript`] is what the compiler is handed. The bundler works in a child process, because what it is given to read
//! can end it (docs/decisions/013); the engine is the one that will run the tool, in the sandbox that it will run in.

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod again;
mod cache;
mod child;
mod compile;
mod definition;
mod embedded;
mod engine;
mod parameters;
mod pool;
mod protocol;
pub mod types;
mod words;

pub use child::serve as bundle_child;
pub use compile::{Progress, Silent, TypeScript};

/// What `pace` is told, as its first word, to be the bundling process of another `pace`. No command of its own: it is in no
/// help, and what it reads and writes may change with any version.
pub const BUNDLE_COMMAND: &str = "__bundle";

/// The bundler: what it makes of a source may change with it.
pub(crate) const BUNDLER: &str = "rolldown 1.2.5";
