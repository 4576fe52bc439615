//! The client of MCP servers: programs that speak over their standard input and output, and addresses that speak streamable
//! HTTP. It connects, says what a server offers, and calls its tools. It knows nothing of bundles, agents or who may do what:
//! whom a connection belongs to is an opaque word of the caller.
//!
//! ```text
//! Server (how to reach it) ─▶ Pool ─▶ Connection ─▶ offered(), call()
//!                                        │
//!                     rmcp (messages, lifecycles, sessions)
//!                                        │
//!                 wire (progress, changes of the list)
//!                 message (bounds, threads and memory for all servers together)
//!                      ├─ stdio ─▶ supervisor ─▶ program
//!                      └─ http  ─▶ TLS, proxies, credentials
//! ```
//!
//! Servers are foreign. Whatever one sends is bounded before it is read, printable before it is shown, and free of the
//! credentials it was given; whatever one does ends in a result or an [`Error`], never in a dead caller.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

mod bounds;
mod call;
mod carrier;
mod connection;
mod error;
mod http;
pub mod installed;
mod message;
mod offered;
mod pool;
mod redact;
mod server;
mod stdio;
mod supervise;
mod wire;

pub use bounds::{MOST_MESSAGE, MOST_OFFERED, MOST_PAGES, MOST_RESULT, MOST_TOOLS, MOST_VALUES};
pub use call::{CallOptions, CallResult, Content, Contents, Progress, ProgressSink};
pub use connection::{Client, ClientSettings, Connection};
pub use error::{Delivery, Error, Kind};
pub use offered::{Annotations, Offered, ServerInfo, Tool};
pub use pool::{Key, Leased, Pool, PoolSettings};
pub use server::{Credential, Endpoint, OauthClient, Program, Root, Secret, Server, Transport};
pub use supervise::{SUPERVISE_COMMAND, Supervisor, conceal, supervise};
