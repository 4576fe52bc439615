//! What can go wrong with a server, in words. Each error is one line that stands alone, names the server, and holds no
//! credential: what a server says is quoted printable, shortened and without the values it was given.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pace_ir::text::quoted;

/// A server could not be reached, or a call has no result.
#[derive(Debug, Clone)]
pub struct Error {
    server: Arc<str>,
    kind: Box<Kind>,
}

/// What went wrong.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Kind {
    /// The program is not there.
    #[error("there is no program {}", path(.program))]
    ProgramNotFound {
        /// As it was asked for.
        program: PathBuf,
    },
    /// The program is there and cannot be started.
    #[error("{} cannot be started: {why}", path(.program))]
    CannotStart {
        /// As it was asked for.
        program: PathBuf,
        /// What the system says.
        why: String,
    },
    /// The program ended before it answered.
    #[error("the program {status} at once{}", said_last(.said))]
    EndedAtOnce {
        /// `ended with exit code 1` and the like.
        status: String,
        /// The last lines of its standard error, at most five.
        said: Vec<String>,
    },
    /// Nothing was answered while it was connected to.
    #[error("no answer within {}{}", seconds(*.within), said_last(.said))]
    NoAnswer {
        /// How long was waited.
        within: Duration,
        /// The last lines of a program's standard error, at most five.
        said: Vec<String>,
    },
    /// What answers is no MCP server.
    #[error("it does not speak MCP: it answered `{said}`")]
    NotMcp {
        /// The beginning of it.
        said: String,
    },
    /// An HTTP status that is no answer: 401 and 403 are about the credential, 404 about the address, 429 and 5xx about now.
    #[error("it answered {status}{}{}", reason(*.status), words(.said))]
    Status {
        /// The status.
        status: u16,
        /// `WWW-Authenticate`, which says what kind of credential is wanted.
        challenge: Option<String>,
        /// The beginning of the body.
        said: String,
    },
    /// It is elsewhere, where credentials do not follow.
    #[error("it has moved to `{to}`, which is not followed")]
    Moved {
        /// Where to; shortened.
        to: String,
    },
    /// No token.
    #[error("no token from `{from}`: {why}")]
    NoToken {
        /// The authorization server.
        from: String,
        /// Why not.
        why: String,
    },
    /// The connection could not be secured.
    #[error("TLS failed: {why}")]
    Tls {
        /// What is wrong with it.
        why: String,
    },
    /// Nobody listens there.
    #[error("nothing listens at `{address}`")]
    Refused {
        /// Host and port.
        address: String,
    },
    /// The name has no address.
    #[error("`{host}` has no address")]
    UnknownHost {
        /// The name.
        host: String,
    },
    /// It cannot be connected to for another reason.
    #[error("it cannot be reached: {why}")]
    Unreachable {
        /// Why not.
        why: String,
    },
    /// It answered with an error of the protocol.
    #[error("it answered with error {code}: {said}")]
    Answered {
        /// As JSON-RPC numbers errors.
        code: i64,
        /// The beginning of what it said.
        said: String,
    },
    /// It broke the protocol.
    #[error("it broke the protocol: {why}")]
    Protocol {
        /// How.
        why: String,
    },
    /// A message, a result or a list is over its bound.
    #[error("it sent {what} of more than {} MiB", .limit >> 20)]
    TooLarge {
        /// `a message`, `a result`, `a list of tools`.
        what: &'static str,
        /// The bound, bytes.
        limit: usize,
    },
    /// A message holds too many values: each takes memory, however short it is.
    #[error("it sent a message of more than {limit} values")]
    TooManyValues {
        /// The bound.
        limit: usize,
    },
    /// It offers more tools than are read.
    #[error("it offers more than {limit} {what}")]
    TooManyTools {
        /// `tools`, `pages of tools`.
        what: &'static str,
        /// The bound.
        limit: usize,
    },
    /// The call was cancelled by the server or by closing the connection.
    #[error("the call was cancelled")]
    Cancelled,
    /// No result in time.
    #[error("no result within {}", seconds(*.within))]
    TimedOut {
        /// How long was waited.
        within: Duration,
    },
    /// The connection ended.
    #[error("the connection was lost: {why}{}", said_last(.said))]
    Lost {
        /// How.
        why: String,
        /// The last lines of a program's standard error, at most five.
        said: Vec<String>,
    },
    /// All connections that there may be are at work.
    #[error("all {limit} connections that there may be {to} are in use")]
    TooMany {
        /// The bound.
        limit: usize,
        /// `to it`, `to servers`.
        to: &'static str,
    },
    /// It failed so often that it is left alone for a while.
    #[error("it failed {times} times and is not tried again for {}; last: {last}", seconds(*.pause))]
    Resting {
        /// In a row.
        times: u32,
        /// From now on.
        pause: Duration,
        /// Why it failed.
        last: Box<Kind>,
    },
    /// All connections are being closed.
    #[error("connections are being closed")]
    Closing,
    /// What the caller gave cannot be used.
    #[error("{why}")]
    Unusable {
        /// What and why.
        why: String,
    },
}

/// Whether the server may have acted on a call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It never got it, or refused it.
    No,
    /// It may have.
    Possible,
}

impl Error {
    pub(crate) fn new(server: &Arc<str>, kind: Kind) -> Self {
        Self { server: Arc::clone(server), kind: Box::new(kind) }
    }

    /// Which server.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// What went wrong.
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether the server may have acted on the call. No call is made twice here: who makes it again should ask this first.
    pub fn delivery(&self) -> Delivery {
        self.kind.delivery()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "server `{}`: {}", quoted(&self.server), self.kind)
    }
}

impl std::error::Error for Error {}

impl Kind {
    pub(crate) fn delivery(&self) -> Delivery {
        match self {
            Self::NotMcp { .. }
            | Self::Protocol { .. }
            | Self::TooLarge { .. }
            | Self::TooManyValues { .. }
            | Self::Cancelled
            | Self::TimedOut { .. }
            | Self::Lost { .. }
            | Self::Answered { .. } => Delivery::Possible,
            // A gateway that gave up waiting says nothing of the server behind it.
            Self::Status { status, .. } if *status >= 500 => Delivery::Possible,
            _ => Delivery::No,
        }
    }
}

fn path(path: &std::path::Path) -> String {
    format!("`{}`", quoted(&path.to_string_lossy()))
}

fn seconds(time: Duration) -> String {
    let tenths = time.as_millis().div_ceil(100);
    if tenths.is_multiple_of(10) { format!("{} s", tenths / 10) } else { format!("{}.{} s", tenths / 10, tenths % 10) }
}

fn said_last(lines: &[String]) -> String {
    if lines.is_empty() { String::new() } else { format!("; it said `{}`", lines.join(" / ")) }
}

fn words(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(": {text}") }
}

fn reason(status: u16) -> String {
    let known = hyper::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    known.map(|reason| format!(" {reason}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_one_line_that_stands_alone() {
        let line = |kind| Error::new(&"files".into(), kind).to_string();
        let said = vec!["Error: no such file".to_owned(), "    at main".to_owned()];
        assert_eq!(
            line(Kind::EndedAtOnce { status: "ended with exit code 1".to_owned(), said }),
            "server `files`: the program ended with exit code 1 at once; it said `Error: no such file /     at main`"
        );
        assert_eq!(
            line(Kind::Status { status: 401, challenge: None, said: String::new() }),
            "server `files`: it answered 401 Unauthorized"
        );
        assert_eq!(
            line(Kind::NoAnswer { within: Duration::from_secs(5), said: Vec::new() }),
            "server `files`: no answer within 5 s"
        );
        let last = Box::new(Kind::Refused { address: "127.0.0.1:9".to_owned() });
        assert_eq!(
            line(Kind::Resting { times: 5, pause: Duration::from_millis(29_950), last }),
            "server `files`: it failed 5 times and is not tried again for 30 s; last: nothing listens at `127.0.0.1:9`"
        );
        assert_eq!(
            line(Kind::TooLarge { what: "a message", limit: 16 << 20 }),
            "server `files`: it sent a message of more than 16 MiB"
        );
    }
}
