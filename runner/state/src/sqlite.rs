//! SQLite: one file, written by one thread and read by a few. Whatever waits for the writer when it looks is one transaction,
//! so that the price of a commit is shared by all who ask at the same time.
//!
//! Other processes of this host may use the same file at the same time. Network file systems are refused: the memory that
//! SQLite's write-ahead log shares between processes does not reach over them.

mod connection;
mod failure;
mod log;
mod look;
mod place;
mod reader;
mod writer;

use std::path::PathBuf;
use std::sync::Mutex;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::error::StoreError;
use crate::look::Looked;
use crate::settings::{Scope, Settings};
use crate::sql::{Row, Statement, Work};
use place::Place;

/// Threads that read. Reading is for lists and views; what an invocation needs is given by writes.
const READERS: usize = 2;

/// A file that was opened.
pub(crate) struct Sqlite {
    place: Place,
    settings: Settings,
    /// Taken out when the store is closed: the threads end when nothing can be sent any more.
    channels: Mutex<Option<Channels>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Clone)]
struct Channels {
    writer: mpsc::Sender<Job<Work>>,
    readers: mpsc::Sender<Job<Statement>>,
}

/// Whose rows are written and read, and the number they are keyed by.
#[derive(Debug, Clone)]
struct Held {
    scope: Scope,
    id: i64,
}

/// Something to be done, until when, and where its answer goes.
pub(super) struct Job<T> {
    pub(super) what: T,
    pub(super) until: Instant,
    pub(super) reply: oneshot::Sender<Result<Vec<Row>, StoreError>>,
}

impl<T> Job<T> {
    /// Whether somebody still waits for the answer.
    pub(super) fn is_wanted(&self) -> bool {
        !self.reply.is_closed() && self.until > Instant::now()
    }

    pub(super) fn answer(self, answer: Result<Vec<Row>, StoreError>) {
        // Whoever stopped waiting was told that it timed out.
        let _unheard = self.reply.send(answer);
    }
}

impl Sqlite {
    /// Makes the folder and the file if they are missing, and migrates.
    pub(crate) async fn open(folder: PathBuf, scope: Scope, settings: Settings) -> Result<(Self, i64), StoreError> {
        let opening = tokio::task::spawn_blocking(move || {
            let place = Place::prepare(&folder)?;
            let mut connection = connection::open(&place, connection::Role::Writer, settings)?;
            let id = connection::migrate(&mut connection, &scope)?;
            Ok((place, connection, Held { scope, id }))
        });
        let opened = opening.await.map_err(|error| StoreError::Unavailable { reason: error.to_string() })??;
        Ok(Self::start(opened, settings))
    }

    /// The same for a file and a scope that are there; nothing where one is not.
    pub(crate) async fn find(
        folder: PathBuf,
        scope: Scope,
        settings: Settings,
    ) -> Result<Option<(Self, i64)>, StoreError> {
        let finding = tokio::task::spawn_blocking(move || {
            let Some(place) = Place::find(&folder)? else { return Ok(None) };
            let mut connection = connection::open(&place, connection::Role::Writer, settings)?;
            let id = connection::known(&mut connection, &scope)?;
            Ok(id.map(|id| (place, connection, Held { scope, id })))
        });
        let found = finding.await.map_err(|error| StoreError::Unavailable { reason: error.to_string() })??;
        Ok(found.map(|found| Self::start(found, settings)))
    }

    /// Whose rows are there; nothing where no file is.
    pub(crate) async fn scopes(folder: PathBuf, settings: Settings) -> Result<Vec<Scope>, StoreError> {
        let asking = tokio::task::spawn_blocking(move || {
            let Some(place) = Place::find(&folder)? else { return Ok(Vec::new()) };
            connection::scopes(&connection::open(&place, connection::Role::Reader, settings)?)
        });
        asking.await.map_err(|error| StoreError::Unavailable { reason: error.to_string() })?
    }

    fn start((place, connection, held): (Place, rusqlite::Connection, Held), settings: Settings) -> (Self, i64) {
        let (writer, jobs) = mpsc::channel(settings.queue);
        let id = held.id;
        let mut threads = Vec::from(writer::start((place.clone(), held.clone()), settings, connection, jobs));
        let (readers, jobs) = mpsc::channel(settings.queue);
        threads.extend(reader::start(READERS, (&place, &held), settings, jobs));
        let channels = Mutex::new(Some(Channels { writer, readers }));
        (Self { place, settings, channels, threads: Mutex::new(threads) }, id)
    }

    /// What is there, without making any of it.
    pub(crate) async fn look(folder: PathBuf) -> Result<Looked, StoreError> {
        let looking = tokio::task::spawn_blocking(move || look::look(&folder));
        looking.await.map_err(|error| StoreError::Unavailable { reason: error.to_string() })?
    }

    pub(crate) async fn write(&self, work: Work) -> Result<Vec<Row>, StoreError> {
        let writer = self.channels()?.writer;
        self.ask(&writer, work).await
    }

    pub(crate) async fn read(&self, statement: Statement) -> Result<Vec<Row>, StoreError> {
        let readers = self.channels()?.readers;
        self.ask(&readers, statement).await
    }

    async fn ask<T>(&self, to: &mpsc::Sender<Job<T>>, what: T) -> Result<Vec<Row>, StoreError> {
        let (reply, answer) = oneshot::channel();
        let until = Instant::now() + self.settings.deadline;
        to.send(Job { what, until, reply }).await.map_err(|_| StoreError::Closed)?;
        // A job that nobody waited for any more was dropped without an answer; so was one when its thread died.
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    fn channels(&self) -> Result<Channels, StoreError> {
        self.channels.lock().ok().and_then(|channels| channels.clone()).ok_or(StoreError::Closed)
    }

    pub(crate) fn surroundings(&self) -> (Option<u64>, Option<String>) {
        self.place.surroundings()
    }

    pub(crate) async fn close(&self) {
        drop(self.channels.lock().ok().and_then(|mut channels| channels.take()));
        let threads = self.threads.lock().map(|mut threads| std::mem::take(&mut *threads)).unwrap_or_default();
        let ended = tokio::task::spawn_blocking(move || {
            for thread in threads {
                // One that panicked has said so already.
                let _panicked = thread.join();
            }
        });
        let _cancelled = ended.await;
    }
}
