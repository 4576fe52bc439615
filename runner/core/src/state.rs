//! What outlives an invocation, and where it is kept.

use std::sync::Arc;

use crate::trace::TraceSink;

/// Where a runner keeps what outlives an invocation. By default nothing is kept but sessions, in memory.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Where records of invocations go, if they are kept.
    pub traces: Option<Arc<dyn TraceSink>>,
}
