//! What the providers' documentation says of addresses and keys.

use hyper::header::HeaderName;
use pace_ir::program::Provider;

use super::NamedBy;
use crate::model::wire::openai::Dialect;
use crate::model::wire::{Wire, anthropic, gemini, openai};

/// A provider's address and keys.
#[derive(Debug)]
pub(super) struct Facts {
    format: Format,
    /// The provider's own base URL.
    pub(super) base: &'static str,
    /// The variable for another one.
    pub(super) base_variable: &'static str,
    /// The variables for the key, the first that is set.
    pub(super) keys: &'static [&'static str],
    /// Where a key comes from.
    pub(super) key_page: &'static str,
    pub(super) key_header: HeaderName,
    pub(super) key_prefix: &'static str,
    /// Further headers of every request.
    pub(super) headers: &'static [(&'static str, &'static str)],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Gemini,
    OpenAi,
    Anthropic,
}

static GEMINI: Facts = Facts {
    format: Format::Gemini,
    base: "https://generativelanguage.googleapis.com",
    base_variable: "GOOGLE_GEMINI_BASE_URL",
    keys: &["GOOGLE_API_KEY", "GEMINI_API_KEY"],
    key_page: "https://aistudio.google.com/apikey",
    key_header: HeaderName::from_static("x-goog-api-key"),
    key_prefix: "",
    headers: &[],
};

static OPENAI: Facts = Facts {
    format: Format::OpenAi,
    base: "https://api.openai.com/v1",
    base_variable: "OPENAI_BASE_URL",
    keys: &["OPENAI_API_KEY"],
    key_page: "https://platform.openai.com/api-keys",
    key_header: hyper::header::AUTHORIZATION,
    key_prefix: "Bearer ",
    headers: &[],
};

static ANTHROPIC: Facts = Facts {
    format: Format::Anthropic,
    base: "https://api.anthropic.com",
    base_variable: "ANTHROPIC_BASE_URL",
    keys: &["ANTHROPIC_API_KEY"],
    key_page: "https://console.anthropic.com/settings/keys",
    key_header: HeaderName::from_static("x-api-key"),
    key_prefix: "",
    headers: &[("anthropic-version", anthropic::VERSION)],
};

impl Facts {
    /// Those of a provider. Replay has none and never asks.
    pub(super) fn of(provider: Provider) -> &'static Self {
        match provider {
            Provider::OpenAi => &OPENAI,
            Provider::Anthropic => &ANTHROPIC,
            Provider::Gemini | Provider::Replay => &GEMINI,
        }
    }

    /// Whether nothing can be asked without a key. Many servers speak OpenAI's format and know no keys.
    pub(super) fn is_key_needed(&self, from: NamedBy) -> bool {
        match from {
            NamedBy::Provider => true,
            NamedBy::Environment => self.format != Format::OpenAi,
            NamedBy::Bundle => false,
        }
    }

    pub(super) fn wire(&self, from: NamedBy) -> Wire {
        match self.format {
            Format::Gemini => Wire::Gemini,
            Format::OpenAi if from == NamedBy::Provider => Wire::OpenAi(Dialect::OpenAi),
            Format::OpenAi => Wire::OpenAi(Dialect::Compatible),
            Format::Anthropic => Wire::Anthropic,
        }
    }

    /// Where requests go.
    pub(super) fn path(&self, base: &str, model: &str) -> String {
        match self.format {
            Format::Gemini => gemini::path(base, model),
            Format::OpenAi => openai::path(base),
            Format::Anthropic => anthropic::path(base),
        }
    }
}
