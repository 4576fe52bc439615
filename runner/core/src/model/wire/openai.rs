//! OpenAI's chat completions, streamed (<https://platform.openai.com/docs/api-reference/chat>), as many servers speak them:
//! Ollama, vLLM, llama.cpp. What only OpenAI's own servers do is not relied on.

mod decode;
mod encode;

pub(in crate::model) use decode::Decoder;
pub(in crate::model) use encode::encode;

/// Where the servers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Dialect {
    /// OpenAI's own.
    OpenAi,
    /// Everybody else's, which is an older one of OpenAI's.
    Compatible,
}

/// Where requests go, behind the base URL's own path.
pub(in crate::model) fn path(base: &str) -> String {
    format!("{base}/chat/completions")
}
