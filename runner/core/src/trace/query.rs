//! What lists of traces are asked for, in the words that the command line and the HTTP interface have in common.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use pace_ir::program::Principal;
use pace_ir::text::quoted;
use pace_state::{Cursor, Moment, TraceFilter};

use super::record::Status;

/// How many traces are listed where nobody says so.
pub const USUAL_LIMIT: u32 = 50;
/// The most that are listed at once.
pub const MOST: u32 = 500;

/// Which traces are meant, and how many of them.
#[derive(Debug, Clone)]
pub struct Query {
    /// Which.
    pub filter: TraceFilter,
    /// Where the list goes on.
    pub after: Option<Cursor>,
    /// How many at once.
    pub limit: u32,
}

impl Default for Query {
    fn default() -> Self {
        Self { filter: TraceFilter::default(), after: None, limit: USUAL_LIMIT }
    }
}

impl Query {
    /// Narrows it: `agent`, `loop`, `principal`, `status`, `since`, `until`, `limit`, `cursor`. Times are RFC 3339, a day, or how long
    /// before `now`.
    ///
    /// # Errors
    /// What is wrong, and what is right.
    pub fn set(&mut self, key: &str, value: &str, now: DateTime<Utc>) -> Result<(), String> {
        let filter = &mut self.filter;
        match key {
            "agent" => filter.agent = Some(value.to_owned()),
            "loop" => filter.loop_name = Some(value.to_owned()),
            "principal" => filter.subject = Some(principal(value)?.to_string()),
            "status" => filter.status = Some(status(value)?.in_store()),
            "since" => filter.from = Some(moment(key, value, now)?),
            "until" => filter.before = Some(moment(key, value, now)?),
            "limit" => self.limit = limit(value)?,
            "cursor" => self.after = Some(value.parse().map_err(|error| format!("`cursor` is wrong: {error}"))?),
            _ => {
                return Err(format!(
                    "there is no `{}`; there are `agent`, `loop`, `principal`, `status`, `since`, `until`, `limit` and `cursor`",
                    quoted(key)
                ));
            }
        }
        Ok(())
    }
}

/// A principal.
///
/// # Errors
/// What is wrong, and what is right.
pub(crate) fn principal(value: &str) -> Result<Principal, String> {
    let wrong = |_| format!("`{}` is no principal; write it as `user:ann` or `serviceaccount:ci`", quoted(value));
    value.parse::<Principal>().map_err(wrong)
}

fn status(value: &str) -> Result<Status, String> {
    let wrong = || format!("`{}` is no status; there are `ok`, `failed`, `denied` and `cancelled`", quoted(value));
    Status::ALL.into_iter().find(|status| status.as_str() == value).ok_or_else(wrong)
}

/// How many rows at once.
///
/// # Errors
/// What is wrong, and what is right.
pub(crate) fn limit(value: &str) -> Result<u32, String> {
    let limit = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
    limit.ok_or_else(|| format!("`{}` is no limit; write a number from 1 to {MOST}", quoted(value)))
}

fn moment(key: &str, value: &str, now: DateTime<Utc>) -> Result<Moment, String> {
    let at = DateTime::parse_from_rfc3339(value).map(|time| time.to_utc()).ok();
    let day = || Some(value.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc());
    let ago = || now.checked_sub_signed(span(value)?);
    let time = at.or_else(day).or_else(ago).ok_or_else(|| {
        format!(
            "`{key}` is `{}`; write a time such as `2026-11-26T09:00:00Z`, a day such as `2026-11-26`, or how long ago: `15m`, `1h`, `7d`",
            quoted(value)
        )
    })?;
    Ok(Moment(time.timestamp_millis()))
}

/// `30s`, `15m`, `1h`, `7d`.
fn span(text: &str) -> Option<TimeDelta> {
    let unit = text.char_indices().next_back()?.0;
    let (number, unit) = text.split_at_checked(unit)?;
    let number: i64 = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    match unit {
        "s" => TimeDelta::try_seconds(number),
        "m" => TimeDelta::try_minutes(number),
        "h" => TimeDelta::try_hours(number),
        "d" => TimeDelta::try_days(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_moments_days_or_spans() {
        let now = DateTime::parse_from_rfc3339("2026-11-26T12:00:00Z").unwrap().to_utc();
        let read = |text: &str| moment("since", text, now).map(super::super::stored::written);
        for (text, wanted) in [
            ("2026-11-26T09:00:00+01:00", "2026-11-26T08:00:00.000Z"),
            ("2026-11-25", "2026-11-25T00:00:00.000Z"),
            ("90s", "2026-11-26T11:58:30.000Z"),
            ("1h", "2026-11-26T11:00:00.000Z"),
            ("7d", "2026-11-19T12:00:00.000Z"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(wanted), "{text}");
        }
        for wrong in ["", "h", "1", "-1h", "1w", "99999999999999999d", "999999999999d", "yesterday", "é"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        let now = DateTime::UNIX_EPOCH;
        for (key, value, words) in [
            ("status", "bad", "there are `ok`, `failed`, `denied` and `cancelled`"),
            ("principal", "ann", "write it as `user:ann`"),
            ("limit", "0", "from 1 to 500"),
            ("limit", "501", "from 1 to 500"),
            ("cursor", "x", "`cursor` is wrong"),
            ("agents", "x", "there is no `agents`"),
        ] {
            let why = Query::default().set(key, value, now).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}
