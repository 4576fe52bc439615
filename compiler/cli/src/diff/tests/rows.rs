//! The table: an edit of the sample, and every line that a comparison with the sample gives.

mod agents;
mod project;
mod reach;
mod tools;

use pace_ir::Bundle;

/// One edit.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) edit: fn(&mut Bundle),
    pub(super) lines: &'static [&'static str],
}

/// All rows.
pub(super) fn all() -> Vec<Row> {
    [agents::rows(), project::rows(), reach::rows(), tools::rows()].into_iter().flatten().collect()
}

fn row(name: &'static str, edit: fn(&mut Bundle), lines: &'static [&'static str]) -> Row {
    Row { name, edit, lines }
}
