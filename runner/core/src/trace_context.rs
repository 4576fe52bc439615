//! Where a piece of work stands in a trace: W3C Trace Context, level 1 (<https://www.w3.org/TR/trace-context/>), header
//! `traceparent`. An invocation takes the trace of the request that asks for it, each call of a tool is a span of its own, and
//! whatever is called over a network is told which. Spans that are kept later have these ids.
//!
//! `tracestate` and `baggage` are read by nobody here and passed on to nobody: they are what others tell each other, and a tool
//! is no party to that.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::HeaderMap;

use crate::id;

/// The name of the header, and of the key in `_meta` of MCP (SEP-414).
pub const TRACEPARENT: &str = "traceparent";

/// Version, trace, span and flags, with a dash after each but the last.
const LENGTH: usize = 55;
/// Somebody keeps the trace.
const SAMPLED: u8 = 1;

/// One span: which trace it belongs to, and below which span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    trace: u128,
    span: u64,
    parent: Option<u64>,
    flags: u8,
}

impl TraceContext {
    /// The first span of a new trace.
    ///
    /// # Errors
    /// The operating system has no random bytes to give.
    pub fn new() -> Result<Self, getrandom::Error> {
        // No id is zero.
        let trace = id::random()?.max(1);
        Ok(Self { trace, span: next_span(), parent: None, flags: SAMPLED })
    }

    /// The span of whoever asks, as its header says it. `None` for everything that the specification calls invalid: then a new
    /// trace begins.
    pub fn parse(text: &str) -> Option<Self> {
        let (known, rest) = text.split_at_checked(LENGTH)?;
        let mut fields = known.split('-');
        let (version, trace) = (fields.next()?, fields.next()?);
        let (span, flags) = (fields.next()?, fields.next()?);
        let (version, trace) = (hex(version, 2)?, hex(trace, 32)?);
        let (span, flags) = (hex(span, 16)?, hex(flags, 2)?);
        // Later versions add fields behind those of this one.
        let is_ended = rest.is_empty() || (version > 0 && rest.starts_with('-'));
        if version == 0xff || trace == 0 || span == 0 || fields.next().is_some() || !is_ended {
            return None;
        }
        let (span, flags) = (u64::try_from(span).ok()?, u8::try_from(flags).ok()?);
        Some(Self { trace, span, parent: None, flags: flags & SAMPLED })
    }

    /// The span of whoever sends a request. Two headers contradict each other, and are none.
    pub fn of_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let value = values.next()?.to_str().ok()?;
        if values.next().is_some() {
            return None;
        }
        Self::parse(value.trim())
    }

    /// A new span below this one.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { span: next_span(), parent: Some(self.span), ..*self }
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(&self) -> String {
        format!("{:032x}", self.trace)
    }

    /// 16 hexadecimal digits.
    pub fn span_id(&self) -> String {
        format!("{:016x}", self.span)
    }

    /// Whether it is to be kept: whoever began the trace says so, and a trace that begins here is.
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }

    /// The span above it; 16 hexadecimal digits. `None` for the first of a trace, and for a span of somebody else.
    pub fn parent_id(&self) -> Option<String> {
        self.parent.map(|span| format!("{span:016x}"))
    }
}

/// As the header has it.
impl fmt::Display for TraceContext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "00-{:032x}-{:016x}-{:02x}", self.trace, self.span, self.flags)
    }
}

/// Exactly `digits` hexadecimal digits in lower case.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (text.len() == digits && text.bytes().all(is_digit)).then(|| u128::from_str_radix(text, 16).ok())?
}

/// An id that no other span of this process has, and one of another process only by a chance of 2⁻⁶⁴: a random start that
/// goes up by an odd number, mixed (Steele, Lea and Flood, "Fast splittable pseudorandom number generators"). To ask the system
/// for each would take longer than the rest of a span.
fn next_span() -> u64 {
    const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
    static STATE: AtomicU64 = AtomicU64::new(0);
    let mut state = STATE.load(Ordering::Relaxed);
    if state == 0 {
        let mut bytes = [0; 8];
        // Without random bytes no trace begins; spans of other people's are still told apart within this process.
        let _none = getrandom::fill(&mut bytes);
        let start = u64::from_le_bytes(bytes).max(1);
        // Whoever comes second goes on from the first one's.
        let _lost = STATE.compare_exchange(0, start, Ordering::Relaxed, Ordering::Relaxed);
    }
    state = STATE.fetch_add(GAMMA, Ordering::Relaxed);
    let mut mixed = state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_header_comes_back_and_its_children_stay_in_its_trace() {
        let given = TraceContext::parse(GIVEN).unwrap();
        assert_eq!(given.to_string(), GIVEN);
        let (one, other) = (given.child(), given.child());
        assert_eq!(one.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(one.parent_id().as_deref(), Some("00f067aa0ba902b7"));
        assert_ne!(one.span_id(), other.span_id());
        assert_eq!(TraceContext::parse(&one.to_string()).unwrap().span_id(), one.span_id());
        let new = TraceContext::new().unwrap();
        assert_ne!(new.trace_id(), TraceContext::new().unwrap().trace_id());
        assert!(new.to_string().ends_with("-01") && new.parent_id().is_none());
    }

    #[test]
    fn what_the_specification_calls_invalid_is_no_trace() {
        let with = |from: &str, to: &str| GIVEN.replacen(from, to, 1);
        for broken in [
            String::new(),
            "00".to_owned(),
            with("00-", "ff-"),
            with("00-", "0x-"),
            with("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            with("00f067aa0ba902b7", &"0".repeat(16)),
            with("4bf9", "4BF9"),
            with("4bf9", "4bé"),
            with("4bf9", "-bf9"),
            with("-01", "-0"),
            with("-01", "-01-"),
            with("-01", "-01x"),
            with("-01", "-+1"),
            GIVEN.repeat(1_000),
            format!("{GIVEN},{GIVEN}"),
        ] {
            assert_eq!(TraceContext::parse(&broken), None, "{broken}");
        }
        // A version of the future is read as this one; flags that nobody knows are not passed on.
        let later = TraceContext::parse(&(with("00-", "01-") + "-more")).unwrap();
        assert_eq!(later.to_string(), GIVEN);
        assert_eq!(TraceContext::parse(&with("-01", "-ff")).unwrap().to_string(), GIVEN);
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT, GIVEN.parse().unwrap());
        assert!(TraceContext::of_headers(&headers).is_some());
        headers.append(TRACEPARENT, GIVEN.parse().unwrap());
        assert_eq!(TraceContext::of_headers(&headers), None);
    }
}
