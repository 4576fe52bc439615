//! `cargo xtask bench mcp`: calls of one program's tool over its standard input and output, by the runner's client and by rmcp alone.
//! What counts is the CPU time of the calling process: the program's own is the same for both.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::build;
use super::measure::median;
use super::promises::Promises;
use crate::command::{Verdict, capture, program};
use crate::node::Node;

/// The packages that bring the server, and its program: it echoes.
const PACKAGES: &str = "tests/counterparts/mcp";
const SERVER: &str = "@modelcontextprotocol/server-everything/dist/index.js";
/// Calls over one connection.
const CALLS: &str = "1000";
/// Pairs of runs: one of each client, in turn, so that a machine that gets busy is so for both. The least of each client is judged:
/// a run takes some 25 ms, and whatever else the machine does only adds to it, by more than the difference of the two.
const PAIRS: usize = 15;
/// How much more CPU time the runner's client may take than rmcp alone.
const MOST: f64 = 1.2;
/// Workers of the runtime: as many as the runner has on a small machine, and none besides the thread that calls, as in `pace mcp call`.
const RUNTIMES: [(&str, &str); 2] = [("two workers", "2"), ("one thread", "0")];

/// Measures both clients in both runtimes.
pub(super) fn run() -> Result<Verdict> {
    let node = Node::install()?;
    let server = node.packages(PACKAGES)?.file(SERVER);
    let programs = build::release(&[&["--package", "pace-mcp", "--example", "calls"]])?;
    let calls = programs.join("examples").join("calls");
    println!(
        "\n{CALLS} calls of `echo` over one connection: CPU time of the caller alone, microseconds a call, least of {PAIRS} runs\n"
    );
    println!("{:<14} {:>9} {:>9} {:>9} {:>9}", "", "paceline", "rmcp", "ratio", "of pairs");
    let mut promises = Promises::default();
    for (what, threads) in RUNTIMES {
        let mut pairs = Vec::new();
        for _pair in 0..PAIRS {
            let took = |client: &str| took(&calls, &[client, threads, CALLS], &node.program(), &server);
            pairs.push((took("pace")?, took("bare")?));
        }
        let least = |figure: fn(&(f64, f64)) -> f64| pairs.iter().map(figure).fold(f64::INFINITY, f64::min);
        let (pace, bare) = (least(|(pace, _)| *pace), least(|(_, bare)| *bare));
        let (ratio, halfway) = (pace / bare, median(pairs.iter().map(|(pace, bare)| pace / bare)));
        println!("{what:<14} {pace:>9.1} {bare:>9.1} {ratio:>9.2} {halfway:>9.2}");
        promises.judge(&format!("calls over one stdio server, {what}"), ratio, MOST, "times rmcp alone");
    }
    Ok(promises.verdict())
}

/// CPU time of one call, microseconds.
fn took(calls: &Path, arguments: &[&str], node: &Path, server: &Path) -> Result<f64> {
    let mut calls = program(calls)?;
    let said = capture(calls.args(arguments).arg(node).arg(server).arg("stdio"))?;
    let said: Value = serde_json::from_slice(&said).context("the example prints no figures")?;
    Ok(said["call_us"].as_f64().unwrap_or(f64::NAN))
}
