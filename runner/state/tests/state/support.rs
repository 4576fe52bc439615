//! What the tests share: stages to play on, a clock, small rows.

pub(crate) mod proxy;
pub(crate) mod server;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pace_state::{
    Key, LeaseClock, Location, Moment, NewSession, PostgresSettings, Scope, SessionOwner, Settings, Store, Trace,
    TraceStatus, TurnEnd,
};

/// A lease as runners take them.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// Waits until something is so, within the patience of all tests.
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let waiting = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(pace_tests::process::PATIENCE, waiting).await;
    assert!(waited.is_ok(), "it does not come to pass: {what}");
}

/// A database of a test's own.
pub(crate) struct Stage {
    pub(crate) location: Location,
    _folder: Option<tempfile::TempDir>,
}

impl Stage {
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { location: Location::Sqlite(folder.path().join("state")), _folder: Some(folder) }
    }

    /// The folder of an SQLite stage.
    pub(crate) fn folder(&self) -> std::path::PathBuf {
        let Location::Sqlite(folder) = &self.location else { panic!("it is PostgreSQL") };
        folder.clone()
    }

    /// So that there is something to execute in before the store is made.
    pub(crate) fn prepare(&self) {
        if let Location::Sqlite(folder) = &self.location {
            std::fs::create_dir_all(folder).unwrap();
        }
    }

    /// Statements, past the store.
    pub(crate) async fn execute(&self, sql: &str) {
        match &self.location {
            Location::Sqlite(folder) => file(folder).execute_batch(sql).unwrap(),
            Location::Postgres(settings) => server::execute(&settings.url, sql).await,
        }
    }

    /// A number, past the store.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        match &self.location {
            Location::Sqlite(folder) => file(folder).query_row(sql, [], |row| row.get(0)).unwrap(),
            Location::Postgres(settings) => server::number(&settings.url, sql).await,
        }
    }

    pub(crate) async fn open(&self) -> Store {
        self.open_scope("shop", "test").await
    }

    pub(crate) async fn open_scope(&self, project: &str, environment: &str) -> Store {
        Store::open(self.location.clone(), scope(project, environment), Settings::default()).await.unwrap()
    }
}

fn file(folder: &std::path::Path) -> rusqlite::Connection {
    let file = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    file.busy_timeout(Duration::from_secs(30)).unwrap();
    file
}

pub(crate) fn scope(project: &str, environment: &str) -> Scope {
    Scope { project: project.to_owned(), environment: environment.to_owned() }
}

pub(crate) fn block_on<F: Future<Output = ()>>(test: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test);
}

pub(crate) fn on_sqlite<F: Future<Output = ()>>(test: impl FnOnce(Stage) -> F) {
    block_on(async { test(Stage::sqlite()).await });
}

pub(crate) fn on_postgres<F: Future<Output = ()>>(test: impl FnOnce(Stage) -> F) {
    let Some(server) = server::shared() else { return };
    block_on(async {
        let mut settings = settings(&server::database(server).await);
        settings.clock = LeaseClock::Caller;
        test(Stage { location: Location::Postgres(settings), _folder: None }).await;
    });
}

/// Few connections: many tests share one server.
pub(crate) fn settings(url: &str) -> PostgresSettings {
    PostgresSettings { connections: 4, ..PostgresSettings::new(url, tls(&[])) }
}

/// What certificates are judged by: those of some authorities alone.
pub(crate) fn tls(authorities: &[rustls::pki_types::CertificateDer<'static>]) -> std::sync::Arc<rustls::ClientConfig> {
    let mut roots = rustls::RootCertStore::empty();
    for authority in authorities {
        roots.add(authority.clone()).unwrap();
    }
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    std::sync::Arc::new(config.with_root_certificates(roots).with_no_client_auth())
}

/// Each function, on both databases.
macro_rules! on_both {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $test() {
                crate::support::on_sqlite(super::$test);
            })*
        }
        mod on_postgres {
            $(#[test]
            fn $test() {
                crate::support::on_postgres(super::$test);
            })*
        }
    };
}
pub(crate) use on_both;

/// A key that no other call gives, as scattered as random ones.
pub(crate) fn key() -> Key {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = u128::from(NEXT.fetch_add(1, Ordering::Relaxed));
    Key(number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

pub(crate) const fn at(millis: i64) -> Moment {
    Moment(1_700_000_000_000 + millis)
}

pub(crate) fn owner(principal: &str) -> SessionOwner {
    SessionOwner { agent: "helper".to_owned(), principal: principal.to_owned(), parent: None }
}

pub(crate) fn new_session(owner: SessionOwner, id: Key, created: Moment) -> NewSession {
    NewSession { owner, id, name: None, created }
}

/// The end of a turn without sessions inside it.
pub(crate) fn end(conversation: &[u8], now: Moment) -> TurnEnd {
    TurnEnd { conversation: conversation.to_vec(), inside: Vec::new(), now }
}

/// A session with its first turn.
pub(crate) async fn create(store: &Store, owner: SessionOwner, id: Key, conversation: &[u8], at: (Moment, Moment)) {
    store.create_session(&new_session(owner, id, at.0), &end(conversation, at.1)).await.unwrap();
}

pub(crate) fn trace(agent: &str, subject: &str, started: Moment) -> Trace {
    let id = key();
    Trace {
        id,
        parent: None,
        root: id,
        agent: agent.to_owned(),
        loop_name: None,
        subject: subject.to_owned(),
        actors: "[]".to_owned(),
        model: Some("gemini-3.5-flash".to_owned()),
        bundle: "b3:0123".to_owned(),
        status: TraceStatus::Ok,
        error: None,
        started,
        duration: Duration::from_millis(12),
        input_tokens: 100,
        output_tokens: 20,
        cost: Some(7),
        model_calls: 2,
        tool_calls: 1,
        denials: 0,
    }
}
