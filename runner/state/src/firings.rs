//! Firings of loops. A firing is a row of one loop and one scheduled moment: whoever makes the row, or takes it over when its
//! holder's lease has run out, runs it. The number of the attempt fences: only the newest can finish it.
//!
//! What a firing does outside the store happens at least once: when a holder dies after it and before
//! [`Store::finish_firing`], the next one does it again. `(loop, scheduled)` is a key that outsiders can tell repetitions by.

use std::time::Duration;

use crate::error::StoreError;
use crate::key::{Key, Moment};
use crate::sql::{Row, Statement, is_free, unexpected, values};
use crate::store::Store;

/// The right to run a firing and to say what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiringLease {
    /// The loop.
    pub loop_name: String,
    /// When it was to fire.
    pub scheduled: Moment,
    /// 1 for the first holder, one more for each that took over.
    pub attempt: i64,
}

/// What came of claiming a firing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is the caller's to run.
    Won(FiringLease),
    /// Another is running it.
    Running {
        /// The end of its lease, unless it is renewed.
        until: Moment,
    },
    /// It is over, one way or another.
    Finished(FiringState),
}

/// How a firing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FiringState {
    /// Held, or left by a holder that died.
    Running,
    /// Its agent answered.
    Done,
    /// Its agent failed.
    Failed,
    /// It was decided not to run it: too late, or the one before was still running.
    Skipped,
}

/// A firing as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firing {
    /// The loop.
    pub loop_name: String,
    /// When it was to fire.
    pub scheduled: Moment,
    /// Who held it last.
    pub holder: Key,
    /// How often it was begun.
    pub attempt: i64,
    /// The end of the last lease.
    pub lease_until: Moment,
    /// How it is.
    pub state: FiringState,
    /// When it was finished.
    pub finished: Option<Moment>,
    /// What the holder left.
    pub result: Option<Vec<u8>>,
}

const COLUMNS: &str = "loop_name, scheduled, holder, attempt, lease_until, state, finished, result";

impl Store {
    /// Claims a firing for `holder`, for as long as `lease` unless it is renewed. Of all who claim one, one wins.
    ///
    /// # Errors
    /// As every call.
    pub async fn claim_firing(
        &self,
        loop_name: &str,
        scheduled: Moment,
        holder: Key,
        lease: Duration,
        now: Moment,
    ) -> Result<Claim, StoreError> {
        const CLAIM: &str = concat!(
            "INSERT INTO pace_firings (scope, loop_name, scheduled, holder, attempt, lease_until, state) ",
            "VALUES (?2, ?3, ?4, ?5, 1, NOW(?1) + ?6, 0) ON CONFLICT (scope, loop_name, scheduled) DO UPDATE ",
            "SET holder = excluded.holder, attempt = pace_firings.attempt + 1, lease_until = excluded.lease_until ",
            "WHERE pace_firings.state = 0 AND ",
            is_free!("pace_firings.lease_until", "?6"),
            " RETURNING attempt",
        );
        let values = values![now, self.scope(), loop_name, scheduled, holder, lease];
        if let Some(mut row) = self.write_one(Statement::new(CLAIM, values)).await? {
            return Ok(Claim::Won(FiringLease { loop_name: loop_name.to_owned(), scheduled, attempt: row.int()? }));
        }
        let at = self.firings(loop_name, (scheduled, scheduled.after(Duration::from_millis(1))), 1).await?;
        Ok(match at.into_iter().next() {
            Some(firing) if firing.state == FiringState::Running => Claim::Running { until: firing.lease_until },
            Some(firing) => Claim::Finished(firing.state),
            // It was deleted in between, so it is long over.
            None => Claim::Finished(FiringState::Skipped),
        })
    }

    /// Holds a firing for as long as `lease` from now.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where another took over or it is finished: the caller stops.
    pub async fn renew_firing(&self, held: &FiringLease, lease: Duration, now: Moment) -> Result<(), StoreError> {
        const RENEW: &str = "UPDATE pace_firings SET lease_until = NOW(?1) + ?6 WHERE scope = ?2 AND loop_name = ?3 \
            AND scheduled = ?4 AND attempt = ?5 AND state = 0 RETURNING attempt";
        let values = values![now, self.scope(), held.loop_name.as_str(), held.scheduled, held.attempt, lease];
        let renewed = self.write_one(Statement::new(RENEW, values)).await?;
        renewed.map(drop).ok_or(StoreError::Fenced { what: "firing" })
    }

    /// Hands a firing back unfinished: whoever claims it next wins at once. One that was lost needs no handing back.
    ///
    /// # Errors
    /// As every call; the lease then ends by itself.
    pub async fn release_firing(&self, held: &FiringLease) -> Result<(), StoreError> {
        const RELEASE: &str = "UPDATE pace_firings SET lease_until = 0 WHERE scope = ?1 AND loop_name = ?2 \
            AND scheduled = ?3 AND attempt = ?4 AND state = 0";
        let values = values![self.scope(), held.loop_name.as_str(), held.scheduled, held.attempt];
        self.write(Statement::new(RELEASE, values)).await.map(drop)
    }

    /// Says what came of a firing. Asking again for the same is no error.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] where another took over; what it says counts.
    pub async fn finish_firing(
        &self,
        held: &FiringLease,
        state: FiringState,
        result: Option<Vec<u8>>,
        now: Moment,
    ) -> Result<(), StoreError> {
        const FINISH: &str = "UPDATE pace_firings SET state = ?5, result = ?6, finished = ?7 WHERE scope = ?1 \
            AND loop_name = ?2 AND scheduled = ?3 AND attempt = ?4 AND state IN (0, CAST(?5 AS BIGINT)) RETURNING attempt";
        let lease = values![self.scope(), held.loop_name.as_str(), held.scheduled, held.attempt];
        let values = [lease, values![state.code(), result, now]].concat();
        let finished = self.write_one(Statement::new(FINISH, values)).await?;
        finished.map(drop).ok_or(StoreError::Fenced { what: "firing" })
    }

    /// The firings of a loop that were scheduled at or after the first and before the second moment, newest first: whatever
    /// else a schedule says for that window was missed.
    ///
    /// # Errors
    /// As every call.
    pub async fn firings(
        &self,
        loop_name: &str,
        (from, before): (Moment, Moment),
        most: u32,
    ) -> Result<Vec<Firing>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_firings WHERE scope = ?1 AND loop_name = ?2 AND scheduled >= ?3 AND scheduled < ?4 \
             ORDER BY scheduled DESC LIMIT ?5"
        );
        let values = values![self.scope(), loop_name, from, before, most];
        self.read(Statement::new(sql, values)).await?.into_iter().map(firing).collect()
    }

    /// Firings of any loop whose holder let the lease run out, those waiting longest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn abandoned_firings(&self, now: Moment, most: u32) -> Result<Vec<Firing>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_firings WHERE scope = ?2 AND state = 0 AND lease_until <= NOW(?1) \
             ORDER BY lease_until LIMIT ?3"
        );
        let values = values![now, self.scope(), most];
        self.read(Statement::new(sql, values)).await?.into_iter().map(firing).collect()
    }
}

impl FiringState {
    const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Failed, Self::Skipped];

    fn code(self) -> i64 {
        match self {
            Self::Running => 0,
            Self::Done => 1,
            Self::Failed => 2,
            Self::Skipped => 3,
        }
    }
}

fn firing(mut row: Row) -> Result<Firing, StoreError> {
    Ok(Firing {
        loop_name: row.text()?,
        scheduled: row.moment()?,
        holder: row.key()?,
        attempt: row.int()?,
        lease_until: row.moment()?,
        state: {
            let code = row.int()?;
            FiringState::ALL.into_iter().find(|state| state.code() == code).ok_or_else(unexpected)?
        },
        finished: row.optional_int()?.map(Moment),
        result: row.optional_blob()?,
    })
}
