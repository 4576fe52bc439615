//! The writer: a thread, a connection, and transactions that hold the work of all who wait.

use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::mpsc;

use crate::error::StoreError;
use crate::settings::Settings;
use crate::sql::{Durability, Row, Work};

use super::connection::{self, Role};
use super::failure::failure;
use super::log::Log;
use super::place::Place;
use super::{Held, Job};

/// The most jobs in one transaction: beyond that, the first would wait for the last.
const MOST: usize = 256;

/// A transaction with this many jobs says that many ask at once; then the next one waits a moment for more of them, so that the
/// pages that all of them write to are written once. Whoever asks alone waits for nobody.
const CROWD: usize = 3;
/// That moment. Far below what a model takes to answer, and long enough for a handful of requests on two processors.
const MOMENT: Duration = Duration::from_micros(800);

/// Begins to work off jobs, until nothing can be sent any more.
pub(super) fn start(
    (place, held): (Place, Held),
    settings: Settings,
    connection: Connection,
    jobs: mpsc::Receiver<Job<Work>>,
) -> [JoinHandle<()>; 2] {
    let (log, keeper) = Log::begin(&place, settings);
    let writer = Writer { place, held, settings, connection: Some(connection), synced: Durability::Process, log };
    [std::thread::spawn(move || writer.run(jobs)), keeper]
}

struct Writer {
    place: Place,
    held: Held,
    settings: Settings,
    /// Nothing after a failure that a new connection may not have.
    connection: Option<Connection>,
    /// What commits of this connection wait for.
    synced: Durability,
    log: Log,
}

type Outcome = Result<Vec<Row>, StoreError>;

impl Writer {
    fn run(mut self, mut jobs: mpsc::Receiver<Job<Work>>) {
        let (mut group, mut last) = (Vec::new(), 0);
        while let Some(first) = jobs.blocking_recv() {
            group.push(first);
            if last >= CROWD {
                std::thread::sleep(MOMENT);
            }
            while let (true, Ok(next)) = (group.len() < MOST, jobs.try_recv()) {
                group.push(next);
            }
            last = group.len();
            group.retain(Job::is_wanted);
            self.work_off(std::mem::take(&mut group));
            if let Some(connection) = &self.connection {
                self.log.grown(connection);
            }
        }
        if let Some(connection) = self.connection {
            // The log goes into the file, so that the file alone is whole. Whatever fails here is found again at the next opening.
            let _ignored = connection.execute_batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);");
        }
    }

    fn work_off(&mut self, group: Vec<Job<Work>>) {
        if group.is_empty() {
            return;
        }
        match self.commit(&group) {
            Ok(outcomes) => answer(group, outcomes),
            // One that is too large for what is left of the disk is no reason to refuse the others.
            Err(StoreError::Full { .. }) if group.len() > 1 => {
                for job in group {
                    let outcomes = self.commit(std::slice::from_ref(&job));
                    let outcomes = outcomes.unwrap_or_else(|error| vec![Err(error)]);
                    answer(vec![job], outcomes);
                }
            }
            Err(error) => {
                let outcomes = group.iter().map(|_| Err(error.clone())).collect();
                answer(group, outcomes);
            }
        }
    }

    /// Does all jobs in one transaction. One that fails takes nothing with it, unless the whole transaction is gone.
    fn commit(&mut self, group: &[Job<Work>]) -> Result<Vec<Outcome>, StoreError> {
        self.connect()?;
        let Some(connection) = &self.connection else { return Err(StoreError::Closed) };
        let wanted = group.iter().map(|job| job.what.durability).max().unwrap_or(Durability::Process);
        let committed = set_durability(connection, &mut self.synced, wanted).and_then(|()| transact(connection, group));
        if committed.is_err() && !connection.is_autocommit() {
            // SQLite has undone nothing by itself.
            let _gone_already = connection.execute_batch("ROLLBACK");
        }
        if matches!(committed, Err(StoreError::Unavailable { .. } | StoreError::Corrupt { .. })) {
            self.connection = None;
        }
        committed
    }

    /// Connects anew if the file is another one, or the last connection failed.
    fn connect(&mut self) -> Result<(), StoreError> {
        if let Err(error) = self.place.check() {
            self.connection = None;
            self.place = self.place.renewed().map_err(|_| error)?;
        }
        if self.connection.is_none() {
            let mut connection = connection::open(&self.place, Role::Writer, self.settings)?;
            // It may be a file that was put in the place of the one before.
            connection::rejoin(&mut connection, &self.held)?;
            self.connection = Some(connection);
            self.synced = Durability::Process;
        }
        Ok(())
    }
}

fn answer(group: Vec<Job<Work>>, outcomes: Vec<Outcome>) {
    for (job, outcome) in group.into_iter().zip(outcomes) {
        job.answer(outcome);
    }
}

/// Cannot be changed inside a transaction, so it is one for all of its jobs: the strictest that one of them asks for.
fn set_durability(connection: &Connection, is: &mut Durability, wanted: Durability) -> Result<(), StoreError> {
    if *is == wanted {
        return Ok(());
    }
    let pragma = match wanted {
        Durability::Process => "PRAGMA synchronous = NORMAL",
        Durability::Disk => "PRAGMA synchronous = FULL",
    };
    connection.execute_batch(pragma).map_err(|error| failure(&error))?;
    *is = wanted;
    Ok(())
}

fn transact(connection: &Connection, group: &[Job<Work>]) -> Result<Vec<Outcome>, StoreError> {
    short(connection, "BEGIN IMMEDIATE")?;
    let mut outcomes = Vec::with_capacity(group.len());
    for job in group {
        // Another process may have held the file for long: what nobody waits for any more is not done after all.
        let outcome = if job.is_wanted() { one(connection, &job.what) } else { Err(StoreError::Closed) };
        match outcome {
            // The transaction is gone, with the work of those before.
            Err(error) if connection.is_autocommit() => return Err(error),
            // Of what is left, a part could be stored and a part not.
            Err(error @ (StoreError::Full { .. } | StoreError::Unavailable { .. } | StoreError::Corrupt { .. })) => {
                return Err(error);
            }
            outcome => outcomes.push(outcome),
        }
    }
    short(connection, "COMMIT")?;
    Ok(outcomes)
}

/// A single statement undoes itself where it fails; several need a savepoint.
fn one(connection: &Connection, work: &Work) -> Outcome {
    let mut rows = Vec::new();
    if let [statement] = work.statements.as_slice() {
        connection::run(connection, statement, &mut rows)?;
        return Ok(rows);
    }
    short(connection, "SAVEPOINT job")?;
    for statement in &work.statements {
        if let Err(error) = connection::run(connection, statement, &mut rows) {
            if !connection.is_autocommit() {
                short(connection, "ROLLBACK TO job")?;
                short(connection, "RELEASE job")?;
            }
            return Err(error);
        }
    }
    short(connection, "RELEASE job")?;
    Ok(rows)
}

/// A statement without parameters or rows.
fn short(connection: &Connection, sql: &'static str) -> Result<(), StoreError> {
    let step = |error: rusqlite::Error| failure(&error);
    connection.prepare_cached(sql).map_err(step)?.execute([]).map(drop).map_err(step)
}
