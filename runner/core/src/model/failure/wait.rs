//! A wait in words.

use std::time::Duration;

/// `45 s`, `5 min` or `1 h 30 min`, never shorter than it is.
pub(super) fn told(wait: Duration) -> String {
    let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0));
    let minutes = seconds.div_ceil(60);
    match (minutes / 60, minutes % 60) {
        _ if seconds < 120 => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_told_shortly() {
        for (seconds, wanted) in
            [(0.2, "1 s"), (119.0, "119 s"), (121.0, "3 min"), (3_600.0, "1 h"), (5_399.5, "1 h 30 min")]
        {
            assert_eq!(told(Duration::from_secs_f64(seconds)), wanted);
        }
        assert!(told(Duration::MAX).ends_with(" min"));
    }
}
