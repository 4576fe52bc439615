//! Google's `generateContent`, streamed (<https://ai.google.dev/api/generate-content>).
//!
//! A model's turn is sent back part by part as it came: thought signatures are bound to their parts, and the service
//! refuses a call whose signature is missing.

mod decode;
mod encode;

pub(in crate::model) use decode::Decoder;
pub(in crate::model) use encode::encode;

/// The provider's word in specs, under which raw turns are kept.
const PROVIDER: &str = "gemini";

/// Where requests to a model go, behind the base URL's own path.
pub(in crate::model) fn path(base: &str, model: &str) -> String {
    let has_version = ["/v1", "/v1beta", "/v1alpha"].iter().any(|version| base.ends_with(version));
    let version = if has_version { "" } else { "/v1beta" };
    let folder = if model.contains('/') { "" } else { "models/" };
    format!("{base}{version}/{folder}{model}:streamGenerateContent?alt=sse")
}

/// Whether a model is of the third generation or a later one: `gemini-3.5-flash`, `models/gemini-4-pro`.
fn is_third_generation(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let digits =
        name.strip_prefix("gemini-").map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    digits.and_then(|digits| digits.parse::<u32>().ok()).is_some_and(|generation| generation >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (base, model, wanted) in [
            ("", "gemini-3.5-flash", "/v1beta/models/gemini-3.5-flash:streamGenerateContent?alt=sse"),
            ("/gemini", "m", "/gemini/v1beta/models/m:streamGenerateContent?alt=sse"),
            ("/x/v1", "m", "/x/v1/models/m:streamGenerateContent?alt=sse"),
            ("/v1alpha", "tunedModels/m", "/v1alpha/tunedModels/m:streamGenerateContent?alt=sse"),
        ] {
            assert_eq!(path(base, model), wanted);
        }
    }

    #[test]
    fn generations() {
        for name in ["gemini-3-flash-preview", "gemini-3.5-flash", "models/gemini-10-pro"] {
            assert!(is_third_generation(name), "{name}");
        }
        for name in ["gemini-2.5-flash", "gemini-pro", "gemma-3-27b-it", "gemini-", ""] {
            assert!(!is_third_generation(name), "{name}");
        }
    }
}
