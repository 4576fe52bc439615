//! When a schedule fires. `croner` walks the calendar on local time, which has no gaps and no repeats; what a zone makes
//! of a local time is decided here, by one rule that `croner` does not have: a local time that a clock change skips fires
//! at the end of the gap, one that it repeats fires the first time, and no instant fires twice.

use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, LocalResult, NaiveDateTime, TimeZone, Timelike, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use super::rule::Rule;
use super::timezone::Timezone;

/// How far ahead a firing may be. The longest pause of any schedule is eight years, from one 29 February to the next
/// around a century without a leap day (2096 to 2104), so this is no limit an author can meet.
const HORIZON_YEARS: i32 = 40;

/// The years a search may start in: where `croner` (1 to 5000) and `chrono` (±262,000) surely hold the whole horizon.
const YEARS: RangeInclusive<i32> = 1..=4900;

/// How many local times in a row may be repeats that fired before: no clock was ever set back by more than the 24 hours of
/// a crossing of the date line (Apia 1892), 1,440 minutes.
const MAX_REPEATS: usize = 1500;

/// The coming firings, earliest first, without end but that of the calendar. Made by
/// [`Schedule::upcoming`](super::Schedule::upcoming).
#[derive(Debug, Clone)]
pub struct Upcoming {
    /// `None` once nothing can come any more.
    cron: Option<Cron>,
    zone: Timezone,
    after: DateTime<Utc>,
}

impl Upcoming {
    pub(super) fn new(rule: &Rule, after: DateTime<Utc>, zone: Timezone) -> Self {
        // `croner` would look for a 30 February up to the year 5000.
        let cron = if rule.never_fires() { None } else { calendar(rule) };
        Self { cron, zone, after }
    }
}

impl Iterator for Upcoming {
    type Item = DateTime<Utc>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.cron.as_ref().and_then(|cron| next_after(cron, self.after, self.zone));
        match next {
            Some(instant) => self.after = instant,
            None => self.cron = None,
        }
        next
    }
}

impl std::iter::FusedIterator for Upcoming {}

/// The calendar search for a rule. It takes every canonical expression; a test tries them.
fn calendar(rule: &Rule) -> Option<Cron> {
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(&rule.canonical()).ok()
}

/// Local times and their instants rise together, so the first matching local time whose instant lies ahead is the answer,
/// and no local time up to that of `after` can be it.
fn next_after(cron: &Cron, after: DateTime<Utc>, zone: Timezone) -> Option<DateTime<Utc>> {
    if !YEARS.contains(&after.year()) {
        return None;
    }
    let mut local = after.with_timezone(&zone).naive_local().with_nanosecond(0)?;
    let last_year = local.year() + HORIZON_YEARS;
    for _ in 0..MAX_REPEATS {
        local = cron.find_next_occurrence(&local, false).ok()?;
        if local.year() > last_year {
            return None;
        }
        let instant = first_instant(local, zone)?;
        if instant > after {
            return Some(instant);
        }
    }
    None
}

/// When the clocks of `zone` first show `local`, or first show a later time where they skip it.
fn first_instant(local: NaiveDateTime, zone: Timezone) -> Option<DateTime<Utc>> {
    let instant = match zone.from_local_datetime(&local) {
        LocalResult::Single(instant) => instant,
        LocalResult::Ambiguous(one, other) => one.min(other),
        LocalResult::None => return zone.end_of_gap(local),
    };
    Some(instant.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schedule::Schedule;
    use crate::schedule::field::Field;
    use crate::schedule::rule::Values;

    fn values(field: Field) -> impl Strategy<Value = Values> {
        let range = field.lowest()..=field.highest();
        let some = prop::collection::vec((range.clone(), range, 1usize..9), 1..6);
        (some, any::<bool>()).prop_map(move |(ranges, star)| {
            let every = |(a, b, step): (u8, u8, usize)| Values::every(field, a.min(b), a.max(b), step);
            let values = ranges.into_iter().map(every).fold(Values::NONE, Values::union);
            if star { Values::every(field, field.lowest(), field.highest(), 1).unrestricted() } else { values }
        })
    }

    proptest! {
        #[test]
        fn the_calendar_takes_every_rule(
            minutes in values(Field::Minute), hours in values(Field::Hour), days in values(Field::DayOfMonth),
            months in values(Field::Month), weekdays in values(Field::DayOfWeek),
        ) {
            let rule = Rule { minutes, hours, days, months, weekdays };
            prop_assert!(calendar(&rule).is_some(), "{}", rule.canonical());
            let start = DateTime::from_timestamp(1_700_000_000, 0).unwrap();
            prop_assert_eq!(Upcoming::new(&rule, start, Timezone::UTC).next().is_none(), rule.never_fires());
        }
    }

    /// Walks all zones from 1970 to 2037 in steps of five days (no zone changes and changes back within less), and looks at
    /// each change of the clocks to the second.
    #[test]
    fn every_clock_change_of_every_zone_keeps_the_rule() {
        const STEP: i64 = 5 * 86_400;
        let offset = |zone: Timezone, at: i64| {
            let utc = DateTime::from_timestamp(at, 0).unwrap();
            (utc.with_timezone(&zone).naive_local() - utc.naive_utc()).num_seconds()
        };
        let every_minute = Schedule::parse("* * * * *").unwrap();
        let (mut gaps, mut repeats) = (0, 0);
        for zone in Timezone::all_names().map(|name| Timezone::parse(name).unwrap()) {
            for start in (0..2_140_000_000).step_by(usize::try_from(STEP).unwrap()) {
                let (before, after) = (offset(zone, start), offset(zone, start + STEP));
                if before == after {
                    continue;
                }
                let (mut low, mut high) = (start, start + STEP);
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    if offset(zone, middle) == before { low = middle } else { high = middle }
                }
                // `high` is the first second at the new offset: either a gap's end or the start of a repeat.
                let shift = offset(zone, high) - before;
                if before % 60 != 0 || shift % 60 != 0 || high % 60 != 0 {
                    continue;
                }
                let from = DateTime::from_timestamp(high - 60, 0).unwrap();
                let fired: Vec<_> = every_minute.upcoming(from, zone).take(2).map(|at| at.timestamp()).collect();
                if shift > 0 {
                    gaps += 1;
                    assert_eq!(fired, [high, high + 60], "gap of {shift} s in {zone} at {high}");
                } else {
                    repeats += 1;
                    let resumed = high - shift;
                    assert_eq!(fired, [resumed, resumed + 60], "repeat of {shift} s in {zone} at {high}");
                }
            }
        }
        assert!(gaps > 10_000 && repeats > 10_000, "{gaps} gaps, {repeats} repeats");
    }
}
