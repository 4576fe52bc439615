//! Loops.

use pace_ir::program::Loop;
use pace_ir::program::authorization::LoopAccess;
use serde::Serialize;

use super::AclEntry;

/// A loop.
#[derive(Debug, Serialize)]
pub(crate) struct LoopView {
    pub(crate) schedule: String,
    pub(crate) timezone: &'static str,
    pub(crate) enabled: bool,
    pub(crate) agent: String,
    pub(crate) instruction: String,
    /// The account it acts as.
    pub(crate) run_as: String,
    /// Absent: triggered only from the operator's machine.
    pub(crate) acl: Option<Vec<AclEntry>>,
    pub(crate) concurrency: &'static str,
    pub(crate) catch_up: CatchUpView,
    pub(crate) timeout_ms: Option<u64>,
}

/// What happens to missed firings.
#[derive(Debug, Serialize)]
pub(crate) struct CatchUpView {
    pub(crate) window_ms: u64,
    pub(crate) max: u32,
}

impl LoopView {
    /// A loop with its access. A verified bundle has an access entry for each loop.
    pub(super) fn of(l: &Loop, access: Option<&LoopAccess>) -> Self {
        let Loop { schedule, timezone, agent, instruction, concurrency, catch_up, timeout, enabled } = l;
        Self {
            schedule: schedule.to_string(),
            timezone: timezone.name(),
            enabled: *enabled,
            agent: agent.to_string(),
            instruction: instruction.clone(),
            run_as: access.map(|access| format!("serviceaccount:{}", access.run_as)).unwrap_or_default(),
            acl: access.and_then(|access| access.acl.as_ref()).map(super::access::list),
            concurrency: concurrency.as_str(),
            catch_up: CatchUpView { window_ms: catch_up.window.0, max: catch_up.max },
            timeout_ms: timeout.map(|timeout| timeout.0),
        }
    }
}
