//! What `--message-format json` says: one object a line, of which those with the reason `diagnostic` are judged.

use serde_json::Value;

use crate::mark::{self, Marks};

/// A diagnostic as programs read it.
#[derive(Debug)]
pub(crate) struct Message {
    /// The mark it hits.
    pub(crate) mark: String,
    /// What is wrong, in one line.
    pub(crate) text: String,
}

/// Everything a run said to programs.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    /// The diagnostics, in order.
    pub(crate) diagnostics: Vec<Message>,
    /// Whether the last line says that the run is over and went well.
    pub(crate) success: Option<bool>,
}

impl Messages {
    /// Reads standard output.
    pub(crate) fn parse(stdout: &str) -> Result<Self, String> {
        let mut messages = Self::default();
        for line in stdout.lines() {
            let value: Value = serde_json::from_str(line).map_err(|error| format!("`{line}` is no JSON: {error}"))?;
            match value["reason"].as_str() {
                Some("diagnostic") => messages.diagnostics.push(message(&value)?),
                Some("build-finished") => messages.success = value["success"].as_bool(),
                Some(_) => {}
                None => return Err(format!("`{line}` has no `reason`")),
            }
        }
        Ok(messages)
    }

    /// What the diagnostics hit.
    pub(crate) fn marks(&self) -> Marks {
        let mut marks = Marks::new();
        for message in &self.diagnostics {
            *marks.entry(message.mark.clone()).or_default() += 1;
        }
        marks
    }
}

fn message(value: &Value) -> Result<Message, String> {
    let text = |key: &str| value[key].as_str().ok_or_else(|| format!("a diagnostic without `{key}`: {value}"));
    let labels = value["labels"].as_array().map_or(&[][..], Vec::as_slice);
    let place = labels.iter().find(|label| label["primary"] == true).map(|label| &label["at"]);
    let place = place.and_then(|at| Some((at["file"].as_str()?, at["start"]["line"].as_u64()?)));
    Ok(Message { mark: mark::at(place, text("code")?), text: text("message")?.to_owned() })
}
