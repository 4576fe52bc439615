//! `pace trace export`: whole traces as lines of JSON, page by page.

use std::io::{ErrorKind, Write, stdout};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use pace_runner::config;
use pace_runner::environment::Environment;
use pace_runner::trace::Trace;
use pace_runner::trace::otlp::{Content, Program, json};
use pace_runner::trace::query::MOST;
use pace_state::Store;

use super::filter::Filter;
use super::reading::{self, failed};
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::world::plain;

/// Print whole traces, one JSON object a line
///
/// Newest first. All of them, unless flags say which. As `otlp`, each line is what collectors of OpenTelemetry read from files; what was
/// said is in it if OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is true.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    filter: Filter,
    /// The most that are printed
    #[arg(long, value_name = "NUMBER")]
    limit: Option<u64>,
    /// As which kind of JSON
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Json)]
    format: Format,
}

/// How a trace is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The record as it is kept.
    Json,
    /// As spans of OTLP.
    Otlp,
}

/// Runs the command.
pub(super) fn run(command: &Export, global: &Global) -> anyhow::Result<ExitCode> {
    let mut query = command.filter.query()?;
    let Some(reading) = reading::open(&command.filter.which, global)? else { return Ok(ExitCode::Success) };
    let content = config::span_content(&Environment::of_process())?;
    let most = command.limit.unwrap_or(u64::MAX);
    let mut left = most;
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
                let record = match command.format {
                    Format::Json => record,
                    Format::Otlp => spans(&record, &reading.store, content)?,
                };
                if print(record)? == Reader::Gone {
                    return Ok(ExitCode::Success);
                }
            }
            query.after = page.next;
            if query.after.is_none() {
                if left == most {
                    reading.looked.nothing_found(&query.filter);
                }
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

/// A record as spans.
fn spans(record: &[u8], store: &Store, content: Content) -> anyhow::Result<Vec<u8>> {
    let trace: Trace = serde_json::from_slice(record).context("a trace cannot be read")?;
    let names = store.names();
    let program = Program { project: &names.project, deployment: &names.environment };
    Ok(json::line(&trace, program, content).into_bytes())
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
