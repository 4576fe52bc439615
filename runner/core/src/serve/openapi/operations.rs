//! Each operation: what it does, what it takes, what can come back.

use serde_json::{Value, json};

use super::answers::Answers;
use super::parameters::{self, shared_one};
use super::{Schemas, set};
use crate::events::Answer;
use crate::problem::{Code, Document};
use crate::serve::about::{AgentStatus, List as Agents, NotReady, Ready, Root, Status};
use crate::serve::body::Said;
use crate::serve::calls::{Called, CameTo, HowFar};
use crate::serve::invocations::{Invocation, List as Invocations};
use crate::serve::loops::List as Loops;
use crate::serve::record::{Below, Start, Text};
use crate::serve::route::{Route, Verb};
use crate::serve::sessions::{Conversation, List as Sessions};
use crate::serve::traces::{List as Traces, Whole};

/// What any request can meet.
const ANY: &[Code] = &[Code::MalformedRequest, Code::HeadTooLarge, Code::Internal];
/// What any request can meet that says who it is from.
const ASKED: &[Code] =
    &[Code::WrongCredential, Code::TooManyFailures, Code::KeysUnavailable, Code::NotAllowed, Code::RateLimited];
/// A path that names an agent.
const OF_AGENT: &[Code] = &[Code::UnknownAgent, Code::UnknownPath];
/// A body.
const BODY: &[Code] =
    &[Code::WrongMediaType, Code::TooLarge, Code::TooManyBodies, Code::SlowRequest, Code::MalformedRequest];
/// An invocation that does not begin.
const ADMISSION: &[Code] = &[
    Code::Draining,
    Code::CredentialNeeded,
    Code::TooMany,
    Code::UnknownSession,
    Code::SessionBusy,
    Code::TooLarge,
    Code::StoreFailed,
];
/// A key of a request that is repeated.
const KEY: &[Code] = &[Code::KeyInFlight, Code::KeyOfAnother, Code::AnswerLost, Code::StoreFailed];
/// An invocation that ends without an answer.
const INVOCATION: &[Code] = &[
    Code::Cancelled,
    Code::LimitReached,
    Code::TimedOut,
    Code::OutputMismatch,
    Code::AnswerBlocked,
    Code::EmptyAnswer,
    Code::ModelUnauthorized,
    Code::ModelForbidden,
    Code::ModelNotFound,
    Code::ModelRejected,
    Code::ModelRateLimited,
    Code::ModelUnavailable,
    Code::ModelUnreachable,
    Code::ModelTimeout,
    Code::ModelCutOff,
    Code::ModelGarbled,
    Code::NoRecordedTurn,
    Code::SessionLost,
];
/// What is kept.
const STORED: &[Code] = &[Code::StoreFailed];

const EVENT_STREAM: &str = "text/event-stream";
const OPEN_METRICS: &str = "application/openmetrics-text";

/// What a path does when it is asked so.
pub(super) fn operation(route: Route, verb: Verb, schemas: &mut Schemas) -> Value {
    match route {
        Route::Chat | Route::ChatStream => chat(route, schemas),
        Route::Invocations => invocations(schemas),
        Route::Invocation => invocation(verb, schemas),
        Route::Events => events_of_invocation(schemas),
        Route::Sessions => sessions(schemas),
        Route::Session => session(verb, schemas),
        Route::Mcp => mcp(verb, schemas),
        Route::Agents => described("listAgents", "List the agents that the caller may execute", &[])
            .with(Answers::new(schemas).json::<Agents<'static>>(200, "The agents.").problems(&[ANY, ASKED])),
        Route::AgentStatus => status(schemas),
        Route::Loops => described("listLoops", "List the loops that the caller may trigger or read", &[])
            .with(Answers::new(schemas).json::<Loops<'static>>(200, "The loops.").problems(&[ANY, ASKED])),
        Route::Traces => traces(schemas),
        Route::Trace => trace(schemas),
        Route::Metrics => described("metrics", "Tell what is counted and measured", &[]).with(
            Answers::new(schemas)
                .of(200, "Metrics, as Prometheus reads them.", OPEN_METRICS, &json!({"type": "string"}))
                .problems(&[ANY, ASKED, &[Code::CredentialNeeded]]),
        ),
        Route::Health => about_life(
            described("health", "Tell whether the process answers", &[])
                .with(Answers::new(schemas).json::<Status>(200, "It does.").problems(&[ANY])),
        ),
        Route::Ready => about_life(
            described("ready", "Tell whether the runner takes invocations, and why not", &[]).with(
                Answers::new(schemas)
                    .json::<Ready>(200, "It does; what does not work nevertheless is in `degraded`.")
                    .problem_of::<NotReady<'static>>(503, "It does not, for these `reasons`.")
                    .problems(&[ANY]),
            ),
        ),
        Route::OpenApi => described("openapi", "Describe the interface", &[]).with(
            Answers::new(schemas)
                .of(200, "An OpenAPI 3.1 document.", "application/json", &json!({"type": "object"}))
                .problems(&[ANY, ASKED]),
        ),
        Route::Root => described("root", "Tell where to begin", &[])
            .with(Answers::new(schemas).json::<Root>(200, "Paths.").problems(&[ANY, ASKED])),
    }
}

fn chat(route: Route, schemas: &mut Schemas) -> Value {
    let (body, event) = (schemas.taken::<Said>(), event(schemas));
    let mut parameters = vec![shared_one("agent"), shared_one("traceparent")];
    let answers = Answers::new(schemas);
    let named = ["Paceline-Invocation", "Paceline-Session"];
    let operation = if route == Route::Chat {
        parameters.push(parameters::idempotency_key());
        let session = json!({"name": "$request.path.name", "id": "$response.body#/session"});
        let answers = answers
            .json::<Answer>(200, "The agent's reply.")
            .header(200, &named)
            .header(200, &["Idempotency-Replayed"])
            .link(200, "showSession", &session)
            .link(200, "forgetSession", &session)
            .link(200, "showTrace", &json!({"id": "$response.body#/invocation"}))
            .problems(&[ANY, ASKED, OF_AGENT, BODY, ADMISSION, KEY, INVOCATION]);
        described("chat", "Say something to an agent, and get its reply at once", &parameters).with(answers)
    } else {
        let invocation = json!({"id": "$response.header.Paceline-Invocation"});
        let answers = answers
            .of(200, "Server-sent events, each of this schema. The last is `done` or `error`.", EVENT_STREAM, &event)
            .header(200, &named)
            .link(200, "followInvocation", &invocation)
            .link(200, "cancelInvocation", &invocation)
            .link(200, "showTrace", &invocation)
            .problems(&[ANY, ASKED, OF_AGENT, BODY, ADMISSION, &[Code::KeyRefused]]);
        let does = "Say something to an agent, and get its reply as it comes";
        described("chatStream", does, &parameters).with(answers)
    };
    with_body(operation, &body)
}

fn invocations(schemas: &mut Schemas) -> Value {
    let first = json!({"id": "$response.body#/invocations/0/id"});
    let answers = Answers::new(schemas)
        .json::<Invocations<'static>>(200, "What runs on this runner, longest first.")
        .link(200, "showInvocation", &first)
        .link(200, "cancelInvocation", &first)
        .problems(&[ANY, ASKED]);
    let does = "List the running invocations of the caller, and of agents that it may read";
    described("listInvocations", does, &[]).with(answers)
}

fn invocation(verb: Verb, schemas: &mut Schemas) -> Value {
    let parameters = [parameters::id("An invocation that runs on this runner.")];
    let lists = [ANY, ASKED, &[Code::UnknownInvocation, Code::UnknownPath, Code::CredentialNeeded]];
    let answers = Answers::new(schemas);
    if verb == Verb::Delete {
        let answers = answers
            .empty(204, "It is over. Live writes that were begun are finished, and on record.")
            .header(204, &["Paceline-Invocation"])
            .empty(202, "It is cancelled, and not over yet.")
            .header(202, &["Paceline-Invocation"]);
        let does = "Cancel an invocation of the caller, or as an admin of the project of anybody";
        return described("cancelInvocation", does, &parameters).with(answers.problems(&lists));
    }
    let answers = answers.json::<Invocation<'static>>(200, "What runs.");
    described("showInvocation", "Show a running invocation", &parameters).with(answers.problems(&lists))
}

fn events_of_invocation(schemas: &mut Schemas) -> Value {
    let [header, query] = parameters::after();
    let parameters = [parameters::id("An invocation of the caller that was begun as a stream."), header, query];
    let event = event(schemas);
    let answers = Answers::new(schemas)
        .of(200, "The events from there on, each of this schema.", EVENT_STREAM, &event)
        .header(200, &["Paceline-Invocation", "Paceline-Session"])
        .empty(204, "It is over, and there is no event after this one.")
        .problems(&[ANY, ASKED, &[Code::UnknownInvocation, Code::UnknownPath]]);
    described("followInvocation", "Follow a stream from where it broke off", &parameters).with(answers)
}

fn sessions(schemas: &mut Schemas) -> Value {
    let answers = Answers::new(schemas).json::<Sessions>(200, "The sessions.");
    described("listSessions", "List sessions with an agent", &parameters::of_sessions()).with(answers.problems(&[
        ANY,
        ASKED,
        OF_AGENT,
        STORED,
        &[Code::CredentialNeeded],
    ]))
}

fn session(verb: Verb, schemas: &mut Schemas) -> Value {
    let parameters = [shared_one("agent"), parameters::id("A session of the caller.")];
    let lists = [ANY, ASKED, OF_AGENT, STORED, &[Code::UnknownSession, Code::SessionBusy]];
    let answers = Answers::new(schemas);
    if verb == Verb::Delete {
        let answers = answers.empty(204, "It is forgotten; while it takes a turn, when the turn is over.");
        return described("forgetSession", "Forget a session", &parameters).with(answers.problems(&lists));
    }
    let answers = answers.json::<Conversation<'static>>(200, "What was said in it.");
    described("showSession", "Show what was said in a session", &parameters).with(answers.problems(&lists))
}

fn status(schemas: &mut Schemas) -> Value {
    let answers = Answers::new(schemas).json::<AgentStatus<'static>>(200, "The agent.");
    described("agentStatus", "Show an agent that the caller may execute or read", &[shared_one("agent")])
        .with(answers.problems(&[ANY, ASKED, OF_AGENT, &[Code::CredentialNeeded]]))
}

fn traces(schemas: &mut Schemas) -> Value {
    let answers = Answers::new(schemas).json::<Traces>(200, "A page of traces, newest first.").link(
        200,
        "showTrace",
        &json!({"id": "$response.body#/traces/0/id"}),
    );
    described(
        "listTraces",
        "List traces of what the caller asked for, and of agents that it may read",
        &parameters::of_traces(),
    )
    .with(answers.problems(&[ANY, ASKED, STORED, &[Code::UnknownTrace]]))
}

fn trace(schemas: &mut Schemas) -> Value {
    let answers = Answers::new(schemas).json::<Whole<'static>>(200, "The trace.");
    described("showTrace", "Show a trace, with the invocations below it", &[parameters::id("An invocation.")])
        .with(answers.problems(&[ANY, ASKED, STORED, &[Code::UnknownTrace, Code::UnknownPath]]))
}

/// The Model Context Protocol has its own description; here is what comes back of it.
fn mcp(verb: Verb, schemas: &mut Schemas) -> Value {
    let header = |name: &str| json!({"name": name, "in": "header", "schema": {"type": "string"}});
    let message = json!({"type": "object", "properties": {"jsonrpc": {"const": "2.0"}}, "required": ["jsonrpc"]});
    let mut parameters = vec![shared_one("agent"), header("Mcp-Session-Id"), header("MCP-Protocol-Version")];
    let refused = [Code::CredentialNeeded, Code::UnknownSession, Code::NotAcceptable, Code::WrongMethod];
    let answers = Answers::new(schemas);
    let (id, does, answers) = match verb {
        Verb::Post => (
            "mcpSend",
            "Send a message of the Model Context Protocol to an agent",
            answers
                .of(200, "Its answer, or a stream of messages.", "application/json", &message)
                .of(200, "", EVENT_STREAM, &json!({"type": "string"}))
                .empty(202, "It was a notification or an answer.")
                .of(400, "JSON-RPC says what is wrong with it, or a problem does.", "application/json", &message),
        ),
        Verb::Get => (
            "mcpListen",
            "Listen to an agent as a server of the Model Context Protocol",
            answers.of(200, "A stream of messages.", EVENT_STREAM, &json!({"type": "string"})),
        ),
        Verb::Delete => (
            "mcpEnd",
            "End a session of the Model Context Protocol",
            answers.empty(202, "It ends.").empty(204, "It has ended."),
        ),
    };
    let lists =
        [ANY, ASKED, OF_AGENT, BODY, &refused, &[Code::Draining, Code::TooMany, Code::KeyRefused, Code::StoreFailed]];
    let answers = answers.problems(&lists);
    if verb == Verb::Post {
        // A client has to take both kinds of answer.
        parameters.push(shared_one("traceparent"));
        return with_body(described(id, does, &parameters).with(answers), &message);
    }
    described(id, does, &parameters).with(answers)
}

/// The events of a stream, each as the fields that it comes with. `data` is JSON of the type that its name says.
fn event(schemas: &mut Schemas) -> Value {
    let types = [
        ("start", schemas.given::<Start>()),
        ("text", schemas.given::<Text<'static>>()),
        ("tool_call", schemas.given::<Called<'static>>()),
        ("tool_result", schemas.given::<CameTo<'static>>()),
        ("tool_progress", schemas.given::<HowFar<'static>>()),
        ("agent", schemas.given::<Below<'static, Value>>()),
        ("error", schemas.given::<Document<'static>>()),
        ("done", schemas.given::<Answer>()),
    ];
    let of = |(name, schema): (&str, Value)| {
        let data = json!({"type": "string", "contentMediaType": "application/json", "contentSchema": schema});
        json!({"properties": {"event": {"const": name}, "data": data}})
    };
    let one_of: Vec<_> = types.into_iter().map(of).collect();
    json!({
        "type": "object",
        "properties": {
            "id": {"type": "string", "pattern": "^[1-9][0-9]*$"},
            "event": {"type": "string"},
            "data": {"type": "string"},
        },
        "required": ["id", "event", "data"],
        "oneOf": one_of,
    })
}

/// An operation without its answers.
struct Described(Value);

fn described(id: &str, does: &str, parameters: &[Value]) -> Described {
    Described(json!({"operationId": id, "summary": does, "parameters": parameters}))
}

impl Described {
    fn with(self, answers: Answers<'_>) -> Value {
        let Self(mut operation) = self;
        set(&mut operation, "", "responses", answers.into_value());
        operation
    }
}

fn with_body(mut operation: Value, schema: &Value) -> Value {
    let content = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    set(&mut operation, "", "requestBody", content);
    operation
}

/// Nobody has to say who they are.
fn about_life(mut operation: Value) -> Value {
    set(&mut operation, "", "security", json!([]));
    operation
}
