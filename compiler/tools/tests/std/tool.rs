//! The tools, compiled once for all tests, and short ways to call them.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock};

use pace_compiler::tools::Wanted;
use pace_compiler::{CompiledTool, ToolCompiler};
use pace_diag::Sink;
use pace_ir::program::tool::{HostPattern, Net, NetRule};
use pace_sandbox::{
    Call, Clock, Engine, EngineSettings, Limits, NetPolicy, NoConsole, Resolve, Resolving, Tool, ToolError,
};
use pace_syntax::{SourceMap, Span};
use pace_tools::{Silent, TypeScript};
use serde_json::Value;

/// All there are, sorted.
pub(crate) const NAMES: [&str; 9] =
    ["calc", "csv", "fetch", "hash", "html-to-markdown", "json-query", "rss", "text-diff", "time"];

/// The clock of the tests: Thursday, 26 November 2026, 09:00 in Greenwich.
const NOW: u64 = 1_795_683_600_000;

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let resolver: Option<Arc<dyn Resolve>> = Some(Arc::new(Here));
    Engine::new(&EngineSettings { resolver, ..EngineSettings::default() }).unwrap()
});

static COMPILED: LazyLock<BTreeMap<String, CompiledTool>> = LazyLock::new(|| {
    let project = tempfile::tempdir().unwrap();
    let program = std::env::current_exe().unwrap();
    let compiler = TypeScript::new(project.path(), &program, Arc::new(Silent)).unwrap();
    let (mut sources, mut sink) = (SourceMap::new(), Sink::new());
    let named_at = Span::new(sources.add("agents/a/spec.yaml", " "), 0..1);
    let wanted = NAMES.map(|name| (format!("std/{name}"), Wanted { named_at })).into();
    let compiled = compiler.compile(&wanted, &mut sources, &mut sink).unwrap();
    let told: Vec<String> = sink.finish().iter().map(|diagnostic| format!("{diagnostic:?}")).collect();
    assert_eq!(told, Vec::<String>::new());
    compiled.tools
});

static LOADED: LazyLock<BTreeMap<&'static str, Tool>> = LazyLock::new(|| {
    let load = |name: &'static str| {
        let source = std::str::from_utf8(&compiled(name).source).unwrap();
        (name, ENGINE.load(&ENGINE.compile("tool.js", source).unwrap().0).unwrap())
    };
    NAMES.into_iter().map(load).collect()
});

/// Every name is this machine.
#[derive(Debug)]
struct Here;

impl Resolve for Here {
    fn resolve(&self, _: &str) -> Resolving {
        Box::pin(async { Ok(vec![IpAddr::from([127, 0, 0, 1])]) })
    }
}

/// What the bundle would hold of a tool.
pub(crate) fn compiled(name: &str) -> &'static CompiledTool {
    &COMPILED[&format!("std/{name}")]
}

/// Where tests of servers live.
pub(crate) fn runtime() -> &'static tokio::runtime::Runtime {
    &RUNTIME
}

/// What may be connected to: names that are this machine.
pub(crate) fn private(hosts: &[&str]) -> NetPolicy {
    let rule = |host: &&str| NetRule { host: HostPattern::Host((*host).into()), port: None, private: true };
    NetPolicy::new(&Net::Only(hosts.iter().map(rule).collect())).unwrap()
}

/// Calls a tool with what it may connect to. The arguments have to fit its schema, as they do when a model calls it.
pub(crate) fn call_with(net: NetPolicy, name: &'static str, arguments: &Value) -> Result<Value, ToolError> {
    let schema: Value = serde_json::from_str(&compiled(name).parameters.0).unwrap();
    let fits = jsonschema::validate(&schema, arguments);
    assert!(fits.is_ok(), "{name} {arguments}: {}", fits.unwrap_err());
    call_unchecked(net, name, arguments)
}

fn call_unchecked(net: NetPolicy, name: &'static str, arguments: &Value) -> Result<Value, ToolError> {
    let call = Call {
        arguments: arguments.to_string(),
        env: BTreeMap::new(),
        secrets: Vec::new(),
        net,
        limits: Limits::default(),
        clock: Clock::Fixed { now: NOW, seed: 1 },
        console: Arc::new(NoConsole),
    };
    let result = RUNTIME.block_on(LOADED[name].call(call))?;
    Ok(serde_json::from_str(&result).unwrap())
}

/// Calls a tool without network, which has to succeed.
pub(crate) fn call(name: &'static str, arguments: &Value) -> Value {
    match call_with(NetPolicy::nothing(), name, arguments) {
        Ok(result) => result,
        Err(error) => panic!("{name} {arguments}: {error}\n{}", error.stack),
    }
}

/// Calls a tool without network, which has to fail; what the model is told.
pub(crate) fn fails(name: &'static str, arguments: &Value) -> String {
    match call_with(NetPolicy::nothing(), name, arguments) {
        Ok(result) => panic!("{name} {arguments}: {result}"),
        Err(error) => error.message,
    }
}
