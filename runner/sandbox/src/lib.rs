//! The sandbox: one call of one TypeScript tool in a fresh WebAssembly instance, which can do only what it was granted.
//! No server, no YAML, no files. The engine inside is QuickJS-ng; how it talks to this host is in `README.md`.
//!
//! The road is [`Engine::new`] once a process, [`Engine::compile`] at build time, [`Engine::load`] once a tool,
//! [`Tool::call`] once a call. A tool can fail in any way it likes: what comes back is a [`ToolError`].

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod block;
mod busy;
mod call;
mod config;
mod console;
mod ended;
mod engine;
mod error;
mod image;
mod imports;
mod json;
mod loaded;
mod machine;
mod missing;
mod net;
mod operation;
mod page_map;
mod pages;
mod parked;
mod redact;
mod run;
mod sandbox;
mod state;
mod ticker;
mod tool;

pub use call::{Call, Clock, Limits, Secret};
pub use console::{Console, Level, NoConsole};
pub use engine::{Engine, EngineSettings};
pub use error::{CompileError, EngineError, LoadError, ToolError, ToolErrorKind};
pub use net::policy::{NetPolicy, NetPolicyError};
pub use net::resolve::{Resolve, Resolving, SystemResolver};
pub use page_map::keep_page_map;
pub use tool::{Bytecode, Description, Exported, Tool};
