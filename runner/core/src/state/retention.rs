//! Deletes what is older than a store is to keep it: traces, sessions that nobody goes on with, the answers kept for repeated
//! requests, and firings of loops that are over. Never the audit of writes: how long that has to be kept is not for a default to say.
//!
//! It is done now and then, a few rows at a time, so that nobody else waits for it. Several runners that share a database all do
//! it, at times of their own; what one has deleted the next does not find.

use std::time::{Duration, SystemTime};

use pace_state::{Moment, Prune, Store, StoreError};

/// How often.
const EVERY: Duration = Duration::from_hours(1);
/// How soon after the start for the first time: after whatever makes a fleet of runners start at once.
const FIRST: Duration = Duration::from_mins(2);
/// The most rows in one transaction: some milliseconds.
const AT_ONCE: u32 = 500;
/// How long others have between two.
const PAUSE: Duration = Duration::from_millis(200);

/// Deletes what is old, for as long as the runtime lives; where nothing is said of how long that is, what has a life of its own.
pub(super) async fn keep(store: Store, retention: Option<Duration>) {
    let mut wait = FIRST;
    loop {
        // Half of it is chance.
        tokio::time::sleep(wait / 2 + wait.mul_f64(chance() / 2.0)).await;
        wait = EVERY;
        match prune(&store, retention, SystemTime::now(), PAUSE).await {
            Ok(Gone { traces: 0, sessions: 0, .. }) => {}
            Ok(Gone { traces, sessions, keys }) => {
                tracing::info!(traces, sessions, keys, "deleted what is older than `PACE_RETENTION`");
            }
            // What is wrong with the store is told by those who need it.
            Err(error) => tracing::debug!("what is old cannot be deleted: {error}"),
        }
    }
}

/// How many rows went.
#[derive(Debug, Default, PartialEq, Eq)]
struct Gone {
    traces: u64,
    sessions: u64,
    keys: u64,
}

async fn prune(
    store: &Store,
    retention: Option<Duration>,
    now: SystemTime,
    pause: Duration,
) -> Result<Gone, StoreError> {
    let moment = |time: Option<SystemTime>| {
        let since = time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).unwrap_or_default();
        Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    };
    let keys = all(store, Prune::KeysExpired(moment(Some(now))), pause).await?;
    let Some(retention) = retention else { return Ok(Gone { keys, ..Gone::default() }) };
    let before = moment(now.checked_sub(retention));
    let traces = all(store, Prune::TracesBefore(before), pause).await?;
    let sessions = all(store, Prune::SessionsBefore(before), pause).await?;
    all(store, Prune::FiringsBefore(before), pause).await?;
    Ok(Gone { traces, sessions, keys })
}

async fn all(store: &Store, what: Prune, pause: Duration) -> Result<u64, StoreError> {
    let mut gone = 0;
    loop {
        let batch = store.prune(what, AT_ONCE).await?;
        gone += u64::from(batch);
        if batch < AT_ONCE {
            return Ok(gone);
        }
        tokio::time::sleep(pause).await;
    }
}

/// A number from 0 to 1.
fn chance() -> f64 {
    let byte = u8::try_from(crate::id::random().unwrap_or_default() & 0xff).unwrap_or_default();
    f64::from(byte) / f64::from(u8::MAX)
}

#[cfg(test)]
mod tests {
    use pace_state::{Key, KeyClaim, Location, Scope, Settings, Trace, TraceFilter, TraceStatus};

    use super::*;

    const DAY: i64 = 24 * 3_600_000;

    fn trace(number: u128, started: i64) -> (Trace, Vec<u8>) {
        let trace = Trace {
            id: Key(number),
            parent: None,
            root: Key(number),
            agent: "helper".to_owned(),
            loop_name: None,
            subject: "user:ann".to_owned(),
            actors: String::new(),
            model: None,
            bundle: "b3:00".to_owned(),
            status: TraceStatus::Ok,
            error: None,
            started: Moment(started),
            duration: Duration::ZERO,
            input_tokens: 0,
            output_tokens: 0,
            cost: None,
            model_calls: 0,
            tool_calls: 0,
            denials: 0,
        };
        (trace, Vec::new())
    }

    #[tokio::test]
    async fn what_is_older_than_it_is_kept_goes_in_steps_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let scope = |project: &str| Scope { project: project.to_owned(), environment: "production".to_owned() };
        let open = |project: &str| {
            Store::open(Location::Sqlite(folder.path().to_owned()), scope(project), Settings::default())
        };
        let (store, other) = (open("shop").await.unwrap(), open("other").await.unwrap());
        let traces: Vec<_> = (0..1_200_u32).map(|number| trace(u128::from(number), i64::from(number))).collect();
        store.insert_traces(&traces).await.unwrap();
        store.insert_traces(&[trace(5_000, 40 * DAY)]).await.unwrap();
        other.insert_traces(&[trace(1, 1)]).await.unwrap();
        for (name, expires) in [("old", 41 * DAY), ("new", 43 * DAY)] {
            let claim = KeyClaim {
                principal: "user:ann",
                name,
                request: [0; 32],
                lease: Duration::from_secs(1),
                expires: Moment(expires),
            };
            store.claim_key(&claim, Moment(40 * DAY)).await.unwrap();
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_hours(42 * 24);
        let month = Some(Duration::from_hours(30 * 24));
        let forever = prune(&store, None, now, Duration::ZERO).await.unwrap();
        assert_eq!(forever, Gone { keys: 1, ..Gone::default() });
        let gone = prune(&store, month, now, Duration::ZERO).await.unwrap();
        assert_eq!(gone, Gone { traces: 1_200, ..Gone::default() });
        assert_eq!(prune(&store, month, now, Duration::ZERO).await.unwrap(), Gone::default());
        let left =
            |store: Store| async move { store.traces(&TraceFilter::default(), None, 10).await.unwrap().rows.len() };
        assert_eq!((left(store).await, left(other).await), (1, 1));
    }
}
