//! How soon a server is tried again that failed.

use std::time::Duration;

use tokio::time::Instant;

use crate::connection::Connection;
use crate::error::Kind;
use crate::server::Transport;

/// A connection that died sooner was not worth opening.
const AT_ONCE: Duration = Duration::from_secs(10);
/// After so many failures in a row it is left alone.
const MOST: u32 = 5;
/// For how long a program is, and an address, where trying costs little.
const PROGRAM: Duration = Duration::from_secs(30);
const ADDRESS: Duration = Duration::from_secs(5);
/// What is waited after the first failure; twice as long after each that follows.
const FIRST: Duration = Duration::from_millis(100);

/// What is known of a server's failures.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// In a row.
    times: u32,
    last: Option<(Instant, Kind)>,
}

impl Rest {
    /// It could not be opened.
    pub(super) fn failed(&mut self, kind: Kind) {
        self.times += 1;
        self.last = Some((Instant::now(), kind));
    }

    /// It was opened, and is no longer alive.
    pub(super) fn died(&mut self, connection: &Connection) {
        if connection.lived().is_none_or(|lived| lived < AT_ONCE) {
            self.failed(Kind::Lost { why: "it ended soon after it was opened".to_owned(), said: Vec::new() });
        } else {
            *self = Self::default();
        }
    }

    /// What went wrong last, if that was after `since`.
    pub(super) fn failed_since(&self, since: Instant) -> Option<Kind> {
        self.last.as_ref().filter(|(when, _)| *when >= since).map(|(_, kind)| kind.clone())
    }

    /// How long is to be waited before it is tried again.
    pub(super) fn pause(&self, transport: &Transport) -> Result<Duration, Kind> {
        let Some((when, last)) = &self.last else {
            return Ok(Duration::ZERO);
        };
        if self.times < MOST {
            return Ok((FIRST * 2_u32.pow(self.times.saturating_sub(1))).saturating_sub(when.elapsed()));
        }
        let rest = match transport {
            Transport::Program(_) => PROGRAM,
            Transport::Http(_) => ADDRESS,
        };
        let pause = rest.saturating_sub(when.elapsed());
        if pause.is_zero() {
            return Ok(pause);
        }
        Err(Kind::Resting { times: self.times, pause, last: Box::new(last.clone()) })
    }

    /// Whether it has to be remembered.
    pub(super) fn is_resting(&self) -> bool {
        self.last.as_ref().is_some_and(|(when, _)| when.elapsed() < PROGRAM)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::server::Program;

    fn program() -> Transport {
        Transport::Program(Program {
            program: "x".into(),
            arguments: Vec::new(),
            variables: BTreeMap::new(),
            secrets: BTreeMap::new(),
            directory: "/".into(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_is_tried_later_and_later_and_then_left_alone() {
        let (mut rest, start) = (Rest::default(), Instant::now());
        let mut pauses = Vec::new();
        while let Ok(pause) = rest.pause(&program()) {
            pauses.push(pause.as_millis());
            rest.failed(Kind::Closing);
        }
        assert_eq!(pauses, [0, 100, 200, 400, 800]);
        tokio::time::advance(Duration::from_secs(12)).await;
        let resting = rest.pause(&program()).unwrap_err();
        assert!(
            matches!(resting, Kind::Resting { times: 5, pause, .. } if pause == Duration::from_secs(18)),
            "{resting:?}"
        );
        assert!(rest.failed_since(start).is_some() && rest.failed_since(Instant::now()).is_none());
        tokio::time::advance(Duration::from_secs(18)).await;
        assert_eq!(rest.pause(&program()).unwrap(), Duration::ZERO);
        // One more failure, and it rests again.
        rest.failed(Kind::Closing);
        assert!(rest.pause(&program()).is_err());
        assert!(!format!("{:?}", rest.pause(&program())).is_empty());
    }
}
