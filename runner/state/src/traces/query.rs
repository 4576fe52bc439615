//! The query of a filter. One index is gone along, chosen by what is most selective; what else the filter says is judged row by
//! row, over at most [`EXAMINED`] of them.

use crate::key::Key;
use crate::page::Cursor;
use crate::sql::{Statement, Value};

use super::{COLUMNS, EXAMINED, Readable, TraceFilter, TraceStatus};

const ORDER: &str = "ORDER BY started DESC, id DESC LIMIT";

/// A filter as conditions.
pub(super) struct Query {
    values: Vec<Value>,
    /// What an index serves, and how many of the values that takes.
    along: Vec<String>,
    along_values: usize,
    /// What it does not.
    judged: Vec<String>,
}

/// What a row has to be.
enum Condition {
    /// This column has this value.
    Is(&'static str, Value),
    /// A rule did not allow the invocation or one of its calls.
    IsDenied,
}

impl Query {
    pub(super) fn of(scope: i64, filter: &TraceFilter, after: Option<Cursor>) -> Self {
        let mut query = Self { values: Vec::new(), along: Vec::new(), along_values: 0, judged: Vec::new() };
        let scope = query.put(scope);
        let Cursor { at, key } = start(filter, after);
        let (at, key) = (query.put(at), query.put(key));
        query.along.push(format!("scope = {scope} AND (started, id) < ({at}, {key})"));
        if let Some(from) = filter.from {
            let from = query.put(from);
            query.along.push(format!("started >= {from}"));
        }
        let (along, judged) = split(filter);
        for condition in along {
            let is_status = matches!(condition, Condition::Is("status", _));
            let condition = query.condition(condition);
            query.along.push(condition);
            if is_status {
                // The indexes on it hold no others, which the planner has to be told.
                query.along.push("status <> 0".to_owned());
            }
        }
        query.along_values = query.values.len();
        for condition in judged {
            let condition = query.condition(condition);
            query.judged.push(condition);
        }
        if let Some(readable) = filter.readable.as_ref().filter(|readable| own(readable).is_none()) {
            query.judge_readable(readable);
        }
        query
    }

    /// The rows, newest first.
    pub(super) fn rows(&self, most: u32) -> Statement {
        let along = self.along.join(" AND ");
        let limit = format!("?{}", self.values.len() + 1);
        let sql = if self.judged.is_empty() {
            format!("SELECT {COLUMNS} FROM pace_traces WHERE {along} {ORDER} {limit}")
        } else {
            let judged = self.judged.join(" AND ");
            let examined = format!("SELECT {COLUMNS} FROM pace_traces WHERE {along} {ORDER} {EXAMINED}");
            format!("SELECT {COLUMNS} FROM ({examined}) AS examined WHERE {judged} {ORDER} {limit}")
        };
        Statement::new(sql, self.values.iter().cloned().chain([Value::from(most)]))
    }

    /// The last row that was looked at, if there may be more; nothing where an index serves the whole filter.
    pub(super) fn end(&self) -> Option<Statement> {
        if self.judged.is_empty() {
            return None;
        }
        let (along, skipped) = (self.along.join(" AND "), EXAMINED - 1);
        let sql = format!("SELECT started, id FROM pace_traces WHERE {along} {ORDER} 1 OFFSET {skipped}");
        Some(Statement::new(sql, self.values.iter().take(self.along_values).cloned()))
    }

    fn put(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("?{}", self.values.len())
    }

    fn condition(&mut self, condition: Condition) -> String {
        match condition {
            Condition::Is(column, value) => format!("{column} = {}", self.put(value)),
            // As the indexes on it are written, which the planner compares.
            Condition::IsDenied => "denials > 0".to_owned(),
        }
    }

    fn judge_readable(&mut self, readable: &Readable) {
        let mut either = Vec::new();
        if let Some(subject) = &readable.subject {
            let place = self.put(subject.as_str());
            either.push(format!("subject = {place}"));
        }
        for (column, names) in [("agent", &readable.agents), ("loop_name", &readable.loops)] {
            let Some(first) = names.first() else { continue };
            // Powers of two, so that few texts of statements come of many lists.
            let length = names.len().next_power_of_two();
            let padded = names.iter().chain(std::iter::repeat(first)).take(length);
            let places: Vec<String> = padded.map(|name| self.put(name.as_str())).collect();
            either.push(format!("{column} IN ({})", places.join(", ")));
        }
        self.judged.push(if either.is_empty() { "1 = 0".to_owned() } else { format!("({})", either.join(" OR ")) });
    }
}

/// Where the list begins.
fn start(filter: &TraceFilter, after: Option<Cursor>) -> Cursor {
    let after = after.unwrap_or(Cursor::START);
    match filter.before {
        // The first key there is: nothing that began at that very moment comes after it.
        Some(before) if before <= after.at => Cursor { at: before, key: Key(0) },
        _ => after,
    }
}

/// Whose traces alone can be read, if it is one subject's: then that is a filter like any other.
fn own(readable: &Readable) -> Option<&str> {
    readable.subject.as_deref().filter(|_| readable.agents.is_empty() && readable.loops.is_empty())
}

/// What an index serves, and what has to be judged. Loops have one subject, subjects few agents; of statuses, all but the usual
/// are rare.
fn split(filter: &TraceFilter) -> (Vec<Condition>, Vec<Condition>) {
    let own = filter.readable.as_ref().and_then(own);
    let asked = filter.subject.as_deref();
    let own = own.filter(|own| asked != Some(own));
    let texts = [
        ("loop_name", filter.loop_name.as_deref()),
        ("subject", asked),
        ("subject", own),
        ("agent", filter.agent.as_deref()),
    ];
    let mut texts: Vec<(&str, &str)> = texts.into_iter().filter_map(|(column, value)| Some((column, value?))).collect();
    let is = |(column, value)| Condition::Is(column, Value::from(value));
    let status = filter.status.map(|status| match status {
        TraceStatus::Denied => Condition::IsDenied,
        status => Condition::Is("status", Value::Int(status.code())),
    });
    let is_unusual = filter.status.is_some_and(|status| status != TraceStatus::Ok);
    if is_unusual && texts.iter().all(|(column, _)| *column == "agent") {
        return (status.into_iter().chain(texts.into_iter().map(is)).collect(), Vec::new());
    }
    let judged = texts.split_off(texts.len().min(1));
    (texts.into_iter().map(is).collect(), judged.into_iter().map(is).chain(status).collect())
}
