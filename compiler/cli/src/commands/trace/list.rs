//! `pace trace list`: the newest traces, one line each.

use clap::Args;
use pace_runner::trace::query::USUAL_LIMIT;
use pace_runner::trace::stored::Summary;
use pace_state::Trace;

use super::filter::Filter;
use super::reading::{self, Reading, failed};
use super::row::{self, Row};
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::{Output, out};

/// The most traces of one list: `pace trace export` writes any number, one after the other.
const MOST: i64 = 10_000;

/// List the newest traces
///
/// One line an invocation: how it ended, the agent, who asked, how long it took, its tokens, when it began, and its id. What went
/// wrong stands below.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    filter: Filter,
    /// The most that are listed, 1 to 10000
    #[arg(long, value_name = "NUMBER", default_value_t = USUAL_LIMIT, value_parser = clap::value_parser!(u32).range(1..=MOST))]
    limit: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(command: &List, global: &Global) -> anyhow::Result<ExitCode> {
    let filter = command.filter.query()?.filter;
    let reading = reading::open(&command.filter.which, global)?;
    let traces = match &reading {
        Some(reading) => found(command, reading)?,
        None => Vec::new(),
    };
    if command.json {
        let summaries: Vec<_> = traces.iter().map(Summary::from).collect();
        out(&format!("{}\n", serde_json::to_string_pretty(&summaries)?))?;
        return Ok(ExitCode::Success);
    }
    let Some(reading) = reading else { return Ok(ExitCode::Success) };
    if traces.is_empty() {
        reading.looked.nothing_found(&filter);
    }
    let glyphs = Output::new(global).glyphs();
    let rows = reading.runtime.block_on(async {
        let mut rows = Vec::with_capacity(traces.len());
        for trace in &traces {
            rows.push(Row::of(trace, &reading.store, glyphs).await?);
        }
        Ok(rows)
    });
    out(&row::table(&rows.map_err(|error| failed(&error))?))?;
    Ok(ExitCode::Success)
}

fn found(command: &List, reading: &Reading) -> anyhow::Result<Vec<Trace>> {
    let mut query = command.filter.query()?;
    let mut traces = Vec::new();
    reading.runtime.block_on(async {
        loop {
            let wanted = command.limit.saturating_sub(u32::try_from(traces.len()).unwrap_or(u32::MAX));
            if wanted == 0 {
                return Ok(());
            }
            let most = wanted.min(pace_runner::trace::query::MOST);
            let page = reading.store.traces(&query.filter, query.after, most).await.map_err(|error| failed(&error))?;
            traces.extend(page.rows);
            query.after = page.next;
            if query.after.is_none() {
                return Ok::<_, anyhow::Error>(());
            }
        }
    })?;
    Ok(traces)
}
