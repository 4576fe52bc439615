//! One call of one tool outside of any conversation, for authors who try a tool. It is decided and made where the calls of
//! models are: what it may do here is what it may do there.

use std::sync::Arc;

use pace_ir::access::{Chain, Rules};
use pace_ir::program::{AgentName, Limits};
use pace_sandbox::Console;
use serde_json::Value;

use super::budget::Budget;
use super::dispatch::{Came, Dispatch};
use super::{Calling, Running};
use crate::authorize::{Action, authorize};
use crate::conversation::ToolCall;
use crate::events::{CallStatus, Source, Unheard};
use crate::id::InvocationId;
use crate::instantiate::Runner;
use crate::problem::{Code, Problem};
use crate::session::Owner;
use crate::tool::Cause;
use crate::trace_context::TraceContext;

/// What a call came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    /// What the model would be told.
    pub content: Value,
    /// What that is, in one word.
    pub status: CallStatus,
    /// What is behind it, where that is known.
    pub cause: Option<Cause>,
}

/// Makes a call as an agent would on somebody's behalf. `console` hears the tool's lines as they are written. Dropping the future stops the tool, unless it is a live write:
/// [`Work::written`](crate::work::Work::written) waits for those.
///
/// # Errors
/// [`Code::Draining`], or [`Code::NotAllowed`]: the subject may not talk to the agent. A call that is denied is no error but
/// [`CallStatus::Denied`].
pub async fn call_once(
    runner: &Arc<Runner>,
    agent: &AgentName,
    chain: &Chain,
    call: &ToolCall,
    console: Arc<dyn Console>,
) -> Result<Called, Problem> {
    runner.work().accepts()?;
    authorize(Rules::of(runner.bundle()), chain, Action::Execute(agent))?;
    let no_bytes = |error| Problem::new(Code::Internal, format!("the system has no random bytes: {error}"));
    let invocation = InvocationId::new().map_err(no_bytes)?;
    let source = Source { invocation, parent: None, agent: agent.clone() };
    // There is no conversation: what is said inside it is kept nowhere.
    let owner = Owner { agent: agent.clone(), principal: chain.subject.principal.clone(), within: None };
    let session = runner.sessions().create(owner, None)?;
    let inside = Arc::clone(session.inside());
    let trace = TraceContext::new().map_err(no_bytes)?;
    let budget = Arc::new(Budget::new(agent, &Limits::default(), None, None));
    let running =
        Running { runner: Arc::clone(runner), chain: chain.clone(), source, root: invocation, inside, budget, trace };
    let dispatch = Dispatch { tools: runner.tools(agent), calling: Calling { running: &running, sink: &Unheard } };
    let Came { output, status, cause } = dispatch.once(call, console).await;
    Ok(Called { content: output.content.to_value(), status, cause })
}
