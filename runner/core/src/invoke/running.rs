//! An invocation that was admitted, as what it calls sees it: on whose behalf, in which session, within which bounds.

use std::sync::Arc;

use pace_ir::access::Chain;

use super::budget::Budget;
use crate::events::{EventSink, Source};
use crate::id::InvocationId;
use crate::instantiate::Runner;
use crate::session::Inside;
use crate::trace_context::TraceContext;

/// What stays the same over an invocation.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    /// Where it runs.
    pub(crate) runner: Arc<Runner>,
    /// On whose behalf.
    pub(crate) chain: Chain,
    /// Which it is.
    pub(crate) source: Source,
    /// The first invocation of the tree it is in: itself where nobody called it.
    pub(crate) root: InvocationId,
    /// The sessions of agents that it calls, inside its own.
    pub(crate) inside: Arc<Inside>,
    /// What it may take.
    pub(crate) budget: Arc<Budget>,
    /// Its span.
    pub(crate) trace: TraceContext,
}

/// Who calls something, and who follows that.
#[derive(Clone, Copy)]
pub(crate) struct Calling<'a> {
    /// The invocation that calls.
    pub(crate) running: &'a Running,
    /// Who follows it. A live write goes on without: its task may outlive them.
    pub(crate) sink: &'a dyn EventSink,
}
