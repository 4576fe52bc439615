//! What has to be there before the first message.

use pace_ir::program::template::TemplatePart;
use pace_ir::program::{Provider, Template};

use super::{bundle, configured};
use crate::environment::Environment;
use crate::setup::SetupError;

fn fails(models: &[(&str, Provider, Option<Template>, Option<Template>)], pairs: &[(&str, &str)]) -> SetupError {
    let error = configured(&bundle(models), &Environment::from_pairs(pairs.iter().copied())).unwrap_err();
    assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
    error
}

#[test]
fn a_missing_key_is_named_with_the_ways_to_one() {
    let error = fails(&[("fast", Provider::Gemini, None, None)], &[]);
    assert_eq!(error.message, "no key for the model `fast`: neither `GOOGLE_API_KEY` nor `GEMINI_API_KEY` is set");
    assert_eq!(
        error.help,
        "set `GOOGLE_API_KEY`, or `GOOGLE_API_KEY_FILE` to a file that holds the key; keys come from \
         https://aistudio.google.com/apikey\n\
         or use a model without a key: one with `provider: replay`, or with `provider: openai` and the `base_url` of a \
         local server such as Ollama"
    );
    let several = [
        ("a", Provider::Anthropic, None, None),
        ("b", Provider::OpenAi, None, None),
        ("c", Provider::OpenAi, None, None),
    ];
    let error = fails(&several, &[]);
    assert_eq!(
        error.message,
        "no keys for 3 models: `a` needs `ANTHROPIC_API_KEY`, `b` needs `OPENAI_API_KEY`, `c` needs `OPENAI_API_KEY`"
    );
    assert_eq!(error.help.lines().count(), 3);
}

#[test]
fn who_needs_no_key() {
    let local = Some(Template::literal("http://127.0.0.1:11434/v1"));
    let works = |models: &[(&str, Provider, Option<Template>, Option<Template>)], pairs: &[(&str, &str)]| {
        configured(&bundle(models), &Environment::from_pairs(pairs.iter().copied())).unwrap();
    };
    works(&[("fast", Provider::OpenAi, local, None)], &[]);
    works(&[("fast", Provider::OpenAi, None, None)], &[("OPENAI_BASE_URL", "http://localhost:8000/v1")]);
    works(&[("fast", Provider::Gemini, None, None)], &[("GEMINI_API_KEY", "x")]);
    // The provider's own address is no other one for being written down.
    let own = Some(Template::literal("https://api.openai.com/v1/"));
    fails(&[("fast", Provider::OpenAi, own.clone(), None)], &[]);
    works(&[("fast", Provider::OpenAi, own, None)], &[("OPENAI_API_KEY", "x")]);
}

#[test]
fn addresses_and_keys_that_no_request_could_use() {
    let env = |name: &str| Some(Template { parts: vec![TemplatePart::Env(name.to_owned())] });
    for (url, wanted) in [
        ("ftp://x", "is not an http or https address"),
        ("localhost:8000", "is not an http or https address"),
        ("/v1", "is not an http or https address"),
        ("http://", "is not an http or https address"),
        ("https://me:s3cret@x", "holds a user or a password; a key belongs into `api_key`"),
        ("https://x/?key=s3cret", "has a part after `?` or `#`, where no path can follow"),
        ("not an address", "is not an address"),
    ] {
        let error = fails(&[("fast", Provider::OpenAi, env("URL"), None)], &[("URL", url)]);
        assert_eq!(error.message, format!("the `base_url` of the model `fast` {wanted}"), "{url}");
        let error = fails(&[("fast", Provider::OpenAi, None, None)], &[("OPENAI_BASE_URL", url)]);
        assert_eq!(error.message, format!("the variable `OPENAI_BASE_URL` {wanted}"), "{url}");
    }
    let error = fails(&[("fast", Provider::Gemini, None, None)], &[("GOOGLE_API_KEY", "s3cret\nx")]);
    assert_eq!(error.message, "the key of the variable `GOOGLE_API_KEY` holds characters that no key has");
    let error = fails(&[("fast", Provider::Gemini, None, env("MY_KEY"))], &[]);
    assert_eq!(
        error.message,
        "the `api_key` of the model `fast` is `${env:MY_KEY}`, and the variable `MY_KEY` is not set"
    );
    let error =
        fails(&[("fast", Provider::Gemini, None, None)], &[("GOOGLE_API_KEY", "x"), ("SSL_CERT_FILE", "/no/file")]);
    assert_eq!(error.message, "`SSL_CERT_FILE` names `/no/file`, which is no file");
}
