//! The record of one streamed invocation: its events as they go over the wire, numbered from 1, and whoever follows them.
//!
//! The invocation writes and never waits; followers read at their own speed. What is kept is bounded, and the oldest events
//! go first: a follower that is too slow for that is told that it missed some.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use pace_ir::program::Principal;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::Notify;

use super::backlog::Backlog;
use super::calls::{Called, CameTo, HowFar};
use crate::events::{Event, EventSink, Source, Spent};
use crate::id::{InvocationId, SessionId};
use crate::problem::{Code, Document, Problem};
use crate::request_id::{self, RequestId};

/// The most bytes of events kept of one invocation: an answer of about 8,000 tokens, each sent for itself.
const MAX_BYTES: usize = 1 << 20;
/// The most bytes of events kept of all invocations together, as long as each keeps no more than [`MIN_BYTES`].
const MAX_BYTES_OF_ALL: usize = 64 << 20;
/// What each may keep however many there are: 1,024 of them are another 64 MiB.
const MIN_BYTES: usize = 64 << 10;
/// The most bytes of events that are handed over at once, the last event's end apart: what a socket takes at once, about.
const MAX_PIECE: usize = 64 << 10;

/// The events of one invocation.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) invocation: InvocationId,
    pub(super) session: SessionId,
    /// Who may follow it.
    pub(super) owner: Principal,
    /// The request that began it.
    request: Option<RequestId>,
    state: Mutex<State>,
    /// Somebody began or ceased to follow.
    followers_changed: Notify,
    bytes_of_all: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct State {
    events: Backlog,
    bytes: usize,
    is_over: bool,
    followers: Vec<(FollowerId, Woken)>,
    next_follower: u64,
}

/// One that follows a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FollowerId(u64);

/// By whom a follower is woken when something happens.
#[derive(Debug)]
pub(super) enum Woken {
    /// By the invocation itself: one task drives both, the invocation first.
    WithInvocation,
    /// By the record, once the follower has waited.
    ByRecord(Option<Waker>),
}

/// What a follower meets at its place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The event, and those after it that are there already, as one piece: each piece is a system call.
    Events {
        /// As they go over the wire.
        bytes: Bytes,
        /// The number of the event after them.
        next: u64,
    },
    /// The event is gone; those from this one on are there.
    Lost {
        /// The first that is kept.
        first: u64,
    },
    /// No more will come.
    Over,
}

impl Record {
    /// The record of an invocation that the current request begins.
    pub(super) fn new(
        invocation: InvocationId,
        session: SessionId,
        owner: Principal,
        bytes_of_all: Arc<AtomicUsize>,
    ) -> Self {
        let state = State {
            events: Backlog::default(),
            bytes: 0,
            is_over: false,
            followers: Vec::with_capacity(1),
            next_follower: 0,
        };
        let (state, followers_changed) = (Mutex::new(state), Notify::new());
        let request = request_id::current();
        Self { invocation, session, owner, request, state, followers_changed, bytes_of_all }
    }

    /// Somebody begins to follow.
    pub(super) fn join(&self, woken: Woken) -> FollowerId {
        let mut state = self.lock();
        let id = FollowerId(state.next_follower);
        state.next_follower += 1;
        state.followers.push((id, woken));
        drop(state);
        self.followers_changed.notify_one();
        id
    }

    /// Somebody ceases to follow.
    pub(super) fn leave(&self, id: FollowerId) {
        self.lock().followers.retain(|(follower, _)| *follower != id);
        self.followers_changed.notify_one();
    }

    /// The event of this number, or what is there in its place. Where it has not happened yet, the follower is woken when it
    /// does.
    pub(super) fn poll_next(&self, context: &mut Context<'_>, id: FollowerId, number: u64) -> Poll<Next> {
        let mut state = self.lock();
        if number < state.events.first() {
            return Poll::Ready(Next::Lost { first: state.events.first() });
        }
        if let Some((bytes, next)) = state.events.from(number, MAX_PIECE) {
            return Poll::Ready(Next::Events { bytes, next });
        }
        if state.is_over {
            return Poll::Ready(Next::Over);
        }
        let follower = state.followers.iter_mut().find(|(follower, _)| *follower == id);
        if let Some((_, Woken::ByRecord(waker))) = follower {
            match waker {
                Some(waker) => waker.clone_from(context.waker()),
                None => *waker = Some(context.waker().clone()),
            }
        }
        Poll::Pending
    }

    /// The number of the last event so far, 0 before the first; and whether it is the last of all.
    pub(super) fn last(&self) -> (u64, bool) {
        let state = self.lock();
        (state.events.next() - 1, state.is_over)
    }

    /// Bytes that are kept.
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Ready when nobody has followed for a while.
    pub(super) async fn abandoned(&self, grace: Duration) {
        loop {
            while !self.lock().followers.is_empty() {
                self.followers_changed.notified().await;
            }
            tokio::select! {
                () = tokio::time::sleep(grace) => return,
                () = self.followers_changed.notified() => {}
            }
        }
    }

    /// Adds the last event, where the invocation did not get to it: its task ended with a fault.
    pub(super) fn end(&self) {
        if !self.lock().is_over {
            let problem = Problem::new(Code::Internal, "the invocation met a fault of the runner");
            self.add("error", &self.document(&problem, Some(self.invocation)), Place::Last);
        }
    }

    /// A problem as an answer to the request that began the invocation, whoever follows it since.
    fn document<'p>(&'p self, problem: &'p Problem, invocation: Option<InvocationId>) -> Document<'p> {
        problem.document(invocation).of_request(self.request.as_ref().map(RequestId::as_str))
    }

    fn add(&self, name: &str, data: &impl Serialize, place: Place) {
        let mut state = self.lock();
        let added = state.events.push(name, data);
        state.bytes += added;
        let mut of_all = self.bytes_of_all.fetch_add(added, Ordering::Relaxed) + added;
        while state.bytes > MAX_BYTES || (of_all > MAX_BYTES_OF_ALL && state.bytes > MIN_BYTES) {
            // The last event is kept, however long: it holds the answer.
            let Some(gone) = state.events.drop_oldest() else { break };
            state.bytes -= gone;
            of_all = self.bytes_of_all.fetch_sub(gone, Ordering::Relaxed) - gone;
        }
        if place == Place::Last {
            state.is_over = true;
            state.events.close();
        }
        let wakers: Vec<_> = state.followers.iter_mut().filter_map(|(_, woken)| woken.take()).collect();
        drop(state);
        for waker in wakers {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.bytes_of_all.fetch_sub(self.bytes(), Ordering::Relaxed);
    }
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Inside,
    Last,
}

impl Woken {
    /// Whom to wake now.
    fn take(&mut self) -> Option<Waker> {
        match self {
            Self::WithInvocation => None,
            Self::ByRecord(waker) => waker.take(),
        }
    }
}

impl EventSink for Record {
    fn on_event(&self, source: &Source, event: &Event<'_>) {
        if source.invocation != self.invocation {
            return self.below(source, event);
        }
        match event {
            Event::Started { session, .. } => {
                self.add("start", &Start { invocation: source.invocation, session: *session }, Place::Inside);
            }
            Event::Text(text) => self.add("text", &Text { text }, Place::Inside),
            Event::ToolCall { call, class, .. } => self.add("tool_call", &Called::new(call, *class), Place::Inside),
            Event::ToolProgress { call, progress, total, message } => {
                self.add("tool_progress", &HowFar::new(call, (*progress, *total), *message), Place::Inside);
            }
            Event::ToolResult { result, status, .. } => {
                self.add("tool_result", &CameTo::new(result, *status), Place::Inside);
            }
            Event::Done(answer) => self.add("done", answer, Place::Last),
            Event::Failed(problem) => self.add("error", &self.document(problem, Some(source.invocation)), Place::Last),
            // What the runner does to get an answer is for traces; a client waits for what the agent says.
            Event::ModelCall { .. }
            | Event::ModelRetry { .. }
            | Event::ModelAnswered { .. }
            | Event::Repair { .. }
            | Event::ToolConsole { .. } => {}
        }
    }
}

impl Record {
    /// What happens in an invocation of an agent that is called, directly or not. All of it is one kind of event: a client
    /// that knows nothing of such agents takes none of their words for the answer, and none of their ends for the end.
    fn below(&self, source: &Source, event: &Event<'_>) {
        match event {
            Event::Started { .. } => self.add_below(source, "start", &Empty {}),
            Event::Text(text) => self.add_below(source, "text", &Text { text }),
            Event::ToolCall { call, class, .. } => self.add_below(source, "tool_call", &Called::new(call, *class)),
            Event::ToolProgress { call, progress, total, message } => {
                self.add_below(source, "tool_progress", &HowFar::new(call, (*progress, *total), *message));
            }
            Event::ToolResult { result, status, .. } => {
                self.add_below(source, "tool_result", &CameTo::new(result, *status));
            }
            // The answer itself is in the caller's `tool_result`.
            Event::Done(answer) => self.add_below(source, "done", &Ended { usage: answer.usage }),
            Event::Failed(problem) => self.add_below(source, "error", &self.document(problem, None)),
            Event::ModelCall { .. }
            | Event::ModelRetry { .. }
            | Event::ModelAnswered { .. }
            | Event::Repair { .. }
            | Event::ToolConsole { .. } => {}
        }
    }

    fn add_below(&self, source: &Source, event: &'static str, data: &impl Serialize) {
        let (agent, invocation, parent) = (source.agent.as_str(), source.invocation, source.parent);
        self.add("agent", &Below { agent, invocation, parent, event, data }, Place::Inside);
    }
}

/// What an agent does that was called.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AgentEvent")]
pub(super) struct Below<'a, T> {
    agent: &'a str,
    invocation: InvocationId,
    /// The invocation that called it.
    parent: Option<InvocationId>,
    /// What happened, in the words of the events of the agent that was asked.
    event: &'static str,
    data: &'a T,
}

#[derive(Serialize)]
struct Empty {}

#[derive(Serialize)]
struct Ended {
    usage: Spent,
}

/// An invocation begins.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StartEvent")]
pub(super) struct Start {
    invocation: InvocationId,
    session: SessionId,
}

/// The next piece of the reply.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TextEvent")]
pub(super) struct Text<'a> {
    text: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(in crate::serve) fn record() -> (Record, Source) {
        let (invocation, session) = (InvocationId::new().unwrap(), SessionId::new().unwrap());
        let source = Source { invocation, parent: None, agent: "helper".parse().unwrap() };
        (Record::new(invocation, session, Principal::Anonymous, Arc::default()), source)
    }

    fn at(record: &Record, id: FollowerId, number: u64) -> Poll<Next> {
        record.poll_next(&mut Context::from_waker(Waker::noop()), id, number)
    }

    #[test]
    fn events_are_numbered_from_one() {
        let (record, source) = record();
        let id = record.join(Woken::ByRecord(None));
        assert_eq!((record.last(), at(&record, id, 1)), ((0, false), Poll::Pending));
        record.on_event(&source, &Event::Text("a\nb"));
        record.on_event(&source, &Event::ModelCall { turn: 1 });
        let wanted = Bytes::from_static(b"id: 1\nevent: text\ndata: {\"text\":\"a\\nb\"}\n\n");
        assert_eq!(at(&record, id, 1), Poll::Ready(Next::Events { bytes: wanted, next: 2 }));
        assert_eq!((record.last(), at(&record, id, 2)), ((1, false), Poll::Pending));
        record.end();
        record.end();
        assert_eq!((record.last(), at(&record, id, 3)), ((2, true), Poll::Ready(Next::Over)));
    }

    #[test]
    fn the_oldest_events_go_first_and_are_missed_aloud() {
        let (record, source) = record();
        let id = record.join(Woken::ByRecord(None));
        let piece = "x".repeat(1_000);
        for _ in 0..2_000 {
            record.on_event(&source, &Event::Text(&piece));
        }
        assert!(record.bytes() <= MAX_BYTES, "{}", record.bytes());
        assert_eq!(record.bytes_of_all.load(Ordering::Relaxed), record.bytes());
        let Poll::Ready(Next::Lost { first }) = at(&record, id, 1) else { panic!("nothing was lost") };
        assert!(matches!(at(&record, id, first), Poll::Ready(Next::Events { .. })));
        assert_eq!(record.last(), (2_000, false));
        // One event over all bounds is kept: it is the answer.
        record.on_event(&source, &Event::Text(&"x".repeat(2 * MAX_BYTES)));
        assert!(matches!(at(&record, id, 2_001), Poll::Ready(Next::Events { next: 2_002, .. })));
        let of_all = Arc::clone(&record.bytes_of_all);
        drop(record);
        assert_eq!(of_all.load(Ordering::Relaxed), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_abandoned_when_nobody_came_back_in_time() {
        let (record, _) = record();
        let grace = Duration::from_secs(30);
        let id = record.join(Woken::ByRecord(None));
        let mut abandoned = std::pin::pin!(record.abandoned(grace));
        let within = |seconds| tokio::time::sleep(Duration::from_secs(seconds));
        tokio::select! { () = &mut abandoned => panic!("it is followed"), () = within(100) => {} }
        record.leave(id);
        tokio::select! { () = &mut abandoned => panic!("too early"), () = within(29) => {} }
        let id = record.join(Woken::ByRecord(None));
        tokio::select! { () = &mut abandoned => panic!("it is followed again"), () = within(100) => {} }
        record.leave(id);
        tokio::select! { () = &mut abandoned => {}, () = within(31) => panic!("too late") }
    }

    #[test]
    fn what_called_agents_do_is_told_as_theirs_and_ends_nothing() {
        let (record, source) = record();
        let id = record.join(Woken::ByRecord(None));
        let (invocation, parent) = (InvocationId::new().unwrap(), source.invocation);
        let below = Source { invocation, parent: Some(parent), agent: "other".parse().unwrap() };
        record.on_event(&below, &Event::Text("hello"));
        record.on_event(&below, &Event::Failed(&Problem::new(Code::Cancelled, "no")));
        let Poll::Ready(Next::Events { bytes, next: 3 }) = at(&record, id, 1) else { panic!("two events") };
        let text = std::str::from_utf8(&bytes).unwrap();
        let wanted = format!(
            "id: 1\nevent: agent\ndata: {{\"agent\":\"other\",\"invocation\":\"{invocation}\",\"parent\":\"{parent}\",\
             \"event\":\"text\",\"data\":{{\"text\":\"hello\"}}}}\n\nid: 2\nevent: agent\n"
        );
        assert!(text.starts_with(&wanted), "{text}");
        assert_eq!(record.last(), (2, false));
    }
}
