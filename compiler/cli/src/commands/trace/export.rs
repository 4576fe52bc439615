//! `pace trace export`: whole traces as lines of JSON, page by page.

use std::io::{ErrorKind, Write, stdout};

use clap::Args;
use pace_runner::trace::query::MOST;

use super::filter::Filter;
use super::reading::{self, failed};
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::world::plain;

/// Print whole traces, one JSON object a line
///
/// Newest first. All of them, unless flags say which.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    filter: Filter,
    /// The most that are printed
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
}

/// Runs the command.
pub(super) fn run(command: &Export, global: &Global) -> anyhow::Result<ExitCode> {
    let mut query = command.filter.query()?;
    let Some(reading) = reading::open(&command.filter.which, global)? else { return Ok(ExitCode::Success) };
    let mut left = command.limit.unwrap_or(u64::MAX);
    reading.runtime.block_on(async {
        loop {
            let page = reading.store.traces(&query.filter, query.after, MOST).await.map_err(|error| failed(&error))?;
            for trace in page.rows {
                if left == 0 {
                    return Ok(ExitCode::Success);
                }
                // One that was pruned meanwhile is gone.
                let record = reading.store.trace(trace.id).await.map_err(|error| failed(&error))?;
                let Some((_, record)) = record else { continue };
                left -= 1;
                if print(record)? == Reader::Gone {
                    return Ok(ExitCode::Success);
                }
            }
            query.after = page.next;
            if query.after.is_none() {
                return Ok(ExitCode::Success);
            }
        }
    })
}

#[derive(PartialEq, Eq)]
enum Reader {
    Listens,
    /// It has seen enough, and closed the pipe.
    Gone,
}

fn print(mut record: Vec<u8>) -> anyhow::Result<Reader> {
    // What tools gave back is kept as they wrote it; in JSON, a line break outside of a text is as good as a space.
    for byte in &mut record {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    record.push(b'\n');
    match stdout().lock().write_all(&record) {
        Ok(()) => Ok(Reader::Listens),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => anyhow::bail!("cannot write to standard output: {}", plain(&error)),
    }
}
