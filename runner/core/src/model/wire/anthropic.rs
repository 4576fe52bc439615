//! Anthropic's messages, streamed (<https://docs.anthropic.com/en/api/messages-streaming>).
//!
//! A model's turn is sent back block by block as it came: thoughts are signed, and the service refuses a changed one.

mod decode;
mod encode;

pub(in crate::model) use decode::Decoder;
pub(in crate::model) use encode::encode;

/// The provider's word in specs, under which raw turns are kept.
const PROVIDER: &str = "anthropic";

/// The version of the interface, which the service demands in a header.
pub(in crate::model) const VERSION: &str = "2023-06-01";

/// Where requests go, behind the base URL's own path.
pub(in crate::model) fn path(base: &str) -> String {
    let version = if base.ends_with("/v1") { "" } else { "/v1" };
    format!("{base}{version}/messages")
}
