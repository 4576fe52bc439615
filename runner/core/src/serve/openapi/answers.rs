//! What can come back: answers by status, problems by their codes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Schemas;
use crate::problem::{Code, Document};

const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// The answers of one operation.
pub(super) struct Answers<'s> {
    schemas: &'s mut Schemas,
    by_status: BTreeMap<u16, Value>,
}

impl<'s> Answers<'s> {
    pub(super) fn new(schemas: &'s mut Schemas) -> Self {
        Self { schemas, by_status: BTreeMap::new() }
    }

    /// A body of this type.
    pub(super) fn json<T: schemars::JsonSchema>(mut self, status: u16, what: &str) -> Self {
        let schema = self.schemas.given::<T>();
        self.add(status, what, JSON, &schema);
        self
    }

    /// A body of another kind, or of JSON that no type of ours is.
    pub(super) fn of(mut self, status: u16, what: &str, kind: &str, schema: &Value) -> Self {
        self.add(status, what, kind, schema);
        self
    }

    /// A problem document with members of its own.
    pub(super) fn problem_of<T: schemars::JsonSchema>(mut self, status: u16, what: &str) -> Self {
        let schema = self.schemas.given::<T>();
        self.add(status, what, PROBLEM, &schema);
        self
    }

    /// No body.
    pub(super) fn empty(mut self, status: u16, what: &str) -> Self {
        self.by_status.insert(status, json!({"description": what, "headers": named(&["X-Request-Id"])}));
        self
    }

    /// A header field that an answer of this status has.
    pub(super) fn header(mut self, status: u16, names: &[&str]) -> Self {
        if let Some(headers) = self.by_status.get_mut(&status).and_then(|answer| answer["headers"].as_object_mut()) {
            headers.extend(named(names));
        }
        self
    }

    /// Which operation goes on with such an answer, and with what of it.
    pub(super) fn link(mut self, status: u16, operation: &str, parameters: &Value) -> Self {
        if let Some(answer) = self.by_status.get_mut(&status) {
            if answer.get("links").is_none() {
                super::set(answer, "", "links", json!({}));
            }
            super::set(answer, "/links", operation, json!({"operationId": operation, "parameters": parameters}));
        }
        self
    }

    /// Problems. Those of a status that nothing else is answered with are described once for all operations that have the same.
    pub(super) fn problems(mut self, lists: &[&[Code]]) -> Self {
        let mut by_status = BTreeMap::<u16, BTreeSet<Code>>::new();
        for code in lists.iter().copied().flatten() {
            by_status.entry(code.status()).or_default().insert(*code);
        }
        for (status, codes) in by_status {
            let document = self.schemas.given::<Document<'static>>();
            let words: Vec<_> = codes.iter().map(|code| code.as_str()).collect();
            let titles: Vec<_> = codes.iter().map(|code| format!("`{}`: {}", code.as_str(), code.title())).collect();
            let which = json!({"properties": {"status": {"const": status}, "code": {"enum": words}}});
            let (what, schema) = (titles.join("; "), json!({"allOf": [document, which]}));
            let headers = match status {
                401 => &["X-Request-Id", "WWW-Authenticate"][..],
                429 | 503 => &["X-Request-Id", "Retry-After"],
                _ => &["X-Request-Id"],
            };
            let has_others = self.by_status.contains_key(&status);
            if has_others {
                self.add(status, &what, PROBLEM, &schema);
                self = self.header(status, headers);
            } else {
                let answer =
                    json!({"description": what, "headers": named(headers), "content": {PROBLEM: {"schema": schema}}});
                let name = format!("{status}.{}", words.join("."));
                self.by_status.insert(status, json!({"$ref": format!("#/components/responses/{name}")}));
                self.schemas.responses.insert(name, answer);
            }
        }
        self
    }

    pub(super) fn into_value(self) -> Value {
        let of_status = self.by_status.into_iter().map(|(status, answer)| (status.to_string(), answer));
        Value::Object(of_status.collect())
    }

    fn add(&mut self, status: u16, what: &str, kind: &str, schema: &Value) {
        let answer = self
            .by_status
            .entry(status)
            .or_insert_with(|| json!({"description": what, "headers": named(&["X-Request-Id"]), "content": {}}));
        super::set(answer, "/content", kind, json!({ "schema": schema }));
    }
}

fn named(names: &[&str]) -> Map<String, Value> {
    let reference = |name: &&str| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")}));
    names.iter().map(reference).collect()
}

/// The header fields of answers.
pub(super) fn headers() -> Value {
    let id = json!({"type": "string", "pattern": crate::id::PATTERN});
    json!({
        "X-Request-Id": {
            "description": "The request, as logs and traces name it: what the client sent as `X-Request-Id`, or a new one.",
            "required": true,
            "schema": {"type": "string", "pattern": super::parameters::REQUEST_ID},
        },
        "Paceline-Invocation": {"description": "This run of the agent.", "schema": id},
        "Paceline-Session": {"description": "Where the conversation can go on.", "schema": id},
        "Idempotency-Replayed": {
            "description": "`true` on an answer that was given before to a request with the same `Idempotency-Key`.",
            "schema": {"type": "string", "const": "true"},
        },
        "Retry-After": {
            "description": "Seconds after which it makes sense to try again.",
            "schema": {"type": "integer", "minimum": 1},
        },
        "WWW-Authenticate": {
            "description": "How to say who asks (RFC 9110, RFC 6750).",
            "required": true,
            "schema": {"type": "string"},
        },
    })
}
