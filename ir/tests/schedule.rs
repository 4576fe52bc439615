//! Which schedules are accepted, where the others are at fault, and when they fire. Every firing was worked out by hand
//! from the calendar of the month and the zone's rules in the IANA database, as the comments say.

use chrono::{DateTime, SecondsFormat, Utc};
use pace_ir::schedule::{Field, Schedule, ScheduleErrorKind, Timezone};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The next `count` firings in RFC 3339, UTC.
fn firings(schedule: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let (schedule, zone) = (Schedule::parse(schedule).unwrap(), Timezone::parse(zone).unwrap());
    let upcoming = schedule.upcoming(at(after), zone).take(count);
    upcoming.map(|at| at.to_rfc3339_opts(SecondsFormat::Secs, true).replace(":00Z", "Z")).collect()
}

/// The days of March and April 2025 on which a schedule fires after 1 March 00:00 (a Saturday), as `month-day`.
fn days(schedule: &str, count: usize) -> String {
    let days = firings(schedule, "UTC", "2025-03-01T00:00:00Z", count);
    let days: Vec<_> = days.iter().map(|day| day.get(6..10).unwrap()).collect();
    days.join(" ")
}

#[test]
fn accepted() {
    let texts = [
        "* * * * *",
        "0 0 1 1 0",
        "59 23 31 12 7",
        "*/15 0-23/2 1,15 JAN-mar,Dec MON-FRI",
        "5/20 * * * sun-sat",
        "0\t0 \t1 * *",
        "  0 0 * * *  ",
        "0 0 * * *\r\n",
        "0 0\n* * *",
        "00 007 1 01 05",
        "1-1 0 * * 7-7",
        "*/99 * * * *",
        "*/99999999999999999999999 * * * *",
        "*,5 * * * *",
        "@hourly",
        " @daily",
        "@weekly\t",
        "@monthly",
        "@yearly",
    ];
    for text in texts {
        let schedule = Schedule::parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!((schedule.as_str(), schedule.to_string().as_str()), (text, text));
    }
}

/// One refused schedule: the text, the part to blame, the field, the words.
type Refused = (&'static str, &'static str, Option<Field>, &'static str);

#[rustfmt::skip]
const REFUSED: &[Refused] = {
    use Field::{DayOfMonth, DayOfWeek, Hour, Minute, Month};
    &[
        ("", "", None, "a schedule has five fields: minute, hour, day-of-month, month, day-of-week"),
        (" \t\n", "", None, "a schedule has five fields: minute, hour, day-of-month, month, day-of-week"),
        ("5", "5", None, "found 1 field, but a schedule has five: minute, hour, day-of-month, month, day-of-week"),
        (" 0 9 * * ", "0 9 * *", None, "found 4 fields, but a schedule has five: minute, hour, day-of-month, month, day-of-week"),
        ("1 2 3 4 5 6 7 8", "1 2 3 4 5 6 7 8", None, "found 8 fields, but a schedule has five: minute, hour, day-of-month, month, day-of-week"),
        ("30 0 9 * * 1", "30", None, "found 6 fields, but a schedule has no seconds, only five fields: minute, hour, day-of-month, month, day-of-week"),
        ("0 9 1 1 * 2026", "2026", None, "found 6 fields, but a schedule has no year, only five fields: minute, hour, day-of-month, month, day-of-week"),
        ("0 0 9 1 1 * 2026", "2026", None, "found 7 fields, but a schedule has no year, only five fields: minute, hour, day-of-month, month, day-of-week"),
        ("60 0 * * *", "60", Some(Minute), "minute `60` is out of range, 0 to 59"),
        ("0 25 * * 1-5", "25", Some(Hour), "hour `25` is out of range, 0 to 23"),
        ("0 0 1,32 * *", "32", Some(DayOfMonth), "day-of-month `32` is out of range, 1 to 31"),
        ("0 0 0-5 * *", "0", Some(DayOfMonth), "day-of-month `0` is out of range, 1 to 31"),
        ("0 0 * 1-13/2 *", "13", Some(Month), "month `13` is out of range, 1 to 12"),
        ("0 0 * * 8", "8", Some(DayOfWeek), "day-of-week `8` is out of range, 0 to 7"),
        ("0 99999999999999999999 * * *", "99999999999999999999", Some(Hour), "hour `99999999999999999999` is out of range, 0 to 23"),
        ("0 0 * * monday", "monday", Some(DayOfWeek), "unknown day-of-week `monday`: it is a number from 0 to 7 or a name from SUN to SAT"),
        ("0 0 * JAN,Sept *", "Sept", Some(Month), "unknown month `Sept`: it is a number from 1 to 12 or a name from JAN to DEC"),
        ("0 0 * MON *", "MON", Some(Month), "`MON` is not a month, which is a number from 1 to 12 or a name from JAN to DEC"),
        ("0 noon * * *", "noon", Some(Hour), "`noon` is not an hour, which is a number from 0 to 23"),
        ("0 0 L * *", "L", Some(DayOfMonth), "`L` is not supported: five fields cannot name the last day of a month, only days 1-31 or weekdays SUN-SAT"),
        ("0 0 L-3 * *", "L", Some(DayOfMonth), "`L` is not supported: five fields cannot name the last day of a month, only days 1-31 or weekdays SUN-SAT"),
        ("0 0 * * 1,5L", "5L", Some(DayOfWeek), "`L` is not supported: five fields cannot name the last day of a month, only days 1-31 or weekdays SUN-SAT"),
        ("0 0 15W * *", "15W", Some(DayOfMonth), "`W` is not supported: five fields cannot name the working day nearest to a date, only days 1-31 or weekdays SUN-SAT"),
        ("0 0 LW * *", "LW", Some(DayOfMonth), "`W` is not supported: five fields cannot name the working day nearest to a date, only days 1-31 or weekdays SUN-SAT"),
        ("0 0 * * FRI#2", "FRI#2", Some(DayOfWeek), "`#` is not supported: five fields cannot name the nth weekday of a month, only days 1-31 or weekdays SUN-SAT"),
        ("0 0 ? * 1", "?", Some(DayOfMonth), "`?` is not supported: where other crons write it for no particular day, a schedule has `*`"),
        ("H/15 * * * *", "H", Some(Minute), "`H` is not supported: no value is chosen for you, so write the number"),
        ("H(0-29)/15 * * * *", "H(0", Some(Minute), "`H` is not supported: no value is chosen for you, so write the number"),
        ("0~30 * * * *", "0~30", Some(Minute), "`~` is not supported: no value is drawn at random, so write the number"),
        ("0 22-5 * * *", "22-5", Some(Hour), "range `22-5` ends before it starts: a range runs from the lower hour to the higher"),
        ("0 0 * * 1,fri-mon/2", "fri-mon", Some(DayOfWeek), "range `fri-mon` ends before it starts: a range runs from the lower day-of-week to the higher"),
        ("*/0 * * * *", "0", Some(Minute), "a step of 0 never moves on: it is 1 or more"),
        ("*/5,1-9/00 * * * *", "00", Some(Minute), "a step of 0 never moves on: it is 1 or more"),
        ("@Daily", "@Daily", None, "unknown macro `@Daily`: there are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
        (" @dayly", "@dayly", None, "unknown macro `@dayly`: there are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
        ("@daily 5", "@daily 5", None, "unknown macro `@daily 5`: there are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
        ("@", "@", None, "unknown macro `@`: there are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
        ("@midnight", "@midnight", None, "macro `@midnight` is written `@daily`: there are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
        ("@annually", "@annually", None, "macro `@annually` is written `@yearly`: there are `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
        ("@reboot", "@reboot", None, "`@reboot` names no time: a schedule is five fields or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
        ("@every 5m", "@every 5m", None, "`@every` counts from a start that is not written down: a schedule is five fields or one of `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`"),
        (" CRON_TZ=Europe/Berlin 0 9 * * *", "CRON_TZ=Europe/Berlin", None, "a schedule has no time zone in it: the zone is the key `timezone`"),
        ("TZ=UTC @daily", "TZ=UTC", None, "a schedule has no time zone in it: the zone is the key `timezone`"),
        ("1,,2 * * * *", "1,,2", Some(Minute), "`1,,2` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("0 0 1, * *", "1,", Some(DayOfMonth), "`1,` is not a day-of-month: it takes `*`, a value from 1 to 31, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("0 5,-1 * * *", "-1", Some(Hour), "`-1` is not an hour: it takes `*`, a value from 0 to 23, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("1-2-3 * * * *", "1-2-3", Some(Minute), "`1-2-3` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("*/5/5 * * * *", "*/5/5", Some(Minute), "`*/5/5` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("/5 * * * *", "/5", Some(Minute), "`/5` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("*/x * * * *", "x", Some(Minute), "`x` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("** * * * *", "**", Some(Minute), "`**` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("1.5 * * * *", "1.5", Some(Minute), "`1.5` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("0\u{b}0 * * * *", "0\u{b}0", Some(Minute), "`0\u{b}0` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("0 0 W15,1 * *", "W15", Some(DayOfMonth), "`W` is not supported: five fields cannot name the working day nearest to a date, only days 1-31 or weekdays SUN-SAT"),
        ("0 ٣ * * *", "٣", Some(Hour), "`٣` is not an hour: it takes `*`, a value from 0 to 23, ranges `a-b`, lists `a,b` and steps `*/n`"),
        ("0 0 * März *", "März", Some(Month), "unknown month `März`: it is a number from 1 to 12 or a name from JAN to DEC"),
        ("0\u{a0}0 * * * *", "0\u{a0}0", Some(Minute), "`0\u{a0}0` is not a minute: it takes `*`, a value from 0 to 59, ranges `a-b`, lists `a,b` and steps `*/n`"),
    ]
};

#[test]
fn refused() {
    for (text, part, field, words) in REFUSED {
        let error = Schedule::parse(text).expect_err(text);
        let found = (text.get(error.range.clone()), error.field, error.to_string());
        assert_eq!(found, (Some(*part), *field, (*words).to_owned()), "{text:?}");
    }
}

#[test]
fn refusals_carry_what_a_suggestion_needs() {
    let wrapped = |text: &str| match Schedule::parse(text).unwrap_err().kind {
        ScheduleErrorKind::EmptyRange { wrapped, .. } => wrapped,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(wrapped("0 22-5 * * *"), "22-23,0-5");
    assert_eq!(wrapped("0 0 * * fri-mon"), "fri-sat,sun-mon");
    assert_eq!(wrapped("0 0 * * SAT-SUN"), "SAT,SUN");
    assert_eq!(wrapped("0 0 * * 7-2"), "0-2");
    assert_eq!(wrapped("0 0 * Nov-Feb *"), "Nov-DEC,JAN-Feb");
    for text in ["22-23,0-5 0 * * fri-sat,sun-mon", "0 0 * Nov-DEC,JAN-Feb SAT,SUN"] {
        assert!(Schedule::parse(text).is_ok(), "{text}");
    }
    let nearest = |text: &str| match Schedule::parse(text).unwrap_err().kind {
        ScheduleErrorKind::UnknownName { nearest, .. } | ScheduleErrorKind::UnknownMacro { nearest, .. } => nearest,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(nearest("0 0 * * Thursday"), ["THU"]);
    assert_eq!(nearest("0 0 * MRA *"), ["MAR"]);
    assert_eq!(nearest("@Daily"), ["@daily"]);
    assert_eq!(nearest("@montly"), ["@monthly"]);
    assert_eq!(nearest("@fortnightly"), [""; 0]);
    match Schedule::parse("0 MON * * *").unwrap_err().kind {
        ScheduleErrorKind::MisplacedName { belongs, .. } => assert_eq!(belongs, Some(Field::DayOfWeek)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn any_text_is_read_or_refused_with_a_range_inside_it() {
    let alphabet: Vec<char> = "0159*/-,#?LWH@T=Z~ \t\nMONjané\u{0}\u{1F600}".chars().collect();
    proptest::proptest!(|(text in proptest::collection::vec(proptest::sample::select(alphabet), 0..40))| {
        let text: String = text.into_iter().collect();
        if let Err(error) = Schedule::parse(&text) {
            proptest::prop_assert!(text.get(error.range.clone()).is_some(), "{:?} in {:?}", error, text);
        }
    });
}

/// March 2025 begins on a Saturday; its Mondays are 3, 10, 17, 24, 31, its Fridays 7, 14, 21, 28. Where a day field lists
/// every day croniter differs: `1-31`, `0-6` and `*/1` are `*` to it if the other day field has a `*` in it, and restrict if
/// not. Here robfig/cron's rule holds: of these only `*/1` is `*`.
#[test]
fn day_fields() {
    // Both restricted, one by a step: days 1, 11, 21, 31 or Mondays.
    assert_eq!(days("0 0 */10 * MON", 8), "3-03 3-10 3-11 3-17 3-21 3-24 3-31 4-01");
    // Weekdays 0, 3, 6 (Sunday, Wednesday, Saturday) or day 4, a Tuesday.
    assert_eq!(days("0 0 4 * */3", 6), "3-02 3-04 3-05 3-08 3-09 3-12");
    // Both by steps: days 1, 16, 31 or weekdays 0 and 5.
    assert_eq!(days("0 0 */15 * */5", 6), "3-02 3-07 3-09 3-14 3-16 3-21");
    // `*/1` is `*`: Mondays only.
    assert_eq!(days("0 0 */1 * 1", 3), "3-03 3-10 3-17");
    // One `*` in a list frees the field.
    assert_eq!(days("0 0 *,5 * 1", 3), "3-03 3-10 3-17");
    assert_eq!(days("0 0 5 * 1,*", 2), "3-05 4-05");
    // Every day by a range restricts, and so every day matches, also beside a field that has a `*` in it.
    assert_eq!(days("0 0 1-31 * */6", 3), "3-02 3-03 3-04");
    assert_eq!(days("0 0 1-31 * 1", 3), "3-02 3-03 3-04");
    assert_eq!(days("0 0 13 * 0-6", 3), "3-02 3-03 3-04");
    // Friday the 13th cannot be written: the 13th or a Friday.
    assert_eq!(days("0 0 13 * FRI", 5), "3-07 3-13 3-14 3-21 3-28");
    // One of them alone.
    assert_eq!(days("0 0 */10 * *", 4), "3-11 3-21 3-31 4-01");
    assert_eq!(days("0 0 * * */3", 4), "3-02 3-05 3-08 3-09");
    // Sunday by either number, in a range, and once a week under a step of seven.
    assert_eq!(days("0 0 * * 0", 2), "3-02 3-09");
    assert_eq!(days("0 0 * * 7", 2), "3-02 3-09");
    assert_eq!(days("0 0 * * 5-7", 4), "3-02 3-07 3-08 3-09");
    assert_eq!(days("0 0 * * 6-7", 4), "3-02 3-08 3-09 3-15");
    assert_eq!(days("0 0 * * */7", 2), "3-02 3-09");
    // From Monday in twos up to Saturday, not on to 7.
    assert_eq!(days("0 0 * * 1/2", 4), "3-03 3-05 3-07 3-10");
    assert_eq!(days("@weekly", 2), "3-02 3-09");
}

/// A range of one value is that value. croniter widens it to the whole field, and reads `7/2` as `0/2`.
#[test]
fn ranges_of_one_value() {
    let after = "2025-03-01T00:00:00Z";
    assert_eq!(firings("5-5 5 * * *", "UTC", after, 2), ["2025-03-01T05:05Z", "2025-03-02T05:05Z"]);
    assert_eq!(firings("0 0 1 jan-JAN *", "UTC", after, 2), ["2026-01-01T00:00Z", "2027-01-01T00:00Z"]);
    assert_eq!(days("0 0 8-8 * *", 2), "3-08 4-08");
    assert_eq!(days("0 0 * * sun-sun", 2), "3-02 3-09");
    assert_eq!(days("0 0 * * 7-7", 2), "3-02 3-09");
    assert_eq!(days("0 0 * * 7/2", 2), "3-02 3-09");
}

#[test]
fn macros_and_steps() {
    let after = "2025-12-31T22:30:00Z";
    assert_eq!(firings("@hourly", "UTC", after, 2), ["2025-12-31T23:00Z", "2026-01-01T00:00Z"]);
    assert_eq!(firings("@daily", "UTC", after, 2), ["2026-01-01T00:00Z", "2026-01-02T00:00Z"]);
    assert_eq!(firings("@monthly", "UTC", after, 2), ["2026-01-01T00:00Z", "2026-02-01T00:00Z"]);
    assert_eq!(firings("@yearly", "UTC", after, 2), ["2026-01-01T00:00Z", "2027-01-01T00:00Z"]);
    let minutes = ["2025-12-31T22:47Z", "2025-12-31T23:07Z", "2025-12-31T23:27Z", "2025-12-31T23:47Z"];
    assert_eq!(firings("7/20 * * * *", "UTC", after, 4), minutes);
    // A step longer than the field leaves its first value.
    assert_eq!(firings("*/90 * * * *", "UTC", after, 2), ["2025-12-31T23:00Z", "2026-01-01T00:00Z"]);
    // Strictly later, also between two seconds.
    assert_eq!(firings("30 22 * * *", "UTC", after, 1), ["2026-01-01T22:30Z"]);
    assert_eq!(firings("30 22 * * *", "UTC", "2025-12-31T22:29:59.999Z", 1), ["2025-12-31T22:30Z"]);
    assert_eq!(firings("30 22 * * *", "UTC", "2025-12-31T22:30:00.001Z", 1), ["2026-01-01T22:30Z"]);
}

#[test]
fn schedules_that_never_or_rarely_fire() {
    let schedule = |text| Schedule::parse(text).unwrap();
    for never in ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "* * 30-31 FEB */1", "0 0 31 4 *,1"] {
        assert!(schedule(never).never_fires(), "{never}");
        assert_eq!(schedule(never).next_after(at("2025-01-01T00:00:00Z"), Timezone::UTC), None, "{never}");
    }
    for fires in ["0 0 29 2 *", "0 0 30 2 1", "0 0 31 2-3 *", "0 0 30 2 */2", "* * * 2 *"] {
        assert!(!schedule(fires).never_fires(), "{fires}");
        assert!(schedule(fires).next_after(at("2025-01-01T00:00:00Z"), Timezone::UTC).is_some(), "{fires}");
    }
    assert!(schedule("0 0 29 2 *").only_on_leap_days() && schedule("0 0 29-31 2 *").only_on_leap_days());
    for more in ["0 0 29 2 1", "0 0 28,29 2 *", "0 0 29 2,3 *", "0 0 30 2 *", "0 0 * 2 *"] {
        assert!(!schedule(more).only_on_leap_days(), "{more}");
    }
    assert!(schedule("0 0 */2 * 1-5").both_days_restricted());
    for one in ["0 0 * * 1-5", "0 0 1 * *", "0 0 */1 * 1", "@weekly", "0 0 1 * 2,*"] {
        assert!(!schedule(one).both_days_restricted(), "{one}");
    }
    // 2100 is no leap year: the longest pause there is.
    assert_eq!(firings("0 0 29 2 *", "UTC", "2096-02-29T00:00:00Z", 2), ["2104-02-29T00:00Z", "2108-02-29T00:00Z"]);
}

#[test]
fn the_ends_of_time_have_no_firing() {
    let schedule = Schedule::parse("* * * * *").unwrap();
    let zones = [Timezone::UTC, Timezone::parse("Pacific/Apia").unwrap(), Timezone::parse("America/New_York").unwrap()];
    for zone in zones {
        for start in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, at("5000-01-01T00:00:00Z")] {
            assert_eq!(schedule.next_after(start, zone), None);
        }
        assert!(schedule.next_after(at("0001-01-01T00:00:00Z"), zone).is_some());
        assert!(schedule.next_after(at("4900-12-31T23:59:59Z"), zone).is_some());
        assert_eq!(schedule.upcoming(DateTime::<Utc>::MAX_UTC, zone).count(), 0);
    }
}

/// Clocks go from 02:00 EST (-05) to 03:00 EDT (-04) at 07:00Z on 9 March 2025, and from 02:00 EDT back to 01:00 EST at
/// 06:00Z on 2 November 2025.
#[test]
fn new_york() {
    let spring = "2025-03-09T06:29:00Z";
    let next = |schedule, after, count| firings(schedule, "America/New_York", after, count);
    // 02:30 is skipped: the gap's end, 03:00 EDT. The day after, 02:30 EDT.
    assert_eq!(next("30 2 * * *", spring, 2), ["2025-03-09T07:00Z", "2025-03-10T06:30Z"]);
    // Four skipped times come to one instant, and so do 02:00 and 03:00.
    assert_eq!(next("*/15 2 * * *", spring, 2), ["2025-03-09T07:00Z", "2025-03-10T06:00Z"]);
    assert_eq!(next("0 2,3 * * *", spring, 2), ["2025-03-09T07:00Z", "2025-03-10T06:00Z"]);
    // 01:30 EST, then 02:00, 02:30 and 03:00 together, then 03:30 EDT.
    let halves = ["2025-03-09T06:30Z", "2025-03-09T07:00Z", "2025-03-09T07:30Z"];
    assert_eq!(next("*/30 * * * *", spring, 3), halves);
    // 02:08 is skipped like any other time, and 03:08 EDT is not; croniter has 03:08 only, since the hour is any hour.
    assert_eq!(next("8 * * * *", spring, 2), ["2025-03-09T07:00Z", "2025-03-09T07:08Z"]);
    // Asked within the second before the gap and at its end.
    assert_eq!(next("30 2 * * *", "2025-03-09T06:59:59.5Z", 1), ["2025-03-09T07:00Z"]);
    assert_eq!(next("30 2 * * *", "2025-03-09T07:00:00Z", 1), ["2025-03-10T06:30Z"]);

    // 01:30 EDT, and not again at 01:30 EST (06:30Z), where croniter fires a second time; the day after, 01:30 EST.
    let autumn = "2025-11-02T05:00:00Z";
    assert_eq!(next("30 1 * * *", autumn, 2), ["2025-11-02T05:30Z", "2025-11-03T06:30Z"]);
    // Asked during the repeat: 01:30 EST is not a first time.
    assert_eq!(next("30 1 * * *", "2025-11-02T06:10:00Z", 1), ["2025-11-03T06:30Z"]);
    assert_eq!(next("* * * * *", "2025-11-02T06:10:00Z", 1), ["2025-11-02T07:00Z"]);
    // After 01:30 EDT come 01:00 and 01:30 EST, both repeats, then 02:00 EST.
    assert_eq!(next("*/30 * * * *", autumn, 2), ["2025-11-02T05:30Z", "2025-11-02T07:00Z"]);
    assert_eq!(next("@hourly", autumn, 2), ["2025-11-02T07:00Z", "2025-11-02T08:00Z"]);
}

/// 02:00 CET (+01) to 03:00 CEST (+02) at 01:00Z on 30 March 2025; 03:00 CEST to 02:00 CET at 01:00Z on 26 October 2025.
#[test]
fn berlin() {
    let next = |schedule, after, count| firings(schedule, "Europe/Berlin", after, count);
    assert_eq!(next("15 2 * * *", "2025-03-29T12:00:00Z", 2), ["2025-03-30T01:00Z", "2025-03-31T00:15Z"]);
    // Sundays at 02:15: the gap's end, then a week later 02:15 CEST.
    assert_eq!(next("15 2 * * 0", "2025-03-29T12:00:00Z", 2), ["2025-03-30T01:00Z", "2025-04-06T00:15Z"]);
    // 02:00 CEST first, not 02:00 CET at 01:00Z; 03:00 exists once, as CET.
    assert_eq!(next("0 2 * * *", "2025-10-25T12:00:00Z", 2), ["2025-10-26T00:00Z", "2025-10-27T01:00Z"]);
    assert_eq!(next("0 3 * * *", "2025-10-25T12:00:00Z", 1), ["2025-10-26T02:00Z"]);
}

/// Half an hour: 02:00 (+10:30) to 02:30 (+11) at 15:30Z on 4 October 2025; 02:00 (+11) to 01:30 (+10:30) at 15:00Z on
/// 5 April 2025.
#[test]
fn lord_howe() {
    let next = |schedule, after, count| firings(schedule, "Australia/Lord_Howe", after, count);
    // 02:15 is skipped; 02:45 is not: 02:45 - 11:00.
    assert_eq!(next("15 2 * * *", "2025-10-04T12:00:00Z", 2), ["2025-10-04T15:30Z", "2025-10-05T15:15Z"]);
    assert_eq!(next("45 2 * * *", "2025-10-04T12:00:00Z", 1), ["2025-10-04T15:45Z"]);
    // 01:45 - 11:00 first; the day after 01:45 - 10:30. At 02:00 (+11) the clock shows 01:30, and 02:00 half an hour later.
    assert_eq!(next("45 1 * * *", "2025-04-05T12:00:00Z", 2), ["2025-04-05T14:45Z", "2025-04-06T15:15Z"]);
    assert_eq!(next("0 2 * * *", "2025-04-05T12:00:00Z", 1), ["2025-04-05T15:30Z"]);
}

/// Midnight itself is skipped: 00:00 (-03) to 01:00 (-02) at 03:00Z on Sunday 4 November 2018; and the last hour of a day
/// repeated: 00:00 (-02) to 23:00 (-03) of the day before at 02:00Z on 18 February 2018.
#[test]
fn sao_paulo() {
    let next = |schedule, after, count| firings(schedule, "America/Sao_Paulo", after, count);
    assert_eq!(next("@daily", "2018-11-03T12:00:00Z", 2), ["2018-11-04T03:00Z", "2018-11-05T02:00Z"]);
    assert_eq!(next("@weekly", "2018-11-03T12:00:00Z", 2), ["2018-11-04T03:00Z", "2018-11-11T02:00Z"]);
    // 23:30 (-02) on the 17th first; on the 18th 23:30 (-03). Midnight of the 18th is (-03).
    assert_eq!(next("30 23 * * *", "2018-02-17T12:00:00Z", 2), ["2018-02-18T01:30Z", "2018-02-19T02:30Z"]);
    assert_eq!(next("@daily", "2018-02-17T12:00:00Z", 1), ["2018-02-18T03:00Z"]);
}

/// A whole day is skipped: after 29 December 2011, 24:00 (-10), comes 31 December, 00:00 (+14), at 10:00Z on the 30th.
#[test]
fn apia() {
    let next = |schedule, count| firings(schedule, "Pacific/Apia", "2011-12-29T12:00:00Z", count);
    // Noon of the 29th (-10), of the 30th (the gap's end), of the 31st (+14).
    assert_eq!(next("0 12 * * *", 3), ["2011-12-29T22:00Z", "2011-12-30T10:00Z", "2011-12-30T22:00Z"]);
    // Midnights of the 30th and the 31st are one instant.
    assert_eq!(next("@daily", 2), ["2011-12-30T10:00Z", "2011-12-31T10:00Z"]);
    // 1,440 skipped minutes are one firing: 29 December 23:59 (-10), the gap's end (also 00:00), then 00:01 (+14).
    let late = firings("* * * * *", "Pacific/Apia", "2011-12-30T09:58:00Z", 3);
    assert_eq!(late, ["2011-12-30T09:59Z", "2011-12-30T10:00Z", "2011-12-30T10:01Z"]);
}

/// The clock goes back for Ramadan: 03:00 (+01) to 02:00 (+00) at 02:00Z on 23 February 2025, and 02:00 (+00) to 03:00
/// (+01) at 02:00Z on 6 April 2025.
#[test]
fn casablanca() {
    let next = |schedule, after, count| firings(schedule, "Africa/Casablanca", after, count);
    assert_eq!(next("30 2 * * *", "2025-02-22T12:00:00Z", 2), ["2025-02-23T01:30Z", "2025-02-24T02:30Z"]);
    assert_eq!(next("30 2 * * *", "2025-04-05T12:00:00Z", 2), ["2025-04-06T02:00Z", "2025-04-07T01:30Z"]);
}

/// +05:30 all year.
#[test]
fn kolkata() {
    let next = |schedule, after, count| firings(schedule, "Asia/Kolkata", after, count);
    assert_eq!(next("30 5 * * *", "2025-03-29T12:00:00Z", 2), ["2025-03-30T00:00Z", "2025-03-31T00:00Z"]);
    // Monday begins on Sunday at 18:30Z.
    assert_eq!(next("0 0 * * MON", "2025-03-29T12:00:00Z", 1), ["2025-03-30T18:30Z"]);
}

/// The compiled-in database ends; the last rules are spelled out to 2099. 9 July 2099 is EDT, 9 July 2100 would be.
#[test]
fn clock_changes_are_known_up_to_2099() {
    assert_eq!(firings("0 0 9 7 *", "America/New_York", "2099-01-01T00:00:00Z", 1), ["2099-07-09T04:00Z"]);
}

#[test]
fn decoding_checks_the_text() {
    let config = bincode::config::standard();
    let schedule = Schedule::parse(" */5 9-17 * * MON-FRI").unwrap();
    let bytes = bincode::encode_to_vec(&schedule, config).unwrap();
    assert_eq!(bytes, bincode::encode_to_vec(" */5 9-17 * * MON-FRI", config).unwrap());
    let (decoded, read): (Schedule, _) = bincode::decode_from_slice(&bytes, config).unwrap();
    assert_eq!((decoded, read), (schedule, bytes.len()));
    let bytes = bincode::encode_to_vec("0 25 * * *", config).unwrap();
    let error = bincode::decode_from_slice::<Schedule, _>(&bytes, config).unwrap_err();
    assert!(error.to_string().contains("hour `25` is out of range"), "{error}");
}
