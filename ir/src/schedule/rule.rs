//! A schedule as sets of values, after all names, ranges and steps are gone: what is asked without looking at a calendar,
//! and the canonical expression the calendar search is given.

use super::field::Field;

/// The values a field matches, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Values {
    bits: u64,
    /// Whether the field narrows the days. Not if any part of it is `*` or `*/1`; `*/n` and `1-31` do, as in the
    /// `robfig/cron` that Kubernetes uses.
    restricted: bool,
}

/// The five fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Rule {
    pub(super) minutes: Values,
    pub(super) hours: Values,
    pub(super) days: Values,
    pub(super) months: Values,
    pub(super) weekdays: Values,
}

impl Values {
    /// No value at all, restricted: what a list starts from.
    pub(super) const NONE: Self = Self { bits: 0, restricted: true };

    /// Every `step`th value from `start` to `end`, as numbers an author writes; a `step` of 0 counts as 1.
    pub(super) fn every(field: Field, start: u8, end: u8, step: usize) -> Self {
        let bits = (start..=end).step_by(step.max(1)).fold(0, |bits, value| bits | bit(field, value));
        Self { bits, restricted: true }
    }

    /// The same values in a field that narrows nothing.
    pub(super) fn unrestricted(self) -> Self {
        Self { restricted: false, ..self }
    }

    /// The values of both; unrestricted if one is.
    pub(super) fn union(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits, restricted: self.restricted && other.restricted }
    }

    pub(super) fn contains(self, field: Field, value: u8) -> bool {
        self.bits & bit(field, value) != 0
    }

    /// `*` where the field narrows nothing, else every value by itself: `1,2,3`.
    fn canonical(self, field: Field) -> String {
        if !self.restricted {
            return "*".to_owned();
        }
        let values = (field.lowest()..=field.last()).filter(|value| self.contains(field, *value));
        values.map(|value| value.to_string()).collect::<Vec<_>>().join(",")
    }
}

/// The bit of a value; 7 is Sunday like 0.
fn bit(field: Field, value: u8) -> u64 {
    let value = if field == Field::DayOfWeek { value % 7 } else { value };
    1u64.checked_shl(u32::from(value)).unwrap_or_default()
}

impl Rule {
    /// The same times for the calendar search, in which a day field is `*` exactly if it narrows nothing.
    pub(super) fn canonical(&self) -> String {
        let fields = [self.minutes, self.hours, self.days, self.months, self.weekdays];
        let texts = fields.iter().zip(Field::ALL).map(|(values, field)| values.canonical(field));
        texts.collect::<Vec<_>>().join(" ")
    }

    pub(super) fn both_days_restricted(&self) -> bool {
        self.days.restricted && self.weekdays.restricted
    }

    /// Only a date can be missing from the calendar: a restricted weekday comes round in every month.
    pub(super) fn never_fires(&self) -> bool {
        !self.weekdays.restricted && self.dates().next().is_none()
    }

    pub(super) fn only_on_leap_days(&self) -> bool {
        !self.weekdays.restricted && self.dates().eq([(2, 29)])
    }

    /// The (month, day) pairs that some year has, by the date fields alone.
    fn dates(&self) -> impl Iterator<Item = (u8, u8)> {
        let Self { days, months, .. } = *self;
        let months = (1..=12).filter(move |month| months.contains(Field::Month, *month));
        months.flat_map(move |month| {
            let days = (1..=longest(month)).filter(move |day| days.contains(Field::DayOfMonth, *day));
            days.map(move |day| (month, day))
        })
    }
}

/// The most days a month has in any year.
fn longest(month: u8) -> u8 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}
