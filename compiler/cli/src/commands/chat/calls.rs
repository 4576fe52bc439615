//! Calls of tools in a few words, the same for both manners of `pace chat` and for `pace tool run`. All of it comes from
//! models and tools, and is made printable and short.

use pace_ir::text::{quoted, shortened};
use pace_runner::conversation::{ToolCall, ToolResult};
use pace_runner::events::{CallStatus, Source};
use pace_runner::tool::{Cause, Level};
use serde_json::Value;

/// The most characters of a call's arguments.
const ARGUMENTS: usize = 60;
/// The most characters of why a call came to nothing.
const WHY: usize = 300;

/// What makes stubbed writes live.
pub(crate) const LIVE: &str = "`--live-writes` makes the calls of tools that write";

/// What asks as somebody else.
pub(crate) const AS: &str = "ask as somebody else: `--as user:<name>,group:<name>`";

/// Whose a line is, where it is a called agent's: `researcher: `.
pub(crate) fn whose(source: &Source) -> String {
    source.parent.map(|_| format!("{}: ", source.agent)).unwrap_or_default()
}

/// What helps against a denial. What is missing, or whose, the reason names; where it is a credential, the same person may keep
/// one, and need not be somebody else.
pub(crate) fn denied(cause: Option<&Cause>) -> &'static str {
    if let Some(Cause::NoCredential(_)) = cause { KEEP } else { AS }
}

/// What gives one.
const KEEP: &str = "keep one with `pace auth add <server>`, or ask as somebody who has one: `--as user:<name>`";

/// `lookup_weather {"city":"Portland"}`
pub(crate) fn called(call: &ToolCall) -> String {
    format!("{} {}", quoted(&call.name), shortened(call.arguments.as_str(), ARGUMENTS))
}

/// What a call came to, if people want to know: an answer is the model's to tell. `named` is the tool, `called` the whole call.
pub(crate) fn came(named: &str, called: &str, result: &ToolResult, status: CallStatus) -> Option<String> {
    let content = result.content.to_value();
    let why = || why(&content);
    Some(match status {
        CallStatus::Done => return None,
        CallStatus::Failed => {
            let at = place(&content).map(|place| format!(", at {place}")).unwrap_or_default();
            format!("{named} failed: {}{at}", why())
        }
        CallStatus::Invalid => format!("{named} was not called: {}", why()),
        CallStatus::Denied => format!("{named} denied: {}", why()),
        CallStatus::Stubbed => format!("would have called {called}"),
    })
}

/// How loud a tool's console was.
pub(crate) fn level(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

/// What the model is told, on one line. Of arguments that do not fit, the mistakes alone: the rest is advice for models.
fn why(content: &Value) -> String {
    let told = content.get("error").and_then(Value::as_str).map_or_else(|| content.to_string(), str::to_owned);
    let lines: Vec<_> = told.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let joined = match lines.as_slice() {
        [first, mistakes @ .., _] if first.ends_with("do not fit its parameters:") => mistakes.join("; "),
        lines => lines.join(" "),
    };
    shortened(&joined, WHY)
}

/// Where a tool failed, as authors know it: `tools/lookup.ts:9`. Of the stack the innermost place in the project, since what
/// packages do on the way is hardly ever where to look.
fn place(content: &Value) -> Option<String> {
    let frames = content.get("stack")?.as_array()?.iter().filter_map(Value::as_str);
    let places: Vec<_> = frames.filter_map(written).collect();
    let own = places.iter().find(|place| !place.contains("node_modules/"));
    own.or(places.first()).map(|place| quoted(place))
}

/// `tools/lookup.ts:9` of `execute (tools/lookup.ts:9:17)`; nothing of a frame of the engine's own.
fn written(frame: &str) -> Option<String> {
    let place = frame.rsplit_once('(').map_or(frame, |(_, place)| place.trim_end_matches(')'));
    let (place, column) = place.rsplit_once(':')?;
    let (file, line) = place.rsplit_once(':')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (file.contains('/') && is_number(column) && is_number(line)).then(|| place.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(content: Value, status: CallStatus) -> Option<String> {
        let result = ToolResult {
            id: "1".to_owned(),
            name: "look".to_owned(),
            content: content.into(),
            is_error: true,
            images: Vec::new(),
            forgotten: 0,
        };
        came("look", "look {}", &result, status)
    }

    #[test]
    fn a_failure_is_one_line_with_its_place() {
        let stack = ["at (native)", "parse (node_modules/zod/index.js:3:4)", "execute (tools/look.ts:9:17)"];
        let content = json!({"error": "no such\n\u{1b}[31m city", "kind": "threw", "stack": stack});
        let wanted = "look failed: no such \\u{1b}[31m city, at tools/look.ts:9";
        assert_eq!(told(content, CallStatus::Failed).as_deref(), Some(wanted));
        let content = json!({"error": "out of time", "kind": "time"});
        assert_eq!(told(content, CallStatus::Failed).as_deref(), Some("look failed: out of time"));
        assert_eq!(told(json!({"x": "y"}), CallStatus::Done), None);
    }

    #[test]
    fn what_helps_against_a_denial_follows_from_its_cause() {
        assert!(denied(Some(&Cause::NoCredential("user:ann".parse().unwrap()))).contains("pace auth add"));
        assert_eq!(denied(None), AS);
    }

    #[test]
    fn of_arguments_that_do_not_fit_the_mistakes_are_told() {
        let error = "`look` was not called, because its arguments do not fit its parameters:\n\"a\" is a required \
                     property\nat /b: 1 is not of type \"string\"\ncall it again with these mended";
        let wanted = "look was not called: \"a\" is a required property; at /b: 1 is not of type \"string\"";
        assert_eq!(told(json!({ "error": error }), CallStatus::Invalid).as_deref(), Some(wanted));
        let unknown = "there is no tool `lok`; did you mean `look`?";
        let wanted = format!("look was not called: {unknown}");
        assert_eq!(told(json!({ "error": unknown }), CallStatus::Invalid), Some(wanted));
    }
}
