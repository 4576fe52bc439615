//! Where a tool may connect to (design: `net`). A host name never authorises a private address; what is judged is the
//! address that is connected to.

use pace_ir::program::tool::Net;

/// The rules of one tool entry.
#[derive(Debug, Clone)]
pub struct NetPolicy {
    net: Net,
}

/// A rule that no compiler writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{network}` is not a network in CIDR notation")]
pub struct NetPolicyError {
    /// The text in question.
    pub network: String,
}

impl NetPolicy {
    /// The policy of an entry.
    ///
    /// # Errors
    /// One of its networks is not in CIDR notation.
    pub fn new(net: &Net) -> Result<Self, NetPolicyError> {
        Ok(Self { net: net.clone() })
    }

    /// Nothing at all.
    pub fn nothing() -> Self {
        Self { net: Net::Only(Vec::new()) }
    }
}
