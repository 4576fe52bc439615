//! A record as a line of OTLP in JSON (OTLP 1.x, "JSON Protobuf encoding"), as collectors read files: ids in hexadecimal digits, long
//! numbers as texts, enumerations as numbers.

use std::fmt::Write as _;

use pace_redact::Redactor;
use serde_json::{Map, Value as Json, json};

use super::message::{AnyValue, KeyValue, Span, Value};
use super::spans;
use super::{Content, Program, known};
use crate::trace::Trace;

/// The line, without its end. What was stored holds no secrets any more.
pub fn line(trace: &Trace, program: Program<'_>, content: Content) -> String {
    let nothing = Redactor::new([]);
    let spans: Vec<_> = spans::of(trace, &nothing, content).iter().map(span).collect();
    let resource = known(program).map(|(key, value)| attribute(key, &json!({ "stringValue": value })));
    let scope = json!({ "name": super::SCOPE, "version": super::VERSION });
    let scope_spans = json!([{ "scope": scope, "spans": spans }]);
    let resource = json!({ "attributes": resource });
    json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": scope_spans }] }).to_string()
}

fn span(span: &Span) -> Json {
    let mut told = json!({
        "traceId": hex(&span.trace_id),
        "spanId": hex(&span.span_id),
        "parentSpanId": hex(&span.parent_span_id),
        "flags": span.flags,
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": span.start_time_unix_nano.to_string(),
        "endTimeUnixNano": span.end_time_unix_nano.to_string(),
        "attributes": span.attributes.iter().map(one).collect::<Vec<_>>(),
    });
    if let (Some(status), Some(told)) = (&span.status, told.as_object_mut()) {
        told.insert("status".to_owned(), json!({ "code": status.code, "message": status.message }));
    }
    told
}

fn one(pair: &KeyValue) -> Json {
    attribute(&pair.key, &pair.value.as_ref().map_or(Json::Null, value))
}

fn attribute(key: &str, value: &Json) -> Json {
    json!({ "key": key, "value": value })
}

fn value(value: &AnyValue) -> Json {
    let of = |name: &str, value: Json| Json::Object(Map::from_iter([(name.to_owned(), value)]));
    match &value.value {
        None => Json::Object(Map::new()),
        Some(Value::Text(text)) => of("stringValue", text.as_str().into()),
        Some(Value::Flag(flag)) => of("boolValue", (*flag).into()),
        Some(Value::Number(number)) => of("intValue", number.to_string().into()),
        Some(Value::List(list)) => {
            of("arrayValue", json!({ "values": list.values.iter().map(self::value).collect::<Vec<_>>() }))
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
