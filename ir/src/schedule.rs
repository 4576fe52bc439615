//! When a loop fires: five fields as Kubernetes' CronJob reads them, and the time zone they are read in.
//!
//! A [`Schedule`] only exists if it is valid, in the compiler and behind a bundle's decoder alike; the compiler turns
//! [`ScheduleError`]s into diagnostics, the runner asks [`Schedule::next_after`]. Nothing here reads a clock.
//!
//! Where crons differ, these rules hold:
//! - `*` and `*/1` leave a field unrestricted; `*/2` and `1-31` restrict it. If both day fields are restricted, a day
//!   matches by either of them; else by the restricted one (`robfig/cron` v3, `spec.go`, `dayMatches`).
//! - 0 and 7 are Sunday, in ranges too (`5-7`). `*/n` and `a/n` run to 6, so they meet Sunday once.
//! - Local times are turned to instants as [`Schedule::next_after`] says.

mod error;
mod field;
mod parse;
mod rule;
mod timezone;
mod upcoming;

use std::fmt;
use std::str::FromStr;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use bincode::{Decode, Encode};
use chrono::{DateTime, Utc};

// The module is one subject in six files; its users name `schedule::Field`, not the file.
pub use error::{ScheduleError, ScheduleErrorKind};
pub use field::Field;
pub use timezone::{LocalOffset, Timezone, UnknownTimezone};
pub use upcoming::Upcoming;

use rule::Rule;

/// A valid schedule. Equal if the author's text is; stored as that text, which decoding checks again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Schedule {
    text: String,
    rule: Rule,
}

impl Schedule {
    /// Reads five fields separated by blanks (minute, hour, day of month, month, day of week), or one of `@hourly`, `@daily`,
    /// `@weekly`, `@monthly`, `@yearly`. Linear in the length of `text`.
    ///
    /// A field is a list of `*`, values, ranges `a-b`, and steps `*/n`, `a-b/n`, `a/n` (from `a` to the last). Months and
    /// weekdays have names, in any case.
    ///
    /// # Errors
    /// [`ScheduleError`] for the first thing wrong from left to right.
    pub fn parse(text: &str) -> Result<Self, ScheduleError> {
        let rule = parse::rule(text)?;
        Ok(Self { text: text.to_owned(), rule })
    }

    /// The author's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether no calendar has a day for it: `0 0 30 2 *`. Never if the day of week is restricted, since either day field
    /// is enough then.
    pub fn never_fires(&self) -> bool {
        self.rule.never_fires()
    }

    /// Whether every firing is on a 29 February, up to eight years apart.
    pub fn only_on_leap_days(&self) -> bool {
        self.rule.only_on_leap_days()
    }

    /// Whether day of month and day of week both narrow the days, so that a day matching only one of them fires.
    pub fn both_days_restricted(&self) -> bool {
        self.rule.both_days_restricted()
    }

    /// The first firing strictly later than `after`, for a schedule read in `zone`.
    ///
    /// A local time that a clock change skips fires at the end of the gap, one that it repeats fires the first time, and
    /// several local times that come to one instant are one firing. `None` if it [never fires](Self::never_fires) or
    /// `after` is outside the years 1 to 4900. Clock changes are known up to 2099; later years keep the last offset.
    pub fn next_after(&self, after: DateTime<Utc>, zone: Timezone) -> Option<DateTime<Utc>> {
        self.upcoming(after, zone).next()
    }

    /// The firings strictly later than `after`, as [`Schedule::next_after`] finds them, each later than the one before.
    pub fn upcoming(&self, after: DateTime<Utc>, zone: Timezone) -> Upcoming {
        Upcoming::new(&self.rule, after, zone)
    }
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Encode for Schedule {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.text.encode(encoder)
    }
}

impl<Context> Decode<Context> for Schedule {
    fn decode<D: Decoder<Context = Context>>(decoder: &mut D) -> Result<Self, DecodeError> {
        let text = String::decode(decoder)?;
        Self::parse(&text).map_err(|error| DecodeError::OtherString(error.to_string()))
    }
}

bincode::impl_borrow_decode!(Schedule);
