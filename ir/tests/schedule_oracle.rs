//! Compares schedules with croniter, over thousands of random expressions, in zones on both sides of their clock changes,
//! and lists where the two differ and why. `tests/oracles/croniter/oracle.py` asks croniter and Python's zoneinfo, an
//! implementation and a copy of the time-zone database from other hands. Firings that differ are in `schedule.rs`, worked
//! out by hand.
//!
//! Needs `PACE_TEST_PYTHON`, a Python with the packages of `tests/oracles/requirements.txt`; without it the tests are
//! skipped, aloud, except in CI.

#[path = "schedule_oracle/expressions.rs"]
mod expressions;
#[path = "schedule_oracle/oracle.rs"]
mod oracle;

use std::collections::BTreeMap;

use chrono::{DateTime, LocalResult, Offset, TimeZone, Utc};
use pace_ir::schedule::{Schedule, ScheduleErrorKind, Timezone};

use expressions::Random;
use oracle::{Answer, Request};

const DAY: i64 = 86_400;

/// Zones whose clocks change by an hour, by half an hour, at midnight, around Ramadan, by whole days or not at all.
const ZONES: [&str; 12] = [
    "America/New_York",
    "Europe/Berlin",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "America/Santiago",
    "Africa/Casablanca",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Asia/Gaza",
    "Asia/Kolkata",
    "UTC",
];

fn utc(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn zone(name: &str) -> Timezone {
    Timezone::parse(name).unwrap()
}

fn offset(zone: Timezone, at: i64) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&utc(at).naive_utc()).fix().local_minus_utc())
}

/// Whether the clocks of `zone` show at `at` what they showed before.
fn is_repeat(zone: Timezone, at: i64) -> bool {
    let local = utc(at).with_timezone(&zone).naive_local();
    matches!(zone.from_local_datetime(&local), LocalResult::Ambiguous(first, _) if first.timestamp() < at)
}

/// Whether the clocks of `zone` leap forward to what they show at `at`.
fn is_gap_end(zone: Timezone, at: i64) -> bool {
    offset(zone, at - 1) < offset(zone, at)
}

/// A time between 2004 and 2036; three in four within nine hours before a clock change and one after, if the zone has one in
/// the two years that follow.
fn start(random: &mut Random, zone: Timezone) -> i64 {
    let any = 1_072_915_200 + random.below(32 * 365) * DAY + random.below(DAY);
    let differs = |from: i64, to: i64| offset(zone, from) != offset(zone, to);
    let Some(day) = (0..730).map(|day| any + day * DAY).find(|at| differs(*at, at + DAY)) else { return any };
    let hour = (0..24).map(|hour| day + hour * 3600).find(|at| differs(*at, at + 3600));
    match hour {
        Some(hour) if !random.one_in(4) => hour + 3600 - random.below(9 * 3600),
        _ => any,
    }
}

/// What was seen, for the summary and for the check that the test tested something.
#[derive(Debug, Default)]
struct Seen {
    compared: usize,
    without_a_date: usize,
    skipped_times: usize,
    repeated_times: usize,
    other_day_rule: usize,
    croniter_fires_again: usize,
    croniter_fires_not: usize,
}

#[test]
fn firings_are_those_of_croniter() {
    let mut random = Random::announced("firings_are_those_of_croniter");
    let requests: Vec<_> = (0..4000)
        .map(|_| {
            let name = *random.pick(&ZONES);
            let (expression, after) = (expressions::valid(&mut random), start(&mut random, zone(name)));
            Request { expression, zone: name, after, count: 6 }
        })
        .collect();
    let Some(answers) = oracle::ask(&requests) else { return };
    let mut seen = Seen::default();
    for (request, answer) in requests.iter().zip(&answers) {
        compare(request, answer, &mut seen);
    }
    oracle::say(&format!("{seen:?}"));
    assert!(seen.compared > 3000 && seen.skipped_times > 200 && seen.repeated_times > 200, "{seen:?}");
    assert!(
        seen.without_a_date > 0
            && seen.croniter_fires_again > 0
            && seen.croniter_fires_not > 0
            && seen.other_day_rule < 400,
        "{seen:?}"
    );
}

fn compare(request: &Request, answer: &Answer, seen: &mut Seen) {
    let Request { expression, after, count, .. } = request;
    let schedule = Schedule::parse(expression).unwrap_or_else(|error| panic!("{request:?}: {error}"));
    let (calendar, instants, croniter) = match answer {
        Answer::Refused(words) => panic!("{request:?}: croniter says {words}"),
        // To croniter, `1-31`, `0-6` and `*/1` are all `*` if the other day field has a `*` in it, and all restrict if not.
        Answer::Firings { whole_day_field: true, .. } => return seen.other_day_rule += 1,
        Answer::Firings { calendar, instants, croniter, .. } => (calendar, instants, croniter),
        Answer::NoDate => {
            seen.without_a_date += 1;
            return assert!(schedule.never_fires(), "{request:?}");
        }
    };
    assert!(!schedule.never_fires(), "{request:?}");
    let zone = zone(request.zone);
    let firings = |after, zone: Timezone| -> Vec<i64> {
        schedule.upcoming(utc(after), zone).take(*count).map(|at| at.timestamp()).collect()
    };
    assert_eq!(&firings(after + offset(zone, *after), Timezone::UTC), calendar, "the calendar of {request:?}");
    let ours = firings(*after, zone);
    assert_eq!(&ours, instants, "the instants of {request:?}");
    seen.compared += 1;
    count_changes(zone, calendar, seen);
    match ours.iter().zip(croniter).find(|(ours, theirs)| ours != theirs) {
        None => {}
        // croniter fires again where a clock shows a time again.
        Some((ours, theirs)) if theirs < ours && is_repeat(zone, *theirs) => seen.croniter_fires_again += 1,
        // croniter carries a skipped time to the gap's end, but not if the hour is any hour.
        Some((ours, theirs)) if ours < theirs && is_gap_end(zone, *ours) => seen.croniter_fires_not += 1,
        Some((ours, theirs)) => panic!("{request:?}: {ours}, to croniter {theirs}"),
    }
}

/// Counts the local times that the clocks skip or show twice.
fn count_changes(zone: Timezone, calendar: &[i64], seen: &mut Seen) {
    let found: Vec<_> =
        calendar.iter().map(|local| zone.offset_from_local_datetime(&utc(*local).naive_utc())).collect();
    seen.skipped_times += found.iter().filter(|offset| matches!(offset, LocalResult::None)).count();
    seen.repeated_times += found.iter().filter(|offset| matches!(offset, LocalResult::Ambiguous(..))).count();
}

/// Why one of the two accepts what the other refuses. Anything not listed here fails the test.
fn known_difference(text: &str, ours: &ScheduleErrorKind) -> Option<&'static str> {
    use ScheduleErrorKind as Kind;
    match ours {
        Kind::SecondsField => Some("croniter reads a sixth field as seconds"),
        Kind::YearField { .. } => Some("croniter reads a seventh field as years"),
        Kind::Unsupported { .. } => Some("croniter reads L, W, #, ? and hashed values"),
        Kind::EmptyRange { .. } => Some("croniter's ranges wrap around"),
        Kind::OutOfRange { value, min: 1, .. } if value.parse() == Ok(0) => {
            Some("croniter lets a range that wraps around end at 0 where the field starts at 1")
        }
        Kind::MacroAlias { .. } => Some("croniter reads @midnight and @annually"),
        Kind::UnknownMacro { nearest, .. } if nearest.contains(&text.to_lowercase().as_str()) => {
            Some("croniter reads macros in any case")
        }
        // `R`, `r(1-5)` and so on.
        Kind::MisplacedName { name, .. } | Kind::UnknownName { name, .. } if name.eq_ignore_ascii_case("R") => {
            Some("croniter draws random values for R")
        }
        _ => None,
    }
}

#[test]
fn syntax_is_that_of_croniter_but_for_the_listed_differences() {
    let mut random = Random::announced("syntax_is_that_of_croniter_but_for_the_listed_differences");
    let texts = (0..12_000).map(|_| expressions::doubtful(&mut random));
    let requests: Vec<_> = texts.map(|expression| Request { expression, zone: "UTC", after: 0, count: 0 }).collect();
    let Some(answers) = oracle::ask(&requests) else { return };
    let (mut both_accept, mut both_refuse) = (0, 0);
    let mut differences: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for (Request { expression, .. }, answer) in requests.iter().zip(&answers) {
        let ours = Schedule::parse(expression).err();
        match (&ours, answer) {
            (None, Answer::Refused(words)) => panic!("{expression:?}: only croniter refuses: {words}"),
            (None, _) => both_accept += 1,
            (Some(_), Answer::Refused(_)) => both_refuse += 1,
            (Some(error), _) => match known_difference(expression, &error.kind) {
                Some(why) => differences.entry(why).or_insert((0, expression)).0 += 1,
                None => panic!("{expression:?}: only we refuse: {error}"),
            },
        }
    }
    oracle::say(&format!(
        "both accept {both_accept}, both refuse {both_refuse}; croniter alone accepts {differences:#?}"
    ));
    assert!(both_accept > 1000 && both_refuse > 1000, "{both_accept} accepted, {both_refuse} refused");
}
