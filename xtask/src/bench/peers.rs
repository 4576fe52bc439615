//! `cargo xtask bench peers`: other agent servers and ours, under the same load (`tests/bench/peers`).
use crate::command::Verdict;
use anyhow::{Result, bail};
pub(super) fn run(_: &[&str]) -> Result<Verdict> {
    bail!("later")
}
