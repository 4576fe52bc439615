//! The record of live writes in a store: a chain of hashes of this runner instance, begun by its first write.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use pace_state::{AuditEntry, AuditKind, AuditLog, Key, Moment, Store, StoreError};
use serde::Serialize;
use tokio::sync::OnceCell;

use super::{Intent, Outcome, WriteStatus};
use crate::environment::Given;
use crate::id::InvocationId;
use crate::state::health::Health;
use crate::trace::stored::key;

/// How often an outcome is tried to be put on record, and how long is waited in between. Each attempt has the store's own deadline.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(250);

/// The chain of this instance.
pub struct Trail {
    store: Store,
    log: OnceCell<AuditLog>,
    secrets: Given,
    health: Arc<Health>,
}

impl Trail {
    pub(super) fn new(store: Store, secrets: Given, health: Arc<Health>) -> Self {
        Self { store, log: OnceCell::new(), secrets, health }
    }

    /// Appends an intent, and gives its number.
    ///
    /// # Errors
    /// Why it cannot be put on record.
    pub(super) async fn intent(&self, intent: &Intent) -> Result<u64, String> {
        self.append(intent, AuditKind::Intent, intent).await.map_err(|error| error.to_string())
    }

    /// Appends what came of it. An outcome that is lost leaves its intent open, so that it is tried more than once; one that is
    /// there twice, because an attempt that timed out was made after all, says the same twice.
    ///
    /// # Errors
    /// Why it cannot be put on record.
    pub(super) async fn outcome(
        &self,
        (intent, sequence): (&Intent, u64),
        status: WriteStatus,
        error: Option<&str>,
    ) -> Result<(), String> {
        let (outcome, kind) = (Outcome::of(intent, status, error), AuditKind::Outcome { intent: sequence });
        let mut attempt = 1;
        loop {
            match self.append(intent, kind, &outcome).await {
                Ok(_) => return Ok(()),
                Err(error) if may_pass(&error) && attempt < ATTEMPTS => attempt += 1,
                Err(error) => return Err(error.to_string()),
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn append(&self, intent: &Intent, kind: AuditKind, what: &impl Serialize) -> Result<u64, StoreError> {
        let json = serde_json::to_string(what).map_err(|error| StoreError::Statement { reason: error.to_string() })?;
        let payload = self.secrets.redactor().text(&json).into_owned().into_bytes();
        let call = self.secrets.redactor().text(&intent.call).into_owned();
        let entry = AuditEntry { kind, invocation: key(intent.invocation), call, at: now(), payload };
        let appended = async { self.log().await?.append(entry).await };
        appended.await.inspect_err(|_| {
            // Why is told by the write that is refused.
            self.health.doubt();
        })
    }

    async fn log(&self) -> Result<&AuditLog, StoreError> {
        let begin = || async {
            let no_bytes =
                |error| StoreError::Unavailable { reason: format!("the system has no random bytes: {error}") };
            let instance: Key = key(InvocationId::new().map_err(no_bytes)?);
            AuditLog::begin(&self.store, instance, now()).await
        };
        self.log.get_or_try_init(begin).await
    }
}

impl fmt::Debug for Trail {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Trail").field("log", &self.log.get()).finish_non_exhaustive()
    }
}

/// Whether another attempt may succeed. A conflict is with a row that was thought lost: the next attempt comes after that one.
fn may_pass(error: &StoreError) -> bool {
    error.is_passing() || matches!(error, StoreError::Conflict { .. })
}

fn now() -> Moment {
    Moment(DateTime::<Utc>::from(SystemTime::now()).timestamp_millis())
}
