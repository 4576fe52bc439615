//! From an author's text to a [`Rule`]. Reads what `robfig/cron`'s standard parser reads (the one in Kubernetes'
//! CronJob), less its macros' second names, `@every`, `?` and zone prefixes, and with 7 for Sunday. The first thing wrong
//! from left to right is reported.

mod macros;
mod part;
mod unsupported;

use super::error::{ScheduleError, ScheduleErrorKind};
use super::field::Field;
use super::rule::{Rule, Values};
use part::Part;

type Result<T> = std::result::Result<T, ScheduleError>;

/// Reads a schedule. Blanks around it do not count.
pub(super) fn rule(text: &str) -> Result<Rule> {
    let whole = Part::new(text).trim();
    if whole.text.is_empty() {
        return Err(whole.blame(ScheduleErrorKind::Empty));
    }
    if let Some(error) = timezone_prefix(whole) {
        return Err(error);
    }
    if whole.text.starts_with('@') {
        return macros::rule(whole);
    }
    five_fields(whole)
}

/// `TZ=Europe/Berlin …`, which `robfig/cron` reads and Kubernetes refuses since 1.29.
fn timezone_prefix(whole: Part<'_>) -> Option<ScheduleError> {
    let first = whole.fields().next()?;
    let (key, zone) = first.text.split_once('=')?;
    let is_prefix = key.eq_ignore_ascii_case("TZ") || key.eq_ignore_ascii_case("CRON_TZ");
    is_prefix.then(|| first.blame(ScheduleErrorKind::TimezonePrefix { zone: zone.to_owned() }))
}

fn five_fields(whole: Part<'_>) -> Result<Rule> {
    let fields: Vec<_> = whole.fields().collect();
    let [minute, hour, day, month, weekday] = fields.as_slice() else {
        return Err(wrong_count(whole, &fields));
    };
    Ok(Rule {
        minutes: values(Field::Minute, *minute)?,
        hours: values(Field::Hour, *hour)?,
        days: values(Field::DayOfMonth, *day)?,
        months: values(Field::Month, *month)?,
        weekdays: values(Field::DayOfWeek, *weekday)?,
    })
}

fn wrong_count(whole: Part<'_>, fields: &[Part<'_>]) -> ScheduleError {
    match fields {
        [.., last] if fields.len() == 7 || (fields.len() == 6 && is_year(last.text)) => {
            last.blame(ScheduleErrorKind::YearField { found: fields.len() })
        }
        [first, _, _, _, _, _] => first.blame(ScheduleErrorKind::SecondsField),
        _ => whole.blame(ScheduleErrorKind::WrongFieldCount { found: fields.len() }),
    }
}

/// Four digits stand in no other field.
fn is_year(text: &str) -> bool {
    text.len() == 4 && is_number(text)
}

/// A field: a list of items.
fn values(field: Field, part: Part<'_>) -> Result<Values> {
    let mut all = Values::NONE;
    for item in part.split(',') {
        if item.text.is_empty() {
            return Err(part.malformed(field));
        }
        all = all.union(item_values(field, item)?);
    }
    Ok(all)
}

/// What a step walks over.
enum Base {
    Star,
    One(u8),
    Range(u8, u8),
}

fn item_values(field: Field, item: Part<'_>) -> Result<Values> {
    let mut halves = item.split('/');
    let base = base(field, halves.next().unwrap_or(item), item)?;
    let step = match (halves.next(), halves.next()) {
        (None, _) => None,
        (Some(step), None) => Some(step_width(field, step, item)?),
        (Some(_), Some(_)) => return Err(item.malformed(field)),
    };
    Ok(match (base, step) {
        (Base::Star, None | Some(1)) => Values::every(field, field.lowest(), field.last(), 1).unrestricted(),
        (Base::Star, Some(step)) => Values::every(field, field.lowest(), field.last(), step),
        (Base::One(value), None) => Values::every(field, value, value, 1),
        (Base::One(start), Some(step)) => Values::every(field, start, field.last().max(start), step),
        (Base::Range(start, end), step) => Values::every(field, start, end, step.unwrap_or(1)),
    })
}

fn base(field: Field, base: Part<'_>, item: Part<'_>) -> Result<Base> {
    if base.text == "*" {
        return Ok(Base::Star);
    }
    let ends: Vec<_> = base.split('-').collect();
    if ends.iter().any(|end| end.text.is_empty()) {
        return Err(item.malformed(field));
    }
    match ends.as_slice() {
        [only] => Ok(Base::One(value(field, *only)?)),
        [start, end] => range(field, *start, *end, base),
        _ => Err(unsupported::blame(base, field).unwrap_or_else(|| item.malformed(field))),
    }
}

fn range(field: Field, start: Part<'_>, end: Part<'_>, base: Part<'_>) -> Result<Base> {
    let (low, high) = (value(field, start)?, value(field, end)?);
    if low <= high {
        return Ok(Base::Range(low, high));
    }
    let kind = ScheduleErrorKind::EmptyRange {
        field,
        start: start.text.to_owned(),
        end: end.text.to_owned(),
        wrapped: wrapped(field, (start.text, low), (end.text, high)),
    };
    Err(base.blame_in(field, kind))
}

/// `fri-mon` as the author may have meant it: `fri-sat,sun-mon`. Numbers stay numbers, names names, in the case of the
/// start.
fn wrapped(field: Field, start: (&str, u8), end: (&str, u8)) -> String {
    let spell = |value: u8| match field.name_of(value) {
        Some(name) if !is_number(start.0) && start.0.starts_with(|c: char| c.is_ascii_lowercase()) => {
            name.to_ascii_lowercase()
        }
        Some(name) if !is_number(start.0) => name.to_owned(),
        _ => value.to_string(),
    };
    let head = if start.1 < field.last() { format!("{}-{}", start.0, spell(field.last())) } else { start.0.to_owned() };
    let tail = if end.1 > field.lowest() { format!("{}-{}", spell(field.lowest()), end.0) } else { end.0.to_owned() };
    // 7 is the Sunday that starts the tail.
    if start.1 > field.last() { tail } else { format!("{head},{tail}") }
}

/// The number after `/`. One longer than any field leaves only the first value, as everywhere.
fn step_width(field: Field, step: Part<'_>, item: Part<'_>) -> Result<usize> {
    if step.text.is_empty() {
        return Err(item.malformed(field));
    }
    if !is_number(step.text) {
        return Err(step.malformed(field));
    }
    match step.text.parse() {
        Ok(0) => Err(step.blame_in(field, ScheduleErrorKind::ZeroStep)),
        Ok(width) => Ok(width),
        // Digits only, so it can only be too long.
        Err(_) => Ok(usize::MAX),
    }
}

fn value(field: Field, part: Part<'_>) -> Result<u8> {
    if is_number(part.text) {
        return number(field, part);
    }
    field.named(part.text).ok_or_else(|| not_a_value(field, part))
}

fn number(field: Field, part: Part<'_>) -> Result<u8> {
    let (min, max) = (field.lowest(), field.highest());
    match part.text.parse() {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        _ => Err(part.blame_in(field, ScheduleErrorKind::OutOfRange { field, value: part.text.to_owned(), min, max })),
    }
}

fn not_a_value(field: Field, part: Part<'_>) -> ScheduleError {
    if let Some(error) = unsupported::blame(part, field) {
        return error;
    }
    if !part.text.chars().all(char::is_alphabetic) {
        return part.malformed(field);
    }
    let name = part.text.to_owned();
    let belongs = Field::ALL.into_iter().find(|other| other.named(part.text).is_some());
    part.blame_in(
        field,
        if belongs.is_some() || field.names().is_empty() {
            ScheduleErrorKind::MisplacedName { field, name, belongs }
        } else {
            ScheduleErrorKind::UnknownName { field, nearest: field.nearest(part.text), name }
        },
    )
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
