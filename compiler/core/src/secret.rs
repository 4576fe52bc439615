//! What secrets look like, for the rule that finds them and for the output that must not repeat them: published prefixes
//! of tokens, passwords in addresses, and names that say what they hold.

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
    ("pace_tk_", 43, "a token for a runner of Paceline"),
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

/// Whether a value under a secret's name can be one: not empty, no switch, no number.
pub(crate) fn could_be_secret(value: &str) -> bool {
    !matches!(value, "" | "true" | "false" | "yes" | "no" | "on" | "off") && value.parse::<f64>().is_err()
}

/// A password before the host, or a secret among the parameters of an address.
fn in_address(text: &str) -> Option<(Range<usize>, &'static str)> {
    // Prose may speak of addresses; a value that is one stands alone.
    if text.contains(char::is_whitespace) {
        return None;
    }
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
        let is_secret = is_secret_name(name) && value.len() >= 8;
        let at = start + (value.as_ptr() as usize).checked_sub(address.as_ptr() as usize)?;
        (is_secret && !value.contains("${")).then(|| (at..at + value.len(), "a secret in an address"))
    })
}

/// Every token of a well-known kind in a text, wherever it stands, and every private key. Goes over the text once.
pub(crate) fn tokens(text: &str) -> Vec<Range<usize>> {
    let keys = text.match_indices("-----BEGIN ").filter_map(|(start, _)| private_key(text, start));
    keys.chain(words(text).filter_map(|word| token_at(text, word)).map(|(range, _)| range)).collect()
}

/// The first token of a well-known kind.
fn token(text: &str) -> Option<(Range<usize>, &'static str)> {
    words(text).find_map(|word| token_at(text, word))
}

/// A private key from its first line to its last, or to the end of the text.
fn private_key(text: &str, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    if !rest.lines().next()?.contains("PRIVATE KEY-----") {
        return None;
    }
    let end = rest
        .find("-----END ")
        .map_or(rest.len(), |end| end + rest.get(end..).map_or(0, |last| last.lines().next().map_or(0, str::len)));
    Some(start..start + end)
}

/// The places where a token could begin, and where the run of its characters ends.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let mut at = 0;
    std::iter::from_fn(move || {
        let skipped = bytes.get(at..)?.iter().position(is_part)?;
        let start = at + skipped;
        let length = bytes.get(start..)?.iter().take_while(|byte| is_part(byte)).count();
        at = start + length;
        Some(start..at)
    })
    .flat_map(move |run| {
        let dots = bytes.get(run.clone()).unwrap_or_default().iter().enumerate().filter(|(_, byte)| **byte == b'.');
        let starts: Vec<_> = dots.map(|(dot, _)| run.start + dot + 1).take(8).collect();
        std::iter::once(run.start).chain(starts).map(move |start| start..run.end)
    })
}

/// The token that begins where a word does.
fn token_at(text: &str, word: Range<usize>) -> Option<(Range<usize>, &'static str)> {
    let run = text.get(word.clone())?;
    TOKENS.iter().find_map(|(prefix, least, what)| {
        let body = run.strip_prefix(prefix)?;
        let varied = body.bytes().any(|byte| byte.is_ascii_digit());
        (body.len() >= *least && varied).then(|| (word.clone(), *what))
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
