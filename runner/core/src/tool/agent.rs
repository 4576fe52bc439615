//! Agents as tools: a call is an invocation of its own, in process, admitted and bounded as one that comes over the wire. It
//! lives inside its caller's: what ends that one ends it too. Its events go to whoever follows the caller's.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::BoxFuture;
use pace_ir::Bundle;
use pace_ir::program::tool::AgentTarget;
use pace_ir::program::{Access, AgentName, Milliseconds, Target, ToolEntry};
use pace_ir::text::quoted;
use serde_json::{Value, json};

use super::configure::Offered;
use super::{Callee, Mode, ServedTool, ToolFailure};
use crate::conversation::{JsonText, Output};
use crate::events::{Answer, Event, Source};
use crate::id::SessionId;
use crate::invoke::{Calling, admit_called};
use crate::mcp::depth::{self, MOST_CALLERS};
use crate::model::ToolDeclaration;
use crate::problem::{Code, Problem};
use crate::schema::Schema;
use crate::setup::SetupError;
use crate::trace_context::TraceContext;

/// An agent as another one may call it.
#[derive(Debug, Clone)]
pub struct AgentTool {
    target: AgentName,
    /// `Read` makes everything below read-only.
    access: Access,
    /// Time of one call, besides the limits of the agent itself.
    timeout: Option<Milliseconds>,
}

/// What an agent as a tool takes.
pub(crate) fn parameters() -> Value {
    json!({
        "type": "object",
        "properties": {
            "message": { "type": "string", "description": "What to say to the agent" },
            "session": {
                "type": "string",
                "description": "To go on with a conversation: the `session` of its last result. Leave it out to begin one"
            }
        },
        "required": ["message"],
        "additionalProperties": false
    })
}

/// The tool of an entry.
///
/// # Errors
/// The bundle does not hold the agent.
pub(super) fn configure(bundle: &Bundle, entry: &ToolEntry, target: &AgentTarget) -> Result<Offered, SetupError> {
    let AgentTarget { agent, alias } = target;
    let Some(spec) = bundle.program.agents.get(agent) else {
        return Err(SetupError::new(format!("the agent `{agent}` is not in the bundle"), "build the bundle again"));
    };
    let (name, parameters) = (alias.to_string(), Schema::of(parameters()));
    let declaration = ToolDeclaration {
        name: name.clone(),
        description: spec.summary.clone(),
        parameters: parameters.value().clone(),
    };
    let tool = AgentTool { target: agent.clone(), access: entry.access, timeout: entry.timeout };
    let callee = Callee::Agent(tool);
    Ok(Offered { declaration, tool: ServedTool { name, class: entry.access, mode: Mode::Live, parameters, callee } })
}

/// The agents that an agent calls.
pub(crate) fn called<'b>(bundle: &'b Bundle, agent: &AgentName) -> impl Iterator<Item = &'b AgentName> {
    let entries = bundle.program.agents.get(agent).into_iter().flat_map(|agent| &agent.tools);
    entries.filter_map(|entry| match &entry.target {
        Target::Agent(target) => Some(&target.agent),
        Target::Local(_) | Target::Server(_) => None,
    })
}

impl AgentTool {
    /// Who is called.
    pub fn target(&self) -> &AgentName {
        &self.target
    }

    /// Makes one call. Dropping the future cancels the agent's invocation.
    ///
    /// # Errors
    /// It may not begin, or had no answer.
    // Boxed: an invocation calls agents, and so its future would hold one of its own kind.
    pub(super) fn call<'a>(
        &'a self,
        calling: Calling<'a>,
        arguments: &'a JsonText,
        trace: TraceContext,
    ) -> BoxFuture<'a, Result<Output, ToolFailure>> {
        Box::pin(async move {
            let answer =
                self.invoke(calling, &arguments.to_value(), trace).await.map_err(|problem| failure(&problem))?;
            Ok(result(&answer).into())
        })
    }

    async fn invoke(&self, calling: Calling<'_>, arguments: &Value, trace: TraceContext) -> Result<Answer, Problem> {
        let Calling { running, sink } = calling;
        if running.chain.callers() >= MOST_CALLERS {
            return Err(depth::too_many());
        }
        let Said { message, session } = Said::read(&self.target, arguments)?;
        let admitted = admit_called((running, trace), &self.target, self.access, message, session).await?;
        let source = admitted.source().clone();
        let ending = Ending { calling, source: &source, is_over: false };
        let run = admitted.run(sink);
        let result = match self.timeout {
            None => Some(run.await),
            Some(limit) => tokio::time::timeout(Duration::from_millis(limit.0), run).await.ok(),
        };
        match result {
            Some(result) => {
                ending.over();
                result
            }
            None => Err(ending.out_of_time(self.timeout)),
        }
    }
}

/// What whoever called is told of a call that failed.
fn failure(problem: &Problem) -> ToolFailure {
    ToolFailure { kind: problem.code.as_str(), message: words(problem), stack: Vec::new(), cause: None }
}

/// What is said to an agent by a call with fitting arguments.
pub(crate) struct Said {
    /// What.
    pub(crate) message: String,
    /// Where the conversation goes on.
    pub(crate) session: Option<SessionId>,
}

impl Said {
    /// Reads it. A model that has nothing to say for the session says it with an empty text.
    ///
    /// # Errors
    /// [`Code::UnknownSession`] for what is no id.
    pub(crate) fn read(agent: &AgentName, arguments: &Value) -> Result<Self, Problem> {
        let text = |key: &str| arguments.get(key).and_then(Value::as_str).unwrap_or_default();
        let (message, asked) = (text("message").to_owned(), text("session").trim());
        if asked.is_empty() {
            return Ok(Self { message, session: None });
        }
        let session = asked.parse().map_err(|_| {
            let detail = format!("the agent `{agent}` has no session `{}` of yours", quoted(asked));
            Problem::new(Code::UnknownSession, detail).help("leave `session` out to start a new one")
        })?;
        Ok(Self { message, session: Some(session) })
    }
}

/// What a call of an agent comes to.
pub(crate) fn result(answer: &Answer) -> Value {
    let Answer { response, output, session, cut, unkept, .. } = answer;
    let mut told = json!({ "response": response, "session": session });
    if let Some(told) = told.as_object_mut() {
        told.extend(output.clone().map(|output| ("output".to_owned(), output)));
        told.extend(cut.clone().map(|cut| ("cut".to_owned(), cut.into())));
        told.extend(unkept.map(|why| ("unkept".to_owned(), why.into())));
    }
    told
}

/// Sees to it that an invocation's last event is told, also where its caller ends before it.
struct Ending<'a> {
    calling: Calling<'a>,
    source: &'a Source,
    is_over: bool,
}

impl Ending<'_> {
    fn over(mut self) {
        self.is_over = true;
    }

    /// Its caller's entry gives it no more time.
    fn out_of_time(mut self, limit: Option<Milliseconds>) -> Problem {
        let limit = limit.map(|limit| limit.to_string()).unwrap_or_default();
        let (target, by) = (&self.source.agent, &self.calling.running.source.agent);
        let detail = format!("the agent `{target}` had no answer within the `timeout: {limit}` that `{by}` gives it");
        let problem = Problem::new(Code::TimedOut, detail);
        self.calling.sink.on_event(self.source, &Event::Failed(&problem));
        self.is_over = true;
        problem
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            let problem = self.calling.running.runner.work().why_cancelled();
            self.calling.sink.on_event(self.source, &Event::Failed(&problem));
        }
    }
}

/// What whoever called is told of a problem. What to do about it is for operators and authors, except for what they said
/// themselves.
pub(crate) fn words(problem: &Problem) -> String {
    let is_their_own =
        matches!(problem.code, Code::UnknownSession | Code::SessionBusy | Code::MalformedRequest | Code::TooLarge);
    match &problem.help {
        Some(help) if is_their_own => format!("{}; {help}", problem.detail),
        _ => problem.detail.clone(),
    }
}

/// Refuses a bundle whose agents call each other in a circle: no compiler writes one, and no call would end.
///
/// # Errors
/// An agent of the first circle that is met.
pub(super) fn refuse_circles<'b>(
    bundle: &'b Bundle,
    agents: impl Iterator<Item = &'b AgentName>,
) -> Result<(), SetupError> {
    let (mut finished, mut on_path) = (BTreeSet::new(), BTreeSet::new());
    for start in agents {
        // Depth first without recursion: a chain may be as long as there are agents.
        let mut path: Vec<(&AgentName, Vec<&AgentName>)> = Vec::new();
        let mut next = Some(start).filter(|start| !finished.contains(start));
        loop {
            if let Some(agent) = next.take() {
                if !on_path.insert(agent) {
                    let message = format!("agents of the bundle call each other in a circle, `{agent}` among them");
                    return Err(SetupError::new(message, "build the bundle again"));
                }
                path.push((agent, called(bundle, agent).collect()));
            }
            let Some((agent, left)) = path.last_mut() else { break };
            next = left.pop();
            if next.is_none() {
                on_path.remove(*agent);
                finished.insert(*agent);
                path.pop();
            }
            next = next.filter(|next| !finished.contains(next));
        }
    }
    Ok(())
}
