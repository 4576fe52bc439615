//! The runner: executes a bundle and nothing else. One road leads through it, [`load`](load::load) →
//! [`verify`](verify::verify) → [`instantiate`](instantiate::instantiate), and no step can be left out:
//! `instantiate` takes only what `verify` made. It reads no YAML and knows no compiler.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

pub mod instantiate;
pub mod load;
pub mod verify;

pub use instantiate::{Runner, instantiate};
pub use load::{LoadError, load};
pub use pace_ir::text::printable;
pub use verify::{Refused, verify};
