//! What was said so far: the messages that a model is shown, and that a session keeps. Free of any provider's format, except
//! that a model's turn also keeps what the provider sent, to be sent back as it came (thought signatures depend on it).

mod forget;
mod image;
mod json_text;

pub use forget::{MOST_IMAGE_BYTES, MOST_IMAGES};
pub(crate) use forget::{forget_images, image_bytes};
pub use image::{Image, MOST_IMAGE, MediaType, NoImage};
pub(crate) use image::{Size, size_of};
pub use json_text::JsonText;
use pace_ir::program::{MicroUsd, Price};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// From whoever asks.
    User(String),
    /// From the model.
    Model(ModelTurn),
    /// What the calls of the model's last turn came to, in the order of the calls.
    ToolResults(Vec<ToolResult>),
}

/// One answer of a model.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelTurn {
    /// What it says, thoughts left out.
    pub text: String,
    /// The tools it wants called, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// Why it stopped.
    pub finish: Finish,
    /// What it cost.
    pub usage: Usage,
    /// The turn as its provider sent it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raw: Option<RawTurn>,
}

/// A tool that a model wants called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCall {
    /// Unique within the conversation; the provider's own where it gives one.
    pub id: String,
    /// The name as the model sees it.
    pub name: String,
    /// An object; whatever else a model wrote, as text.
    pub arguments: JsonText,
}

/// What a call came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolResult {
    /// The call's.
    pub id: String,
    /// The tool's name as the model sees it.
    pub name: String,
    /// The result, or what the model is told went wrong.
    pub content: JsonText,
    /// Whether it went wrong.
    pub is_error: bool,
    /// Images that belong to it, in the order in which the content names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<Image>,
    /// How many images came before these, and are forgotten: newer ones took their place.
    #[serde(default, skip_serializing_if = "is_none")]
    pub forgotten: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_none(count: &u32) -> bool {
    *count == 0
}

/// What a tool gave back.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// For models, as text or data; the images stand in it by their numbers.
    pub content: JsonText,
    /// The images.
    pub images: Vec<Image>,
}

impl Output {
    /// How long it is in a conversation, bytes.
    pub(crate) fn length(&self) -> usize {
        self.content.as_str().len() + self.images.iter().map(|image| image.base64().len()).sum::<usize>()
    }
}

impl From<JsonText> for Output {
    fn from(content: JsonText) -> Self {
        Self { content, images: Vec::new() }
    }
}

impl From<serde_json::Value> for Output {
    fn from(content: serde_json::Value) -> Self {
        JsonText::from(content).into()
    }
}

/// A turn in its provider's format, sent back to the same provider only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawTurn {
    /// The provider's word in specs.
    pub provider: String,
    /// Gemini: `parts`; Anthropic: `content`. Text for text as received, deltas of one block joined.
    pub content: JsonText,
}

/// Why a model stopped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// It had no more to say.
    #[default]
    Stop,
    /// It wants tools called.
    ToolCalls,
    /// It reached its longest output; the answer is cut.
    Length,
    /// The service stopped it, for this reason in the service's word; the answer is cut.
    Filtered(String),
}

/// Tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "TokenUsage")]
pub struct Usage {
    /// Read, those from a cache included.
    pub input_tokens: u64,
    /// Of the tokens read, those from the provider's cache.
    #[serde(default)]
    pub cached_input_tokens: u64,
    /// Written, thoughts included.
    pub output_tokens: u64,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_input_tokens: self.cached_input_tokens.saturating_add(other.cached_input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }

    /// Read and written.
    pub fn total(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }

    /// In millionths of a US dollar, rounded up: a limit that is a fraction over is over.
    pub fn cost(self, price: &Price) -> MicroUsd {
        let cached = self.cached_input_tokens.min(self.input_tokens);
        let parts = [
            (self.input_tokens - cached, price.input),
            (cached, price.cached_input.unwrap_or(price.input)),
            (self.output_tokens, price.output),
        ];
        let sum: u128 = parts.iter().map(|(tokens, price)| u128::from(*tokens) * u128::from(price.0)).sum();
        MicroUsd(u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cost_counts_cached_tokens_once_and_rounds_up() {
        let price =
            Price { input: MicroUsd(300_000), cached_input: Some(MicroUsd(30_000)), output: MicroUsd(2_500_000) };
        let usage = Usage { input_tokens: 1_000_000, cached_input_tokens: 500_000, output_tokens: 100_000 };
        assert_eq!(usage.cost(&price), MicroUsd(150_000 + 15_000 + 250_000));
        let one = Usage { input_tokens: 1, ..Usage::default() };
        assert_eq!(one.cost(&price), MicroUsd(1));
        let odd = Usage { input_tokens: 1, cached_input_tokens: 9, output_tokens: 0 };
        assert_eq!(odd.cost(&price), MicroUsd(1));
    }
}
