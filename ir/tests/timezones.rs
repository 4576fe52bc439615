//! The zones compiled in are those of `chrono-tz`: what is stored is what that crate gives, byte for byte, and what is read of it says
//! the same around every change of every clock. `BLESS=1` stores what it gives now, where the IANA database changed.

#![expect(clippy::disallowed_methods, reason = "reads, and once writes, the stored zones")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, LocalResult, NaiveDateTime, Offset, TimeZone};
use chrono_tz::{TZ_VARIANTS, Tz};
use pace_ir::schedule::Timezone;

/// Between two changes of one clock are more than six days, so no two hide in one step. [`steps_hide_no_change`] looks closer.
const STEP: usize = 5 * DAY;
const DAY: usize = 86_400;
/// What the format counts from: 1811, before any clock changed.
const BEGINNING: i64 = -5_000_000_000;
/// 2112, after the last.
const END: i64 = 4_500_000_000;

/// Seconds east of UTC, and what that is called.
type Kind = (i32, String);
/// What a zone's clocks show at first, and each change since.
type Zone = (Kind, Vec<(i64, Kind)>);

fn utc(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds, 0).unwrap().naive_utc()
}

fn kind<Z: TimeZone>(zone: &Z, at: i64) -> Kind
where
    Z::Offset: std::fmt::Display,
{
    let offset = zone.offset_from_utc_datetime(&utc(at));
    (offset.fix().local_minus_utc(), offset.to_string())
}

fn zone(zone: Tz, step: usize) -> Zone {
    let first = kind(&zone, BEGINNING);
    let (mut before, mut changes) = (first.clone(), Vec::new());
    for end in (BEGINNING..END).step_by(step).skip(1) {
        let after = kind(&zone, end);
        if after == before {
            continue;
        }
        let (mut low, mut high) = (end - i64::try_from(step).unwrap(), end);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if kind(&zone, middle) == before { low = middle } else { high = middle }
        }
        changes.push((high, after.clone()));
        before = after;
    }
    (first, changes)
}

fn number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap());
}

fn bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    number(out, bytes.len() as u64);
    out.extend(bytes);
}

/// Where in the list something is, which may be new to it.
fn place<T: Clone + Ord>(known: &mut BTreeMap<T, u64>, list: &mut Vec<T>, one: &T) -> u64 {
    *known.entry(one.clone()).or_insert_with(|| {
        list.push(one.clone());
        list.len() as u64 - 1
    })
}

/// The zones as `ir/src/schedule/timezone/database.rs` describes them.
fn stored() -> Vec<u8> {
    let mut zones: Vec<(&str, Zone)> = TZ_VARIANTS.iter().map(|tz| (tz.name(), zone(*tz, STEP))).collect();
    zones.sort();
    let (mut known_kinds, mut kinds, mut known, mut bodies) =
        (BTreeMap::new(), Vec::new(), BTreeMap::new(), Vec::new());
    let mut names = Vec::new();
    for (name, (first, changes)) in &zones {
        let (mut body, mut last) = (Vec::new(), BEGINNING);
        number(&mut body, place(&mut known_kinds, &mut kinds, first));
        for (at, kind) in changes {
            let passed = u64::try_from(at - last).unwrap();
            number(&mut body, if passed.is_multiple_of(900) { passed / 900 * 2 } else { passed * 2 + 1 });
            number(&mut body, place(&mut known_kinds, &mut kinds, kind));
            last = *at;
        }
        names.push((name, place(&mut known, &mut bodies, &body)));
    }
    let mut out = Vec::new();
    bytes(&mut out, chrono_tz::IANA_TZDB_VERSION.as_bytes());
    number(&mut out, kinds.len() as u64);
    for (offset, name) in &kinds {
        number(&mut out, u64::try_from((i64::from(*offset) << 1) ^ (i64::from(*offset) >> 63)).unwrap());
        bytes(&mut out, name.as_bytes());
    }
    number(&mut out, bodies.len() as u64);
    for body in &bodies {
        bytes(&mut out, body);
    }
    number(&mut out, names.len() as u64);
    for (name, zone) in names {
        bytes(&mut out, name.as_bytes());
        number(&mut out, zone);
    }
    out
}

#[test]
fn what_is_stored_is_what_chrono_tz_has() {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/schedule/timezone/zones.zst");
    let now = stored();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&file, zstd::bulk::compress(&now, 22).unwrap()).unwrap();
    }
    let found = zstd::bulk::decompress(&std::fs::read(&file).unwrap(), 1 << 20).unwrap();
    assert!(found == now, "the zones of chrono-tz changed: BLESS=1 stores them, {} bytes then", now.len());
}

/// In steps of half a day, for the zones whose clocks changed most often.
#[test]
fn steps_hide_no_change() {
    for tz in
        [Tz::Africa__Casablanca, Tz::Africa__Cairo, Tz::America__Cambridge_Bay, Tz::Europe__Warsaw, Tz::Asia__Gaza]
    {
        assert_eq!(zone(tz, STEP), zone(tz, DAY / 2), "{tz}");
    }
}

#[test]
fn every_zone_says_what_chrono_tz_says() {
    assert_eq!(Timezone::database(), chrono_tz::IANA_TZDB_VERSION);
    let mut names: Vec<_> = TZ_VARIANTS.iter().map(|tz| tz.name()).collect();
    names.sort_unstable();
    assert_eq!(Timezone::all_names().collect::<Vec<_>>(), names);
    let (mut compared, mut seen) = (0, BTreeSet::new());
    for tz in TZ_VARIANTS {
        let ours = Timezone::parse(tz.name()).unwrap();
        let zone = zone(tz, STEP);
        let (changes, is_new) = (zone.1.clone(), seen.insert(zone));
        // Half of the names are other names of zones; a few places do for those.
        let changes = if is_new { changes } else { changes.into_iter().step_by(20).collect() };
        let ends = [(BEGINNING, kind(&tz, BEGINNING)), (0, kind(&tz, 0)), (END, kind(&tz, END))];
        for (at, after) in changes.iter().chain(&ends) {
            let before = kind(&tz, at - 1).0;
            assert_eq!((kind(&ours, at - 1), kind(&ours, *at)), (kind(&tz, at - 1), after.clone()), "{tz} at {at}");
            for local in [at + i64::from(before), at + i64::from(after.0)].iter().flat_map(|at| [at - 1, *at, at + 1]) {
                assert_eq!(instants(&ours, local), instants(&tz, local), "{tz} at {local} on its clocks");
            }
            compared += 1;
        }
    }
    assert!(compared > 30_000, "{compared} changes");
}

/// The instants at which the clocks show `local`.
fn instants<Z: TimeZone>(zone: &Z, local: i64) -> Vec<i64> {
    match zone.from_local_datetime(&utc(local)) {
        LocalResult::None => Vec::new(),
        LocalResult::Single(one) => vec![one.timestamp()],
        LocalResult::Ambiguous(first, again) => vec![first.timestamp(), again.timestamp()],
    }
}
