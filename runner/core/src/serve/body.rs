//! What a client says to an agent: the body of a request, whole and within its bounds, and what is wrong with it in one
//! clear sentence.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::HeaderMap;
use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use pace_ir::text::{quoted, shortened};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Error as _, MapAccess, Visitor};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::settings::Patience;
use crate::id::SessionId;
use crate::problem::{Code, Problem};

/// The most bytes of a body. A message of a million characters fits no model; files come by tools.
pub(super) const MAX_BODY: usize = 1 << 20;
/// The most bytes of bodies that are on their way at once: 64 of the longest, or some 60,000 common ones.
const MAX_BODIES: usize = 64 << 20;
/// The most bytes that are read and thrown away of a body that is too large. A client that is still sending does not hear
/// an answer: it would be told that the connection was reset.
const MAX_DISCARDED: usize = 16 << 20;
/// The most characters of a reader's complaint, which may hold what the client sent.
const MAX_COMPLAINT: usize = 300;

const HELP: &str =
    r#"send an object such as {"message": "Hello!"}, with the key "session" to go on with a conversation"#;

/// What is said, and where the conversation goes on.
#[derive(Debug, PartialEq, Eq, JsonSchema)]
#[schemars(rename = "ChatRequest", deny_unknown_fields)]
pub(super) struct Said {
    /// What is said to the agent; not blank.
    #[schemars(regex(pattern = r"\S"))]
    pub(super) message: String,
    /// Where the conversation goes on; without it, a new one begins.
    #[schemars(default)]
    pub(super) session: Option<SessionId>,
}

/// Reads what is said, and what `of_bytes` makes of the bytes that say it.
///
/// # Errors
/// What [`received`] says, and [`Code::MalformedRequest`].
pub(super) async fn said<T>(
    headers: &HeaderMap,
    body: Body,
    patience: &Patience,
    room: &Room,
    of_bytes: impl FnOnce(&[u8]) -> T,
) -> Result<(Said, T), Problem> {
    received(headers, body, patience, room, |whole| Ok((parse(&whole)?, of_bytes(&whole)))).await
}

/// Receives a body of JSON, whole, and keeps its room until `then` has it.
///
/// # Errors
/// [`Code::WrongMediaType`], [`Code::TooLarge`], [`Code::TooManyBodies`], [`Code::SlowRequest`], and
/// [`Code::MalformedRequest`] for one that breaks off.
pub(super) async fn received<T>(
    headers: &HeaderMap,
    body: Body,
    patience: &Patience,
    room: &Room,
    then: impl FnOnce(Bytes) -> Result<T, Problem>,
) -> Result<T, Problem> {
    is_json(headers)?;
    if states_too_much(headers) && headers.contains_key(EXPECT) {
        // The client asked before it sent.
        return Err(too_large());
    }
    let _room = room.take(headers)?;
    let whole = tokio::time::timeout(patience.body, whole(body)).await.map_err(|_elapsed| {
        let detail = format!("the body of the request did not arrive within {} s", patience.body.as_secs());
        Problem::new(Code::SlowRequest, detail).help("send it at once")
    })??;
    then(whole)
}

/// The memory for bodies that are on their way, shared by all requests: without it, as many clients as there are connections
/// could each have [`MAX_BODY`] held for them.
#[derive(Debug)]
pub(super) struct Room {
    /// One permit a KiB.
    kibibytes: Semaphore,
}

impl Default for Room {
    fn default() -> Self {
        Self { kibibytes: Semaphore::new(MAX_BODIES >> 10) }
    }
}

impl Room {
    /// Room for a body of the length that its head states; for the longest one if it states none.
    ///
    /// # Errors
    /// [`Code::TooManyBodies`].
    fn take(&self, headers: &HeaderMap) -> Result<SemaphorePermit<'_>, Problem> {
        let stated = length(headers).and_then(|length| usize::try_from(length).ok()).unwrap_or(MAX_BODY);
        let kibibytes = u32::try_from((stated.min(MAX_BODY) >> 10) + 1).unwrap_or(u32::MAX);
        self.kibibytes.try_acquire_many(kibibytes).map_err(|_| {
            let problem = Problem::new(Code::TooManyBodies, "the runner is receiving as much as it has room for");
            problem.help("try again in a moment").retry_after(Duration::from_secs(1))
        })
    }
}

fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    let wrong = |detail: String| {
        let help = "send JSON, with the header `Content-Type: application/json`";
        Err(Problem::new(Code::WrongMediaType, detail).help(help))
    };
    let shown = |value: &hyper::header::HeaderValue| quoted(&String::from_utf8_lossy(value.as_bytes()));
    let Some(kind) = headers.get(CONTENT_TYPE) else {
        return wrong("the request does not say what its body is".to_owned());
    };
    let essence = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return wrong(format!("the body is `{}`, and this path takes JSON", shown(kind)));
    }
    match headers.get(CONTENT_ENCODING) {
        Some(coding) if !coding.as_bytes().eq_ignore_ascii_case(b"identity") => {
            wrong(format!("the body is encoded as `{}`, and is taken only as it is", shown(coding)))
        }
        _ => Ok(()),
    }
}

fn states_too_much(headers: &HeaderMap) -> bool {
    length(headers).is_some_and(|length| length > MAX_BODY as u64)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The body in one piece; without a copy where it came in one.
async fn whole(mut body: Body) -> Result<Bytes, Problem> {
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Problem::new(Code::MalformedRequest, "the body of the request broke off, or is not framed as HTTP/1.1 is")
        })?;
        let Ok(data) = frame.into_data() else { continue };
        length += data.len();
        if length > MAX_DISCARDED {
            break;
        } else if length > MAX_BODY {
            joined = BytesMut::new();
        } else if length == data.len() {
            first = data;
        } else {
            joined.extend_from_slice(&std::mem::take(&mut first));
            joined.extend_from_slice(&data);
        }
    }
    match length {
        _ if length > MAX_BODY => Err(too_large()),
        _ if joined.is_empty() => Ok(first),
        _ => Ok(joined.freeze()),
    }
}

fn too_large() -> Problem {
    let detail = format!("the body is over {MAX_BODY} bytes");
    Problem::new(Code::TooLarge, detail).help("send less at once")
}

fn parse(body: &[u8]) -> Result<Said, Problem> {
    let malformed = |detail: String| Problem::new(Code::MalformedRequest, detail).help(HELP);
    if body.trim_ascii().is_empty() {
        return Err(malformed("the body is empty".to_owned()));
    }
    let text = std::str::from_utf8(body)
        .map_err(|error| malformed(format!("the body is not UTF-8: byte {}", error.valid_up_to() + 1)))?;
    serde_json::from_str(text)
        .map_err(|error| malformed(format!("the body is malformed: {}", shortened(&complaint(&error), MAX_COMPLAINT))))
}

/// What is wrong with a body. Of JSON that says something else, the key says where; of what is no JSON, line and column do.
fn complaint(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(words) if error.is_data() => words.to_owned(),
        _ => text,
    }
}

impl<'de> Deserialize<'de> for Said {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SaidVisitor)
    }
}

struct SaidVisitor;

impl<'de> Visitor<'de> for SaidVisitor {
    type Value = Said;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with the key `message`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said, A::Error> {
        let (mut message, mut session) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "message" if message.is_none() => message = Some(value::<String, A>(&mut map, "message")?),
                "session" if session.is_none() => session = Some(value::<Option<SessionId>, A>(&mut map, "session")?),
                "message" | "session" => return Err(A::Error::custom(format!("the key `{key}` is there twice"))),
                other => return Err(unknown::<A>(other)),
            }
        }
        let message = message.ok_or_else(|| A::Error::custom("the key `message` is missing"))?;
        Ok(Said { message, session: session.flatten() })
    }
}

/// A value, with its key in the complaint; serde_json keeps the position at its end.
fn value<'de, T: Deserialize<'de>, A: MapAccess<'de>>(map: &mut A, key: &str) -> Result<T, A::Error> {
    map.next_value().map_err(|error| A::Error::custom(format!("the key `{key}`: {error}")))
}

fn unknown<'de, A: MapAccess<'de>>(key: &str) -> A::Error {
    let near = ["message", "session"].into_iter().find(|known| strsim::damerau_levenshtein(key, known) <= 2);
    let meant = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
    A::Error::custom(format!("there is no key `{}`{meant}", quoted(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said() {
        let id = "0".repeat(32);
        let with_session = format!(r#" {{"session": "{id}", "message": "gr\u00fc\u00dfe"}} "#);
        let wanted = Said { message: "grüße".to_owned(), session: Some(id.parse().unwrap()) };
        assert_eq!(parse(with_session.as_bytes()), Ok(wanted));
        let wanted = Said { message: "hi".to_owned(), session: None };
        assert_eq!(parse(br#"{"message":"hi","session":null}"#), Ok(wanted));
    }

    #[test]
    fn what_is_malformed() {
        let nested = format!("{{\"message\":{}1{}}}", "[".repeat(20), "]".repeat(20));
        let deep = "[".repeat(100_000);
        for (body, wanted) in [
            ("", "the body is empty"),
            (" \n", "the body is empty"),
            ("hello", "the body is malformed: expected value at line 1 column 1"),
            ("{", "the body is malformed: EOF while parsing an object at line 1 column 1"),
            ("[1]", "the body is malformed: invalid type: sequence, expected an object with the key `message`"),
            (deep.as_str(), "the body is malformed: invalid type: sequence, expected an object with the key `message`"),
            ("{}", "the body is malformed: the key `message` is missing"),
            (nested.as_str(), "the body is malformed: the key `message`: invalid type: sequence, expected a string"),
            (
                r#"{"message":1}"#,
                "the body is malformed: the key `message`: invalid type: integer `1`, expected a string",
            ),
            (r#"{"message":null}"#, "the body is malformed: the key `message`: invalid type: null, expected a string"),
            (r#"{"message":"a","message":"b"}"#, "the body is malformed: the key `message` is there twice"),
            (r#"{"mesage":"a"}"#, "the body is malformed: there is no key `mesage`, did you mean `message`?"),
            (r#"{"message":"a","model":"b"}"#, "the body is malformed: there is no key `model`"),
            (
                "{\"message\":\"a\",\n\"session\":\"x\"}",
                "the body is malformed: the key `session`: an id is 32 hexadecimal digits in lower case",
            ),
            (r#"{"message":"a"} x"#, "the body is malformed: trailing characters at line 1 column 17"),
            (r#"{"message":"\ud800"}"#, "the body is malformed: the key `message`: unexpected end of hex escape"),
        ] {
            assert_eq!(parse(body.as_bytes()).unwrap_err().detail, wanted);
        }
        let not_utf8 = parse(b"{\"message\":\"\xff\"}").unwrap_err();
        assert_eq!(not_utf8.detail, "the body is not UTF-8: byte 13");
    }

    #[test]
    fn what_a_client_sent_cannot_steer_a_terminal_or_fill_it() {
        let body = format!(r#"{{"\u001b[2J{}":1}}"#, "x".repeat(10_000));
        let problem = parse(body.as_bytes()).unwrap_err();
        assert!(problem.detail.contains("\\u{1b}[2J") && problem.detail.len() < 400, "{}", problem.detail);
    }
}
