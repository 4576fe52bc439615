//! What the tests share.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use pace_mcp::{
    CallOptions, CallResult, Client, ClientSettings, Connection, Content, Error, Program, Secret, Server, Supervisor,
    Transport,
};
use pace_web::Web;
use serde_json::{Map, Value};

/// The credential of hostile servers.
pub(crate) const TOKEN: &str = "t0ken-of-somebody";

/// Enough for anything that ends at all, on a machine that does other things too.
pub(crate) const LONG: Duration = Duration::from_mins(2);

pub(crate) fn block_on<F: Future<Output = ()>>(test: F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(test);
}

/// A path that `cargo xtask counterparts` gives.
pub(crate) fn counterpart(variable: &str) -> Option<PathBuf> {
    pace_tests::installed(variable, "a counterpart")
}

pub(crate) fn client() -> Client {
    let supervisor = Supervisor::Program(std::env::current_exe().unwrap());
    let web = Web::configure(|_| None, pace_web::CONNECT).unwrap();
    Client::new(ClientSettings { version: "0.0.1".to_owned(), supervisor, web })
}

/// A program with nothing but a path and a home.
pub(crate) fn program(name: &str, program: impl Into<PathBuf>, arguments: &[&str], home: &Path) -> Server {
    let variables = [("PATH", std::env::var("PATH").unwrap()), ("HOME", home.display().to_string())];
    Server {
        name: name.to_owned(),
        transport: Transport::Program(Program {
            program: program.into(),
            arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
            variables: variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            secrets: BTreeMap::new(),
            directory: home.to_owned(),
        }),
        roots: Vec::new(),
        hidden: Vec::new(),
    }
}

/// Our own server, which knows a token.
pub(crate) fn hostile(mode: &[&str]) -> Option<Server> {
    let python = counterpart("PACE_TEST_MCP_PYTHON")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp/hostile.py");
    let arguments = [&["-u", script], mode].concat();
    let mut server = program("hostile", python, &arguments, Path::new("/"));
    if let Transport::Program(program) = &mut server.transport {
        program.secrets.insert("TOKEN".to_owned(), Secret::new(TOKEN));
    }
    Some(server)
}

pub(crate) async fn open(server: &Server) -> Connection {
    Connection::open(&client(), server, LONG).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Why it cannot be opened within some seconds.
pub(crate) async fn refused(server: &Server, seconds: u64) -> Error {
    let error = Connection::open(&client(), server, Duration::from_secs(seconds)).await.expect_err("it opened");
    assert_one_line(&error);
    error
}

/// An error stands alone, and tells no secret.
pub(crate) fn assert_one_line(error: &Error) {
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains(TOKEN), "{text}");
    }
    assert!(!error.to_string().contains(char::is_control), "{error}");
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => panic!("no object: {other}"),
    }
}

pub(crate) async fn call(connection: &Connection, tool: &str, arguments: Value) -> Result<CallResult, Error> {
    connection.call(tool, object(arguments), CallOptions::within(LONG)).await
}

/// The words of a result.
pub(crate) fn text(result: &CallResult) -> &str {
    match result.content.as_slice() {
        [Content::Text(text), ..] => text,
        other => panic!("no text: {other:?}"),
    }
}

pub(crate) async fn called(connection: &Connection, tool: &str, arguments: Value) -> CallResult {
    call(connection, tool, arguments).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Waits until `is_so`.
pub(crate) async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = std::time::Instant::now();
    while !is_so() {
        assert!(since.elapsed() < LONG, "{what}: never");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Held by tests that judge how much memory is used, and by those that use much: all of them share this process.
pub(crate) async fn alone() -> tokio::sync::MutexGuard<'static, ()> {
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    ALONE.lock().await
}

/// Bytes of memory that this process has in use.
pub(crate) fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() << 10
}

/// What this crate logs, from now on.
pub(crate) fn log() -> &'static Mutex<Vec<u8>> {
    static LOG: OnceLock<&'static Mutex<Vec<u8>>> = OnceLock::new();
    LOG.get_or_init(|| {
        let log: &'static Mutex<Vec<u8>> = Box::leak(Box::default());
        let writer = move || Writer(log);
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false).with_writer(writer).init();
        log
    })
}

struct Writer(&'static Mutex<Vec<u8>>);

impl std::io::Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
