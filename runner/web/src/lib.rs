//! Connections to others over HTTP: to models, issuers of tokens and MCP servers. A pool, TLS with Mozilla's roots and those of
//! `SSL_CERT_FILE`, proxies as curl reads them from the environment, and failures that can be told apart. What is sent over them is not
//! known here.

mod connector;
mod proxy;
mod stream;
mod tls;
mod web;

pub use connector::{ConnectTimeout, UnknownHost};
pub use proxy::is_this_machine;
pub use web::{CONNECT, Proxy, VARIABLES, Way, Web, WebError};
