//! Readers: threads with a connection each, made when it is first needed. A statement that goes on past its deadline is
//! stopped, so that it does not keep others waiting.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::error::StoreError;
use crate::settings::Settings;
use crate::sql::{Row, Statement};

use super::connection::{self, Role};
use super::place::Place;
use super::{Held, Job};

/// How many of SQLite's operations are done between two looks at the clock: about a tenth of a millisecond.
const OPERATIONS: i32 = 10_000;

type Jobs = Arc<Mutex<mpsc::Receiver<Job<Statement>>>>;

/// Begins to work off jobs, until nothing can be sent any more.
pub(super) fn start(
    count: usize,
    (place, held): (&Place, &Held),
    settings: Settings,
    jobs: mpsc::Receiver<Job<Statement>>,
) -> Vec<JoinHandle<()>> {
    let jobs = Arc::new(Mutex::new(jobs));
    let start = |_| {
        let reader = Reader { place: place.clone(), held: held.clone(), settings, connection: None };
        let jobs = Arc::clone(&jobs);
        std::thread::spawn(move || reader.run(&jobs))
    };
    (0..count).map(start).collect()
}

struct Reader {
    place: Place,
    held: Held,
    settings: Settings,
    /// With the moment at which its statement is stopped.
    connection: Option<(Connection, Arc<Mutex<Instant>>)>,
}

impl Reader {
    fn run(mut self, jobs: &Jobs) {
        loop {
            // One thread waits for a job, the others for the lock.
            let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            let Some(job) = job else { return };
            if job.is_wanted() {
                let answer = self.read(&job.what, job.until);
                if matches!(answer, Err(StoreError::Unavailable { .. } | StoreError::Corrupt { .. })) {
                    self.connection = None;
                }
                job.answer(answer);
            }
        }
    }

    fn read(&mut self, statement: &Statement, until: Instant) -> Result<Vec<Row>, StoreError> {
        if let Err(error) = self.place.check() {
            self.connection = None;
            self.place = self.place.renewed().map_err(|_| error)?;
        }
        let connected = match self.connection.take() {
            Some(connected) => connected,
            None => connect(&self.place, &self.held, self.settings)?,
        };
        let (connection, stopped_at) = self.connection.insert(connected);
        *stopped_at.lock().unwrap_or_else(PoisonError::into_inner) = until;
        let mut rows = Vec::new();
        connection::run(connection, statement, &mut rows)?;
        Ok(rows)
    }
}

fn connect(place: &Place, held: &Held, settings: Settings) -> Result<(Connection, Arc<Mutex<Instant>>), StoreError> {
    let connection = connection::open(place, Role::Reader, settings)?;
    connection::judge(&connection, held)?;
    let stopped_at = Arc::new(Mutex::new(Instant::now()));
    let until = Arc::clone(&stopped_at);
    let is_over = move || Instant::now() > *until.lock().unwrap_or_else(PoisonError::into_inner);
    connection.progress_handler(OPERATIONS, Some(is_over)).map_err(|error| super::failure::failure(&error))?;
    Ok((connection, stopped_at))
}
