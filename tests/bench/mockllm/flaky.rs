//! Models that fail on purpose: one named `flaky-N` answers N times 429 or 503 with `Retry-After: 1`, then once as it
//! should, and so on.

use std::cell::RefCell;
use std::collections::HashMap;

use hyper::StatusCode;

use crate::wire::find;

const NAME: &str = "flaky-";

/// How often each has failed since it last answered.
#[derive(Debug, Default)]
pub(crate) struct Flaky {
    failures: RefCell<HashMap<u32, u32>>,
}

impl Flaky {
    /// How this request is to fail, if it is.
    pub(crate) fn failure(&self, path: &str, body: &[u8]) -> Option<StatusCode> {
        let most = wanted(path.as_bytes()).or_else(|| wanted(body))?;
        let mut failures = self.failures.borrow_mut();
        let count = failures.entry(most).or_default();
        if *count >= most {
            *count = 0;
            return None;
        }
        *count += 1;
        Some(if *count % 2 == 1 { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::SERVICE_UNAVAILABLE })
    }
}

/// The number in the first `flaky-N` of `text`.
fn wanted(text: &[u8]) -> Option<u32> {
    let start = find(text, NAME)? + NAME.len();
    let digits: Vec<u8> = text[start..].iter().copied().take_while(u8::is_ascii_digit).collect();
    String::from_utf8(digits).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fails_as_often_as_its_name_says_and_then_answers() {
        let flaky = Flaky::default();
        let path = "/v1beta/models/flaky-2:generateContent";
        let answers: Vec<_> = (0..4).map(|_| flaky.failure(path, b"").map(|status| status.as_u16())).collect();
        assert_eq!(answers, [Some(429), Some(503), None, Some(429)]);
        assert_eq!(flaky.failure("/v1/messages", br#"{"model":"sound"}"#), None);
    }
}
