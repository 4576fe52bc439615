//! What leaves the sandbox. A request passes [`policy`] with the address it is about to be sent to, at every redirect; only
//! then is a connection made, to that very address.

pub(crate) mod address;
pub(crate) mod body;
pub(crate) mod connect;
pub(crate) mod fetch;
pub(crate) mod policy;
pub(crate) mod redirect;
pub(crate) mod resolve;
pub(crate) mod unlisted;
