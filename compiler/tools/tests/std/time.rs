//! `std/time`: zones against Node's `Intl`, and what people ask.

use serde_json::{Value, json};

use crate::Test;
use crate::node;
use crate::tool::{call, fails};

pub(crate) const TESTS: &[Test] = &[
    ("time/now", now),
    ("time/forms", forms),
    ("time/zones_of_node", zones_of_node),
    ("time/walls_that_are_twice_or_never", walls_that_are_twice_or_never),
    ("time/durations", durations),
    ("time/differences", differences),
    ("time/errors", errors),
];

fn now() {
    let answer = call("time", &json!({"zone": "europe/berlin", "to": ["UTC", "America/New_York", "+05:30"]}));
    let wanted = json!({
        "iso": "2026-11-26T10:00:00+01:00", "zone": "Europe/Berlin", "abbreviation": "CET", "weekday": "Thursday",
        "date": "2026-11-26", "time": "10:00:00", "utc": "2026-11-26T09:00:00Z", "unix": 1_795_683_600,
        "rfc": "Thu, 26 Nov 2026 10:00:00 +0100", "week": "2026-W48", "day_of_year": 330,
        "to": [
            {"zone": "UTC", "iso": "2026-11-26T09:00:00Z", "abbreviation": "UTC", "weekday": "Thursday"},
            {"zone": "America/New_York", "iso": "2026-11-26T04:00:00-05:00", "abbreviation": "EST", "weekday": "Thursday"},
            {"zone": "+05:30", "iso": "2026-11-26T14:30:00+05:30", "abbreviation": "+05:30", "weekday": "Thursday"},
        ],
    });
    assert_eq!(answer, wanted);
    assert_eq!(call("time", &json!({}))["iso"], "2026-11-26T09:00:00Z");
}

fn utc(arguments: &Value) -> Value {
    call("time", arguments)["utc"].clone()
}

fn forms() {
    for (time, zone, wanted) in [
        ("2026-03-02", None, "2026-03-02T00:00:00Z"),
        ("2026-03-02 15:00", Some("Europe/Berlin"), "2026-03-02T14:00:00Z"),
        ("2026-03-02T15:00:01.5+01:00", None, "2026-03-02T14:00:01.500Z"),
        ("2026-03-02T15:00[Asia/Tokyo]", None, "2026-03-02T06:00:00Z"),
        ("2026-03-02T24:00", None, "2026-03-03T00:00:00Z"),
        ("1700000000", None, "2023-11-14T22:13:20Z"),
        ("1700000000000", None, "2023-11-14T22:13:20Z"),
        ("Mon, 02 Mar 2026 15:00:00 GMT", None, "2026-03-02T15:00:00Z"),
        ("2 March 2026", None, "2026-03-02T00:00:00Z"),
        ("0001-01-01T00:00Z", None, "0001-01-01T00:00:00Z"),
        ("2000-02-29", None, "2000-02-29T00:00:00Z"),
        ("2026-06-01 12:00", Some("new york"), ""),
    ] {
        if wanted.is_empty() {
            let message = fails("time", &json!({"time": time, "zone": zone}));
            assert_eq!(message, "Error: unknown time zone `new york`; did you mean `America/New_York`?");
            continue;
        }
        let arguments = zone.map_or_else(|| json!({"time": time}), |zone| json!({"time": time, "zone": zone}));
        assert_eq!(utc(&arguments), wanted, "{time}");
    }
    for (date, week) in [("2021-01-03", "2020-W53"), ("2024-12-30", "2025-W01"), ("2026-01-01", "2026-W01")] {
        assert_eq!(call("time", &json!({"time": date}))["week"], week, "{date}");
    }
}

/// Zones whose rules have been settled for years: the database of Node may be older or newer than ours.
const SETTLED: [&str; 20] = [
    "Europe/Berlin",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Istanbul",
    "America/New_York",
    "America/Los_Angeles",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/Phoenix",
    "America/Denver",
    "Asia/Tokyo",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Jerusalem",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Apia",
    "Africa/Johannesburg",
];

fn zones_of_node() {
    let program = format!(
        "const zones = {};\nconst told = zones.map((timeZone) => {{\n  const format = new Intl.DateTimeFormat(\"en-CA\", {{ timeZone, \
         hourCycle: \"h23\", dateStyle: \"short\", timeStyle: \"medium\" }});\n  const all = [];\n  for (let at = 0; at < 140 * 365; at += \
         611) all.push(format.format(new Date(at * 86400000 + at % 24 * 3600000)).replace(\", \", \"T\"));\n  return all;\n}});\n\
         console.log(JSON.stringify(told));",
        json!(SETTLED)
    );
    let Some(wanted) = node::run(&program) else { return };
    for (zone, wanted) in SETTLED.iter().zip(wanted.as_array().unwrap()) {
        for (at, wanted) in (0..140 * 365u64).step_by(611).zip(wanted.as_array().unwrap()) {
            let unix = at * 86400 + at % 24 * 3600;
            let iso = call("time", &json!({"time": format!("{unix}.0"), "zone": zone}))["iso"].clone();
            assert_eq!(&iso.as_str().unwrap()[..19], wanted.as_str().unwrap(), "{zone} at {unix}");
        }
    }
}

fn walls_that_are_twice_or_never() {
    let first = call("time", &json!({"time": "2026-10-25 02:30", "zone": "Europe/Berlin"}));
    assert_eq!(first["iso"], "2026-10-25T02:30:00+02:00");
    assert_eq!(
        first["note"],
        "2026-10-25 02:30 comes twice in Europe/Berlin: clocks are put back then; this is the first"
    );
    let never = call("time", &json!({"time": "2026-03-29 02:30", "zone": "Europe/Berlin"}));
    assert_eq!(never["iso"], "2026-03-29T03:30:00+02:00");
    assert_eq!(never["note"], "2026-03-29 02:30 does not exist in Europe/Berlin: clocks are put forward then");
    let skipped_day = call("time", &json!({"time": "2011-12-30 12:00", "zone": "Pacific/Apia"}));
    assert_eq!(skipped_day["iso"], "2011-12-31T12:00:00+14:00");
}

fn durations() {
    let added = |time: &str, zone: &str, add: &str| {
        call("time", &json!({"time": time, "zone": zone, "add": add}))["iso"].as_str().unwrap().to_owned()
    };
    for (time, add, wanted) in [
        ("2026-01-31", "1 month", "2026-02-28T00:00:00Z"),
        ("2024-02-29", "1 year", "2025-02-28T00:00:00Z"),
        ("2026-03-15", "-2 weeks", "2026-03-01T00:00:00Z"),
        ("2026-03-15", "minus 90 minutes", "2026-03-14T22:30:00Z"),
        ("2026-03-15", "1 day 4 hours", "2026-03-16T04:00:00Z"),
        ("2026-03-15", "1d, 2h and 30min", "2026-03-16T02:30:00Z"),
        ("2026-03-15", "P1Y2M3DT4H5M6S", "2027-05-18T04:05:06Z"),
        ("2026-03-15", "-P1W", "2026-03-08T00:00:00Z"),
        ("2026-03-15", "PT1.5S", "2026-03-15T00:00:01.500Z"),
    ] {
        assert_eq!(added(time, "UTC", add), wanted, "{time} {add}");
    }
    // A day later is the same time on the wall; 24 hours later are 24 hours.
    assert_eq!(added("2026-03-28 12:00", "Europe/Berlin", "1 day"), "2026-03-29T12:00:00+02:00");
    assert_eq!(added("2026-03-28 12:00", "Europe/Berlin", "24 hours"), "2026-03-29T13:00:00+02:00");
}

fn differences() {
    let until = |time: &str, until: &str, zone: &str| {
        call("time", &json!({"time": time, "until": until, "zone": zone}))["until"].clone()
    };
    let christmas = until("2026-11-26", "2026-12-24 18:00", "Europe/Berlin");
    assert_eq!(
        christmas,
        json!({
            "iso": "2026-12-24T18:00:00+01:00", "direction": "future", "text": "28 days, 18 hours", "duration": "P28DT18H",
            "days": 28, "hours": 690, "seconds": 2_484_000,
        })
    );
    for (from, to, text, days) in [
        ("2026-01-31", "2026-03-01", "1 month, 1 day", 29),
        ("2024-02-29", "2026-02-28", "2 years", 730),
        ("2026-03-01", "2026-01-31", "1 month, 1 day", -29),
        ("2026-03-01", "2026-03-01", "no time", 0),
        ("2000-01-01", "2026-01-01", "26 years", 9497),
    ] {
        let found = until(from, to, "UTC");
        assert_eq!((found["text"].as_str(), found["days"].as_i64()), (Some(text), Some(days)), "{from} {to}");
    }
    // Over the change to summer time a day has 23 hours.
    let short = until("2026-03-28 12:00", "2026-03-29 12:00", "Europe/Berlin");
    assert_eq!((short["text"].as_str(), short["hours"].as_i64()), (Some("1 day"), Some(23)));
}

fn errors() {
    for (arguments, wanted) in [
        (
            json!({"time": "tomorrow"}),
            "\"tomorrow\" is not a time; write it as 2026-03-02, 2026-03-02T15:00 or 2026-03-02T15:00:00+01:00",
        ),
        (
            json!({"time": "2026-02-30"}),
            "\"2026-02-30\" is no day: February 2026 has 28; write it as 2026-03-02, 2026-03-02T15:00 or 2026-03-02T15:00:00+01:00",
        ),
        (json!({"zone": "Europe/Berln"}), "unknown time zone `Europe/Berln`; did you mean `Europe/Berlin`?"),
        (json!({"zone": "Tokyo"}), "unknown time zone `Tokyo`; did you mean `Asia/Tokyo`?"),
        (
            json!({"add": "soon"}),
            "\"soon\" is not a duration; write it as \"2 weeks\", \"-90 minutes\", \"1 day 4 hours\" or \"P1Y2M3DT4H5M6S\"",
        ),
        (
            json!({"add": "2 fortnights"}),
            "unknown unit `fortnights` in a duration; there are years, months, weeks, days, hours, minutes and seconds",
        ),
        (json!({"add": "9999 years"}), "the result is not in the years 1 to 9999"),
        (json!({"add": "99999999999999999 days"}), "the duration is longer than 10000 years"),
    ] {
        assert_eq!(fails("time", &arguments), format!("Error: {wanted}"));
    }
}
