//! The spanned tree against documents meant to break it, against serde_yaml, and against random bytes.

mod oracle;
mod random;
mod spans;
mod support;
mod torture;
mod words;
