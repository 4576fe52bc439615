//! `pace trace verify`: walks the chains of the audit of live writes, and names the first break of each.

mod open;

use std::fmt::Write;

use clap::Args;
use pace_runner::trace::stored::written;
use pace_state::{Chain, Store, Verdict};
use serde::Serialize;

use open::Open;

use super::reading::{self, failed};
use super::row::mark;
use super::whose::Which;
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::{Output, out};

/// Verify that the audit of live writes is as it was written
///
/// Each runner that made a live write has a chain of rows, every one with the hash of the one before. A row that was changed, moved
/// or taken out of the middle is found, and the exit code is then 1. Rows cut off at the end are not, and rows cut off at the beginning
/// look like pruned ones to whoever only has the database: keep the number of rows and the head that are printed elsewhere to tell.
///
/// A live write of which nobody knows what came is printed with what was about to be done. Where no runner of the environment has made a
/// live write, that is said, and the exit code is 0; it is 1 where nothing of that environment is on record at all.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    which: Which,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Chains that are read at once.
const PAGE: u32 = 100;
/// The most open intents of a chain that are printed for people.
const NAMED: usize = 8;

/// A chain as `--json` prints it.
#[derive(Debug, Serialize)]
struct Found {
    chain: String,
    started: String,
    is_sound: bool,
    rows: u64,
    /// Rows that follow from the one before; all, where the chain is sound.
    verified: u64,
    /// Rows that were deleted for their age.
    #[serde(skip_serializing_if = "Option::is_none")]
    pruned: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<String>,
    /// Intents without an outcome.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    open: Vec<Open>,
    /// How many more there are.
    #[serde(skip)]
    unnamed: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    broken_at: Option<u64>,
    /// How many places are broken; `broken_at` is the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    breaks: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

/// Runs the command.
pub(super) fn run(command: &Verify, global: &Global) -> anyhow::Result<ExitCode> {
    let reading = reading::find(&command.which, global)?;
    let found = match &reading {
        Ok(reading) => {
            let most = if command.json { usize::MAX } else { NAMED };
            reading.runtime.block_on(walk(&reading.store, most))?
        }
        Err(_unknown) => Vec::new(),
    };
    if command.json {
        out(&format!("{}\n", serde_json::to_string_pretty(&found)?))?;
    } else {
        let output = Output::new(global);
        out(&found.iter().map(|chain| chain.text(output)).collect::<String>())?;
    }
    match &reading {
        Err(looked) => looked.unknown(),
        Ok(reading) if found.is_empty() => reading.looked.no_writes(),
        Ok(_) => {}
    }
    // Whoever means another environment than there is must not take it for one that is sound.
    let is_sound = reading.is_ok() && found.iter().all(|chain| chain.is_sound);
    Ok(if is_sound { ExitCode::Success } else { ExitCode::Errors })
}

/// Walks all chains, and reads up to `most` open intents of each.
async fn walk(store: &Store, most: usize) -> anyhow::Result<Vec<Found>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.audit_chains(after, PAGE).await.map_err(|error| failed(&error))?;
        for chain in page.rows {
            let verdict = store.verify_audit(chain.instance).await.map_err(|error| failed(&error))?;
            let Some(verdict) = verdict else { continue };
            let rows = match &verdict {
                Verdict::Sound { open, .. } => open.as_slice(),
                Verdict::Broken { .. } => &[],
            };
            let read = open::read(store, chain.instance, rows.iter().take(most)).await;
            let (open, unnamed) = (read.map_err(|error| failed(&error))?, rows.len().saturating_sub(most));
            found.push(Found { open, unnamed, ..Found::new(chain, &verdict) });
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

impl Found {
    fn new(chain: Chain, verdict: &Verdict) -> Self {
        let (chain, started) = (chain.instance.to_string(), written(chain.started));
        let blank = Self {
            chain,
            started,
            is_sound: true,
            rows: 0,
            verified: 0,
            pruned: None,
            head: None,
            open: Vec::new(),
            unnamed: 0,
            broken_at: None,
            breaks: None,
            why: None,
        };
        match *verdict {
            Verdict::Sound { cut, rows, head, .. } => {
                let head = head.iter().fold(String::new(), |mut digits, byte| {
                    let _infallible = write!(digits, "{byte:02x}");
                    digits
                });
                Self { rows, verified: rows, pruned: (cut > 0).then_some(cut), head: Some(head), ..blank }
            }
            Verdict::Broken { sequence, what, breaks, rows, verified } => {
                let (broken_at, breaks, why) = (Some(sequence), Some(breaks), Some(what.to_string()));
                Self { is_sound: false, rows, verified, broken_at, breaks, why, ..blank }
            }
        }
    }

    fn text(&self, output: Output) -> String {
        use pace_runner::trace::Status;
        let mark = mark(if self.is_sound { Status::Ok } else { Status::Failed }, output.glyphs());
        let Self { chain, started, .. } = self;
        let Self { rows, verified, .. } = self;
        if let (Some(sequence), Some(why)) = (self.broken_at, &self.why) {
            let more = match self.breaks {
                Some(breaks) if breaks > 1 => format!("  broken in {breaks} places; "),
                _ => "  ".to_owned(),
            };
            return format!(
                "{mark} {chain}  {started}  broken at row {sequence}: {why}\n{more}{verified} of {rows} rows are as they were written\n"
            );
        }
        let pruned = self.pruned.map(|pruned| format!(", {pruned} pruned before")).unwrap_or_default();
        let head = self.head.as_deref().unwrap_or_default();
        let mut open = String::new();
        if !self.open.is_empty() {
            open.push_str("  without an outcome, so under way, lost or refused:\n");
            open.extend(self.open.iter().map(Open::text));
        }
        if self.unnamed > 0 {
            let _infallible = writeln!(open, "  and {} more, which `--json` prints", self.unnamed);
        }
        format!("{mark} {chain}  {started}  {rows} rows{pruned}, head {head}\n{open}")
    }
}
