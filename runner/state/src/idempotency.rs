//! Keys that clients repeat requests with. Whoever claims a key first does the work and leaves the answer; others with the same
//! request are given that answer, or told that the work is under way, and what its holder has noted. That stands where the answer will.

use std::time::Duration;

use crate::error::StoreError;
use crate::key::Moment;
use crate::sql::{Row, Statement, Value, is_free, unexpected, values};
use crate::store::Store;

/// A claim of a key.
#[derive(Debug, Clone)]
pub struct KeyClaim<'a> {
    /// Whose key it is: the same key of another principal is another key.
    pub principal: &'a str,
    /// The key, as the client sent it.
    pub name: &'a str,
    /// A digest of everything that makes the request the same request.
    pub request: [u8; 32],
    /// How long the work is the claimer's, unless it is renewed.
    pub lease: Duration,
    /// When the key is forgotten.
    pub expires: Moment,
}

/// The right to say what the answer of a key is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLease {
    principal: String,
    name: String,
    attempt: i64,
}

/// What came of claiming a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The work is the caller's.
    Won {
        /// To answer, renew or release it with.
        lease: KeyLease,
        /// Whether somebody had begun and died: what they did until then is done.
        is_repeated: bool,
        /// What they had noted.
        note: Option<Vec<u8>>,
    },
    /// The same request is being worked on, or somebody died over it whose lease is not over yet.
    Running {
        /// How long the lease goes on, unless it is renewed; at most what the claim asked for.
        rest: Duration,
        /// What its holder has noted.
        note: Option<Vec<u8>>,
    },
    /// The same request was answered.
    Done(Vec<u8>),
    /// The key was used for another request.
    OtherRequest,
}

const RUNNING: i64 = 0;
const DONE: i64 = 1;

impl Store {
    /// Claims a key. Of all who claim one, one wins.
    ///
    /// # Errors
    /// As every call.
    pub async fn claim_key(&self, claim: &KeyClaim<'_>, now: Moment) -> Result<Claimed, StoreError> {
        const CLAIM: &str = concat!(
            "INSERT INTO pace_idempotency (scope, principal, name, request, state, attempt, is_repeated, lease_until, expires) ",
            "VALUES (?2, ?3, ?4, ?5, 0, 1, 0, NOW(?1) + ?6, ?7) ON CONFLICT (scope, principal, name) DO UPDATE SET ",
            // A key that was forgotten begins anew; its attempts go on, so that old holders stay fenced.
            "request = excluded.request, state = 0, attempt = pace_idempotency.attempt + 1, ",
            "lease_until = excluded.lease_until, expires = excluded.expires, ",
            // What a dead holder has noted is still there for the next one, who may say what it was.
            "response = CASE WHEN pace_idempotency.expires <= NOW(?1) THEN NULL ELSE pace_idempotency.response END, ",
            "is_repeated = CASE WHEN pace_idempotency.expires <= NOW(?1) THEN 0 ELSE 1 END ",
            "WHERE pace_idempotency.expires <= NOW(?1) OR (pace_idempotency.state = 0 ",
            "AND pace_idempotency.request = excluded.request AND ",
            is_free!("pace_idempotency.lease_until", "?6"),
            ") RETURNING attempt, is_repeated, response",
        );
        let KeyClaim { principal, name, request, lease, expires } = *claim;
        let values = values![now, self.scope(), principal, name, request.to_vec(), lease, expires];
        if let Some(mut row) = self.write_one(Statement::new(CLAIM, values)).await? {
            let attempt = row.int()?;
            let lease = KeyLease { principal: principal.to_owned(), name: name.to_owned(), attempt };
            return Ok(Claimed::Won { lease, is_repeated: row.int()? != 0, note: row.optional_blob()? });
        }
        self.claimed_before(claim, now).await
    }

    async fn claimed_before(&self, claim: &KeyClaim<'_>, now: Moment) -> Result<Claimed, StoreError> {
        const FIND: &str = "SELECT request, state, lease_until - NOW(?1), response FROM pace_idempotency \
            WHERE scope = ?2 AND principal = ?3 AND name = ?4";
        let values = values![now, self.scope(), claim.principal, claim.name];
        let Some(mut row) = self.read(Statement::new(FIND, values)).await?.into_iter().next() else {
            // Released in between: the next claim wins it.
            return Ok(Claimed::Running { rest: Duration::ZERO, note: None });
        };
        if row.blob()? != claim.request {
            return Ok(Claimed::OtherRequest);
        }
        found(row, claim.lease)
    }

    /// Notes something for those who ask while the work goes on, and for whoever takes it over. The answer takes its place.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where another took over, or it was answered.
    pub async fn note_key(&self, held: &KeyLease, note: Vec<u8>) -> Result<(), StoreError> {
        const NOTE: &str = "UPDATE pace_idempotency SET response = ?5 \
            WHERE scope = ?1 AND principal = ?2 AND name = ?3 AND attempt = ?4 AND state = 0 RETURNING attempt";
        let values = [self.key_values(held), values![note]].concat();
        let noted = self.write_one(Statement::new(NOTE, values)).await?;
        noted.map(drop).ok_or(StoreError::Fenced { what: "key" })
    }

    /// Leaves the answer for those who repeat the request. Asking again is no error.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where another took over.
    pub async fn answer_key(&self, held: &KeyLease, response: Vec<u8>) -> Result<(), StoreError> {
        const ANSWER: &str = "UPDATE pace_idempotency SET state = 1, response = ?5 \
            WHERE scope = ?1 AND principal = ?2 AND name = ?3 AND attempt = ?4 RETURNING attempt";
        let values = [self.key_values(held), values![response]].concat();
        let answered = self.write_one(Statement::new(ANSWER, values)).await?;
        answered.map(drop).ok_or(StoreError::Fenced { what: "key" })
    }

    /// Holds a key for as long as `lease` from now.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where another took over.
    pub async fn renew_key(&self, held: &KeyLease, lease: Duration, now: Moment) -> Result<(), StoreError> {
        const RENEW: &str = "UPDATE pace_idempotency SET lease_until = NOW(?1) + ?6 \
            WHERE scope = ?2 AND principal = ?3 AND name = ?4 AND attempt = ?5 AND state = 0 RETURNING attempt";
        let values = [values![now], self.key_values(held), values![lease]].concat();
        let renewed = self.write_one(Statement::new(RENEW, values)).await?;
        renewed.map(drop).ok_or(StoreError::Fenced { what: "key" })
    }

    /// Forgets a key whose work was not begun, so that the client may try again.
    ///
    /// # Errors
    /// As every call; the lease then ends by itself.
    pub async fn release_key(&self, held: &KeyLease) -> Result<(), StoreError> {
        const RELEASE: &str = "DELETE FROM pace_idempotency \
            WHERE scope = ?1 AND principal = ?2 AND name = ?3 AND attempt = ?4 AND state = 0";
        self.write(Statement::new(RELEASE, self.key_values(held))).await.map(drop)
    }

    fn key_values(&self, held: &KeyLease) -> Vec<Value> {
        values![self.scope(), held.principal.as_str(), held.name.as_str(), held.attempt]
    }
}

fn found(mut row: Row, lease: Duration) -> Result<Claimed, StoreError> {
    let (state, rest) = (row.int()?, row.int()?);
    match state {
        RUNNING => {
            // A clock that was set back makes no lease longer than one is.
            let rest = Duration::from_millis(rest.max(0).unsigned_abs()).min(lease);
            Ok(Claimed::Running { rest, note: row.optional_blob()? })
        }
        DONE => Ok(Claimed::Done(row.blob()?)),
        _ => Err(unexpected()),
    }
}
