//! What time it is in a [`Timezone`], as `chrono` asks for it.

use std::fmt;

use chrono::{DateTime, FixedOffset, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc};

use super::Timezone;
use super::database::{Kind, Span};

/// What the clocks of a zone show at some time; `CET` where it is displayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOffset {
    zone: Timezone,
    kind: Kind,
}

impl Offset for LocalOffset {
    fn fix(&self) -> FixedOffset {
        // No clock was ever a day away from UTC.
        FixedOffset::east_opt(self.kind.offset).unwrap_or_else(|| Utc.fix())
    }
}

impl fmt::Display for LocalOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name)
    }
}

impl Span {
    /// Whether clocks show `local` in it, seconds since 1970 on those clocks.
    fn shows(&self, local: i64) -> bool {
        self.on_clocks(self.begin) <= local && local < self.on_clocks(self.end)
    }

    fn on_clocks(&self, instant: i64) -> i64 {
        instant.saturating_add(i64::from(self.kind.offset))
    }
}

impl Timezone {
    /// The first instant at which the clocks show a time later than `local`, which they skip.
    pub(in crate::schedule) fn end_of_gap(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let local = local.and_utc().timestamp();
        let spans = self.spans();
        let after = spans.partition_point(|span| span.on_clocks(span.begin) <= local);
        spans.get(after).and_then(|span| DateTime::from_timestamp(span.begin, 0))
    }

    fn offset(self, kind: Kind) -> LocalOffset {
        LocalOffset { zone: self, kind }
    }
}

impl TimeZone for Timezone {
    type Offset = LocalOffset;

    fn from_offset(offset: &LocalOffset) -> Self {
        offset.zone
    }

    /// Any offset of that day, as `chrono` allows.
    fn offset_from_local_date(&self, local: &NaiveDate) -> LocalResult<LocalOffset> {
        let at = |time| self.offset_from_local_datetime(&local.and_time(time)).earliest();
        let last = NaiveTime::from_hms_opt(23, 59, 59).unwrap_or_default();
        at(NaiveTime::MIN).or_else(|| at(last)).map_or(LocalResult::None, LocalResult::Single)
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> LocalResult<LocalOffset> {
        let local = local.and_utc().timestamp();
        let spans = self.spans();
        // No clock changes twice within less than it is changed by, so the ends rise on clocks as they do in UTC.
        let first = spans.partition_point(|span| span.on_clocks(span.end) <= local);
        let offset =
            |place: usize| spans.get(place).filter(|span| span.shows(local)).map(|span| self.offset(span.kind));
        match (offset(first), offset(first + 1)) {
            (None, _) => LocalResult::None,
            (Some(only), None) => LocalResult::Single(only),
            (Some(first), Some(again)) => LocalResult::Ambiguous(first, again),
        }
    }

    fn offset_from_utc_date(&self, utc: &NaiveDate) -> LocalOffset {
        self.offset_from_utc_datetime(&utc.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> LocalOffset {
        let utc = utc.and_utc().timestamp();
        let spans = self.spans();
        let span = spans.get(spans.partition_point(|span| span.end <= utc));
        self.offset(span.map_or(Kind::UTC, |span| span.kind))
    }
}
