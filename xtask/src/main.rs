//! The project's own chores, run as `cargo xtask <command>`. Nothing here ships, and nothing here knows what an agent
//! is: it installs what the checks need, runs them, and says what came of it.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a chore talks to the person who runs it")]

mod bench;
mod cache;
mod command;
mod engine;
mod fuzz;
mod language_types;
mod needs;
mod node;
mod python;
mod std_tools;
mod test;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::command::Verdict;

const HELP: &str = "\
The chores of Paceline's source tree.

Usage: cargo xtask <command>

Commands:
  test                    Everything CI runs, in CI's order: format, tidy, clippy, all tests.
                          Installs what the tests need first.
  counterparts            Installs what the tests are run against: oracles, mocks of model services,
                          a small real model. Prints the `export` lines by which single tests
                          find them.
  tidy                    The checks of the house style that no compiler makes: file lengths, module
                          docs, pages and ui cases of every diagnostic code, licences, bans.
  advisories              Known vulnerabilities among the dependencies. Fetches a database, so it is
                          no part of `test`.
  demo                    `pace demo`, built optimised: what README shows first.
  bench [compile|serve|state|tools|mcp]
                          Measures what is promised: `pace check` and `pace build` over growing
                          projects, what `pace-runner` takes to start, to answer and to remember,
                          calls of tools, and calls of MCP servers, as ratios against a counterpart in the
                          same run. Builds optimised; takes minutes.
  bench peers [--install] [--plain] [--connections N] [--latency MS]
                          Measures other agent servers and `pace-runner` under the same load, those
                          that are installed; see tests/bench/peers/README.md.
  engine [--write]        Builds the engine of the sandbox from its source and proves that the one checked
                          in is the same, bit for bit; --write stores it. Debian only; takes minutes.
  std [--write]           Bundles the pinned packages that the tools of `std/` are made of, and the time zones, and
                          proves that what is checked in is the same; --write stores it.
  fuzz [--minutes N] [TARGET]
                          Runs the fuzz targets of `ir`, one or all, N minutes each (default 5).
  help                    This text.

Environment:
  CI=true                 Nothing may be skipped; a skipped test is a failure.
  XDG_CACHE_HOME          Where installed tools are kept, under `paceline/` (default ~/.cache).

Exit codes: 0 all is well, 1 a check failed, 2 wrong usage or something is missing on this machine.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Failed) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<Verdict> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["test"] => test::run(),
        ["counterparts"] => test::counterparts::print(),
        ["tidy"] => tidy::run(),
        ["demo"] => {
            command::run(command::cargo()?.args(["run", "--release", "--locked", "--bin", "pace", "--", "demo"]))
        }
        ["bench", rest @ ..] => bench::run(rest),
        ["__measure", rest @ ..] => bench::child(rest).map(|()| Verdict::Passed),
        ["__start", rest @ ..] => bench::start_child(rest).map(|()| Verdict::Passed),
        ["engine"] => engine::run(engine::Mode::Compare),
        ["engine", "--write"] => engine::run(engine::Mode::Write),
        ["std"] => std_tools::run(std_tools::Mode::Compare),
        ["std", "--write"] => std_tools::run(std_tools::Mode::Write),
        ["advisories"] => tidy::advisories(),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(Verdict::Passed)
        }
        [] => bail!("a command is missing\n\n{HELP}"),
        [first, ..] => bail!("unknown command or argument: `{first}`\n\n{HELP}"),
    }
}
