//! How far a call is, as its server says it, on the way to who follows the invocation. The server's task is never kept waiting:
//! what it says last is kept, and told at a pace that people can read.

use std::time::Duration;

use pace_mcp::{Progress, ProgressSink};
use tokio::sync::watch;
use tokio::time::Instant;

/// How often it is told at first.
const PACE: Duration = Duration::from_millis(250);
/// Of what has passed, the part that is waited for until it is told again: a call of an hour is told of 150 times.
const SHARE: u32 = 20;
/// The longest words, characters.
const MOST_WORDS: usize = 300;

/// Where a server's progress goes.
#[derive(Debug, Clone)]
pub(crate) struct Steps(watch::Sender<Option<Progress>>);

/// What is told of it.
#[derive(Debug)]
pub(crate) struct Told {
    steps: watch::Receiver<Option<Progress>>,
    begun: Instant,
    /// When it may be told again; at once, the first time.
    next: Option<Instant>,
}

/// Both ends for one call.
pub(crate) fn of_a_call() -> (Steps, Told) {
    let (sender, steps) = watch::channel(None);
    (Steps(sender), Told { steps, begun: Instant::now(), next: None })
}

impl Steps {
    /// For the connection.
    pub(crate) fn sink(&self) -> ProgressSink {
        let sender = self.0.clone();
        ProgressSink::new(move |progress| {
            // Whoever has ceased to listen needs no more.
            let _unheard = sender.send(Some(progress));
        })
    }
}

impl Told {
    /// The next step to tell. Never ready where there is none; dropped while it waits, it loses none.
    pub(crate) async fn next(&mut self) -> Progress {
        if let Some(next) = self.next {
            tokio::time::sleep_until(next).await;
        }
        while self.steps.changed().await.is_ok() {
            let Some(mut progress) = self.steps.borrow_and_update().clone() else { continue };
            let now = Instant::now();
            self.next = Some(now + PACE.max(now.duration_since(self.begun) / SHARE));
            progress.message = progress.message.map(|message| message.chars().take(MOST_WORDS).collect());
            return progress;
        }
        std::future::pending().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(progress: f64) -> Progress {
        Progress { progress, total: None, message: None }
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_is_told_at_a_pace_and_the_last_word_counts() {
        let (steps, mut told) = of_a_call();
        steps.0.send(Some(step(1.0))).unwrap();
        assert_eq!(told.next().await, step(1.0));
        let begun = Instant::now();
        for number in 2..10_000 {
            steps.0.send(Some(step(f64::from(number)))).unwrap();
        }
        assert_eq!(told.next().await, step(9_999.0));
        assert_eq!(begun.elapsed(), PACE);
        // In an hour of saying something each millisecond, a hundred and fifty times.
        let mut count = 0;
        let hour = tokio::time::sleep(Duration::from_hours(1));
        tokio::pin!(hour);
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        loop {
            tokio::select! {
                biased;
                () = &mut hour => break,
                _ = told.next() => count += 1,
                _ = tick.tick() => { let _sent = steps.0.send(Some(step(1.0))); }
            }
        }
        assert!((100..200).contains(&count), "{count}");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_told_where_nothing_is_said_and_long_words_are_cut() {
        let (steps, mut told) = of_a_call();
        let waited = Duration::from_mins(1);
        assert!(tokio::time::timeout(waited, told.next()).await.is_err());
        steps.0.send(Some(Progress { message: Some("x".repeat(1_000)), ..step(0.5) })).unwrap();
        assert!(told.next().await.message.unwrap().chars().count() <= MOST_WORDS);
        drop(steps);
        assert!(tokio::time::timeout(waited, told.next()).await.is_err());
    }
}
