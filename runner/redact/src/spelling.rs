//! The spellings a secret usually takes on its way out.

use std::fmt::Write as _;

/// A line of a value of several lines is looked for from this length on, characters.
const SHORTEST_LINE: usize = 8;
/// A value is looked for in lower case, as the name of a host, from this length on: it is more than a word then.
const SHORTEST_LOWER: usize = 16;
/// JSON inside JSON inside JSON, in the text of a result.
const JSON_LEVELS: usize = 3;
/// Fewer characters of base64 are found by chance. A value of six bytes has at least as many, wherever it stands.
const SHORTEST_BASE64: usize = 7;

/// The value as it is, in the codings that a request or a page puts it into (a URL, base64, hexadecimal, HTML), its lines if
/// it has several, and each of these in JSON and in JSON inside JSON.
pub(super) fn spellings(value: &str) -> Vec<String> {
    let mut all = Vec::new();
    coded(value, &mut all);
    let trimmed = value.trim();
    if trimmed.len() < value.len() && trimmed.chars().count() >= super::SHORTEST {
        coded(trimmed, &mut all);
    }
    if value.contains('\n') {
        let lines = value.lines().map(str::trim);
        all.extend(lines.filter(|line| line.chars().count() >= SHORTEST_LINE).map(str::to_owned));
    }
    all.sort_unstable();
    all.dedup();
    let mut level = all.clone();
    for _ in 0..JSON_LEVELS {
        level = level.iter().filter(|text| is_escaped(text)).map(|text| json(text)).collect();
        all.extend(level.iter().cloned());
    }
    all
}

fn coded(value: &str, all: &mut Vec<String>) {
    all.push(value.to_owned());
    if value.len() >= SHORTEST_LOWER {
        all.push(value.to_ascii_lowercase());
    }
    // Most secrets are the same in a URL and a page.
    if value.bytes().any(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_' | b'.')) {
        in_urls(value, all);
        all.extend(QUOTES.iter().map(|[quote, apostrophe]| html(value, quote, apostrophe)));
    }
    let mut hex = String::new();
    for byte in value.bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    all.push(hex.to_uppercase());
    all.push(hex);
    base64(value.as_bytes(), all);
    // `btoa` takes a text for bytes, one a character. Of a text in ASCII they are the same.
    if !value.is_ascii()
        && let Ok(latin) = value.chars().map(u8::try_from).collect::<Result<Vec<u8>, _>>()
    {
        base64(&latin, all);
    }
}

/// In both alphabets, wherever it stands.
fn base64(value: &[u8], all: &mut Vec<String>) {
    for before in 0..3 {
        all.extend([b"+/", b"-_"].into_iter().filter_map(|last| base64_core(value, before, *last)));
    }
}

fn in_urls(value: &str, all: &mut Vec<String>) {
    let form: String = url::form_urlencoded::byte_serialize(value.as_bytes()).collect();
    all.push(lower_percent(&form));
    all.push(form);
    for kept in KEPT {
        let text = percent(value, |byte| byte.is_ascii_alphanumeric() || kept.contains(&byte));
        all.push(lower_percent(&text));
        all.push(text);
    }
}

/// What percent encodings leave as it is, beside letters and digits: those of RFC 3986, `encodeURIComponent`, `encodeURI`, and
/// of <https://url.spec.whatwg.org/#percent-encoded-bytes> userinfo, path, query (special and not) and fragment.
const KEPT: [&[u8]; 8] = [
    b"-_.~",
    b"-_.!~*'()",
    b"-_.!~*'();/?:@&=+$,#",
    b"!$%&'()*+,-._~",
    b"!$%&'()*+,-./:;=@[\\]_|~",
    b"!$%&()*+,-./:;=?@[\\]^_`{|}~",
    b"!$%&'()*+,-./:;=?@[\\]^_`{|}~",
    b"!#$%&'()*+,-./:;=?@[\\]^_{|}~",
];

/// How HTML is made to hold `"` and `'`.
const QUOTES: [[&str; 2]; 6] =
    [["&quot;", "&#39;"], ["&quot;", "&#x27;"], ["&quot;", "&apos;"], ["&quot;", "'"], ["&#34;", "&#39;"], ["\"", "'"]];

fn html(value: &str, quote: &str, apostrophe: &str) -> String {
    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    value.replace('\'', apostrophe).replace('"', quote)
}

/// Whether JSON spells a text in another way.
fn is_escaped(text: &str) -> bool {
    text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\'))
}

/// The inside of a JSON text that says `value`.
fn json(value: &str) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value).to_owned()
}

fn percent(value: &str, is_kept: impl Fn(u8) -> bool) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        if is_kept(byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// `%2F` as `%2f`.
fn lower_percent(text: &str) -> String {
    let mut left = 0_u8;
    let lower = |letter: char| {
        let is_digit = left > 0;
        left = if letter == '%' { 2 } else { left.saturating_sub(1) };
        if is_digit { letter.to_ascii_lowercase() } else { letter }
    };
    text.chars().map(lower).collect()
}

/// The base64 of a text that holds `value` after `before` bytes more than a multiple of three: the characters that `value`
/// alone decides, so padding is none of them. `last` are the two characters that are neither letters nor digits.
fn base64_core(value: &[u8], before: usize, last: [u8; 2]) -> Option<String> {
    const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let bytes: Vec<u8> = std::iter::repeat_n(0, before).chain(value.iter().copied()).collect();
    let mut text = String::new();
    for at in (before * 8).div_ceil(6)..bytes.len() * 8 / 6 {
        let byte = |index: usize| usize::from(bytes.get(index).copied().unwrap_or(0));
        let (first, shift) = (at * 6 / 8, 10 - at * 6 % 8);
        let sextet = (byte(first) << 8 | byte(first + 1)) >> shift & 63;
        text.push(char::from(*ALPHABET.iter().chain(&last).nth(sextet)?));
    }
    (text.len() >= SHORTEST_BASE64).then_some(text)
}
