//! What a server's result is for a model.

use pace_mcp::{CallResult, Content, Contents};
use serde_json::{Value, json};

use super::failure;
use crate::conversation::JsonText;
use crate::schema::Schema;
use crate::tool::callee::ToolFailure;

/// The result as the model is told it: the structured one where there is one, which has to fit `output`; a single text as it is,
/// as JSON where it is an object or a list; several pieces as a list.
///
/// # Errors
/// The server says that the tool failed, or what it gave does not fit.
pub(super) fn of(result: CallResult, output: Option<&Schema>) -> Result<JsonText, ToolFailure> {
    if result.is_error {
        return Err(failure("failed", words(&result.content)));
    }
    if let Some(output) = output {
        let Some(structured) = result.structured else {
            return Err(failure(
                "result",
                "the server gave no structured result, which it has pinned a schema for".to_owned(),
            ));
        };
        output
            .check(&structured)
            .map_err(|why| failure("result", format!("the result does not fit the schema that was pinned:\n{why}")))?;
        return Ok(structured.into());
    }
    if let Some(structured) = result.structured {
        return Ok(structured.into());
    }
    let mut pieces = result.content;
    match (pieces.pop(), pieces.is_empty()) {
        (None, _) => Ok(Value::Null.into()),
        (Some(Content::Text(text)), true) => Ok(as_json(text)),
        (Some(last), _) => {
            pieces.push(last);
            Ok(Value::Array(pieces.into_iter().map(piece).collect()).into())
        }
    }
}

fn as_json(text: String) -> JsonText {
    let looks_so = text.trim_start().starts_with(['{', '[']);
    if looks_so && let Ok(json) = JsonText::parse(text.trim().to_owned()) {
        return json;
    }
    Value::String(text).into()
}

fn words(content: &[Content]) -> String {
    let texts = content.iter().filter_map(|piece| match piece {
        Content::Text(text) => Some(text.as_str()),
        _ => None,
    });
    match texts.collect::<Vec<_>>().join("\n") {
        words if words.trim().is_empty() => "the tool failed, and its server does not say why".to_owned(),
        words => words,
    }
}

fn piece(content: Content) -> Value {
    match content {
        Content::Text(text) => Value::String(text),
        Content::Image { data, mime_type } => json!({ "type": "image", "mime_type": mime_type, "base64": data }),
        Content::Audio { data, mime_type } => json!({ "type": "audio", "mime_type": mime_type, "base64": data }),
        Content::Link { uri, name, title, description, mime_type } => {
            let mut link = json!({ "type": "link", "uri": uri, "name": name });
            let more = [("title", title), ("description", description), ("mime_type", mime_type)];
            for (key, value) in more.into_iter().filter_map(|(key, value)| Some((key, value?))) {
                if let Some(link) = link.as_object_mut() {
                    link.insert(key.to_owned(), Value::String(value));
                }
            }
            link
        }
        Content::Resource { uri, mime_type, contents } => {
            let (key, contents) = match contents {
                Contents::Text(text) => ("text", text),
                Contents::Blob(blob) => ("base64", blob),
            };
            json!({ "type": "resource", "uri": uri, "mime_type": mime_type, key: contents })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(content: Vec<Content>, structured: Option<Value>, output: Option<&str>) -> Result<String, String> {
        let output = output.map(|schema| Schema::parse(schema).unwrap());
        let result = CallResult { content, structured, is_error: false };
        of(result, output.as_ref()).map(|json| json.as_str().to_owned()).map_err(|failure| failure.message)
    }

    fn text(text: &str) -> Content {
        Content::Text(text.to_owned())
    }

    #[test]
    fn a_result_is_as_short_as_it_can_be() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(told(vec![text("done \"so\"")], None, None), ok(r#""done \"so\"""#));
        assert_eq!(told(vec![text(" {\"a\": 1e400}\n")], None, None), ok(r#"{"a": 1e400}"#));
        assert_eq!(told(vec![text("{a")], None, None), ok(r#""{a""#));
        assert_eq!(told(vec![text("42")], None, None), ok(r#""42""#));
        assert_eq!(told(vec![], None, None), ok("null"));
        assert_eq!(told(vec![text("a"), text("{}")], None, None), ok(r#"["a","{}"]"#));
        assert_eq!(told(vec![text("a")], Some(json!({"b": 1})), None), ok(r#"{"b":1}"#));
        let image = Content::Image { data: "AA==".into(), mime_type: "image/png".into() };
        assert_eq!(told(vec![image], None, None), ok(r#"[{"type":"image","mime_type":"image/png","base64":"AA=="}]"#));
    }

    #[test]
    fn what_has_a_schema_has_to_fit_it() {
        let schema = r#"{"type": "object", "required": ["b"]}"#;
        assert_eq!(told(vec![], Some(json!({"b": 1})), Some(schema)), Ok(r#"{"b":1}"#.to_owned()));
        assert!(told(vec![], Some(json!({})), Some(schema)).unwrap_err().contains("does not fit"));
        assert!(told(vec![text("{\"b\":1}")], None, Some(schema)).unwrap_err().contains("no structured result"));
    }

    #[test]
    fn a_failure_has_the_servers_words() {
        let failed = |content| {
            let result = CallResult { content, structured: None, is_error: true };
            of(result, None).unwrap_err().message
        };
        assert_eq!(failed(vec![text("no such file"), text("try another")]), "no such file\ntry another");
        assert_eq!(failed(vec![]), "the tool failed, and its server does not say why");
    }
}
