//! The runner: executes a bundle and nothing else. One road leads through it, [`load`](load::load) →
//! [`verify`](verify::verify) → [`instantiate`](instantiate::instantiate) → [`serve`] or a single [`invoke`], and no step
//! can be left out: `instantiate` takes only what `verify` made. It reads no YAML and knows no compiler.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

pub mod authenticate;
pub mod authorize;
mod concealed;
pub mod config;
pub mod conversation;
pub mod credentials;
pub mod environment;
pub mod events;
pub mod id;
pub mod instantiate;
pub mod invoke;
pub mod load;
pub mod log;
pub mod mcp;
pub mod metrics;
pub mod model;
pub mod problem;
mod request_id;
pub mod schema;
pub mod serve;
pub mod service;
pub mod session;
pub mod setup;
pub mod state;
pub mod tool;
pub mod trace;
pub mod trace_context;
pub mod verify;
pub mod work;

pub use concealed::conceal;
pub use instantiate::{Runner, Scope, instantiate};
pub use load::{LoadError, load};
pub use pace_ir::text::printable;
pub use problem::Problem;
pub use setup::SetupError;
pub use state::State;
pub use verify::{Refused, verify, verify_for};
