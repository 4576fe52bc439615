//! An agent as an MCP server: one tool, named as the agent and described by its `summary`. A call is an invocation like any
//! other; its progress is told to who gives a token for it. The prompt is never published.
//!
//! The protocol is `rmcp`'s, both generations of it. Here stand the tool and its calls; [`serve`](crate::serve) has the way
//! over HTTP and [`stdio`] the one over standard input.

pub(crate) mod depth;
mod progress;
pub mod stdio;
mod tool;

use std::sync::Arc;

use pace_ir::access::Subject;
use pace_ir::program::AgentName;
use pace_ir::text::quoted;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, Implementation, ListToolsResult,
    PaginatedRequestParams, ServerCapabilities, ServerConfig, Tool,
};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler};
use serde_json::Value;

use crate::events::Answer;
use crate::instantiate::Runner;
use crate::invoke::{Call, Conversation, admit};
use crate::problem::Problem;
use crate::request_id::{RequestId, carried};
use crate::schema::Schema;
use crate::tool::agent::{Said, parameters, result, words};
use crate::trace_context::TraceContext;

/// Who calls.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// Always the same.
    Known(Subject),
    /// Whoever the HTTP request is from: it carries a [`Subject`] as an extension.
    OfRequest,
}

/// An agent as a server.
#[derive(Clone)]
pub(crate) struct AgentServer {
    runner: Arc<Runner>,
    agent: AgentName,
    caller: Caller,
    tool: Tool,
    parameters: Arc<Schema>,
}

impl AgentServer {
    pub(crate) fn new(runner: &Arc<Runner>, agent: &AgentName, caller: Caller) -> Self {
        let parameters = Arc::new(Schema::of(parameters()));
        let tool = tool::of(runner, agent);
        Self { runner: Arc::clone(runner), agent: agent.clone(), caller, tool, parameters }
    }

    fn subject(&self, context: &RequestContext<RoleServer>) -> Result<Subject, ErrorData> {
        match &self.caller {
            Caller::Known(subject) => Ok(subject.clone()),
            Caller::OfRequest => {
                let subject = parts(context).and_then(|parts| parts.extensions.get::<Subject>()).cloned();
                subject.ok_or_else(|| ErrorData::internal_error("nobody knows who asks", None))
            }
        }
    }

    async fn call(&self, arguments: &Value, subject: Subject, context: &RequestContext<RoleServer>) -> CallToolResult {
        if let Err(why) = self.parameters.check(arguments) {
            return failed(format!("not called, because the arguments do not fit: {}", why.replace('\n', "; ")));
        }
        // The protocol's library answers on a task of its own.
        let request = parts(context).and_then(|parts| parts.extensions.get::<RequestId>()).cloned();
        match carried(request, Box::pin(self.invoke(arguments, subject, context))).await {
            Ok(answer) => answered(&answer),
            Err(problem) => failed(words(&problem)),
        }
    }

    async fn invoke(
        &self,
        arguments: &Value,
        subject: Subject,
        context: &RequestContext<RoleServer>,
    ) -> Result<Answer, Problem> {
        let Said { message, session } = Said::read(&self.agent, arguments)?;
        let conversation = session.map_or(Conversation::New, Conversation::Session);
        let (agent, chain, trace) = (self.agent.clone(), depth::chain(subject, &context.meta)?, trace(context));
        let call = Call { agent, chain, message, conversation, trace };
        let admitted = admit(&self.runner, call).await?;
        let (failing, cancel) = (admitted.failing(), admitted.cancellation().clone());
        let (steps, told) = progress::of(context);
        let result = {
            let run = admitted.run(&steps);
            tokio::pin!(run);
            let ended = tokio::select! {
                result = &mut run => Some(result),
                () = context.ct.cancelled() => None,
            };
            if let Some(result) = ended {
                result
            } else {
                cancel.cancel();
                run.await
            }
        };
        drop(steps);
        told.all().await;
        if let Err(problem) = &result {
            failing.failed(&self.runner, problem);
        }
        result
    }
}

impl ServerHandler for AgentServer {
    fn get_info(&self) -> ServerConfig {
        let mut about = ServerConfig::new(ServerCapabilities::builder().enable_tools().build());
        about.server_info =
            Implementation::new("paceline", env!("CARGO_PKG_VERSION")).with_title(format!("Agent {}", self.agent));
        about
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        Ok(ListToolsResult::with_all_items(vec![self.tool.clone()]))
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        (name == self.tool.name).then(|| self.tool.clone())
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        if request.name != self.tool.name {
            let message = format!("there is no tool `{}`; the only one is `{}`", quoted(&request.name), self.tool.name);
            return Err(ErrorData::invalid_params(message, None));
        }
        let subject = self.subject(&context)?;
        let arguments = Value::Object(request.arguments.unwrap_or_default());
        Ok(self.call(&arguments, subject, &context).await.into())
    }
}

/// The HTTP request that a message came in, if it was one.
fn parts(context: &RequestContext<RoleServer>) -> Option<&hyper::http::request::Parts> {
    context.extensions.get::<hyper::http::request::Parts>()
}

/// The span of whoever calls: as the message says it, or else the request that it came in.
fn trace(context: &RequestContext<RoleServer>) -> Option<TraceContext> {
    let of_request = || TraceContext::of_headers(&parts(context)?.headers);
    context.meta.get_traceparent().and_then(TraceContext::parse).or_else(of_request)
}

/// The reply for people and models; the same as data, with what else there is. A model that is shown the texts alone has to
/// know the session, too.
fn answered(answer: &Answer) -> CallToolResult {
    let session = format!("(to go on with this conversation, pass `session`: `{}`)", answer.session);
    let mut told = CallToolResult::structured(result(answer));
    told.content = vec![ContentBlock::text(answer.response.clone()), ContentBlock::text(session)];
    told
}

fn failed(why: String) -> CallToolResult {
    CallToolResult::error(vec![ContentBlock::text(why)])
}
