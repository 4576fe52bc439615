//! Syntax that Quartz, Jenkins, AWS or cronie read and Kubernetes does not: recognised only to be named.

use super::is_number;
use super::part::Part;
use crate::schedule::error::{ScheduleError, ScheduleErrorKind};
use crate::schedule::field::Field;

const QUESTION: &str = "where other crons write it for no particular day, a schedule has `*`";
const NTH: &str = "five fields cannot name the nth weekday of a month, only days 1-31 or weekdays SUN-SAT";
const LAST: &str = "five fields cannot name the last day of a month, only days 1-31 or weekdays SUN-SAT";
const NEAREST: &str = "five fields cannot name the working day nearest to a date, only days 1-31 or weekdays SUN-SAT";
const HASHED: &str = "no value is chosen for you, so write the number";
const RANDOM: &str = "no value is drawn at random, so write the number";

/// The error, where `part` is such syntax.
pub(super) fn blame(part: Part<'_>, field: Field) -> Option<ScheduleError> {
    let (character, hint) = recognise(part.text)?;
    Some(part.blame_in(field, ScheduleErrorKind::Unsupported { character, hint }))
}

fn recognise(text: &str) -> Option<(char, &'static str)> {
    let upper = text.to_ascii_uppercase();
    if text.contains('?') {
        Some(('?', QUESTION))
    } else if text.contains('#') {
        Some(('#', NTH))
    } else if text.contains('~') {
        Some(('~', RANDOM))
    } else if upper == "H" || upper.starts_with("H(") {
        Some(('H', HASHED))
    } else if upper == "LW" || marked(&upper, 'W') {
        Some(('W', NEAREST))
    } else {
        marked(&upper, 'L').then_some(('L', LAST))
    }
}

/// Whether `letter` stands behind a day, or before it as in `W15`.
fn marked(text: &str, letter: char) -> bool {
    text.strip_suffix(letter).or_else(|| text.strip_prefix(letter)).is_some_and(is_day)
}

/// What may stand beside `L` or `W`: nothing, a number or a weekday.
fn is_day(text: &str) -> bool {
    text.is_empty() || is_number(text) || Field::DayOfWeek.named(text).is_some()
}
