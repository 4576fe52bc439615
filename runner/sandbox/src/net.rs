//! What leaves the sandbox: judged first, then sent.

pub(crate) mod policy;
pub(crate) mod resolve;
