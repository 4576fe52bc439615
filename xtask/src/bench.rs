//! `cargo xtask bench`: the figures the product promises, as ratios against a counterpart in the same run. Nothing here is
//! a test: machines are shared and noisy, so CPU time is what counts, and a figure that is missed fails the bench alone.

mod build;
mod client;
mod compare;
mod compile;
mod load;
mod mcp;
mod measure;
mod peers;
mod project;
mod promises;
mod serve;
mod server;
mod state;
mod tools;

use anyhow::{Result, bail};

use crate::command::Verdict;

pub(crate) use measure::child;
pub(crate) use serve::start_child;

/// Measures what is asked for, or all that needs nothing from other hands.
///
/// # Errors
/// Wrong arguments, what is measured does not build or run, or something is missing on this machine.
pub(crate) fn run(arguments: &[&str]) -> Result<Verdict> {
    match arguments {
        [] => Ok(Verdict::all([compile::run()?, serve::run()?, state::run()?, tools::run()?, mcp::run()?])),
        ["compile"] => compile::run(),
        ["serve"] => serve::run(),
        ["state"] => state::run(),
        ["tools"] => tools::run(),
        ["mcp"] => mcp::run(),
        ["peers", rest @ ..] => peers::run(rest),
        [other, ..] => bail!("there is no bench `{other}`; see `cargo xtask help`"),
    }
}
