//! What outlives an invocation, and where it goes: sessions into a store, traces there, to a collector or both, and the audit of live
//! writes. [`open`] is called once, before a runner is made; without a store nothing is kept but sessions, in memory.

pub(crate) mod health;
mod keeper;
mod retention;

use std::sync::Arc;
use std::time::Duration;

use pace_state::{Location, Looked, PostgresSettings, Scope, Settings, SinkState, Store, StoreError};

use crate::config::{StatePlace, StateSettings};
use crate::environment::Environment;
use crate::model::http;
use crate::session::Sessions;
use crate::setup::SetupError;
use crate::tool::audit::Audit;
use crate::trace::otlp::{self, ExportState, Exporter, Program};
use crate::trace::{Trace, TraceSink};
use health::Health;
use keeper::Keeper;

/// What is told of a store that fails. Why is for the log: what a store says names folders and databases.
const STORE_FAILS: &str = "the store fails: live writes are refused, and sessions that are there do not go on";

/// Where a runner keeps what outlives an invocation. By default nothing is kept but sessions, in memory.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Where records of invocations go, if they are kept.
    pub traces: Option<Arc<dyn TraceSink>>,
    /// Where live writes are put on record.
    pub audit: Audit,
    /// The store, where there is one.
    pub store: Option<Store>,
    /// Where conversations are.
    pub sessions: Arc<Sessions>,
    /// What brings traces to the store.
    keeper: Option<Arc<Keeper>>,
    /// What brings them to a collector.
    exporter: Option<Arc<Exporter>>,
    /// How long the store keeps what is over; nothing for ever.
    retention: Option<Duration>,
    /// Whether the store works.
    health: Arc<Health>,
}

/// Brings each record to the store and to a collector.
#[derive(Debug)]
struct Both {
    keeper: Arc<Keeper>,
    exporter: Arc<Exporter>,
}

impl TraceSink for Both {
    fn offer(&self, trace: Trace) {
        let trace = Arc::new(trace);
        self.exporter.take(Arc::clone(&trace));
        self.keeper.take(trace);
    }
}

/// Opens the store that the settings name, for a project. Has to be called in a runtime with its timers on, which has to live for as long as the state.
///
/// # Errors
/// The store cannot be used.
pub async fn open(settings: &StateSettings, project: &str, environment: &Environment) -> Result<State, SetupError> {
    let store = open_store(settings, project, environment).await?;
    let program = Program { project, deployment: &settings.environment };
    let exporter = settings.otlp.as_ref().map(|settings| Exporter::begin(settings, program, environment));
    let exporter = exporter.transpose()?.map(Arc::new);
    let kept = store.as_ref().filter(|_| settings.keeps_traces);
    let keeper = kept.map(|store| Arc::new(Keeper::begin(store, environment.given())));
    let traces: Option<Arc<dyn TraceSink>> = match (&keeper, &exporter) {
        (None, None) => None,
        (Some(keeper), None) => Some(Arc::<Keeper>::clone(keeper)),
        (None, Some(exporter)) => Some(Arc::<Exporter>::clone(exporter)),
        (Some(keeper), Some(exporter)) => {
            Some(Arc::new(Both { keeper: Arc::clone(keeper), exporter: Arc::clone(exporter) }))
        }
    };
    let health = Arc::<Health>::default();
    let audit = store.as_ref().map(|store| Audit::stored(store, environment.given(), &health)).unwrap_or_default();
    let sessions =
        store.as_ref().map(|store| Arc::new(Sessions::stored(store, environment.given(), &health))).unwrap_or_default();
    Ok(State { traces, audit, store, sessions, keeper, exporter, retention: settings.retention, health })
}

async fn open_store(
    settings: &StateSettings,
    project: &str,
    environment: &Environment,
) -> Result<Option<Store>, SetupError> {
    let Some(location) = location(settings, environment)? else { return Ok(None) };
    let opened = Store::open(location, scope(settings, project), Settings::default()).await;
    opened.map(Some).map_err(|error| unusable(settings, &error))
}

/// What is where the store is meant to be, without making or changing any of it; nothing where none is wanted.
///
/// # Errors
/// The store could not be used.
pub async fn look(settings: &StateSettings, environment: &Environment) -> Result<Option<Looked>, SetupError> {
    let Some(location) = location(settings, environment)? else { return Ok(None) };
    let looked = Store::look(&location, Settings::default()).await;
    looked.map(Some).map_err(|error| unusable(settings, &error))
}

/// The store alone, for those who read it: makes nothing. Nothing where nothing is stored of this project in this environment.
///
/// # Errors
/// The store cannot be used.
pub async fn find_store(
    settings: &StateSettings,
    project: &str,
    environment: &Environment,
) -> Result<Option<Store>, SetupError> {
    let Some(location) = location(settings, environment)? else { return Ok(None) };
    let found = Store::find(location, scope(settings, project), Settings::default()).await;
    found.map_err(|error| unusable(settings, &error))
}

/// Whose records a store has; nothing where there is none. Makes nothing.
///
/// # Errors
/// The store cannot be used.
pub async fn scopes(settings: &StateSettings, environment: &Environment) -> Result<Vec<Scope>, SetupError> {
    let Some(location) = location(settings, environment)? else { return Ok(Vec::new()) };
    Store::scopes(location, Settings::default()).await.map_err(|error| unusable(settings, &error))
}

fn location(settings: &StateSettings, environment: &Environment) -> Result<Option<Location>, SetupError> {
    Ok(match &settings.place {
        None => None,
        Some(StatePlace::Folder(folder)) => Some(Location::Sqlite(folder.clone())),
        Some(StatePlace::Database(address)) => {
            Some(Location::Postgres(PostgresSettings::new(address.expose(), http::tls(environment)?)))
        }
    })
}

fn scope(settings: &StateSettings, project: &str) -> Scope {
    Scope { project: project.to_owned(), environment: settings.environment.clone() }
}

impl State {
    /// With this sink for traces, and nothing else.
    pub fn keeping(traces: Arc<dyn TraceSink>) -> Self {
        Self { traces: Some(traces), ..Self::default() }
    }

    /// The same with conversations in memory: for those that nobody can come back to.
    #[must_use]
    pub fn without_sessions(self) -> Self {
        Self { sessions: Arc::default(), ..self }
    }

    /// What does not work, one sentence each. While the store fails, live writes are refused, and sessions that are there do not go on;
    /// nothing else stops.
    pub fn troubles(&self) -> Vec<String> {
        let stored = self.keeper.iter().filter_map(|keeper| keeper.trouble(&self.health));
        let exported = self.exporter.iter().filter_map(|exporter| exporter.trouble());
        stored.chain(exported).chain((!self.health.is_well()).then(|| STORE_FAILS.to_owned())).collect()
    }

    /// The store that traces are kept in, if they are.
    pub fn traces_store(&self) -> Option<&Store> {
        self.store.as_ref().filter(|_| self.keeper.is_some())
    }

    /// How it is with what brings traces to the store.
    pub fn stored_traces(&self) -> Option<SinkState> {
        self.keeper.as_ref().map(|keeper| keeper.state())
    }

    /// How it is with what brings spans to a collector.
    pub fn exported_spans(&self) -> Option<ExportState> {
        self.exporter.as_ref().map(|exporter| exporter.state())
    }

    /// Whether the store works, as far as what was last asked of it tells; nothing where there is none, or nobody looks after it.
    pub fn is_store_well(&self) -> Option<bool> {
        self.store.as_ref().map(|_| self.health.is_well())
    }

    /// Looks after store and collector for as long as the state lives: what fails is logged, a store that fails also while nothing is
    /// stored, and what is old is deleted.
    pub fn watch(&self) {
        if let Some(exporter) = &self.exporter {
            tokio::spawn(otlp::watch(Arc::downgrade(exporter)));
        }
        if let Some(store) = &self.store {
            tokio::spawn(retention::keep(store.clone(), self.retention));
        }
        if let Some(store) = &self.store {
            let keeper = self.keeper.as_ref().map(Arc::downgrade);
            tokio::spawn(health::watch(Arc::downgrade(&self.health), store.clone(), keeper));
        }
    }

    /// Ends when all sessions and traces that there are by now are stored, traces exported, and the store closed; after `within` at the
    /// latest. Once, when nothing new comes any more.
    ///
    /// # Errors
    /// How many are lost, and why: the store or the collector failed for all of `within`.
    pub async fn end(&self, within: Duration) -> Result<(), String> {
        let until = tokio::time::Instant::now() + within;
        let stored = async {
            match &self.keeper {
                Some(keeper) => keeper.flush(within).await,
                None => Ok(()),
            }
        };
        let exported = async {
            match &self.exporter {
                Some(exporter) => exporter.flush(within).await,
                None => Ok(()),
            }
        };
        let kept = tokio::join!(stored, exported, self.sessions.settled(within));
        if let Some(store) = &self.store {
            // What is not closed in time is closed by the end of the process, and as sound.
            let _late = tokio::time::timeout_at(until, store.close()).await;
        }
        match kept {
            (Err(stored), Err(exported), ()) => Err(format!("{stored}; {exported}")),
            (stored, exported, ()) => stored.and(exported),
        }
    }
}

fn unusable(settings: &StateSettings, error: &StoreError) -> SetupError {
    let help = match (&settings.place, error) {
        (_, StoreError::Newer { .. }) => "use the newer version, or another folder or database",
        (Some(StatePlace::Database(_)), _) => {
            "let `DATABASE_URL` lead to a PostgreSQL database that its user may make tables in, or set `PACE_STATE_DIR` to `memory` \
             to keep neither sessions, traces nor the audit of writes"
        }
        _ => {
            "set `PACE_STATE_DIR` to a folder that the user who starts this may write to, or to `memory` to keep neither sessions, \
             traces nor the audit of writes"
        }
    };
    let message = match (&settings.place, error) {
        (_, StoreError::Unwritable { .. }) | (Some(StatePlace::Database(_)) | None, _) => error.to_string(),
        (Some(StatePlace::Folder(folder)), error) => format!("{error} (`{}`)", crate::load::shown(folder)),
    };
    SetupError::new(crate::printable(&message), help)
}
