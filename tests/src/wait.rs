//! Waiting for what has to come, in one way for all suites: by looking again and again, and never for ever.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use crate::process::PATIENCE;

/// How long nobody looks in between.
const LOOK: Duration = Duration::from_millis(10);

/// Waits until something is so, for [`PATIENCE`] at most.
///
/// # Panics
/// If it does not come to be so; it says what.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    until_found(what, || if is_so() { Ok(()) } else { Err("not yet") });
}

/// The same, for something that is found; what is there instead is told if it is never found.
///
/// # Panics
/// If it is not found within [`PATIENCE`].
#[track_caller]
pub fn until_found<T, E: Debug>(what: &str, mut look: impl FnMut() -> Result<T, E>) -> T {
    let begun = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(instead) => assert!(begun.elapsed() < PATIENCE, "it does not come to pass: {what}: {instead:?}"),
        }
        std::thread::sleep(LOOK);
    }
}
