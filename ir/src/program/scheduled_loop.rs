//! Loops: an instruction given to an agent on a schedule.

use bincode::{Decode, Encode};

use super::name::AgentName;
use super::quantity::Milliseconds;
use crate::schedule::{Schedule, Timezone};

/// A scheduled loop. Its access list and identity are in the `AUTH` section.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Loop {
    /// When.
    pub schedule: Schedule,
    /// Where the schedule's clock hangs.
    pub timezone: Timezone,
    /// Who works.
    pub agent: AgentName,
    /// What is said to the agent at each firing.
    pub instruction: String,
    /// What happens when a firing finds the last one still running.
    pub concurrency: Concurrency,
    /// What happens to firings missed while no runner was up.
    pub catch_up: CatchUp,
    /// Wall-clock time of one firing; the agent's own limit where absent.
    pub timeout: Option<Milliseconds>,
    /// Whether the schedule fires at all; it can always be triggered by hand.
    pub enabled: bool,
}

/// What happens when a firing finds the last one still running (as Kubernetes CronJob's `concurrencyPolicy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Concurrency {
    /// The new one is skipped.
    Forbid,
    /// Both run.
    Allow,
    /// The old one is cancelled.
    Replace,
}

/// What happens to missed firings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct CatchUp {
    /// How old a missed firing may be and still run.
    pub window: Milliseconds,
    /// How many of them run at most, newest first.
    pub max: u32,
}

impl Default for CatchUp {
    fn default() -> Self {
        Self { window: Milliseconds(3_600_000), max: 1 }
    }
}

impl Concurrency {
    /// The word used in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Forbid => "forbid",
            Self::Allow => "allow",
            Self::Replace => "replace",
        }
    }
}
