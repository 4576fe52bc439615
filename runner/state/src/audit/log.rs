//! Appending to a chain. One task makes the hashes, because each needs the one before; whatever waits when it looks goes into one
//! transaction, and is answered when that is on the disk.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::error::StoreError;
use crate::key::{Key, Moment};
use crate::sql::{Durability, Statement, Work, values};
use crate::store::Store;

use super::chain::Tip;
use super::{AuditEntry, AuditKind};

/// The most rows in one transaction, and the most that wait in memory.
const MOST: usize = 256;

/// The chain of this runner instance, to append to. Dropped, it ends when all that was appended is done.
#[derive(Debug)]
pub struct AuditLog {
    sender: mpsc::Sender<Append>,
    instance: Key,
    deadline: Duration,
}

#[derive(Debug)]
struct Append {
    entry: AuditEntry,
    reply: oneshot::Sender<Result<u64, StoreError>>,
}

/// The task's state.
struct Writer {
    store: Store,
    instance: Key,
    started: Moment,
    /// Nothing when an attempt failed: it may have been made after all.
    tip: Option<Tip>,
}

impl AuditLog {
    /// Begins the chain of an instance; one that exists already goes on.
    ///
    /// # Errors
    /// As every call. Has to be called in a runtime of tokio.
    pub async fn begin(store: &Store, instance: Key, now: Moment) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel(MOST);
        let writer = Writer { store: store.clone(), instance, started: now, tip: None };
        store.write(writer.beginning(Tip::START)).await?;
        tokio::spawn(writer.run(receiver));
        Ok(Self { sender, instance, deadline: store.deadline() })
    }

    /// Whose chain it is.
    pub fn instance(&self) -> Key {
        self.instance
    }

    /// Appends a row and gives its sequence number, once it is on the disk.
    ///
    /// # Errors
    /// As every call. The row may be there all the same: a failed intent is one whose write was not made, and a failed outcome may be
    /// appended again, which a walk does not mind as long as it says the same.
    pub async fn append(&self, mut entry: AuditEntry) -> Result<u64, StoreError> {
        // What is hashed is what comes back, and no database keeps a NUL in a text.
        if entry.call.contains('\0') {
            entry.call = entry.call.replace('\0', "\u{fffd}");
        }
        let (reply, answer) = oneshot::channel();
        let append = async {
            self.sender.send(Append { entry, reply }).await.map_err(|_| StoreError::Closed)?;
            answer.await.map_err(|_| StoreError::Closed)?
        };
        tokio::time::timeout(self.deadline, append).await.map_err(|_| StoreError::TimedOut(self.deadline))?
    }
}

impl Writer {
    async fn run(mut self, mut receiver: mpsc::Receiver<Append>) {
        let mut waiting = Vec::new();
        while receiver.recv_many(&mut waiting, MOST).await > 0 {
            // Whoever stopped waiting was told that it failed.
            waiting.retain(|append| !append.reply.is_closed());
            let all = std::mem::take(&mut waiting);
            match self.append(all.iter().map(|append| &append.entry)).await {
                Err(StoreError::Full { .. }) if all.len() > 1 => self.one_by_one(all).await,
                outcome => answer(all, outcome),
            }
        }
    }

    /// One that is too large for what is left of the disk is no reason to refuse the others.
    async fn one_by_one(&mut self, all: Vec<Append>) {
        for append in all {
            let outcome = self.append(std::iter::once(&append.entry)).await;
            answer(vec![append], outcome);
        }
    }

    /// Appends rows together, and gives the first one's sequence number.
    async fn append(&mut self, entries: impl Iterator<Item = &AuditEntry>) -> Result<u64, StoreError> {
        // Taken out, so that a failure leaves nothing.
        let start = match self.tip.take() {
            Some(tip) => tip,
            None => self.find_tip().await?,
        };
        // A store that was put in the place of the one before does not know the chain: it goes on there, as one that was cut.
        let (mut tip, mut statements) = (start, vec![self.beginning(start)]);
        for entry in entries {
            let next = tip.next(self.store.names(), self.instance, entry);
            statements.push(self.insertion(entry, tip, next));
            tip = next;
        }
        self.store.write(Work { statements, durability: Durability::Disk }).await?;
        self.tip = Some(tip);
        Ok(start.sequence + 1)
    }

    /// Puts the chain on the list of chains, where it is not there yet.
    fn beginning(&self, cut: Tip) -> Statement {
        const BEGIN: &str = "INSERT INTO pace_audit_chains (scope, instance, started, cut_sequence, cut_hash) \
            VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (scope, instance) DO NOTHING";
        let values = values![self.store.scope(), self.instance, self.started, cut.sequence, cut.hash.to_vec()];
        Statement::new(BEGIN, values)
    }

    fn insertion(&self, entry: &AuditEntry, previous: Tip, own: Tip) -> Statement {
        const INSERT: &str = "INSERT INTO pace_audit (scope, instance, sequence, at, kind, intent, invocation, call, \
            previous, hash, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        let AuditEntry { kind, invocation, call, at, payload } = entry;
        let (kind, intent) = match kind {
            AuditKind::Intent => (0_i64, None),
            AuditKind::Outcome { intent } => (1, Some(*intent)),
        };
        let place = values![self.store.scope(), self.instance, own.sequence, *at, kind, intent];
        let hashes = values![*invocation, call.as_str(), previous.hash.to_vec(), own.hash.to_vec(), payload.clone()];
        Statement::new(INSERT, [place, hashes].concat())
    }

    async fn find_tip(&self) -> Result<Tip, StoreError> {
        const LAST: &str = "SELECT sequence, hash FROM pace_audit WHERE scope = ?1 AND instance = ?2 \
            ORDER BY sequence DESC LIMIT 1";
        const CUT: &str = "SELECT cut_sequence, cut_hash FROM pace_audit_chains WHERE scope = ?1 AND instance = ?2";
        for sql in [LAST, CUT] {
            let values = values![self.store.scope(), self.instance];
            // By the writer: a reader may not see yet what an attempt that timed out has committed.
            if let Some(mut row) = self.store.write_one(Statement::new(sql, values)).await? {
                return Ok(Tip { sequence: row.count()?, hash: super::hash(row.blob()?)? });
            }
        }
        Ok(Tip::START)
    }
}

fn answer(all: Vec<Append>, outcome: Result<u64, StoreError>) {
    let (first, failed) = (outcome.as_ref().copied().unwrap_or_default(), outcome.err());
    for (append, place) in all.into_iter().zip(0..) {
        let outcome = failed.clone().map_or(Ok(first + place), Err);
        // Nobody may be waiting any more.
        let _unheard = append.reply.send(outcome);
    }
}
