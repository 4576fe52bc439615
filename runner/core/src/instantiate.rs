//! Third step: a runner for one verified bundle. This version says what would be served; it has no server yet.

use chrono::{DateTime, Utc};
use pace_ir::program::{AgentName, LoopName};
use pace_ir::schedule::{Schedule, Timezone};
use pace_ir::{Bundle, BundleId, VerifiedBundle};

/// Makes a runner. There is no other way to one, and only `verify` makes what it takes.
pub fn instantiate(bundle: VerifiedBundle) -> Runner {
    Runner { bundle }
}

/// A runner for one bundle.
#[derive(Debug)]
pub struct Runner {
    bundle: VerifiedBundle,
}

/// An agent as it is served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedAgent<'r> {
    /// Its name.
    pub name: &'r AgentName,
    /// Where it is asked: `POST` to this path.
    pub chat_path: String,
}

/// A loop as it fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedLoop<'r> {
    /// Its name.
    pub name: &'r LoopName,
    /// When.
    pub schedule: &'r Schedule,
    /// Where the schedule's clock hangs.
    pub timezone: Timezone,
    /// The agent that works.
    pub agent: &'r AgentName,
    /// What comes next.
    pub next: NextFiring,
}

/// When a loop fires next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextFiring {
    /// At this time.
    At(DateTime<Utc>),
    /// No day matches the schedule.
    Never,
    /// It is not enabled.
    Disabled,
}

impl Runner {
    /// The bundle's name.
    pub fn id(&self) -> BundleId {
        self.bundle.id()
    }

    /// What the bundle says.
    pub fn bundle(&self) -> &Bundle {
        self.bundle.bundle()
    }

    /// The agents by name.
    pub fn agents(&self) -> impl Iterator<Item = ServedAgent<'_>> {
        let names = self.bundle().program.agents.keys();
        names.map(|name| ServedAgent { name, chat_path: format!("/agents/{name}/chat") })
    }

    /// The loops by name, with their first firing after `now`.
    pub fn loops(&self, now: DateTime<Utc>) -> impl Iterator<Item = ServedLoop<'_>> {
        self.bundle().program.loops.iter().map(move |(name, scheduled)| {
            let next = match scheduled.schedule.next_after(now, scheduled.timezone) {
                _ if !scheduled.enabled => NextFiring::Disabled,
                Some(next) => NextFiring::At(next),
                None => NextFiring::Never,
            };
            let (schedule, timezone) = (&scheduled.schedule, scheduled.timezone);
            ServedLoop { name, schedule, timezone, agent: &scheduled.agent, next }
        })
    }
}
