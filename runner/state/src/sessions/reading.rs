//! What is asked about sessions without taking a turn.

use super::{COLUMNS, Session, SessionOwner, session};
use crate::error::StoreError;
use crate::key::Key;
use crate::page::{Cursor, Page};
use crate::sql::{Statement, values};
use crate::store::Store;

impl Store {
    /// What can be told about a session to its owner.
    ///
    /// # Errors
    /// As every call.
    pub async fn session(&self, owner: &SessionOwner, id: Key) -> Result<Option<Session>, StoreError> {
        let rows = self.read(self.of_owner(COLUMNS, owner, id)).await?;
        rows.into_iter().next().map(session).transpose()
    }

    /// What was committed last of a session, for its owner.
    ///
    /// # Errors
    /// As every call.
    pub async fn conversation(&self, owner: &SessionOwner, id: Key) -> Result<Option<(Session, Vec<u8>)>, StoreError> {
        let rows = self.read(self.of_owner(&format!("conversation, {COLUMNS}"), owner, id)).await?;
        let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
        let conversation = row.blob()?;
        Ok(Some((session(row)?, conversation)))
    }

    /// A session with its owner and what was committed last, whoever asks: for those who decide then what may be told.
    ///
    /// # Errors
    /// As every call.
    pub async fn any_session(&self, id: Key) -> Result<Option<(SessionOwner, Session, Vec<u8>)>, StoreError> {
        let sql =
            format!("SELECT agent, parent, conversation, {COLUMNS} FROM pace_sessions WHERE scope = ?1 AND id = ?2");
        let rows = self.read(Statement::new(sql, values![self.scope(), id])).await?;
        let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
        let (agent, parent, conversation) = (row.text()?, row.optional_key()?, row.blob()?);
        let session = session(row)?;
        let owner = SessionOwner { agent, principal: session.principal.clone(), parent };
        Ok(Some((owner, session, conversation)))
    }

    /// The session that a principal gave this name, with an agent.
    ///
    /// # Errors
    /// As every call.
    pub async fn named_session(&self, agent: &str, principal: &str, name: &str) -> Result<Option<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_sessions WHERE scope = ?1 AND principal = ?2 AND agent = ?3 AND name = ?4"
        );
        let rows = self.read(Statement::new(sql, values![self.scope(), principal, agent, name])).await?;
        rows.into_iter().next().map(session).transpose()
    }

    /// The sessions with an agent, of one principal or of all, those created last first, without those inside others.
    ///
    /// # Errors
    /// As every call.
    pub async fn sessions(
        &self,
        agent: &str,
        principal: Option<&str>,
        after: Option<Cursor>,
        most: u32,
    ) -> Result<Page<Session>, StoreError> {
        let whose = if principal.is_some() { " AND principal = ?6" } else { "" };
        let sql = format!(
            "SELECT {COLUMNS} FROM pace_sessions \
             WHERE scope = ?1 AND agent = ?2{whose} AND parent IS NULL AND (created, id) < (?3, ?4) \
             ORDER BY created DESC, id DESC LIMIT ?5"
        );
        let Cursor { at, key } = after.unwrap_or(Cursor::START);
        let mut values = values![self.scope(), agent, at, key, most];
        values.extend(principal.map(Into::into));
        let rows = self.read(Statement::new(sql, values)).await?;
        let rows = rows.into_iter().map(session).collect::<Result<Vec<_>, _>>()?;
        let last = rows.last().map(|last| Cursor { at: last.created, key: last.id });
        Ok(Page { next: last.filter(|_| rows.len() >= most as usize), rows })
    }

    fn of_owner(&self, columns: &str, owner: &SessionOwner, id: Key) -> Statement {
        let sql = format!(
            "SELECT {columns} FROM pace_sessions \
             WHERE scope = ?1 AND id = ?2 AND agent = ?3 AND principal = ?4 AND parent IS NOT DISTINCT FROM ?5"
        );
        let SessionOwner { agent, principal, parent } = owner;
        Statement::new(sql, values![self.scope(), id, agent.as_str(), principal.as_str(), *parent])
    }
}
