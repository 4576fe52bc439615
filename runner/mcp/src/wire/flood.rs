//! How fast is read what nobody waits for. One that comes too fast waits in the pipe or the socket, where it is its sender's.

use std::time::Duration;

use tokio::time::Instant;

use crate::bounds::NOTIFICATIONS;

/// A bucket that holds as many as may come at once, and is filled again within a second.
#[derive(Debug)]
pub(crate) struct Flood {
    /// When the bucket is full again, if nothing more comes.
    full: Instant,
    /// It was fuller than it may be when the last one came.
    is_over: bool,
}

/// What one of them takes.
const EACH: Duration = Duration::from_nanos(1_000_000_000 / NOTIFICATIONS as u64);
const BUCKET: Duration = Duration::from_secs(1);

impl Flood {
    pub(crate) fn new() -> Self {
        Self { full: Instant::now(), is_over: false }
    }

    /// One more.
    pub(crate) fn count(&mut self) {
        let now = Instant::now();
        self.full = self.full.max(now) + EACH;
        self.is_over = self.full > now + BUCKET;
    }

    /// Until another one may be read.
    pub(crate) async fn pause(&self) {
        // The clock is asked only where it matters: answers come through here too.
        if self.is_over && self.full > Instant::now() + BUCKET {
            // A tenth of a second at a time: waking up for each of them would cost more than they do.
            tokio::time::sleep_until(self.full - BUCKET + BUCKET / 10).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_thousand_come_at_once_and_the_rest_a_thousand_a_second() {
        let (mut flood, start) = (Flood::new(), Instant::now());
        for _ in 0..NOTIFICATIONS {
            flood.pause().await;
            flood.count();
        }
        assert_eq!(start.elapsed(), Duration::ZERO);
        for _ in 0..NOTIFICATIONS * 10 {
            flood.pause().await;
            flood.count();
        }
        let taken = start.elapsed();
        assert!(taken > Duration::from_secs(9) && taken < Duration::from_secs(11), "{taken:?}");
    }
}
