//! What is asked about sessions in the store without taking a turn.

use pace_ir::program::{AgentName, Principal};
use pace_state::{Cursor, Moment, Page, Session, StoreError};

use super::{Stored, failed, in_store, key, now, unpack};
use crate::conversation::Message;
use crate::id::SessionId;
use crate::problem::{Code, Problem};
use crate::session::{Found, Overview, Owner, unknown};

impl Stored {
    pub(in crate::session) async fn list(
        &self,
        agent: &AgentName,
        principal: Option<&Principal>,
        after: Option<Cursor>,
        most: u32,
    ) -> Result<Page<Overview>, Problem> {
        let principal = principal.map(ToString::to_string);
        let listed = self.shared.store.sessions(agent.as_str(), principal.as_deref(), after, most).await;
        let page = self.shared.told(listed).map_err(|error| failed(&error))?;
        let rows = page.rows.iter().map(overview).collect::<Result<_, _>>()?;
        Ok(Page { rows, next: page.next })
    }

    pub(in crate::session) async fn find(&self, id: SessionId) -> Result<Option<Found>, Problem> {
        let found = self.shared.told(self.shared.store.any_session(key(id)).await);
        let Some((owner, session, conversation)) = found.map_err(|error| failed(&error))? else { return Ok(None) };
        let overview = overview(&session)?;
        let agent = owner.agent.parse().map_err(|_| damaged())?;
        let within = owner.parent.map(|parent| SessionId::of_number(parent.0));
        let owner = Owner { agent, principal: overview.principal.clone(), within };
        Ok(Some(Found { owner, overview, messages: unpack(&conversation)? }))
    }

    pub(in crate::session) async fn named(&self, owner: &Owner, name: &str) -> Result<Option<Overview>, Problem> {
        let (agent, principal) = (owner.agent.as_str(), owner.principal.to_string());
        let found = self.shared.told(self.shared.store.named_session(agent, &principal, name).await);
        found.map_err(|error| failed(&error))?.as_ref().map(overview).transpose()
    }

    /// A session inside another that is taking a turn here.
    pub(in crate::session) async fn inside(
        &self,
        owner: &Owner,
        id: SessionId,
    ) -> Result<(Vec<Message>, Moment, u64), Problem> {
        let found = self.shared.told(self.shared.store.conversation(&in_store(owner), key(id)).await);
        let found = found.map_err(|error| failed(&error))?;
        let (session, conversation) = found.ok_or_else(|| unknown(id, &owner.agent))?;
        Ok((unpack(&conversation)?, session.created, session.turns))
    }

    pub(in crate::session) async fn forget(&self, owner: &Owner, id: SessionId) -> Result<bool, Problem> {
        let forgotten = self.shared.told(self.shared.store.forget_session(&in_store(owner), key(id)).await);
        forgotten.map_err(|error| failed(&error))
    }

    /// Whether nobody has it any more; where nobody can say, it is taken to be there.
    pub(super) async fn is_gone(&self, owner: &Owner, id: SessionId) -> bool {
        let found: Result<Option<Session>, StoreError> = self.shared.store.session(&in_store(owner), key(id)).await;
        matches!(found, Ok(None))
    }
}

fn overview(session: &Session) -> Result<Overview, Problem> {
    Ok(Overview {
        id: SessionId::of_number(session.id.0),
        principal: session.principal.parse().map_err(|_| damaged())?,
        created: session.created,
        used: session.updated,
        turns: session.turns,
        is_busy: session.busy_until.is_some_and(|until| until > now()),
    })
}

/// Names that no runner writes.
fn damaged() -> Problem {
    Problem::new(Code::Internal, "a session in the store has a name that is none")
}
