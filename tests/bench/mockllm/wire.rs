//! What the three services have in common: which one is asked, for what, and the answers, made once.

use std::sync::LazyLock;

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::json;

use crate::options::Calls;
use crate::{anthropic, gemini, openai};

/// The text of every answer.
pub(crate) const TEXT: [&str; 2] = ["Paris 21 C, ", "Oslo 9 C."];
/// The tool that is called.
pub(crate) const TOOL: &str = "get_weather";
/// What it is called with, in parallel.
pub(crate) const CITIES: [&str; 2] = ["Paris", "Oslo"];
/// Tokens of every request, and of every answer.
pub(crate) const TOKENS: (u32, u32) = (21, 9);

/// Whose format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Gemini,
    OpenAi,
    Anthropic,
}

/// What the model does in its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Text,
    Calls,
}

/// An answer, whole and as the chunks of a stream.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// A JSON document.
    pub(crate) whole: Bytes,
    /// Server-sent events.
    pub(crate) chunks: Vec<Bytes>,
    /// The chunk before the last that OpenAI sends to those who ask for usage.
    pub(crate) usage: Option<Bytes>,
}

/// What a request asks for.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) turn: Turn,
    pub(crate) is_stream: bool,
    pub(crate) wants_usage: bool,
}

impl Wire {
    /// The service at this path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        if path.contains("enerateContent") {
            Some(Self::Gemini)
        } else if path.ends_with("/messages") {
            Some(Self::Anthropic)
        } else {
            path.ends_with("/chat/completions").then_some(Self::OpenAi)
        }
    }

    /// The answer.
    pub(crate) fn prepared(self, turn: Turn) -> &'static Prepared {
        static ALL: LazyLock<[[Prepared; 2]; 3]> = LazyLock::new(|| {
            let both = |prepare: fn(Turn) -> Prepared| [prepare(Turn::Text), prepare(Turn::Calls)];
            [both(gemini::prepare), both(openai::prepare), both(anthropic::prepare)]
        });
        &ALL[self as usize][turn as usize]
    }

    /// An error document.
    pub(crate) fn error(self, status: StatusCode, message: &str) -> Bytes {
        let word = match status {
            StatusCode::TOO_MANY_REQUESTS => "RESOURCE_EXHAUSTED",
            StatusCode::BAD_REQUEST => "INVALID_ARGUMENT",
            _ => "UNAVAILABLE",
        };
        let error = match self {
            Self::Gemini => json!({"error": {"code": status.as_u16(), "message": message, "status": word}}),
            Self::OpenAi => json!({"error": {"message": message, "type": word, "param": null, "code": null}}),
            Self::Anthropic => json!({"type": "error", "error": {"type": word, "message": message}}),
        };
        error.to_string().into()
    }
}

impl Asked {
    /// Judged by what stands in the text: load tests would measure a JSON parser otherwise.
    pub(crate) fn of(path: &str, body: &[u8], calls: Calls) -> Self {
        let has = |what: &str| find(body, what).is_some();
        let has_flag = |name: &str| has(&format!("\"{name}\":true")) || has(&format!("\"{name}\": true"));
        let has_results = ["functionResponse", "\"role\":\"tool\"", "\"role\": \"tool\"", "tool_result"].map(has);
        let may_call = calls == Calls::Unasked || has(TOOL);
        let turn = if may_call && !has_results.contains(&true) { Turn::Calls } else { Turn::Text };
        Self { turn, is_stream: path.contains("stream") || has_flag("stream"), wants_usage: has_flag("include_usage") }
    }
}

/// Where `what` begins.
pub(crate) fn find(text: &[u8], what: &str) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what.as_bytes())
}
