//! A line of a list of traces: how it ended, which agent, for whom, how long, how much, when, and its id; what went wrong stands
//! on the line below.

use std::time::Duration;

use pace_diag::render::Glyphs;
use pace_ir::text::{quoted, shortened};
use pace_runner::events::CallStatus;
use pace_runner::trace::{Payload, Status, Step, Trace as Record, stored};
use pace_state::{Store, StoreError, Trace};

use crate::foreign::filtered;

/// The most characters of what went wrong.
const WHY: usize = 200;

/// A trace as lists show it.
pub(super) struct Row {
    cells: [String; 6],
    mark: &'static str,
    why: Option<String>,
    corner: &'static str,
}

impl Row {
    /// Of a trace. What went wrong is read from its record.
    ///
    /// # Errors
    /// As every call of the store.
    pub(super) async fn of(trace: &Trace, store: &Store, glyphs: Glyphs) -> Result<Self, StoreError> {
        let summary = stored::Summary::from(trace);
        let record = match summary.status {
            Status::Ok if summary.denied_calls == 0 => None,
            _ => stored::read(store, trace.id).await?,
        };
        let why = record.and_then(|record| why(&record));
        let cells = [
            agent(&summary.agent),
            who(&summary.subject),
            how_long(summary.status, trace.duration),
            format!("{}tok", summary.input_tokens.saturating_add(summary.output_tokens)),
            summary.started.clone(),
            summary.id,
        ];
        let why = why.map(|why| shortened(&filtered(&why).replace('\n', " "), WHY));
        Ok(Self { cells, mark: mark(summary.status, glyphs), why, corner: corner(glyphs) })
    }

    /// As text. `widths` is how wide columns are, where that is known.
    fn text(&self, widths: &[usize]) -> String {
        let cells = self.cells.iter().enumerate().map(|(place, cell)| {
            let width = widths.get(place).copied().unwrap_or_default();
            format!("{cell:width$}")
        });
        let line = format!("{} {}", self.mark, cells.collect::<Vec<_>>().join("  "));
        let why = self.why.as_ref().map(|why| format!("  {} {why}\n", self.corner)).unwrap_or_default();
        format!("{}\n{why}", line.trim_end())
    }
}

/// Rows with their columns in line.
pub(super) fn table(rows: &[Row]) -> String {
    let width = |place: usize| {
        rows.iter().filter_map(|row| row.cells.get(place)).map(|cell: &String| cell.chars().count()).max()
    };
    let widths: Vec<_> = (0..6).map(|place| width(place).unwrap_or_default()).collect();
    rows.iter().map(|row| row.text(&widths)).collect()
}

/// A row that comes alone: columns as wide as most need.
pub(super) fn single(row: &Row) -> String {
    row.text(&[16, 20, 9, 8])
}

/// What went wrong: why there is no answer, else which call was denied first.
fn why(record: &Record) -> Option<String> {
    if let Some(error) = &record.error {
        return Some(error.detail.clone());
    }
    let denied = record.steps.iter().find_map(|step| match step {
        Step::Tool(tool) if tool.status == Some(CallStatus::Denied) => Some(tool),
        Step::Tool(_) | Step::Model(_) => None,
    })?;
    let result = denied.result.as_ref().map(Payload::shown).unwrap_or_default();
    let told = serde_json::from_str::<serde_json::Value>(&result).ok();
    let reason = told.as_ref().and_then(|told| told.get("error")?.as_str()).unwrap_or_default();
    let more = match record.denied_calls {
        0 | 1 => String::new(),
        count => format!("; and {} more", count - 1),
    };
    Some(format!("denied `{}`: {reason}{more}", denied.name))
}

/// A request with a wrong credential may name none.
pub(super) fn agent(name: &str) -> String {
    if name.is_empty() { "-".to_owned() } else { quoted(name) }
}

/// `sa:` is what people call service accounts.
pub(super) fn who(subject: &str) -> String {
    match subject.strip_prefix("serviceaccount:") {
        Some(name) => format!("sa:{}", quoted(name)),
        None => quoted(subject),
    }
}

pub(super) fn mark(status: Status, glyphs: Glyphs) -> &'static str {
    match (glyphs, status) {
        (Glyphs::Unicode, Status::Ok) => "✓",
        (Glyphs::Unicode, Status::Cancelled) => "○",
        (Glyphs::Unicode, _) => "✗",
        (_, Status::Ok) => "+",
        (_, Status::Cancelled) => "o",
        (_, _) => "x",
    }
}

pub(super) fn corner(glyphs: Glyphs) -> &'static str {
    match glyphs {
        Glyphs::Unicode => "└─",
        Glyphs::Ascii => "`-",
    }
}

fn how_long(status: Status, took: Duration) -> String {
    match status {
        Status::Ok => duration(took),
        Status::Failed => "err".to_owned(),
        Status::Denied | Status::Cancelled => status.as_str().to_owned(),
    }
}

/// `320ms`, `1.2s`, `2m 5s`.
pub(super) fn duration(took: Duration) -> String {
    match (took.as_millis(), took.as_secs()) {
        (milliseconds @ 0..1_000, _) => format!("{milliseconds}ms"),
        (_, 0..60) => format!("{:.1}s", took.as_secs_f64()),
        (_, seconds) => format!("{}m {}s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        for (milliseconds, wanted) in [(0, "0ms"), (320, "320ms"), (1_234, "1.2s"), (125_000, "2m 5s")] {
            assert_eq!(duration(Duration::from_millis(milliseconds)), wanted);
        }
    }
}
