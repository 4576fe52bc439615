//! Requests that a client sends again because it does not know what became of the first: draft-ietf-httpapi-idempotency-key-header. The
//! same key, from the same principal, with the same body to the same path, gets the answer of the first; the work is done once.
//!
//! What is kept for a key is the answer of an invocation that ended well, or failed after it had written something. One that failed before
//! is forgotten: nothing was done, and the same key may try again. Where a runner died over one that may have written, nobody knows what was
//! done, and that is the answer. Keys are in the store, for all runners that share it, or else in memory.

mod answer;
mod memory;
mod refused;
mod under_way;
mod wrote;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::response::Response;
use chrono::{DateTime, Utc};
use hyper::HeaderMap;
use hyper::header::HeaderName;
use pace_ir::program::{AgentName, Principal};
use pace_state::{Claimed, KeyClaim, KeyLease, Moment, Store};
use ring::digest::{Context, SHA256};

use self::answer::Kept;
use self::memory::{Memory, Ticket};
use self::refused::{Unclaimed, failed, in_flight, lost, of_another};
use self::under_way::UnderWay;
use crate::id::{InvocationId, random};
use crate::problem::{Code, Problem};

pub(super) use self::wrote::Wrote;

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key, characters.
const LONGEST: usize = 255;
/// The shortest key of somebody without a name, characters: who guesses another's key and message is given their answer.
const SHORTEST_OF_ANONYMOUS: usize = 16;
/// How long a key is known. A client that repeats a request later than that is not repeating it.
const KNOWN: Duration = Duration::from_hours(24);
/// How long a key is held without a word of whoever works on it; after that they count as dead. As long as the lease of a turn, which a
/// runner that dies leaves behind, too.
const LEASE: Duration = Duration::from_secs(30);
/// How often that word is given: twice may fail.
const RENEW: Duration = Duration::from_secs(10);
/// When it makes sense to ask again for what this process works on.
const MOMENT: Duration = Duration::from_secs(1);

/// A key as a client sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key(String);

impl Key {
    /// The one of a request, if it has one.
    ///
    /// # Errors
    /// [`Code::MalformedRequest`].
    pub(super) fn of(headers: &HeaderMap, principal: &Principal) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(HEADER).iter();
        let Some(value) = values.next() else { return Ok(None) };
        let malformed = |why: String| {
            Problem::new(Code::MalformedRequest, why)
                .help("send one key of 1 to 255 printable characters, such as a random UUID")
        };
        if values.next().is_some() {
            return Err(malformed("the request has more than one header `Idempotency-Key`".to_owned()));
        }
        let text = value.to_str().unwrap_or_default().trim();
        // As a string of Structured Fields (RFC 9651), or bare as most clients send it.
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let is_sound = bare.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        if !is_sound || !(1..=LONGEST).contains(&bare.len()) {
            return Err(malformed("the header `Idempotency-Key` is no key".to_owned()));
        }
        if *principal == Principal::Anonymous && bare.len() < SHORTEST_OF_ANONYMOUS {
            let why = format!(
                "a key of who is `anonymous` has at least {SHORTEST_OF_ANONYMOUS} characters that nobody guesses"
            );
            return Err(malformed(why));
        }
        Ok(Some(Self(bare.to_owned())))
    }

    /// Refuses one where it could not do what it is for.
    ///
    /// # Errors
    /// [`Code::KeyRefused`].
    pub(super) fn refuse(headers: &HeaderMap) -> Result<(), Problem> {
        if !headers.contains_key(HEADER) {
            return Ok(());
        }
        Err(Problem::new(
            Code::KeyRefused,
            "this path takes no `Idempotency-Key`: an answer is kept whole, and this one is a stream",
        )
        .help("ask `/agents/{name}/chat`, or leave the key out and resume at `/invocations/{id}/events`"))
    }
}

/// What makes a request the same request.
pub(super) fn digest(agent: &AgentName, body: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    // A name has no line break.
    for part in [b"POST chat\n", agent.as_str().as_bytes(), b"\n", body] {
        context.update(part);
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    digest
}

/// The keys of a server.
#[derive(Debug)]
pub(super) enum Keys {
    /// In the store, with a number that no other process has.
    Stored(Store, u128),
    /// In this process.
    Memory(Arc<Memory>),
}

/// What came of a key.
#[derive(Debug)]
pub(super) enum Claim {
    /// The work is the caller's.
    Mine(Held),
    /// It was done: its answer.
    Answered(Response),
}

/// A key whose work is being done. Dropped without a word, it is free again at the latest when its lease ends.
#[derive(Debug)]
pub(super) enum Held {
    /// By this process, which has that number.
    Stored(Store, KeyLease, u128),
    Memory(Ticket),
}

impl Keys {
    /// In the store, where there is one.
    pub(super) fn new(store: Option<&Store>) -> Self {
        // Without one it is nobody, and says the same of all keys in the store as of other runners'.
        store.map_or_else(|| Self::Memory(Arc::default()), |store| Self::Stored(store.clone(), random().unwrap_or(0)))
    }

    /// Claims a key for a request. `may_write` says whether one that was begun and never ended may have written something.
    ///
    /// # Errors
    /// [`Code::KeyInFlight`], [`Code::KeyOfAnother`], [`Code::AnswerLost`] and [`Code::StoreFailed`].
    pub(super) async fn claim(
        &self,
        principal: &Principal,
        Key(name): &Key,
        request: [u8; 32],
        may_write: bool,
    ) -> Result<Claim, Unclaimed> {
        self.claim_at(now(), principal, name, request, may_write).await
    }

    async fn claim_at(
        &self,
        now: Moment,
        principal: &Principal,
        name: &str,
        request: [u8; 32],
        may_write: bool,
    ) -> Result<Claim, Unclaimed> {
        let principal = principal.to_string();
        let (store, own) = match self {
            Self::Memory(memory) => return memory.claim(principal, name, request),
            Self::Stored(store, own) => (store, *own),
        };
        let expires = now.after(KNOWN);
        let claim = KeyClaim { principal: &principal, name, request, lease: LEASE, expires };
        let under_way = |note: Option<Vec<u8>>| note.as_deref().and_then(UnderWay::read);
        match store.claim_key(&claim, now).await.map_err(|error| failed(&error))? {
            Claimed::Won { lease, is_repeated, note } if is_repeated && may_write => {
                let invocation = under_way(note).map(|it| it.invocation);
                Held::Stored(store.clone(), lease, own).keep(Kept::Lost { invocation }).await;
                Err(lost(invocation))
            }
            Claimed::Won { lease, .. } => Ok(Claim::Mine(Held::Stored(store.clone(), lease, own))),
            Claimed::Running { rest, note } => {
                let under_way = under_way(note);
                // Whoever has only just claimed it has not said what it is for, and will in a moment.
                let is_soon = under_way.as_ref().is_none_or(|it| own != 0 && it.is_of(own));
                Err(in_flight(under_way.map(|it| it.invocation), if is_soon { MOMENT } else { rest }))
            }
            Claimed::OtherRequest => Err(of_another()),
            Claimed::Done(bytes) => Kept::read(&bytes).replayed().map(Claim::Answered),
        }
    }
}

impl Held {
    /// Says which invocation it is that works on it, before that begins: who asks meanwhile is told, also after this process has died.
    pub(super) async fn is_for(&self, invocation: InvocationId) {
        match self {
            Self::Memory(ticket) => ticket.is_for(invocation),
            Self::Stored(store, lease, own) => {
                if let Err(error) = store.note_key(lease, UnderWay::of(*own, invocation).written()).await {
                    tracing::warn!("an idempotency key does not say which invocation it is for: {error}");
                }
            }
        }
    }

    /// Keeps the answer for those who ask again.
    pub(super) async fn answer(self, response: Response) -> Response {
        let (response, kept) = Kept::of(response).await;
        self.keep(kept).await;
        response
    }

    async fn keep(self, kept: Kept) {
        match self {
            Self::Memory(ticket) => ticket.answer(kept.written()),
            Self::Stored(store, lease, _) => {
                if let Err(error) = store.answer_key(&lease, kept.written()).await {
                    tracing::warn!("the answer to a request with an idempotency key is not kept: {error}");
                }
            }
        }
    }

    /// Forgets the key: nothing was done.
    pub(super) async fn release(self) {
        if let Self::Stored(store, lease, _) = &self
            && let Err(error) = store.release_key(lease).await
        {
            tracing::warn!("an idempotency key is held until its lease ends: {error}");
        }
    }

    /// Does something, and holds the key meanwhile.
    pub(super) async fn during<F: Future>(&self, what: F) -> F::Output {
        let mut what = std::pin::pin!(what);
        loop {
            tokio::select! {
                output = &mut what => return output,
                () = tokio::time::sleep(RENEW) => self.renew().await,
            }
        }
    }

    async fn renew(&self) {
        if let Self::Stored(store, lease, _) = self
            && let Err(error) = store.renew_key(lease, LEASE, now()).await
        {
            tracing::warn!("an idempotency key may be taken over: {error}");
        }
    }
}

fn now() -> Moment {
    Moment(DateTime::<Utc>::from(SystemTime::now()).timestamp_millis())
}

#[cfg(test)]
mod tests;
