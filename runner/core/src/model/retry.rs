//! When to ask again: exponential backoff with jitter, and never sooner than the service says.

use std::time::{Duration, SystemTime};

/// The most times one call is made: three waits of together at most 3.5 seconds, unless the service wants longer ones.
pub(super) const MAX_ATTEMPTS: u32 = 4;

/// The longest first wait; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);

/// The longest wait that somebody who reads along is left in: beyond it, it is for them to decide.
pub(super) const MAX_WAIT: Duration = Duration::from_mins(1);

/// The longest time that is added to what a service says, so that not all come back in the same instant.
const SPREAD: Duration = Duration::from_millis(250);

/// How long to wait before attempt `next`, which is 2 or more. `random` is any number.
///
/// Half of each step is certain and half is chance: full jitter would now and then ask again at once, which services count
/// as not having waited.
pub(super) fn wait(next: u32, least: Option<Duration>, random: u64) -> Duration {
    let step = FIRST.saturating_mul(1_u32.checked_shl(next.saturating_sub(2)).unwrap_or(u32::MAX));
    let backoff = step / 2 + part(step / 2, random);
    backoff.max(least.map_or(Duration::ZERO, |least| least.saturating_add(part(SPREAD, random))))
}

/// A share of a duration, from nothing to all of it.
fn part(duration: Duration, random: u64) -> Duration {
    let share = u32::try_from(random & 0xffff).unwrap_or_default();
    duration * share / 0xffff
}

/// Any number. Where the system has none, the same number every time is still a wait.
pub(super) fn random() -> u64 {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        Err(_) => u64::MAX / 3,
    }
}

/// A `Retry-After` header (RFC 9110, section 10.2.3): seconds, or a date.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    // Some services send fractions.
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn headers() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let seconds = |text| retry_after(text, now).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds(" 3 "), Some(3.0));
        assert_eq!(seconds("1.5"), Some(1.5));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:40 GMT"), Some(3.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:00:00 GMT"), Some(0.0));
        for bad in ["", "soon", "-1", "NaN", "inf"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn waits_grow_and_obey(random in any::<u64>(), next in 2_u32..40, least in proptest::option::of(0_u64..100_000)) {
            let least = least.map(Duration::from_millis);
            let wait = wait(next, least, random);
            prop_assert!(wait >= least.unwrap_or_default());
            prop_assert!(wait >= Duration::from_millis(250));
            if next <= 4 {
                let step = FIRST * (1 << (next - 2));
                prop_assert!(wait <= step.max(least.unwrap_or_default() + SPREAD));
            }
        }
    }
}
