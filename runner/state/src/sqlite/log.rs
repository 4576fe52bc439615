//! Keeps the write-ahead log short. What is in it is brought into the file beside the writer, by a thread and a connection of its own:
//! most of that is waiting until the disk has the log, and who waits for a commit does not wait for that, too.
//!
//! While others write, the thread never comes to the end of the log, and only there can the log begin anew. So the writer does the last bit
//! itself, when little is left to do, and when the answers of its commit were given.

use std::cell::Cell;
use std::ffi::c_int;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::error::StoreError;
use crate::settings::Settings;

use super::connection::{self, Role};
use super::failure::failure;
use super::place::Place;

/// After how many pages (of 4 KiB) more the log is brought into the file. Pages that are written over and over are copied once, so that
/// a shorter stretch costs more; a longer one leaves more to the writer where the thread gets no processor.
const STRETCH: u32 = 2048;
/// From how many pages on the writer does the rest, as soon as the thread has done its part. So much is written between two of these rests
/// that of a hundred requests, fewer than one meets one.
const ENOUGH: u32 = 6 * STRETCH;
/// From how many on it does whatever is left, every so often. Only who reads one state of the file for long lets the log grow beyond: it
/// cannot begin anew under a reader.
const MOST: u32 = 16_384;
/// How often.
const STEP: u32 = 512;
/// How often it is tried then, and how long is waited in between: a fifth of a second at most.
const TRIES: u32 = 100;
const AGAIN: Duration = Duration::from_millis(2);

/// How many bytes of the log's file stay when the log begins anew: as many as it usually has, because a file that is made longer over and
/// over costs more than one that is written anew.
pub(super) const KEPT: u32 = 56 << 20;

/// The log, as its writer sees it.
pub(super) struct Log {
    nudges: SyncSender<()>,
    keeping: Keeping,
    /// What was in the log when the thread was last asked is in the file.
    is_done: Arc<AtomicBool>,
}

/// How long the log was when something was last done about it, in pages.
#[derive(Debug, Default)]
struct Keeping {
    asked_at: u32,
    rested_at: u32,
}

/// What is to be done after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    /// By the thread.
    Stretch,
    /// By the writer.
    Rest,
}

thread_local! {
    /// How many pages the log had after the last commit of this thread: SQLite's hook has no place of its own.
    static PAGES: Cell<u32> = const { Cell::new(0) };
}

/// Has SQLite count the pages of its log instead of bringing them into the file inside of a commit. To be called when all else is set up:
/// `wal_autocheckpoint` would undo it.
pub(super) fn count_pages(connection: &Connection) {
    #[expect(clippy::unnecessary_wraps, reason = "it is what a hook gives")]
    fn note(_: &Wal, pages: c_int) -> rusqlite::Result<()> {
        PAGES.set(pages.try_into().unwrap_or_default());
        Ok(())
    }
    connection.wal_hook(Some(note));
}

impl Log {
    /// Begins to bring it into the file, until it is dropped.
    pub(super) fn begin(place: &Place, settings: Settings) -> (Self, JoinHandle<()>) {
        // A nudge that nobody has heard yet is as good as many.
        let (nudges, heard) = sync_channel(1);
        let is_done = Arc::<AtomicBool>::default();
        let keeper = Keeper { place: place.clone(), settings, connection: None };
        let done = Arc::clone(&is_done);
        let thread = std::thread::spawn(move || keeper.run(&heard, &done));
        (Self { nudges, keeping: Keeping::default(), is_done }, thread)
    }

    /// Does what is due after a commit of this thread.
    pub(super) fn grown(&mut self, writer: &Connection) {
        let pages = PAGES.get();
        match self.keeping.due(pages, self.is_done.load(Ordering::Acquire)) {
            Due::Nothing => {}
            Due::Stretch => {
                self.is_done.store(false, Ordering::Release);
                let _asked_already = self.nudges.try_send(());
            }
            Due::Rest => {
                self.is_done.store(false, Ordering::Release);
                rest(writer, pages);
            }
        }
    }
}

/// The writer's part. What fails, because the file has no room, is tried again a little later: commits go on.
fn rest(writer: &Connection, pages: u32) {
    let mut tries = if pages < MOST { 1 } else { TRIES };
    while tries > 0 && matches!(checkpoint(writer), Err(StoreError::Busy { .. })) {
        tries -= 1;
        if tries > 0 {
            // The thread, or another process, is about the same. A disk that takes less than is written keeps writers waiting.
            std::thread::sleep(AGAIN);
        }
    }
}

impl Keeping {
    fn due(&mut self, pages: u32, is_done: bool) -> Due {
        if pages < self.asked_at.max(self.rested_at) {
            // It has begun anew.
            *self = Self::default();
        }
        if pages >= ENOUGH && is_done || pages >= MOST && pages - self.rested_at >= STEP {
            *self = Self { asked_at: pages, rested_at: pages };
            return Due::Rest;
        }
        if pages - self.asked_at >= STRETCH {
            self.asked_at = pages;
            return Due::Stretch;
        }
        Due::Nothing
    }
}

/// Waits until the disk has the log, and copies into the file what no reader keeps from it. Keeps no writer waiting.
///
/// # Errors
/// [`StoreError::Busy`] where somebody else is about the same.
fn checkpoint(connection: &Connection) -> Result<(), StoreError> {
    let asked = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(0));
    match asked.map_err(|error| failure(&error))? {
        0_i64 => Ok(()),
        _busy => Err(StoreError::Busy { reason: "the log is being brought into the file".to_owned() }),
    }
}

/// The thread.
struct Keeper {
    place: Place,
    settings: Settings,
    /// Made when it is first needed: a store that little is written to never does.
    connection: Option<Connection>,
}

impl Keeper {
    fn run(mut self, heard: &Receiver<()>, done: &AtomicBool) {
        while heard.recv().is_ok() {
            // The second time it is what was written during the first. What fails is done by the writer, who says so if it does not get on.
            match self.pass().and_then(|()| self.pass()) {
                Ok(()) => done.store(true, Ordering::Release),
                Err(StoreError::Busy { .. }) => {}
                Err(_) => self.connection = None,
            }
        }
    }

    fn pass(&mut self) -> Result<(), StoreError> {
        if let Err(error) = self.place.check() {
            self.connection = None;
            self.place = self.place.renewed().map_err(|_| error)?;
        }
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => connection::open(&self.place, Role::Keeper, self.settings)?,
        };
        checkpoint(self.connection.insert(connection))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_is_asked_every_stretch_and_the_writer_does_little() {
        let mut keeping = Keeping::default();
        assert_eq!(keeping.due(STRETCH - 1, false), Due::Nothing);
        assert_eq!(keeping.due(STRETCH, false), Due::Stretch);
        assert_eq!(keeping.due(STRETCH + 1, false), Due::Nothing);
        assert_eq!(keeping.due(2 * STRETCH, true), Due::Stretch);
        // It was done to its end, so that the log begins anew.
        assert_eq!(keeping.due(7, true), Due::Nothing);
        assert_eq!(keeping.due(STRETCH, false), Due::Stretch);
        assert_eq!(keeping.due(ENOUGH, false), Due::Stretch);
        assert_eq!(keeping.due(ENOUGH + 1, true), Due::Rest);
        assert_eq!(keeping.due(ENOUGH + 2, false), Due::Nothing);
        // A thread that does nothing.
        assert_eq!(keeping.due(MOST, false), Due::Rest);
        assert_eq!(keeping.due(MOST + 1, false), Due::Nothing);
        assert_eq!(keeping.due(MOST + STEP, false), Due::Rest);
        assert_eq!(keeping.due(3, false), Due::Nothing);
    }
}
