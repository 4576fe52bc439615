//! Measures calls of tools in fresh sandboxes: `cargo run --release -p pace-sandbox --example calls [calls]`. One line of JSON
//! a case, for `cargo xtask bench`: wall-clock p50 and p99 and CPU time a call, microseconds.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

use pace_sandbox::{Call, Clock, Engine, EngineSettings, Limits, NetPolicy, NoConsole, Tool};

/// Calls before the figures count: the first of them fault the engine's code in.
const WARM_UP: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let calls: usize = std::env::args().nth(1).map_or(Ok(3000), |text| text.parse())?;
    let started = Instant::now();
    let engine = Engine::new(&EngineSettings::default())?;
    println!(r#"{{"case":"engine ready","wall_us":{}}}"#, started.elapsed().as_micros());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    for (case, source, calls) in [
        ("trivial", "export default { execute: ({ a, b }) => a + b };".to_owned(), calls),
        ("120 KB", large(120 << 10), calls / 5),
    ] {
        let bytecode = engine.compile("tool.js", &source)?;
        let tool = engine.load(&bytecode.0)?;
        runtime.block_on(measure(case, &tool, calls.max(100)))?;
    }
    Ok(())
}

async fn measure(case: &str, tool: &Tool, calls: usize) -> Result<(), Box<dyn std::error::Error>> {
    for _ in 0..WARM_UP {
        tool.call(call()).await?;
    }
    let (mut walls, cpu) = (Vec::with_capacity(calls), cpu_ticks());
    let all = Instant::now();
    for _ in 0..calls {
        let started = Instant::now();
        tool.call(call()).await?;
        walls.push(started.elapsed().as_nanos());
    }
    let elapsed = all.elapsed().as_micros();
    walls.sort_unstable();
    let at = |share: usize| walls.get(calls * share / 1000).copied().unwrap_or_default() / 1000;
    let count = u128::try_from(calls)?;
    println!(
        r#"{{"case":"{case}","calls":{calls},"p50_us":{},"p99_us":{},"mean_us":{},"cpu_us":{}}}"#,
        at(500),
        at(990),
        elapsed / count,
        u128::from(cpu_ticks() - cpu) * 10_000 / count,
    );
    Ok(())
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

/// A module of about so many bytes whose functions are all different, as in a bundle of packages.
fn large(bytes: usize) -> String {
    let mut source = String::from("const all = [];\n");
    let mut number = 0;
    while source.len() < bytes {
        let _ = write!(
            source,
            "function part{number}(left, right) {{ const sum = left * {number} + right; \
             if (sum > {number} * 100) return {{ kind: 'part{number}', sum, list: [left, right, '{number}'] }}; \
             return all.filter((one) => one !== part{number}).map((one) => one.name + sum); }}\nall.push(part{number});\n",
        );
        number += 1;
    }
    source.push_str("export default { execute: ({ a, b }) => all[7](a, b).length ?? a + b };\n");
    source
}

/// What this process has used, user and system, in hundredths of a second (the kernel's unit in `stat`, proc(5)).
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    after_name.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}
