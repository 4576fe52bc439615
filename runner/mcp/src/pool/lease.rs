//! A connection while somebody uses it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::slot::Slot;
use crate::connection::Connection;

/// A [`Connection`] of a pool; not closed for idleness while it is held.
pub struct Leased {
    connection: Arc<Connection>,
    slot: Arc<Slot>,
}

impl Leased {
    pub(super) fn new(connection: Arc<Connection>, slot: Arc<Slot>) -> Self {
        Self { connection, slot }
    }
}

impl Deref for Leased {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        self.slot.unused(&self.connection);
    }
}

impl fmt::Debug for Leased {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.connection.fmt(formatter)
    }
}
