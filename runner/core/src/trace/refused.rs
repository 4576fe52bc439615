//! Records of requests that did not get in: those whose credential is none, which begin no invocation and are put on record all
//! the same. Nothing of the credential is in them.
//!
//! Whoever has no credential costs nothing to be, so that their records are bounded: [`Strangers`] lets a few through at once and
//! one more now and then, and counts the others. The log has a line of each.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pace_ir::program::AgentName;
use pace_ir::text::{printable, shortened};

use super::payload::Payload;
use super::record::{Failure, Span, Status, Taken, Trace, UNAUTHENTICATED};
use crate::id::InvocationId;
use crate::instantiate::Runner;
use crate::problem::Problem;
use crate::request_id;
use crate::trace_context::TraceContext;

/// How many records of strangers there may be at once: enough to see who tries what.
const AT_ONCE: u32 = 20;
/// How long until there may be one more: somebody who never stops leaves 8,640 a day.
const ONE_MORE: Duration = Duration::from_secs(10);
/// The most characters of a path that are kept.
const MOST_PATH: usize = 120;

/// How many more records of those without a credential there may be.
#[derive(Debug, Default)]
pub(crate) struct Strangers(Mutex<Room>);

#[derive(Debug)]
struct Room {
    left: u32,
    /// Until when what was used up has been given back.
    since: Option<Instant>,
    left_out: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self { left: AT_ONCE, since: None, left_out: 0 }
    }
}

impl Strangers {
    /// Whether there is room for one more record: how many found none before it, or nothing.
    pub(crate) fn admit(&self) -> Option<u64> {
        self.admit_at(Instant::now())
    }

    fn admit_at(&self, now: Instant) -> Option<u64> {
        // Nothing in here panics half way.
        let mut room = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since = *room.since.get_or_insert(now);
        let passed = now.saturating_duration_since(since).as_secs() / ONE_MORE.as_secs();
        let back = u32::try_from(passed).unwrap_or(u32::MAX);
        room.left = room.left.saturating_add(back).min(AT_ONCE);
        room.since = Some(if room.left == AT_ONCE { now } else { since + ONE_MORE * back });
        if room.left == 0 {
            room.left_out = room.left_out.saturating_add(1);
            return None;
        }
        room.left -= 1;
        Some(std::mem::take(&mut room.left_out))
    }
}

/// A request whose credential is none.
pub(crate) struct Refused<'a> {
    /// The agent that its path names, if it is one that is served.
    pub(crate) agent: Option<&'a AgentName>,
    /// `GET`.
    pub(crate) method: &'a str,
    /// Without its query, which may hold anything.
    pub(crate) path: &'a str,
    /// Who sent it.
    pub(crate) peer: IpAddr,
    /// The span it says it is in.
    pub(crate) above: Option<TraceContext>,
    /// Why; repeats nothing of the credential.
    pub(crate) problem: &'a Problem,
}

impl Refused<'_> {
    /// Puts it on record, if there is room.
    pub(crate) fn record(&self, runner: &Runner) {
        let Self { agent, method, path, peer, above, problem } = self;
        let Some(traces) = runner.traces() else { return };
        let Some(left_out) = runner.strangers().admit() else { return };
        let span = above.map_or_else(TraceContext::new, |above| Ok(above.child()));
        let (Ok(id), Ok(span)) = (InvocationId::new(), span) else { return };
        let model = agent.and_then(|agent| runner.bundle().program.agents.get(agent)).map(|agent| &agent.model);
        let detail = strangers_left_out(&format!("from {peer}: {}", problem.detail), left_out);
        let asked = format!("{} {}", printable(method), shortened(&printable(path), MOST_PATH));
        traces.offer(Trace {
            id,
            parent: None,
            root: id,
            span: Span::from(&span),
            request: request_id::current().map(|request| request.as_str().to_owned()),
            agent: agent.map(ToString::to_string).unwrap_or_default(),
            scheduled: None,
            session: None,
            subject: UNAUTHENTICATED.to_owned(),
            instructed_by: None,
            actors: Vec::new(),
            model: model.map(ToString::to_string).unwrap_or_default(),
            service: None,
            bundle: runner.id().to_string(),
            status: Status::Denied,
            error: Some(Failure { code: problem.code.as_str().to_owned(), detail, place: None }),
            started: std::time::SystemTime::now().into(),
            duration_ms: 0.0,
            usage: Taken::default(),
            message: Payload::text(&asked),
            response: None,
            steps: Vec::new(),
            steps_left_out: 0,
            denied_calls: 0,
        });
    }
}

/// Why, and how many like it there is no record of.
pub(super) fn strangers_left_out(detail: &str, count: u64) -> String {
    match count {
        0 => detail.to_owned(),
        count => format!("{detail}; before it {count} without a valid credential were not put on record"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_leave_a_few_records_and_a_count() {
        let (strangers, begin) = (Strangers::default(), Instant::now());
        let at = |seconds| strangers.admit_at(begin + Duration::from_secs(seconds));
        assert!((0..AT_ONCE).all(|_| at(0) == Some(0)));
        assert_eq!((0..1_000).filter_map(|_| at(9)).count(), 0);
        assert_eq!((at(10), at(10)), (Some(1_000), None));
        assert_eq!((at(19), at(20), at(29), at(30)), (None, Some(2), None, Some(1)));
        // After a day there is room as in the beginning, and no more.
        assert_eq!((0..1_000).filter_map(|_| at(86_400)).count(), usize::try_from(AT_ONCE).unwrap());
        // A clock that goes back gives nothing.
        assert_eq!((at(0), at(86_409), at(86_410)), (None, None, Some(982)));
    }
}
