//! The packages that MCP servers come as: `mcp://npx/<package>` from npm, `mcp://uvx/<package>` from PyPI. A package is resolved
//! once, to a [`Tree`] that pins all it needs; a pinned tree is installed with scripts off into a folder that is named by its
//! digest; and a server is started from that folder, without the registry and without its clients.
//!
//! ```text
//! name, version ── resolve ──▶ Tree ── install ──▶ <into>/<digest>/ ── find ──▶ Installed
//!                  npm, pip, uv        npm, pip, uv                    nothing but files
//! ```
//!
//! Registries are asked by their own clients (`npm`, `uv`, `pip`), so that addresses, proxies and passwords are where their
//! users keep them. Nothing here knows `mcp.lock` or prints anything.

mod error;
mod install;
mod process;
mod registry;
mod resolve;
mod runtime;
mod settings;
mod stage;
mod surroundings;
mod tree;

pub use error::PackageError;
pub use install::{install, pinned};
pub use resolve::{Notice, Resolved, resolve};
pub use settings::{Network, Settings};
pub use tree::{Malformed, Need, Package, Registry, Tree};
