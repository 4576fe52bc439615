//! What secrets look like, for the rule that finds them and for the output that must not repeat them: published prefixes of tokens, passwords in addresses, and names that say what they hold.

use std::ops::Range;

/// How well-known tokens begin, what follows, and whose they are. Published prefixes only: a guess by entropy would blame
/// digests and identifiers.
const TOKENS: &[(&str, usize, &str)] = &[
    ("AIza", 35, "a Google API key"),
    ("sk-ant-", 20, "an Anthropic API key"),
    ("sk-proj-", 20, "an OpenAI API key"),
    ("sk-", 32, "an API key"),
    ("ghp_", 36, "a GitHub token"),
    ("gho_", 36, "a GitHub token"),
    ("ghs_", 36, "a GitHub token"),
    ("github_pat_", 22, "a GitHub token"),
    ("glpat-", 20, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("xoxp-", 20, "a Slack token"),
    ("AKIA", 16, "an AWS access key"),
    ("npm_", 36, "an npm token"),
    ("pypi-", 32, "a PyPI token"),
    ("hf_", 30, "a Hugging Face token"),
    ("sk_live_", 20, "a Stripe key"),
    ("eyJhbGciOi", 20, "a JSON Web Token"),
];

/// Words of names whose values are secrets.
const SECRET_WORDS: &[&str] =
    &["password", "passwd", "secret", "token", "apikey", "privatekey", "credential", "accesskey"];

/// Whether a name says that its value is a secret: `DB_PASSWORD`, `api-key`, `client_secret`; `TOKEN_URL` and
/// `MAX_TOKENS` do not.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| plain.ends_with(word))
}

/// The first secret in a text: its bytes and what it is.
pub(crate) fn find(text: &str) -> Option<(Range<usize>, &'static str)> {
    if let Some(start) = text.find("-----BEGIN ") {
        let rest = text.get(start..).unwrap_or_default();
        if rest.lines().next().is_some_and(|line| line.contains("PRIVATE KEY-----")) {
            return Some((start..start + rest.lines().next().map_or(0, str::len), "a private key"));
        }
    }
    in_address(text).or_else(|| token(text))
}

/// A password before the host, or a secret among the parameters of an address.
fn in_address(text: &str) -> Option<(Range<usize>, &'static str)> {
    let (scheme, rest) = text.split_once("://")?;
    let start = scheme.len() + 3;
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let address = rest.get(..end)?;
    let authority = address.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some((user, _)) = authority.rsplit_once('@')
        && user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.contains("${"))
    {
        return Some((start..start + user.len(), "a password in an address"));
    }
    let query = address.find('?')? + 1;
    address.get(query..)?.split('&').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let is_secret = (is_secret_name(name) || name == "key" || name == "sig") && value.len() >= 8;
        let at = start + (value.as_ptr() as usize).checked_sub(address.as_ptr() as usize)?;
        (is_secret && !value.contains("${")).then(|| (at..at + value.len(), "a secret in an address"))
    })
}

/// Every token of a well-known kind in a text, wherever it stands.
pub(crate) fn tokens(text: &str) -> Vec<Range<usize>> {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some((range, _)) = text.get(at..).and_then(token) {
        let range = at + range.start..at + range.end;
        at = range.end.max(at + 1);
        found.push(range);
    }
    found
}

/// The first token of a well-known kind.
fn token(text: &str) -> Option<(Range<usize>, &'static str)> {
    TOKENS.iter().find_map(|(prefix, least, what)| {
        text.match_indices(prefix).find_map(|(start, _)| {
            let before = text.get(..start).unwrap_or_default();
            let starts_word = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            let rest = text.get(start + prefix.len()..).unwrap_or_default();
            let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte)).count();
            let varied = rest.get(..length).is_some_and(|body| body.bytes().any(|byte| byte.is_ascii_digit()));
            (starts_word && length >= *least && varied).then(|| (start..start + prefix.len() + length, *what))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{find, is_secret_name};

    #[test]
    fn finds_tokens_and_no_words() {
        assert!(find(&format!("key AIza{}", "a1".repeat(18))).is_some());
        assert!(find("-----BEGIN RSA PRIVATE KEY-----\nabc").is_some());
        assert!(find("-----BEGIN PUBLIC KEY-----").is_none());
        assert!(find("sk-learn is a library; ask-me-anything-about-the-weather-in-your-town").is_none());
        assert!(find("task-0123456789012345678901234567890123456789").is_none());
        assert!(find("${env:GITHUB_TOKEN}").is_none());
        assert!(find("https://bob:pw@host/x").is_some());
        assert!(find("https://host/x?api_key=0123456789&a=b").is_some());
        assert!(find("https://bob:${env:PW}@host/x?token=${env:TOKEN}").is_none());
        assert!(find("mail bob@host, see https://host/a@b").is_none());
    }

    #[test]
    fn names_say_what_they_hold() {
        for secret in ["DB_PASSWORD", "api-key", "client_secret", "GITHUB_TOKEN"] {
            assert!(is_secret_name(secret), "{secret}");
        }
        for plain in ["TOKEN_URL", "max_tokens", "KEYBOARD", "monkey"] {
            assert!(!is_secret_name(plain), "{plain}");
        }
    }
}
