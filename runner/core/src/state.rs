//! What outlives an invocation, and where it is kept: sessions, traces, and the audit of live writes. [`open`] is called once, before
//! a runner is made; without a store nothing is kept but sessions, in memory.

mod keeper;

use std::sync::Arc;
use std::time::Duration;

use pace_state::{Location, PostgresSettings, Scope, Settings, Store, StoreError};

use crate::config::{StatePlace, StateSettings};
use crate::environment::Environment;
use crate::model::http;
use crate::session::Sessions;
use crate::setup::SetupError;
use crate::tool::audit::Audit;
use crate::trace::TraceSink;
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
    /// Where conversations are.
    pub sessions: Arc<Sessions>,
    /// What brings traces to the store.
    keeper: Option<Arc<Keeper>>,
}

/// Opens the store that the settings name, for a project. Has to be called in a runtime with its timers on, which has to live for as long as the state.
///
/// # Errors
/// The store cannot be used.
pub async fn open(settings: &StateSettings, project: &str, environment: &Environment) -> Result<State, SetupError> {
    let Some(store) = open_store(settings, project, environment).await? else { return Ok(State::default()) };
    let keeper = settings.keeps_traces.then(|| Arc::new(Keeper::begin(&store, environment.given())));
    let traces = keeper.clone().map(|keeper| keeper as Arc<dyn TraceSink>);
    let audit = Audit::stored(&store, environment.given());
    let sessions = Arc::new(Sessions::stored(&store, environment.given()));
    Ok(State { traces, audit, store: Some(store), sessions, keeper })
}

/// The store alone, for those who read it; nothing where none is wanted.
///
/// # Errors
/// The store cannot be used.
pub async fn open_store(
    settings: &StateSettings,
    project: &str,
    environment: &Environment,
) -> Result<Option<Store>, SetupError> {
    let location = match &settings.place {
        None => return Ok(None),
        Some(StatePlace::Folder(folder)) => Location::Sqlite(folder.clone()),
        Some(StatePlace::Database(address)) => {
            Location::Postgres(PostgresSettings::new(address.expose(), http::tls(environment)?))
        }
    };
    let scope = Scope { project: project.to_owned(), environment: settings.environment.clone() };
    let opened = Store::open(location, scope, Settings::default()).await;
    opened.map(Some).map_err(|error| unusable(settings, &error))
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
        self.keeper.iter().filter_map(|keeper| keeper.trouble()).chain(self.sessions.trouble()).collect()
    }

    /// Looks after the store for as long as the state lives: what fails is logged, and found also while nothing is stored.
    pub fn watch(&self) {
        self.sessions.watch();
        if let (Some(keeper), Some(store)) = (&self.keeper, &self.store) {
            tokio::spawn(keeper::watch(Arc::downgrade(keeper), store.clone()));
        }
    }

    /// Ends when all traces are stored and the store is closed.
    ///
    /// # Errors
    /// How many are lost, and why: the store failed for all of `within`.
    pub async fn end(&self, within: Duration) -> Result<(), String> {
        self.sessions.settled(within).await;
        let kept = match &self.keeper {
            Some(keeper) => keeper.flush(within).await,
            None => Ok(()),
        };
        if let Some(store) = &self.store {
            // What is not closed in time is closed by the end of the process, and as sound.
            let _late = store.close().await;
        }
        kept
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
