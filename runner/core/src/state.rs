//! What outlives an invocation, and where it is kept: traces, and the audit of live writes. [`open`] is called once, before a
//! runner is made; without a store nothing is kept but sessions, in memory.

pub(crate) mod health;
mod keeper;

use std::sync::Arc;
use std::time::Duration;

use pace_state::{Location, PostgresSettings, Scope, Settings, Store, StoreError};

use crate::config::{StatePlace, StateSettings};
use crate::environment::Environment;
use crate::model::http;
use crate::setup::SetupError;
use crate::tool::audit::Audit;
use crate::trace::TraceSink;
use health::Health;
use keeper::Keeper;

/// Where a runner keeps what outlives an invocation. By default nothing is kept but sessions, in memory.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Where records of invocations go, if they are kept.
    pub traces: Option<Arc<dyn TraceSink>>,
    /// Where live writes are put on record.
    pub audit: Audit,
    /// The store, where there is one.
    pub store: Option<Store>,
    /// What brings traces to the store.
    keeper: Option<Arc<Keeper>>,
    /// Whether the store works.
    health: Arc<Health>,
}

/// Opens the store that the settings name, for a project. Has to be called in a runtime with its timers on, which has to live for as long as the state.
///
/// # Errors
/// The store cannot be used.
pub async fn open(settings: &StateSettings, project: &str, environment: &Environment) -> Result<State, SetupError> {
    let Some(store) = open_store(settings, project, environment).await? else { return Ok(State::default()) };
    let keeper = settings.keeps_traces.then(|| Arc::new(Keeper::begin(&store, environment.given())));
    let traces = keeper.clone().map(|keeper| keeper as Arc<dyn TraceSink>);
    let health = Arc::<Health>::default();
    let audit = Audit::stored(&store, environment.given(), &health);
    Ok(State { traces, audit, store: Some(store), keeper, health })
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

    /// What does not work, one sentence each. Nothing that is said here stops invocations; live writes are refused while the
    /// store fails.
    pub fn troubles(&self) -> Vec<String> {
        let traces = self.keeper.iter().filter_map(|keeper| keeper.trouble(&self.health));
        let refused = "live writes are refused, because the store fails";
        traces.chain((!self.health.is_well()).then(|| refused.to_owned())).collect()
    }

    /// Looks after the store for as long as the state lives: what fails is logged, and found also while nothing is stored.
    pub fn watch(&self) {
        if let Some(store) = &self.store {
            let keeper = self.keeper.as_ref().map(Arc::downgrade);
            tokio::spawn(health::watch(Arc::downgrade(&self.health), store.clone(), keeper));
        }
    }

    /// Ends when all traces that there are by now are stored.
    ///
    /// # Errors
    /// How many are not, and why: the store failed for all of `within`.
    pub async fn flush(&self, within: Duration) -> Result<(), String> {
        match &self.keeper {
            Some(keeper) => keeper.flush(within).await,
            None => Ok(()),
        }
    }

    /// Ends when all traces are stored and the store is closed, after `within` at the latest.
    ///
    /// # Errors
    /// How many are lost, and why.
    pub async fn end(&self, within: Duration) -> Result<(), String> {
        let until = tokio::time::Instant::now() + within;
        let kept = self.flush(within).await;
        if let Some(store) = &self.store {
            // What is not closed in time is closed by the end of the process, and as sound.
            let _late = tokio::time::timeout_at(until, store.close()).await;
        }
        kept
    }
}

fn unusable(settings: &StateSettings, error: &StoreError) -> SetupError {
    let help = match (&settings.place, error) {
        (_, StoreError::Newer { .. }) => "use the newer version, or another folder or database",
        (Some(StatePlace::Database(_)), _) => {
            "let `DATABASE_URL` lead to a PostgreSQL database that its user may make tables in, or set `PACE_STATE_DIR` to `memory` \
             to keep neither traces nor the audit of writes"
        }
        _ => {
            "set `PACE_STATE_DIR` to a folder that the user who starts this may write to, or to `memory` to keep neither traces nor \
             the audit of writes"
        }
    };
    let message = match (&settings.place, error) {
        (_, StoreError::Unwritable { .. }) | (Some(StatePlace::Database(_)) | None, _) => error.to_string(),
        (Some(StatePlace::Folder(folder)), error) => format!("{error} (`{}`)", crate::load::shown(folder)),
    };
    SetupError::new(crate::printable(&message), help)
}
