//! Live writes of which nobody knows what came, as `pace trace verify` prints them: of a runner that was killed in the middle of one,
//! the audit has all there is, because its trace went with it.

use pace_ir::text::{quoted, shortened};
use pace_runner::tool::audit::Intent;
use pace_runner::trace::stored::written;
use pace_state::{AuditRow, Key, Store, StoreError};
use serde::Serialize;

use crate::commands::trace::row::{agent, who};

/// The most characters of the arguments, for people.
const SHORT: usize = 160;

/// An intent without an outcome.
#[derive(Debug, Serialize)]
pub(super) struct Open {
    /// Its number in the chain.
    row: u64,
    /// RFC 3339, milliseconds.
    at: String,
    /// What was about to be done.
    #[serde(flatten)]
    intent: Option<Intent>,
    /// What stands there instead where that cannot be read: a secret that was no text, say, leaves no JSON when it is taken out.
    #[serde(skip_serializing_if = "Option::is_none")]
    unread: Option<String>,
}

/// Reads intents by their numbers.
///
/// # Errors
/// As every call of the store.
pub(super) async fn read(
    store: &Store,
    instance: Key,
    rows: impl Iterator<Item = &u64>,
) -> Result<Vec<Open>, StoreError> {
    let mut open = Vec::new();
    for row in rows {
        let found = store.audit_rows(instance, row.saturating_sub(1), 1).await?;
        // One that was pruned meanwhile is gone, and another stands first.
        open.extend(found.iter().filter(|found| found.sequence == *row).map(Open::of));
    }
    Ok(open)
}

impl Open {
    fn of(row: &AuditRow) -> Self {
        let payload = String::from_utf8_lossy(&row.entry.payload);
        let intent = serde_json::from_str(&payload).ok();
        let unread = intent.is_none().then(|| payload.into_owned());
        Self { row: row.sequence, at: written(row.entry.at), intent, unread }
    }

    /// For people: what, for whom, where, and with what; in two lines.
    pub(super) fn text(&self) -> String {
        let Self { row, at, .. } = self;
        let Some(intent) = &self.intent else {
            let unread = self.unread.as_deref().unwrap_or_default();
            return format!("  row {row}  {at}\n    {}\n", shortened(unread, SHORT));
        };
        let Intent { invocation, tool, subject, arguments, .. } = intent;
        let (tool, by, subject) = (quoted(tool), agent(&intent.agent), who(subject));
        let arguments = shortened(arguments.as_str(), SHORT);
        format!("  row {row}  {at}  {tool}  {by}  {subject}  invocation {invocation}\n    arguments: {arguments}\n")
    }
}
