//! Measures calls of one program's tool, for `cargo xtask bench mcp`: `calls <pace|bare> <threads> <calls> <program> [arguments]`.
//! `pace` calls as the runner does: a lease of the pool, what is offered held against what is known, then the call. `bare` is
//! rmcp over the program's pipes, and nothing else. One line of JSON: the CPU time of this process alone, user and system, of one
//! call, microseconds.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use pace_mcp::{
    CallOptions, Client, ClientSettings, Content, Key, Pool, PoolSettings, Program, Server, Supervisor, Transport,
};
use pace_web::Web;
use rmcp::model::{CallToolRequestParams, ClientCapabilities, ClientConfig, Implementation, ProtocolVersion};
use rmcp::service::{ClientLifecycleMode, ClientServiceExt as _};
use serde_json::{Map, Value};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Calls that do not count: the first of them fault code in and fill pools.
const WARM_UP: u32 = 100;
/// What is called, and with which argument.
const TOOL: &str = "echo";
const ARGUMENT: &str = "message";
const WITHIN: Duration = Duration::from_mins(1);

fn main() -> ExitCode {
    if let Some(code) = pace_mcp::supervise(std::env::args_os()) {
        return code;
    }
    match run() {
        Ok(call) => {
            println!(r#"{{"call_us":{:.3}}}"#, call.as_secs_f64() * 1e6);
            ExitCode::SUCCESS
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Duration> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [client, threads, calls, program, arguments @ ..] = arguments.as_slice() else {
        return Err("usage: calls <pace|bare> <threads> <calls> <program> [arguments]".into());
    };
    let (calls, program, arguments) = (calls.parse::<u32>()?, program.clone(), arguments.to_vec());
    let runtime = match threads.parse()? {
        0 => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        threads => tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?,
    };
    // On a worker, where the runner's invocations are.
    let measured = match client.as_str() {
        "pace" => runtime.spawn(pace(program, arguments, calls)),
        "bare" => runtime.spawn(bare(program, arguments, calls)),
        other => return Err(format!("there is no client `{other}`").into()),
    };
    Ok(runtime.block_on(measured)?? / calls.max(1))
}

/// CPU time that this process has taken so far.
fn cpu() -> Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let times = [usage.user_time(), usage.system_time()];
    let micros = times.iter().map(|time| time.tv_sec() * 1_000_000 + time.tv_usec()).sum::<i64>();
    Ok(Duration::from_micros(micros.unsigned_abs()))
}

fn argument(number: u32) -> (Map<String, Value>, String) {
    let word = format!("number {number}");
    (Map::from_iter([(ARGUMENT.to_owned(), Value::String(word.clone()))]), word)
}

/// The runner's client.
async fn pace(program: String, arguments: Vec<String>, calls: u32) -> Result<Duration> {
    let web = Web::configure(|_| None, pace_web::CONNECT).map_err(|error| error.message)?;
    // By its path: a tool that counts instructions stands in the place of the one that runs.
    let supervisor = Supervisor::Program(std::env::current_exe()?);
    let settings = ClientSettings { version: "0".to_owned(), supervisor, web };
    let pool = Pool::new(Client::new(settings), PoolSettings::default());
    let variables = std::env::vars().filter(|(name, _)| name == "PATH").collect();
    let (secrets, directory) = (BTreeMap::new(), std::env::current_dir()?);
    let program = Program { program: program.into(), arguments, variables, secrets, directory };
    let server = Server {
        name: "bench".to_owned(),
        transport: Transport::Program(program),
        roots: Vec::new(),
        hidden: Vec::new(),
    };
    let key = Key { server: "bench".to_owned(), identity: String::new() };
    let mut before = Duration::ZERO;
    for number in 0..WARM_UP + calls {
        if number == WARM_UP {
            before = cpu()?;
        }
        let connection = pool.get(&key, &server).await?;
        if !connection.current(WITHIN).await?.tools.iter().any(|tool| tool.name == TOOL) {
            return Err("the server has no such tool".into());
        }
        let (arguments, word) = argument(number);
        let result = connection.call(TOOL, arguments, CallOptions::within(WITHIN)).await?;
        let [Content::Text(text)] = result.content.as_slice() else { return Err("it answers with no text".into()) };
        if !text.contains(&word) {
            return Err(format!("it answers `{text}`").into());
        }
    }
    let taken = cpu()?.saturating_sub(before);
    pool.close_all(WITHIN).await;
    Ok(taken)
}

/// The least a client can do.
async fn bare(program: String, arguments: Vec<String>, calls: u32) -> Result<Duration> {
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("it has no pipes".into());
    };
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: Some(ProtocolVersion::V_2025_11_25),
    };
    let config = ClientConfig::new(ClientCapabilities::default(), Implementation::new("bare", "0"));
    let service = config.serve_with_lifecycle((output, input), lifecycle).await?;
    let mut before = Duration::ZERO;
    for number in 0..WARM_UP + calls {
        if number == WARM_UP {
            before = cpu()?;
        }
        let (arguments, word) = argument(number);
        let result = service.call_tool(CallToolRequestParams::new(TOOL).with_arguments(arguments)).await?;
        let text = result.content.first().and_then(|content| content.as_text());
        if !text.is_some_and(|text| text.text.contains(&word)) {
            return Err(format!("it answers {result:?}").into());
        }
    }
    let taken = cpu()?.saturating_sub(before);
    service.cancel().await?;
    child.wait().await?;
    Ok(taken)
}
