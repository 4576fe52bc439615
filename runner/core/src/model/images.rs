//! Which models take images. Those of the built-in catalogue do; of others, what their makers say of them is known by name. A
//! name that nobody knows is taken for one of a model that reads text alone: a model that is told what was left out still
//! answers, and a service that is sent what it cannot read refuses the conversation.

use pace_ir::program::{Model, Provider};

/// Whether images are sent to a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Images {
    /// They are.
    Sent,
    /// It is told what was left out.
    LeftOut,
}

/// Beginnings of the names of OpenAI's models that read images, and of those among them that do not.
const OPENAI: [&str; 10] =
    ["gpt-4o", "gpt-4.1", "gpt-4.5", "gpt-4-turbo", "chatgpt-4o", "gpt-5", "gpt-6", "o1", "o3", "o4"];
const OPENAI_BLIND: [&str; 5] = ["o1-mini", "o1-preview", "o3-mini", "gpt-4-turbo-preview", "gpt-4o-audio"];
/// Parts of the names of open models that read images, as Ollama, vLLM and their registries write them.
const OPEN: [&str; 16] = [
    "llava",
    "vision",
    "-vl",
    "vl:",
    "2.5vl",
    "3vl",
    "pixtral",
    "gemma3",
    "gemma-3",
    "minicpm-v",
    "moondream",
    "llama4",
    "llama-4",
    "mistral-small3",
    "internvl",
    "glm-4v",
];
/// The smallest of them, which do not.
const OPEN_BLIND: [&str; 4] = ["gemma3:1b", "gemma3:270m", "gemma-3-1b", "gemma-3-270m"];
/// Anthropic's first models, which read text alone.
const ANTHROPIC_BLIND: [&str; 3] = ["claude-2", "claude-instant", "claude-1"];

impl Images {
    /// What becomes of images for a model of a bundle.
    pub(super) fn of(model: &Model) -> Self {
        let name = model.model.to_ascii_lowercase();
        // Gateways write the maker before the name: `openai/gpt-4o`.
        let own = name.rsplit('/').next().unwrap_or(&name);
        let begins = |names: &[&str]| names.iter().any(|start| own.starts_with(start));
        let holds = |names: &[&str]| names.iter().any(|part| own.contains(part));
        let is_taken = match model.provider {
            Provider::Gemini => own.starts_with("gemini") || (holds(&OPEN) && !begins(&OPEN_BLIND)),
            Provider::Anthropic => !begins(&ANTHROPIC_BLIND),
            Provider::OpenAi => {
                (begins(&OPENAI) && !begins(&OPENAI_BLIND))
                    || (holds(&OPEN) && !begins(&OPEN_BLIND))
                    || own.starts_with("gemini-")
                    || (own.starts_with("claude-") && !begins(&ANTHROPIC_BLIND))
            }
            // A recording reads nothing, and what would be sent to a model is the same for all.
            Provider::Replay => true,
        };
        if is_taken { Self::Sent } else { Self::LeftOut }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_who_sees() {
        let of = |provider, name: &str| {
            let (base_url, api_key, price, turns) = (None, None, None, None);
            Images::of(&Model { provider, model: name.to_owned(), base_url, api_key, price, turns })
        };
        for (provider, name) in [
            (Provider::Gemini, "gemini-2.5-flash"),
            (Provider::Gemini, "models/gemini-3.5-flash"),
            (Provider::Anthropic, "claude-sonnet-4-5"),
            (Provider::OpenAi, "gpt-5-mini"),
            (Provider::OpenAi, "openai/gpt-4o"),
            (Provider::OpenAi, "o3"),
            (Provider::OpenAi, "qwen2.5vl:7b"),
            (Provider::OpenAi, "Qwen/Qwen2.5-VL-7B-Instruct"),
            (Provider::OpenAi, "gemma3:4b"),
        ] {
            assert_eq!(of(provider, name), Images::Sent, "{name}");
        }
        for (provider, name) in [
            (Provider::Gemini, "gemma-3-1b-it"),
            (Provider::Anthropic, "claude-2.1"),
            (Provider::OpenAi, "gpt-3.5-turbo"),
            (Provider::OpenAi, "gpt-4"),
            (Provider::OpenAi, "o3-mini"),
            (Provider::OpenAi, "gpt-oss:20b"),
            (Provider::OpenAi, "llama3.2"),
            (Provider::OpenAi, "gemma3:1b"),
            (Provider::OpenAi, ""),
        ] {
            assert_eq!(of(provider, name), Images::LeftOut, "{name}");
        }
    }
}
