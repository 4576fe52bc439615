//! What a server's result is for a model: text and data as JSON, images beside it. What is neither is named and left out:
//! base64 is read by no model, and paid for by the token.

mod pieces;

use pace_mcp::{CallResult, Content};
use serde_json::Value;

use self::pieces::Images;
use super::failure;
use crate::conversation::{JsonText, Output};
use crate::schema::Schema;
use crate::tool::callee::ToolFailure;

/// The result as the model is told it: the structured one where there is one, which has to fit `output`; a single text as it is,
/// as JSON where it is an object or a list; several pieces as a list, in which images stand by their numbers.
///
/// # Errors
/// The server says that the tool failed, or what it gave does not fit.
pub(super) fn of(result: CallResult, output: Option<&Schema>) -> Result<Output, ToolFailure> {
    if result.is_error {
        return Err(failure("failed", words(&result.content)));
    }
    let mut images = Images::default();
    let content = match (output, result.structured) {
        (Some(_), None) => {
            let why = "the server gave no structured result, which it has pinned a schema for";
            return Err(failure("result", why.to_owned()));
        }
        (Some(output), Some(structured)) => {
            output.check(&structured).map_err(|why| {
                failure("result", format!("the result does not fit the schema that was pinned:\n{why}"))
            })?;
            images.gather(result.content);
            structured.into()
        }
        (None, Some(structured)) => {
            images.gather(result.content);
            structured.into()
        }
        (None, None) => unstructured(result.content, &mut images),
    };
    Ok(Output { content, images: images.taken() })
}

fn unstructured(mut content: Vec<Content>, images: &mut Images) -> JsonText {
    match (content.pop(), content.is_empty()) {
        (None, _) => Value::Null.into(),
        (Some(Content::Text(text)), true) => as_json(text),
        (Some(last), _) => {
            content.push(last);
            let mut pieces: Vec<_> = content.into_iter().map(|piece| images.piece(piece)).collect();
            match pieces.pop() {
                Some(Value::String(only)) if pieces.is_empty() => Value::String(only).into(),
                last => {
                    pieces.extend(last);
                    Value::Array(pieces).into()
                }
            }
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(content: Vec<Content>, structured: Option<Value>, output: Option<&str>) -> Result<String, String> {
        let output = output.map(|schema| Schema::parse(schema).unwrap());
        let result = CallResult { content, structured, is_error: false };
        of(result, output.as_ref()).map(|it| it.content.as_str().to_owned()).map_err(|failure| failure.message)
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
