//! Measures calls of tools in fresh sandboxes, for `cargo xtask bench tools`: `calls <bundle> <folder> [calls]`. Each tool of
//! the bundle is called with `{"a":1,"b":2}`, from memory and evaluated in each call; its module is written to the folder as
//! `<name>.mjs`, for a counterpart. Then tools wait for a server. One line of JSON a case, figures in microseconds.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pace_ir::bundle::verify::TOOL_ABI;
use pace_ir::program::tool::{HostPattern, Net, NetRule};
use pace_ir::{Bundle, Policy};
use pace_sandbox::{Call, Clock, Engine, EngineSettings, Limits, NetPolicy, NoConsole, Tool};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Calls before the figures count: the first of them fault the engine's code in, the second loads the module.
const WARM_UP: usize = 50;
/// How long the server takes to answer.
const LATENCY: Duration = Duration::from_millis(200);
/// How many tools wait for it at once.
const CROWD: usize = 200;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [bundle, folder, rest @ ..] = arguments.as_slice() else {
        return Err("usage: calls <bundle> <folder> [calls]".into());
    };
    let calls: usize = rest.first().map_or(Ok(3000), |text| text.parse())?;
    let policy = Policy { features: &[TOOL_ABI], ..Policy::default() };
    let bundle = pace_ir::verify(&std::fs::read(bundle)?, &policy).map_err(|reason| format!("{reason:?}"))?;
    let started = Instant::now();
    let engine = Engine::new(&EngineSettings::default())?;
    println!(r#"{{"case":"ready","wall_us":{},"resident_kib":{}}}"#, started.elapsed().as_micros(), resident());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for name in bundle.bundle().tools.local.keys() {
        runtime.block_on(measure(name, bundle.bundle(), Path::new(folder), calls))?;
    }
    // As many threads as the promise speaks of.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(waiting(&engine))
}

/// The calls of one tool, in two engines of its own: what another tool left in the processor's caches takes no part.
async fn measure(name: &str, bundle: &Bundle, folder: &Path, calls: usize) -> Result<()> {
    let (bytecode, source) = parts(name, bundle).ok_or("the bundle has no such tool")?;
    std::fs::write(folder.join(format!("{}.mjs", name.replace('/', "-"))), source)?;
    let (figures, held) = timed(EngineSettings::default(), bytecode, calls).await?;
    let (evaluated, _) = timed(EngineSettings { images: 0, ..EngineSettings::default() }, bytecode, calls / 5).await?;
    println!(
        r#"{{"case":"tool","name":"{name}","source":{},"held":{},"memory":{figures},"evaluated":{evaluated},"resident_kib":{}}}"#,
        source.len(),
        held.unwrap_or_default(),
        resident(),
    );
    Ok(())
}

/// Bytecode and source of a tool.
fn parts<'a>(name: &str, bundle: &'a Bundle) -> Option<(&'a [u8], &'a [u8])> {
    let (tool, blobs) = (bundle.tools.local.get(name)?, &bundle.blobs.blobs);
    Some((pace_ir::bundle::tool_module::unwrap(blobs.get(&tool.module)?)?, blobs.get(&tool.source)?))
}

async fn timed(settings: EngineSettings, bytecode: &[u8], calls: usize) -> Result<(String, Option<usize>)> {
    let tool = Engine::new(&settings)?.load(bytecode)?;
    for _ in 0..WARM_UP {
        tool.call(call()).await?;
    }
    let (mut walls, cpu) = (Vec::with_capacity(calls), cpu_ticks());
    for _ in 0..calls {
        let started = Instant::now();
        tool.call(call()).await?;
        walls.push(started.elapsed().as_nanos());
    }
    let cpu = u128::from(cpu_ticks() - cpu) * 10_000 / u128::try_from(calls)?;
    walls.sort_unstable();
    let at = |share: usize| walls.get(calls * share / 1000).copied().unwrap_or_default() / 1000;
    let figures = format!(r#"{{"calls":{calls},"p50_us":{},"p99_us":{},"cpu_us":{cpu}}}"#, at(500), at(990));
    Ok((figures, tool.held()))
}

/// Three requests of one call, and many calls at once.
async fn waiting(engine: &Engine) -> Result<()> {
    let address = serve()?;
    let call = || Call { arguments: format!("\"http://{address}/\""), net: loopback(), ..call() };
    let load = |body: &str| -> Result<Tool> {
        let source = format!("export default {{ execute: async (url) => {{ {body} }} }};");
        Ok(engine.load(&engine.compile("tool.js", &source)?.0)?)
    };
    let three = load("return (await Promise.all([1, 2, 3].map(() => fetch(url)))).map((r) => r.status);")?;
    let started = Instant::now();
    if three.call(call()).await? != "[200,200,200]" {
        return Err("the three requests failed".into());
    }
    println!(r#"{{"case":"three fetches","wall_us":{}}}"#, started.elapsed().as_micros());

    let one = load("return (await fetch(url)).status;")?;
    // What else is served by these threads, as a health check would be: how long it had to wait at most.
    let other = tokio::spawn(async {
        let mut latest = Duration::ZERO;
        let until = Instant::now() + LATENCY;
        while Instant::now() < until {
            let asked = Instant::now();
            tokio::task::yield_now().await;
            latest = latest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        latest
    });
    let started = Instant::now();
    let calls: Vec<_> = (0..CROWD).map(|_| (one.clone(), call())).collect();
    let calls: Vec<_> =
        calls.into_iter().map(|(one, call)| tokio::spawn(async move { one.call(call).await })).collect();
    tokio::time::sleep(LATENCY / 2).await;
    let during = resident();
    for call in calls {
        call.await??;
    }
    println!(
        r#"{{"case":"crowd","calls":{CROWD},"wall_us":{},"other_us":{},"during_kib":{during},"resident_kib":{}}}"#,
        started.elapsed().as_micros(),
        other.await?.as_micros(),
        resident(),
    );
    Ok(())
}

/// Answers every request after [`LATENCY`], from a thread of its own.
fn serve() -> Result<String> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?.to_string();
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || runtime.block_on(answer(listener)));
    Ok(address)
}

async fn answer(listener: std::net::TcpListener) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    while let Ok((mut stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let _ = stream.read(&mut [0; 4096]).await;
            tokio::time::sleep(LATENCY).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
        });
    }
}

fn call() -> Call {
    Call {
        arguments: r#"{"a":1,"b":2}"#.into(),
        env: BTreeMap::new(),
        secrets: Vec::new(),
        net: NetPolicy::nothing(),
        limits: Limits::default(),
        clock: Clock::Real,
        console: Arc::new(NoConsole),
    }
}

fn loopback() -> NetPolicy {
    let rule = NetRule { host: HostPattern::Network("127.0.0.1/32".into()), port: None, private: false };
    NetPolicy::new(&Net::Only(vec![rule])).unwrap_or_else(|_| NetPolicy::nothing())
}

/// What this process has used, user and system, in hundredths of a second (the kernel's unit in `stat`, proc(5)).
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// Resident memory, KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default().to_owned();
    line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default()
}
