//! Connections by server and identity: opened when they are needed, by one for all who wait, kept while they are used, closed
//! when they are not, opened again when they have died.

mod lease;
mod rest;
mod slot;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Map, Value};
use tokio::time::Instant;

pub use self::lease::Leased;
use self::slot::{Slot, Taken};
use crate::call::{CallOptions, CallResult};
use crate::connection::{Client, Connection};
use crate::error::{Error, Kind};
use crate::server::Server;

/// Whose connection it is. Connections of two identities are never exchanged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which server: a word of the caller for all that [`Server`] says.
    pub server: String,
    /// As whom: a word of the caller for the credential.
    pub identity: String,
}

/// How many connections, and for how long.
#[derive(Debug, Clone)]
pub struct PoolSettings {
    /// In all. Those that nobody uses make room for others.
    pub most: usize,
    /// To one server.
    pub most_per_server: usize,
    /// How long one is kept that nobody uses.
    pub idle: Duration,
    /// How long opening one may take.
    pub open_within: Duration,
}

impl Default for PoolSettings {
    fn default() -> Self {
        let minutes = Duration::from_mins(5);
        Self { most: 256, most_per_server: 32, idle: minutes, open_within: Duration::from_secs(30) }
    }
}

/// The connections of one runner.
#[derive(Debug, Clone)]
pub struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    settings: PoolSettings,
    slots: Mutex<BTreeMap<Key, Arc<Slot>>>,
    is_reaped: AtomicBool,
    is_closing: AtomicBool,
}

impl Pool {
    /// None yet.
    pub fn new(client: Client, settings: PoolSettings) -> Self {
        let (is_reaped, is_closing) = (AtomicBool::new(false), AtomicBool::new(false));
        Self(Arc::new(Inner { client, settings, slots: Mutex::default(), is_reaped, is_closing }))
    }

    /// A connection, which is there or is opened. It is kept for as long as what comes back is.
    ///
    /// # Errors
    /// As [`Connection::open`]; there may be no more of them; it failed so often that it is left alone for a while.
    pub async fn get(&self, key: &Key, server: &Server) -> Result<Leased, Error> {
        let error = |kind| Error::new(&server.name.as_str().into(), kind);
        if self.0.is_closing.load(Ordering::SeqCst) {
            return Err(error(Kind::Closing));
        }
        let slot = self.0.slot(key);
        if let Some(leased) = slot.lease() {
            return Ok(leased);
        }
        self.reap();
        let (since, within) = (Instant::now(), self.0.settings.open_within);
        let waited = tokio::time::timeout(within, slot.opening.lock()).await;
        let _opening = waited.map_err(|_elapsed| error(Kind::NoAnswer { within, said: Vec::new() }))?;
        if let Some(leased) = slot.lease() {
            return Ok(leased);
        }
        // Whoever opened it for all who waited has failed for all of them.
        if let Some(kind) = slot.rest().failed_since(since) {
            return Err(error(kind));
        }
        bury(&slot);
        let pause = slot.rest().pause(&server.transport).map_err(error)?;
        tokio::time::sleep(pause.min(within)).await;
        let taken = self.0.room(key, &slot).map_err(error)?;
        match Connection::open(&self.0.client, server, within).await {
            Ok(connection) if self.0.is_closing.load(Ordering::SeqCst) => {
                connection.close().await;
                Err(error(Kind::Closing))
            }
            Ok(connection) => Ok(taken.fill(connection)),
            Err(failed) => {
                slot.rest().failed(failed.kind().clone());
                Err(failed)
            }
        }
    }

    /// [`Pool::get`], and one call.
    ///
    /// # Errors
    /// As there, and as [`Connection::call`].
    pub async fn call(
        &self,
        key: &Key,
        server: &Server,
        tool: &str,
        arguments: Map<String, Value>,
        options: CallOptions,
    ) -> Result<CallResult, Error> {
        self.get(key, server).await?.call(tool, arguments, options).await
    }

    /// How many connections there are.
    pub fn open(&self) -> usize {
        self.0.slots().values().filter(|slot| slot.is_taken()).count()
    }

    /// Closes all of them, and opens none any more. Ends after `grace`; programs that still run then are ended, though not
    /// waited for.
    pub async fn close_all(&self, grace: Duration) {
        self.0.is_closing.store(true, Ordering::SeqCst);
        let all: Vec<_> = self.0.slots().values().filter_map(|slot| slot.take()).collect();
        let closed = join_all(all.iter().map(|connection| connection.close()));
        // What is left over is dropped, which closes it too.
        let _elapsed = tokio::time::timeout(grace, closed).await;
    }

    /// Looks after those that nobody uses from now on.
    fn reap(&self) {
        if !self.0.is_reaped.swap(true, Ordering::SeqCst) {
            tokio::spawn(reap(Arc::downgrade(&self.0), self.0.settings.idle));
        }
    }
}

async fn reap(pool: Weak<Inner>, idle: Duration) {
    let often = (idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(30));
    loop {
        tokio::time::sleep(often).await;
        let Some(pool) = pool.upgrade() else { return };
        let slots: Vec<_> = pool.slots().values().cloned().collect();
        for slot in slots {
            if let Some(connection) = slot.take_if_idle(idle) {
                tokio::spawn(async move { connection.close().await });
            }
        }
        // A key that was used once is not kept for ever; one that failed is, until it may be tried again.
        pool.slots().retain(|_, slot| slot.is_taken() || Arc::strong_count(slot) > 1 || slot.rest().is_resting());
    }
}

impl Inner {
    fn slots(&self) -> MutexGuard<'_, BTreeMap<Key, Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, key: &Key) -> Arc<Slot> {
        Arc::clone(self.slots().entry(key.clone()).or_default())
    }

    /// Room for one more connection, for which another that nobody uses may have to go.
    fn room(&self, key: &Key, slot: &Arc<Slot>) -> Result<Taken, Kind> {
        let (slots, settings) = (self.slots(), &self.settings);
        let all: Vec<_> = slots.values().filter(|slot| slot.is_taken()).collect();
        let of_server = slots.iter().filter(|(other, slot)| other.server == key.server && slot.is_taken());
        let of_server: Vec<_> = of_server.map(|(_, slot)| slot).collect();
        if of_server.len() >= settings.most_per_server {
            make_way(&of_server).ok_or(Kind::TooMany { limit: settings.most_per_server, to: "to it" })?;
        } else if all.len() >= settings.most {
            make_way(&all).ok_or(Kind::TooMany { limit: settings.most, to: "to servers" })?;
        }
        Ok(slot.occupy())
    }
}

/// Closes the one of them that has been idle for the longest time, if one is.
fn make_way(slots: &[&Arc<Slot>]) -> Option<()> {
    let idle = slots.iter().filter(|slot| slot.is_idle()).min_by_key(|slot| slot.last_used())?;
    let connection = idle.take_if_idle(Duration::ZERO)?;
    tokio::spawn(async move { connection.close().await });
    Some(())
}

/// Takes a connection that has died out of its slot.
fn bury(slot: &Slot) {
    if let Some(connection) = slot.take() {
        slot.rest().died(&connection);
        tokio::spawn(async move { connection.close().await });
    }
}
