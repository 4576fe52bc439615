//! `cargo xtask bench tools`: calls of tools, each in a fresh sandbox, against what Node.js does for a call that shares
//! nothing with another: a worker thread, or a process. The tools are made by the tool compiler; one of them brings zod.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use super::build;
use super::measure::{Sample, measure};
use super::promises::Promises;
use crate::command::{self, Verdict, capture, program};
use crate::node::Node;

/// What the tools and their counterparts are made of.
const FOLDER: &str = "tests/bench/tools";
/// The packages that tools import.
const PACKAGES: &str = "tests/counterparts/packages";
/// The large tool's module, bytes; what the promise speaks of.
const LARGE: usize = 120 << 10;
/// Calls in sandboxes, in workers, in processes.
const CALLS: &str = "3000";
const WORKERS: &str = "40";
const PROCESSES: usize = 9;

/// A promise of the design: which tool, milliseconds of wall-clock time at the median.
const PROMISES: [(&str, f64); 2] = [("tools/add", 0.10), ("tools/large", 0.40)];
/// Three requests that take 200 ms each, at once, milliseconds.
const MOST_FETCHES_MS: f64 = 300.0;
/// How long two hundred tools in flight may keep others on the same two threads waiting, milliseconds.
const MOST_OTHER_MS: f64 = 50.0;

/// Measures everything.
pub(super) fn run() -> Result<Verdict> {
    let node = Node::install()?;
    let packages = node.packages(PACKAGES)?;
    let programs = build::release(&[&["--package", "pace-sandbox", "--example", "calls"]])?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    write(folder.path(), &packages.file(""))?;
    let bundle = build::bundle(folder.path())?;
    let mut calls = program(programs.join("examples").join("calls"))?;
    let lines = String::from_utf8(capture(calls.arg(bundle).arg(folder.path()).arg(CALLS))?)?;
    let cases: Vec<Value> = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;

    let mut promises = Promises::default();
    println!(
        "\nwall-clock time of one call at the median and the 99th percentile, CPU time of all threads, microseconds\n"
    );
    println!("{:<14} {:<22} {:>9} {:>9} {:>9} {:>12}", "", "", "p50", "p99", "CPU", "CPU/sandbox");
    for case in cases.iter().filter(|case| case["case"] == "tool") {
        tool(case, folder.path(), &node.program(), &mut promises)?;
    }
    others(&cases, &mut promises);
    Ok(promises.verdict())
}

/// One tool: in a sandbox as calls come, in one that evaluates the module each time, and in Node.js.
fn tool(case: &Value, folder: &Path, node: &Path, promises: &mut Promises) -> Result<()> {
    let name = case["name"].as_str().context("a tool has a name")?;
    let module = folder.join(format!("{}.mjs", name.replace('/', "-")));
    let scripts = command::root()?.join(FOLDER);
    let mut workers = program(node)?;
    let workers = capture(workers.arg(scripts.join("workers.mjs")).arg(&module).arg(WORKERS))?;
    let workers: Value = serde_json::from_slice(&workers)?;
    let (once, module) = (scripts.join("once.mjs"), module.to_string_lossy().into_owned());
    let process = measure(node, &[&once.to_string_lossy(), &module], PROCESSES, || Ok(()))?;

    let sandbox = &case["memory"];
    let kilobytes = |bytes: &Value| figure(bytes) / 1024.0;
    println!(
        "{name}: module {:.0} KiB, memory to begin from {:.0} KiB",
        kilobytes(&case["source"]),
        kilobytes(&case["held"])
    );
    for (what, figures) in
        [("sandbox", sandbox), ("…, evaluated each call", &case["evaluated"]), ("node, a worker", &workers)]
    {
        let [p50, p99, cpu] = ["p50_us", "p99_us", "cpu_us"].map(|key| figure(&figures[key]));
        row(what, p50, &format!("{p99:.0}"), cpu, sandbox);
    }
    let Sample { cpu_ms, wall_ms, .. } = process;
    row("node, a process", wall_ms * 1_000.0, "", cpu_ms * 1_000.0, sandbox);
    if let Some((_, most)) = PROMISES.iter().find(|(promised, _)| *promised == name) {
        promises.judge(&format!("a call of {name}, p50"), figure(&sandbox["p50_us"]) / 1_000.0, *most, "ms");
    }
    Ok(())
}

fn row(what: &str, p50: f64, p99: &str, cpu: f64, sandbox: &Value) {
    println!("{:<14} {what:<22} {p50:>9.0} {p99:>9} {cpu:>9.0} {:>12.1}", "", cpu / figure(&sandbox["cpu_us"]));
}

/// What is no tool's own figure: waiting tools, and memory.
fn others(cases: &[Value], promises: &mut Promises) {
    let case = |name: &str| cases.iter().find(|case| case["case"] == name).unwrap_or(&Value::Null);
    let (ready, fetches, crowd) = (case("ready"), case("three fetches"), case("crowd"));
    let milliseconds = |value: &Value| figure(value) / 1_000.0;
    let mebibytes = |value: &Value| figure(value) / 1024.0;
    println!("\nthe sandbox is ready after {:.1} ms", milliseconds(&ready["wall_us"]));
    println!("three requests of 200 ms in one call take {:.0} ms", milliseconds(&fetches["wall_us"]));
    println!(
        "{} calls that wait for 200 ms each take {:.0} ms on two threads; others on them wait {:.1} ms at most",
        crowd["calls"],
        milliseconds(&crowd["wall_us"]),
        milliseconds(&crowd["other_us"]),
    );
    println!(
        "resident memory: {:.1} MiB when ready, {:.1} MiB with {} calls in flight, {:.1} MiB after them",
        mebibytes(&ready["resident_kib"]),
        mebibytes(&crowd["during_kib"]),
        crowd["calls"],
        mebibytes(&crowd["resident_kib"]),
    );
    promises.judge("three requests of 200 ms at once", milliseconds(&fetches["wall_us"]), MOST_FETCHES_MS, "ms");
    promises.judge("others beside 200 tools in flight", milliseconds(&crowd["other_us"]), MOST_OTHER_MS, "ms");
}

/// A figure of a line; one that is missing is no number, and keeps no promise.
fn figure(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// A project with the tools.
fn write(folder: &Path, packages: &Path) -> Result<()> {
    let put = |path: &str, text: &str| {
        let file = folder.join(path);
        std::fs::create_dir_all(file.parent().context("a file has a folder")?)?;
        std::fs::write(file, text).with_context(|| format!("cannot write {path}"))
    };
    let mut spec = String::from("name: bench\nmodel: gemini-2.5-flash\ndescription: Call the tools.\ntools:\n");
    for name in ["add", "large", "zod"] {
        writeln!(spec, "  - {{name: tools/{name}, access: read, net: []}}")?;
    }
    put("agents/bench/spec.yaml", &spec)?;
    put("paceline.yaml", "project: bench\n")?;
    for name in ["add.ts", "zod.ts"] {
        let text = std::fs::read_to_string(command::root()?.join(FOLDER).join(name))?;
        put(&format!("tools/{name}"), &text)?;
    }
    put("tools/large.ts", &large()?)?;
    std::os::unix::fs::symlink(packages, folder.join("node_modules")).context("cannot link the packages")
}

/// A tool whose module is about [`LARGE`] bytes of functions, all of them different, as a bundle of packages is.
fn large() -> Result<String> {
    let mut source = String::from("import { defineTool } from \"@paceline/runtime\";\nconst all = [];\n");
    let mut number = 0;
    while source.len() < LARGE {
        writeln!(
            source,
            "function part{number}(left, right) {{\n  const sum = left * {number} + right;\n  if (sum > {number} * 100) return \
             {{ kind: \"part{number}\", sum, list: [left, right, \"{number}\"] }};\n  return all.filter((one) => one !== \
             part{number}).map((one) => one.name + sum);\n}}\nall.push(part{number});"
        )?;
        number += 1;
    }
    source.push_str(
        "export default defineTool({\n  name: \"large\",\n  description: \"Has many parts\",\n  parameters: { a: { type: \"number\" }, \
         b: { type: \"number\" } },\n  execute: async ({ a, b }) => all[7](a, b).length ?? a + b,\n});\n",
    );
    Ok(source)
}
