//! A request with tools: the model is asked, what it calls is answered on the spot, and it is asked again. The tool is three
//! lines of Rust: no schema is checked and there is no sandbox.

use std::borrow::Cow;

use anyhow::Result;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::answer::{Answer, Floor, next_event};

/// What the model is told of the tool.
const DECLARED: &str = r#"[{"functionDeclarations":[{"name":"get_weather","description":"Weather of a city.","parameters":{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}}]}]"#;

#[derive(Serialize)]
struct Ask<'a> {
    contents: &'a [Content],
    tools: &'a RawValue,
}

#[derive(Serialize)]
struct Content {
    role: &'static str,
    parts: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow)]
    candidates: Vec<Candidate<'a>>,
}

#[derive(Deserialize)]
struct Candidate<'a> {
    #[serde(borrow)]
    content: Said<'a>,
}

#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    parts: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    function_call: Option<FunctionCall<'a>>,
}

#[derive(Deserialize)]
struct FunctionCall<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    args: City<'a>,
}

#[derive(Deserialize)]
struct City<'a> {
    #[serde(borrow)]
    city: Cow<'a, str>,
}

#[derive(Serialize)]
struct Weather<'a> {
    city: &'a str,
    celsius: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToolResult<'a> {
    function_response: FunctionResponse<'a>,
}

#[derive(Serialize)]
struct FunctionResponse<'a> {
    name: &'a str,
    response: Weather<'a>,
}

#[derive(Serialize)]
struct Text<'a> {
    text: &'a str,
}

/// The answer to one message.
pub(crate) async fn answer(floor: &Floor, message: &str) -> Result<Bytes> {
    let tools: &RawValue = serde_json::from_str(DECLARED)?;
    let mut contents = vec![Content { role: "user", parts: vec![raw(&Text { text: message })?] }];
    loop {
        let model = floor.post(serde_json::to_vec(&Ask { contents: &contents, tools })?).await?;
        let mut held = BytesMut::from(model.collect().await?.to_bytes());
        let (mut text, mut said, mut results) = (String::new(), Vec::new(), Vec::new());
        while let Some(event) = next_event(&mut held) {
            let event: Event<'_> = serde_json::from_slice(&event)?;
            for raw_part in event.candidates.iter().flat_map(|candidate| &candidate.content.parts) {
                let part: Part<'_> = serde_json::from_str(raw_part.get())?;
                text.push_str(part.text.as_deref().unwrap_or_default());
                results.extend(part.function_call.map(|call| result(&call)).transpose()?);
                said.push((*raw_part).to_owned());
            }
        }
        if results.is_empty() {
            return Ok(serde_json::to_vec(&Answer { response: &text })?.into());
        }
        contents.extend([Content { role: "model", parts: said }, Content { role: "user", parts: results }]);
    }
}

fn result(call: &FunctionCall<'_>) -> Result<Box<RawValue>> {
    let response = Weather { city: &call.args.city, celsius: 21 };
    raw(&ToolResult { function_response: FunctionResponse { name: &call.name, response } })
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>> {
    Ok(serde_json::value::to_raw_value(value)?)
}
