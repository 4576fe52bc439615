//! An engine for all tests of this program, and short ways to call a tool.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use pace_ir::program::tool::{HostPattern, Net, NetRule};
use pace_sandbox::{
    Call, Clock, Console, Engine, EngineSettings, Level, Limits, NetPolicy, NoConsole, Resolve, Resolving, Secret,
    Tool, ToolError,
};

/// The engine; its resolver knows the names of [`Names`].
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let resolver: Arc<dyn Resolve> = Arc::new(Names::default());
        Engine::new(&EngineSettings { resolver: Some(resolver), ..EngineSettings::default() }).unwrap()
    })
}

/// A name server of the tests: `a-b-c-d.ip.test` is a.b.c.d, `nowhere.test` is nothing, and `turns.test` is 127.0.0.1 the
/// first time and 127.0.0.2 ever after.
#[derive(Debug, Default)]
pub(crate) struct Names {
    turns: AtomicUsize,
}

impl Names {
    /// How often `turns.test` was looked up.
    pub(crate) fn turns(&self) -> usize {
        self.turns.load(Ordering::SeqCst)
    }
}

impl Resolve for Names {
    fn resolve(&self, host: &str) -> Resolving {
        let answer = match host.strip_suffix(".ip.test") {
            Some(address) => vec![address.replace('-', ".").parse::<IpAddr>().unwrap()],
            None if host == "turns.test" && self.turns.fetch_add(1, Ordering::SeqCst) == 0 => {
                vec!["127.0.0.1".parse().unwrap()]
            }
            None if host == "turns.test" => vec!["127.0.0.2".parse().unwrap()],
            None => vec![],
        };
        Box::pin(async move { Ok(answer) })
    }
}

/// A tool from the body of `execute(args, { env })`.
pub(crate) fn tool(body: &str) -> Tool {
    module(&format!("export default {{ name: 't', execute: async (args, context) => {{ {body} }} }};"))
}

/// A tool from a whole module.
pub(crate) fn module(source: &str) -> Tool {
    let bytecode = engine().compile("tool.js", source).unwrap();
    engine().load(&bytecode.0).unwrap()
}

/// Limits as they come, and time enough for what ends by itself, however busy the machine is.
pub(crate) fn limits() -> Limits {
    Limits { time: Duration::from_mins(3), ..Limits::default() }
}

/// A call with `{}` for arguments, no network, and everything else as it comes.
pub(crate) fn call() -> Call {
    Call {
        arguments: "{}".into(),
        env: BTreeMap::new(),
        secrets: Vec::new(),
        net: NetPolicy::nothing(),
        limits: limits(),
        clock: Clock::Real,
        console: Arc::new(NoConsole),
    }
}

/// Runs the body of a tool.
pub(crate) async fn run(body: &str) -> Result<String, ToolError> {
    tool(body).call(call()).await
}

/// Runs it with the granted secrets as its variables.
pub(crate) fn with_secrets(secrets: &[(&str, &str)]) -> Call {
    let env = secrets.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let secrets = secrets.iter().map(|(name, value)| Secret { name: (*name).into(), value: (*value).into() }).collect();
    Call { env, secrets, ..call() }
}

/// A policy of rules such as `127.0.0.1/32`, `name`, `name private`.
pub(crate) fn net(rules: &[&str]) -> NetPolicy {
    let rule = |text: &&str| {
        let (text, private) = text.strip_suffix(" private").map_or((*text, false), |text| (text, true));
        let host = if text.contains('/') { HostPattern::Network(text.into()) } else { HostPattern::Host(text.into()) };
        NetRule { host, port: None, private }
    };
    NetPolicy::new(&Net::Only(rules.iter().map(rule).collect())).unwrap()
}

/// Keeps every line.
#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<Vec<(Level, String)>>);

impl Kept {
    pub(crate) fn lines(&self) -> Vec<(Level, String)> {
        self.0.lock().unwrap().clone()
    }
}

impl Console for Kept {
    fn line(&self, level: Level, text: &str) {
        self.0.lock().unwrap().push((level, text.to_owned()));
    }
}

/// Says aloud that a test cannot run, and has it counted (`cargo xtask test`).
#[expect(clippy::print_stderr, reason = "a skipped test says so aloud")]
pub(crate) fn skip(missing: &str) {
    eprintln!("skipped: {missing}");
    if let Some(path) = std::env::var_os("PACE_SKIP_LOG") {
        use std::io::Write;
        let mut log = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        writeln!(log, "{missing}").unwrap();
    }
}
