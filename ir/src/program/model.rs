//! Models: what an agent's `model:` stands for.

use bincode::{Decode, Encode};

use super::quantity::MicroUsd;
use super::template::Template;
use crate::digest::Digest;

/// A model an agent can use.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Model {
    /// Which wire format to speak.
    pub provider: Provider,
    /// What the provider calls it.
    pub model: String,
    /// Instead of the provider's own address.
    pub base_url: Option<Template>,
    /// Instead of the provider's usual environment variable.
    pub api_key: Option<Template>,
    /// What it costs, where known.
    pub price: Option<Price>,
    /// For [`Provider::Replay`]: the recorded turns, a blob.
    pub turns: Option<Digest>,
}

/// A wire format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Provider {
    /// Google's `generateContent`.
    Gemini,
    /// OpenAI's chat completions, also spoken by Ollama, vLLM and llama.cpp.
    OpenAi,
    /// Anthropic's messages.
    Anthropic,
    /// Recorded answers.
    Replay,
}

/// Prices in millionths of a US dollar for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Price {
    /// A million tokens read.
    pub input: MicroUsd,
    /// A million tokens read from the provider's cache; `input` where it is not given.
    pub cached_input: Option<MicroUsd>,
    /// A million tokens written, thoughts included.
    pub output: MicroUsd,
}

impl Provider {
    /// The word used in specs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gemini => "gemini",
            Self::OpenAi => "openai",
            Self::Anthropic => "anthropic",
            Self::Replay => "replay",
        }
    }

    /// The end of an address that is the interface's own path, which is added to a base URL and cannot be part of it.
    pub fn own_path(self, address: &str) -> Option<&'static str> {
        let paths: &[&str] = match self {
            Self::Gemini => &[":generateContent", ":streamGenerateContent"],
            Self::OpenAi => &["/chat/completions"],
            Self::Anthropic => &["/messages"],
            Self::Replay => &[],
        };
        let address = address.trim_end_matches('/');
        paths.iter().copied().find(|path| address.ends_with(path))
    }
}
