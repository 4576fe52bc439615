//! `pace trace tail`: traces as they come.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use pace_runner::trace::query::{MOST, Query};
use pace_state::{Key, Moment, Store, StoreError, Trace};

use super::filter::Filter;
use super::reading::{self, failed};
use super::row::{self, Row};
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::{Output, out};
use crate::stop::Stop;

/// Print traces as invocations end, until Ctrl-C
///
/// An invocation that ran for more than fifteen minutes is not among them; `pace trace list` has it.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    #[command(flatten)]
    filter: Filter,
}

/// How often is looked.
const LOOK: Duration = Duration::from_millis(500);
/// How long an invocation may run and still be found at its end: traces are in the order in which they began.
const WINDOW: Duration = Duration::from_mins(15);
/// The most pages of that window that are looked at each time.
const PAGES: usize = 4;

/// Runs the command.
pub(super) fn run(command: &Tail, global: &Global) -> anyhow::Result<ExitCode> {
    let query = command.filter.query()?;
    let Some(reading) = reading::open(&command.filter.which, global)? else { return Ok(ExitCode::Success) };
    let glyphs = Output::new(global).glyphs();
    reading.runtime.block_on(async {
        let mut stop = Stop::listen();
        let follow = async {
            let mut seen = Seen::default();
            seen.newer(&reading.store, &query).await.map_err(|error| failed(&error))?;
            loop {
                tokio::time::sleep(LOOK).await;
                for trace in seen.newer(&reading.store, &query).await.map_err(|error| failed(&error))? {
                    let row = Row::of(&trace, &reading.store, glyphs).await.map_err(|error| failed(&error))?;
                    out(&row::single(&row))?;
                }
            }
        };
        tokio::select! {
            ended = follow => ended,
            () = stop.told() => Ok(ExitCode::Success),
        }
    })
}

/// The traces of the window that were printed, or were there before.
#[derive(Default)]
struct Seen(BTreeSet<(i64, Key)>);

impl Seen {
    /// Those that are new, oldest first.
    async fn newer(&mut self, store: &Store, query: &Query) -> Result<Vec<Trace>, StoreError> {
        let (mut filter, from) = (query.filter.clone(), begin());
        filter.from = Some(filter.from.map_or(from, |asked| asked.max(from)));
        let (mut new, mut after) = (Vec::new(), None);
        for _ in 0..PAGES {
            let page = store.traces(&filter, after, MOST).await?;
            new.extend(page.rows.into_iter().filter(|trace| self.0.insert((trace.started.0, trace.id))));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.0 = self.0.split_off(&(from.0, Key(0)));
        new.reverse();
        Ok(new)
    }
}

/// Where the window begins.
fn begin() -> Moment {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(WINDOW);
    Moment(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
