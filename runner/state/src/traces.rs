//! Traces: one row an invocation, written once it is over. What lists are filtered by are columns; the rest is a record of bytes.
//! Lists go along an index in their order and never look at more than 2,000 rows, however many there are.

mod query;

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::error::StoreError;
use crate::key::{Key, Moment};
use crate::page::{Cursor, Page};
use crate::sql::{Durability, Row, Statement, Work, unexpected, values};
use crate::store::Store;
use query::Query;

/// The most rows that one call of [`Store::traces`] looks at for a filter that no index serves whole.
pub(crate) const EXAMINED: u32 = 2_000;

/// What lists of traces show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The invocation.
    pub id: Key,
    /// The invocation that called it.
    pub parent: Option<Key>,
    /// The first of the invocations that called each other; its own id if nothing did.
    pub root: Key,
    /// Who answered.
    pub agent: String,
    /// The loop that fired it.
    pub loop_name: Option<String>,
    /// Who asked.
    pub subject: String,
    /// The agents that acted for the subject, as the caller writes them.
    pub actors: String,
    /// The model.
    pub model: Option<String>,
    /// The bundle's id.
    pub bundle: String,
    /// How it ended.
    pub status: TraceStatus,
    /// The code of its error.
    pub error: Option<String>,
    /// When it began.
    pub started: Moment,
    /// How long it took, whole milliseconds.
    pub duration: Duration,
    /// Tokens the model was given.
    pub input_tokens: u64,
    /// Tokens the model made.
    pub output_tokens: u64,
    /// Millionths of a US dollar; nothing if the model has no price.
    pub cost: Option<u64>,
    /// Calls of the model.
    pub model_calls: u64,
    /// Calls of tools.
    pub tool_calls: u64,
    /// What a rule did not allow: the invocation itself, or how many of its calls.
    pub denials: u64,
}

/// How an invocation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceStatus {
    /// With an answer.
    Ok,
    /// With an error.
    Failed,
    /// It was not allowed.
    Denied,
    /// The one who asked went away, or the runner stopped.
    Cancelled,
    /// At a limit or a deadline.
    Limited,
}

/// Which traces are meant; what is left out does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceFilter {
    /// Of this agent.
    pub agent: Option<String>,
    /// Of this loop.
    pub loop_name: Option<String>,
    /// Asked for by this principal.
    pub subject: Option<String>,
    /// Ended like this. [`TraceStatus::Denied`] means those, too, that had an answer though some of their calls were denied.
    pub status: Option<TraceStatus>,
    /// Begun at this moment or later.
    pub from: Option<Moment>,
    /// Begun before this moment.
    pub before: Option<Moment>,
    /// Which ones the reader may see at all; all, if it is left out.
    pub readable: Option<Readable>,
}

/// The traces that somebody may see: their own, and those of some agents and loops.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readable {
    /// Those this principal asked for.
    pub subject: Option<String>,
    /// Those of these agents.
    pub agents: Vec<String>,
    /// Those of the runs of these loops.
    pub loops: Vec<String>,
}

pub(crate) const COLUMNS: &str = "id, parent, root, agent, loop_name, subject, actors, model, bundle, status, error, started, \
     duration, input_tokens, output_tokens, cost, model_calls, tool_calls, denials";

impl Store {
    /// Stores traces with their records, all or none. One that is stored already stays as it is.
    ///
    /// # Errors
    /// As every call.
    pub async fn insert_traces(&self, traces: &[(Trace, Vec<u8>)]) -> Result<(), StoreError> {
        if traces.is_empty() {
            return Ok(());
        }
        let statements = traces.iter().map(|(trace, record)| self.insertion(trace, record)).collect();
        self.write(Work { statements, durability: Durability::Process }).await.map(drop)
    }

    /// A trace with its record.
    ///
    /// # Errors
    /// As every call.
    pub async fn trace(&self, id: Key) -> Result<Option<(Trace, Vec<u8>)>, StoreError> {
        let sql = format!("SELECT record, {COLUMNS} FROM pace_traces WHERE scope = ?1 AND id = ?2");
        let rows = self.read(Statement::new(sql, values![self.scope(), id])).await?;
        let whole = |mut row: Row| row.blob().and_then(|record| Ok((trace(row)?, record)));
        rows.into_iter().next().map(whole).transpose()
    }

    /// The traces whose ids are in a range, in their order, at most `most`: those whose ids begin alike.
    ///
    /// # Errors
    /// As every call.
    pub async fn traces_between(&self, ids: RangeInclusive<Key>, most: u32) -> Result<Vec<Trace>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_traces WHERE scope = ?1 AND id >= ?2 AND id <= ?3 ORDER BY id LIMIT ?4"
        );
        let rows = self.read(Statement::new(sql, values![self.scope(), *ids.start(), *ids.end(), most])).await?;
        rows.into_iter().map(trace).collect()
    }

    /// The traces of a filter, newest first.
    ///
    /// # Errors
    /// As every call.
    pub async fn traces(
        &self,
        filter: &TraceFilter,
        after: Option<Cursor>,
        most: u32,
    ) -> Result<Page<Trace>, StoreError> {
        let query = Query::of(self.scope(), filter, after);
        let rows = self.read(query.rows(most)).await?;
        let rows = rows.into_iter().map(trace).collect::<Result<Vec<_>, _>>()?;
        let last = rows.last().map(|last| Cursor { at: last.started, key: last.id });
        if rows.len() >= most as usize {
            return Ok(Page { rows, next: last });
        }
        let next = match query.end() {
            Some(end) => self.read(end).await?.into_iter().next().map(cursor).transpose()?,
            None => None,
        };
        Ok(Page { rows, next })
    }

    /// The invocations below a root, oldest first; the root itself is not among them.
    ///
    /// # Errors
    /// As every call.
    pub async fn traces_below(&self, root: Key, most: u32) -> Result<Vec<Trace>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_traces WHERE scope = ?1 AND root = ?2 AND parent IS NOT NULL \
             ORDER BY started, id LIMIT ?3"
        );
        let rows = self.read(Statement::new(sql, values![self.scope(), root, most])).await?;
        rows.into_iter().map(trace).collect()
    }

    fn insertion(&self, trace: &Trace, record: &[u8]) -> Statement {
        const INSERT: &str = "INSERT INTO pace_traces (scope, id, parent, root, agent, loop_name, subject, actors, model, bundle, \
            status, error, started, duration, input_tokens, output_tokens, cost, model_calls, tool_calls, denials, \
            record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21) \
            ON CONFLICT (scope, id) DO NOTHING";
        let Trace { id, parent, root, agent, loop_name, subject, actors, model, bundle, status, error, .. } = trace;
        let who = values![self.scope(), *id, *parent, *root, agent.as_str(), loop_name.as_deref(), subject.as_str()];
        let how = values![actors.as_str(), model.as_deref(), bundle.as_str(), status.code(), error.as_deref()];
        let (tokens, calls) = ((trace.input_tokens, trace.output_tokens), (trace.model_calls, trace.tool_calls));
        let much = values![trace.started, trace.duration, tokens.0, tokens.1, trace.cost, calls.0, calls.1];
        Statement::new(INSERT, who.into_iter().chain(how).chain(much).chain(values![trace.denials, record.to_vec()]))
    }
}

impl TraceStatus {
    const ALL: [Self; 5] = [Self::Ok, Self::Failed, Self::Denied, Self::Cancelled, Self::Limited];

    /// What is stored. Indexes take 0 for the usual.
    pub(crate) fn code(self) -> i64 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Denied => 2,
            Self::Cancelled => 3,
            Self::Limited => 4,
        }
    }

    fn of(code: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.code() == code)
    }
}

fn trace(mut row: Row) -> Result<Trace, StoreError> {
    Ok(Trace {
        id: row.key()?,
        parent: row.optional_key()?,
        root: row.key()?,
        agent: row.text()?,
        loop_name: row.optional_text()?,
        subject: row.text()?,
        actors: row.text()?,
        model: row.optional_text()?,
        bundle: row.text()?,
        status: TraceStatus::of(row.int()?).ok_or_else(unexpected)?,
        error: row.optional_text()?,
        started: row.moment()?,
        duration: Duration::from_millis(row.count()?),
        input_tokens: row.count()?,
        output_tokens: row.count()?,
        cost: row.optional_int()?.map(|cost| u64::try_from(cost).map_err(|_| unexpected())).transpose()?,
        model_calls: row.count()?,
        tool_calls: row.count()?,
        denials: row.count()?,
    })
}

pub(crate) fn cursor(mut row: Row) -> Result<Cursor, StoreError> {
    Ok(Cursor { at: row.moment()?, key: row.key()? })
}
