//! Why something was not done, told the same way everywhere: as an RFC 9457 problem document over HTTP and in event
//! streams, as two lines in a terminal. A code is stable and for programs; the words are for people and may change.

use std::time::Duration;

use pace_ir::program::AgentName;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use crate::id::InvocationId;

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which kind.
    pub code: Code,
    /// What happened, one sentence that stands alone. Holds nothing secret, and of what others sent only what is printable.
    pub detail: String,
    /// What to do about it, imperative.
    pub help: Option<String>,
    /// How long to wait before it makes sense to try again.
    pub retry_after: Option<Duration>,
    /// The agent whose limit was reached, which may be one that called the agent that has no answer.
    pub limit_of: Option<AgentName>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:literal, $title:literal;)+) => {
        /// The kinds of problem. The words are part of the interface: they never change and are never used again.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// All of them, in the order of the reference.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The stable word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code),+ }
            }

            /// The HTTP status it is answered with.
            pub fn status(self) -> u16 {
                match self { $(Self::$name => $status),+ }
            }

            /// What all problems of this kind have in common, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),+ }
            }
        }
    };
}

codes! {
    /// The request is not what the interface takes.
    MalformedRequest = "malformed-request", 400, "The request is malformed";
    /// A credential was shown that is none.
    WrongCredential = "wrong-credential", 401, "The credential is not valid";
    /// Nobody said who asks, and somebody might be let in.
    CredentialNeeded = "credential-needed", 401, "A credential is needed";
    /// Too many credentials that are none came from one address.
    TooManyFailures = "too-many-failures", 429, "Too many wrong credentials";
    /// The keys that tokens are judged with are not at hand.
    KeysUnavailable = "keys-unavailable", 503, "Tokens cannot be judged for now";
    /// A rule says no.
    NotAllowed = "not-allowed", 403, "Not allowed";
    /// No route.
    UnknownPath = "unknown-path", 404, "There is nothing at this path";
    /// No such agent.
    UnknownAgent = "unknown-agent", 404, "There is no such agent";
    /// No such session, or somebody else's.
    UnknownSession = "unknown-session", 404, "There is no such session";
    /// No such invocation, somebody else's, or its events are gone.
    UnknownInvocation = "unknown-invocation", 404, "There is no such invocation";
    /// No such trace, somebody else's, or none are kept.
    UnknownTrace = "unknown-trace", 404, "There is no such trace";
    /// What is kept cannot be asked for now.
    StoreFailed = "store-failed", 503, "The store does not answer";
    /// Events of an invocation are gone; only in event streams.
    EventsLost = "events-lost", 410, "Events were dropped";
    /// The path is right, the method is not.
    WrongMethod = "wrong-method", 405, "The path does not take this method";
    /// The client does not take any answer there could be.
    NotAcceptable = "not-acceptable", 406, "The client does not take the answer";
    /// The client was too slow to send its request.
    SlowRequest = "slow-request", 408, "The request did not arrive in time";
    /// The session is taking a turn already.
    SessionBusy = "session-busy", 409, "The session is busy";
    /// Another runner took the session's turn over, because this one could not hold it.
    SessionLost = "session-lost", 409, "The session went on elsewhere";
    /// A request with this key is being worked on.
    KeyInFlight = "idempotency-in-flight", 409, "The first request with this key is still being answered";
    /// The key came with another request before.
    KeyOfAnother = "idempotency-mismatch", 422, "The key belongs to another request";
    /// The path takes no keys.
    KeyRefused = "idempotency-not-supported", 400, "The path takes no idempotency key";
    /// What a request with this key came to is not known any more.
    AnswerLost = "answer-lost", 410, "The answer to the first request is lost";
    /// The body is over its bound.
    TooLarge = "too-large", 413, "The request is too large";
    /// The target and the header fields are over their bound.
    HeadTooLarge = "head-too-large", 431, "The head of the request is too large";
    /// The body is no JSON.
    WrongMediaType = "wrong-media-type", 415, "The body has the wrong type";
    /// The runner has enough to do.
    TooMany = "too-many-invocations", 429, "Too many invocations at once";
    /// Whoever asks has asked too often.
    RateLimited = "rate-limited", 429, "Too many requests";
    /// The bodies of other requests take all the room there is.
    TooManyBodies = "too-many-bodies", 503, "The runner receives too much at once";
    /// A fault of the runner.
    Internal = "internal", 500, "A fault of the runner";
    /// The runner is being stopped.
    Draining = "shutting-down", 503, "The runner is shutting down";
    /// Whoever asked has gone, or said stop.
    Cancelled = "cancelled", 499, "The invocation was cancelled";
    /// A bound of the agent was reached.
    LimitReached = "limit-reached", 429, "A limit of the agent is reached";
    /// The agent's time is over.
    TimedOut = "timed-out", 504, "The invocation took too long";
    /// The reply does not fit the agent's `output`, twice.
    OutputMismatch = "output-mismatch", 502, "The model's reply does not fit the schema";
    /// The model's service refused to answer, or to go on.
    AnswerBlocked = "answer-blocked", 502, "The model's service blocked the answer";
    /// The model stopped with nothing said, or its service sent nothing.
    EmptyAnswer = "empty-answer", 502, "The model's answer is empty";
    /// 401 from the model's service.
    ModelUnauthorized = "model-unauthorized", 502, "The model's service refused the key";
    /// 403 from the model's service.
    ModelForbidden = "model-forbidden", 502, "The model's service does not allow this";
    /// 404 from the model's service.
    ModelNotFound = "model-not-found", 502, "The model's service does not know the model";
    /// 400 and the like from the model's service.
    ModelRejected = "model-rejected", 502, "The model's service refused the request";
    /// 429 from the model's service, to the end of our patience.
    ModelRateLimited = "model-rate-limited", 503, "The model's service limits the rate";
    /// 5xx from the model's service, to the end of our patience.
    ModelUnavailable = "model-unavailable", 502, "The model's service failed";
    /// No connection.
    ModelUnreachable = "model-unreachable", 502, "The model's service cannot be reached";
    /// No answer, or no more of it.
    ModelTimeout = "model-timeout", 504, "The model's service did not answer in time";
    /// The answer broke off.
    ModelCutOff = "model-cut-off", 502, "The model's answer broke off";
    /// The answer is not what the interface says.
    ModelGarbled = "model-garbled", 502, "The model's answer cannot be read";
    /// A replay model has no such turn.
    NoRecordedTurn = "no-recorded-turn", 502, "No recorded turn matches";
}

impl Code {
    /// Whether the detail may be logged: nothing of what people and agents say to each other is in it. Left out are also
    /// answers that cannot be read, because they are quoted.
    pub fn is_detail_for_logs(self) -> bool {
        let is_of_models = self.as_str().starts_with("model-") && self != Self::ModelGarbled;
        is_of_models || matches!(self, Self::LimitReached | Self::TimedOut)
    }
}

impl Problem {
    /// A problem with nothing more to say than what happened.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), help: None, retry_after: None, limit_of: None }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// With how long to wait.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// With whose limit was reached.
    #[must_use]
    pub fn limit_of(mut self, agent: &AgentName) -> Self {
        self.limit_of = Some(agent.clone());
        self
    }

    /// The document, about an invocation where there is one.
    pub fn document(&self, invocation: Option<InvocationId>) -> Document<'_> {
        Document {
            r#type: format!("urn:paceline:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status(),
            detail: &self.detail,
            code: self.code.as_str(),
            help: self.help.as_deref(),
            retry_after: self.retry_after.map(whole_seconds),
            invocation,
            request: None,
        }
    }
}

impl<'a> Document<'a> {
    /// With the id of the request that it answers.
    #[must_use]
    pub(crate) fn of_request(self, request: Option<&'a str>) -> Self {
        Self { request, ..self }
    }
}

/// A wait in whole seconds, as in the header `Retry-After`: rounded up, and at least one.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1)
}

/// All codes there are.
fn codes(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json_schema!({ "type": "string", "enum": words })
}

/// A problem document (RFC 9457), `application/problem+json`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct Document<'a> {
    r#type: String,
    /// What all problems of this kind have in common.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened.
    detail: &'a str,
    /// The stable word for programs.
    #[schemars(schema_with = "codes")]
    code: &'static str,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    /// Seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
    /// The run of an agent that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    invocation: Option<InvocationId>,
    /// The request that it answers, as logs name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn codes_are_used_once() {
        let words: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }

    #[test]
    fn the_reference_has_all_codes() {
        let page = include_str!("../../../docs/reference/http.md");
        let row = |code: &Code| format!("| `{}` | {} | {} |\n", code.as_str(), code.status(), code.title());
        let table = Code::ALL.iter().map(row).collect::<String>();
        assert!(page.ends_with(&table), "docs/reference/http.md has to end in:\n{table}");
    }

    #[test]
    fn a_document_is_what_the_rfc_says() {
        let problem = Problem::new(Code::UnknownAgent, "there is no agent `x`");
        let document = serde_json::to_string(&problem.document(None)).unwrap();
        let wanted = r#"{"type":"urn:paceline:problem:unknown-agent","title":"There is no such agent","status":404,"detail":"there is no agent `x`","code":"unknown-agent"}"#;
        assert_eq!(document, wanted);
        let problem = Problem::new(Code::ModelRateLimited, "no").retry_after(Duration::from_millis(1_500));
        assert_eq!(serde_json::to_value(problem.document(None)).unwrap()["retry_after"], 2);
    }
}
