//! Tool calls as clients of an event stream see them. What is long is left out: a stream keeps its last mebibyte for those who
//! come back, and one result must not push out the others. The session has all of it.

use pace_ir::program::Access;
use schemars::JsonSchema;
use serde::Serialize;

use crate::conversation::{Image, JsonText, MediaType, ToolCall, ToolResult};
use crate::events::CallStatus;

/// The longest arguments and results that are sent, bytes.
const MOST_BYTES: usize = 64 << 10;

/// A call, with its class: `read` or `write`.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ToolCallEvent")]
pub(super) struct Called<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a JsonText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<&'static str>,
    /// How many bytes are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<usize>,
}

/// What a call came to.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ToolResultEvent")]
pub(super) struct CameTo<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a JsonText>,
    is_error: bool,
    status: CallStatus,
    /// What the model is shown besides; the session has the images themselves.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    images: Vec<Shown>,
    /// How many bytes are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<usize>,
}

/// An image that the model is shown.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ShownImage")]
struct Shown {
    media_type: MediaType,
    bytes: usize,
}

/// How far a call is.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ToolProgressEvent")]
pub(super) struct HowFar<'a> {
    id: &'a str,
    name: &'a str,
    progress: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

impl<'a> HowFar<'a> {
    pub(super) fn new(call: &'a ToolCall, (progress, total): (f64, Option<f64>), message: Option<&'a str>) -> Self {
        Self { id: &call.id, name: &call.name, progress, total, message }
    }
}

impl<'a> Called<'a> {
    pub(super) fn new(call: &'a ToolCall, class: Option<Access>) -> Self {
        let access = class.map(|class| if class == Access::Read { "read" } else { "write" });
        let length = call.arguments.as_str().len();
        let (arguments, left_out) =
            if length <= MOST_BYTES { (Some(&call.arguments), None) } else { (None, Some(length)) };
        Self { id: &call.id, name: &call.name, arguments, access, left_out }
    }
}

impl<'a> CameTo<'a> {
    pub(super) fn new(result: &'a ToolResult, status: CallStatus) -> Self {
        let length = result.content.as_str().len();
        let (content, left_out) =
            if length <= MOST_BYTES { (Some(&result.content), None) } else { (None, Some(length)) };
        let shown = |image: &Image| Shown { media_type: image.media_type, bytes: image.bytes() };
        let images = result.images.iter().map(shown).collect();
        Self { id: &result.id, name: &result.name, content, is_error: result.is_error, status, images, left_out }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn what_is_long_is_left_out_aloud() {
        let text = |length: usize| JsonText::from(Value::String("x".repeat(length)));
        let images = Vec::new;
        let result = |content| ToolResult {
            id: "1".into(),
            name: "big".into(),
            content,
            is_error: false,
            images: images(),
            forgotten: 0,
        };
        let sent = |result: &ToolResult| serde_json::to_value(CameTo::new(result, CallStatus::Done)).unwrap();
        let short = json!({"id": "1", "name": "big", "content": "xx", "is_error": false, "status": "done"});
        assert_eq!(sent(&result(text(2))), short);
        let long = json!({"id": "1", "name": "big", "is_error": false, "status": "done", "left_out": 65_538});
        assert_eq!(sent(&result(text(MOST_BYTES))), long);
        let call =
            ToolCall { id: "1".into(), name: "big".into(), arguments: json!({"a": "x".repeat(MOST_BYTES)}).into() };
        let sent = serde_json::to_value(Called::new(&call, Some(Access::Write))).unwrap();
        assert!(sent["arguments"].is_null() && sent["left_out"].is_u64() && sent["access"] == "write", "{sent}");
    }
}
