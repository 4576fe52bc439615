//! The place of one connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::lease::Leased;
use super::rest::Rest;
use crate::connection::Connection;

/// Of one key.
#[derive(Debug, Default)]
pub(super) struct Slot {
    /// Held by whoever opens a connection; the others wait for it.
    pub(super) opening: tokio::sync::Mutex<()>,
    place: Mutex<Place>,
    rest: Mutex<Rest>,
}

#[derive(Debug, Default)]
enum Place {
    #[default]
    Empty,
    /// Somebody opens one.
    Taken,
    Filled(Live),
}

#[derive(Debug)]
struct Live {
    connection: Arc<Connection>,
    /// By how many it is used.
    users: usize,
    used: Instant,
}

impl Slot {
    /// The connection, if there is one that is alive.
    pub(super) fn lease(self: &Arc<Self>) -> Option<Leased> {
        match &mut *self.place() {
            Place::Filled(live) if !live.connection.is_closed() => {
                live.users += 1;
                Some(Leased::new(Arc::clone(&live.connection), Arc::clone(self)))
            }
            _ => None,
        }
    }

    /// A lease of `connection` has ended.
    pub(super) fn unused(&self, connection: &Arc<Connection>) {
        if let Place::Filled(live) = &mut *self.place()
            && Arc::ptr_eq(&live.connection, connection)
        {
            live.users = live.users.saturating_sub(1);
            live.used = Instant::now();
        }
    }

    pub(super) fn is_taken(&self) -> bool {
        !matches!(*self.place(), Place::Empty)
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(&*self.place(), Place::Filled(live) if live.users == 0)
    }

    pub(super) fn last_used(&self) -> Option<Instant> {
        match &*self.place() {
            Place::Filled(live) => Some(live.used),
            _ => None,
        }
    }

    /// The connection, which is nobody's then.
    pub(super) fn take(&self) -> Option<Arc<Connection>> {
        self.take_if(|_| true)
    }

    /// The same, if nobody has used it for so long.
    pub(super) fn take_if_idle(&self, idle: Duration) -> Option<Arc<Connection>> {
        self.take_if(|live| live.users == 0 && live.used.elapsed() >= idle)
    }

    fn take_if(&self, is_it: impl FnOnce(&Live) -> bool) -> Option<Arc<Connection>> {
        let mut place = self.place();
        match &*place {
            Place::Filled(live) if is_it(live) => {}
            _ => return None,
        }
        match std::mem::take(&mut *place) {
            Place::Filled(live) => Some(live.connection),
            _ => None,
        }
    }

    /// Counts as a connection from now on.
    pub(super) fn occupy(self: &Arc<Self>) -> Taken {
        *self.place() = Place::Taken;
        Taken { slot: Arc::clone(self) }
    }

    pub(super) fn rest(&self) -> MutexGuard<'_, Rest> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place for a connection that is being opened; free again if it is not.
pub(super) struct Taken {
    slot: Arc<Slot>,
}

impl Taken {
    pub(super) fn fill(self, connection: Connection) -> Leased {
        let connection = Arc::new(connection);
        let live = Live { connection: Arc::clone(&connection), users: 1, used: Instant::now() };
        *self.slot.place() = Place::Filled(live);
        Leased::new(connection, Arc::clone(&self.slot))
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut place = self.slot.place();
        if matches!(*place, Place::Taken) {
            *place = Place::Empty;
        }
    }
}
