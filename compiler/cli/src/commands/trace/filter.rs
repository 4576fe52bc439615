//! Which traces are meant: the flags that the commands have in common.

use std::time::SystemTime;

use clap::Args;
use pace_runner::trace::query::Query;

use super::whose::Which;
use crate::exit::Ended;

/// Which traces are meant.
#[derive(Debug, Clone, Args)]
pub(super) struct Filter {
    /// Of this agent
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Fired by this loop
    #[arg(long = "loop", value_name = "LOOP")]
    scheduled: Option<String>,
    /// Asked for by this principal: user:ann
    #[arg(long, value_name = "PRINCIPAL")]
    principal: Option<String>,
    /// Ended like this: ok, failed, denied or cancelled
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
    /// Begun at this time or later: 2026-11-26T09:00:00Z, 2026-11-26, or how long ago: 15m, 1h, 7d
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Begun before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    #[command(flatten)]
    pub(super) which: Which,
}

impl Filter {
    /// What is asked of the store.
    ///
    /// # Errors
    /// A flag has a value that none of its are.
    pub(super) fn query(&self) -> Result<Query, Ended> {
        let mut query = Query::default();
        for (key, value) in [
            ("agent", &self.agent),
            ("loop", &self.scheduled),
            ("principal", &self.principal),
            ("status", &self.status),
            ("since", &self.since),
            ("until", &self.until),
        ] {
            let Some(value) = value else { continue };
            let help = format!("mend `--{key}`; `pace trace list --help` says what it takes");
            query.set(key, value, SystemTime::now().into()).map_err(|why| Ended::usage(why, help))?;
        }
        Ok(query)
    }
}
