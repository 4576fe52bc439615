//! The host capability *traces*: one record of each invocation, made from its events ([`Recorder`]) and handed over when it
//! ends. Where records go is a [`TraceSink`]; nothing of an invocation waits for that.

pub mod otlp;
mod payload;
mod place;
pub mod query;
mod record;
pub(crate) mod recorder;
mod refused;
pub mod stored;

use std::fmt;

pub use payload::{MOST_BYTES, Payload};
pub use record::{
    Class, Failure, ModelService, ModelStep, Span, Status, Step, Taken, ToolStep, Trace, UNAUTHENTICATED,
};
pub(crate) use recorder::{Denied, Recorder};
pub(crate) use refused::{Refused, Strangers};

/// Where records go. Called once an invocation, on its own task: must not block.
pub trait TraceSink: fmt::Debug + Send + Sync {
    /// One record. What cannot be kept is counted by whoever drops it.
    fn offer(&self, trace: Trace);
}
