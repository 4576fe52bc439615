//! The compiler's door to MCP servers, over the client that the runner has too: what a build asks of servers, and the packages it
//! installs to be able to ask.

mod failure;
mod packages;
mod probe;

pub(crate) use packages::{PLACE, folder};
pub(crate) use probe::Prober;
