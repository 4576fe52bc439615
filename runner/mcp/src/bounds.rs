//! What a server may send, at most. Each bound is far above what servers of goodwill do, and low enough that a hundred of the
//! others do not fill a machine.

use std::time::Duration;

/// One message, bytes: a line, an event of a stream, a body.
pub const MOST_MESSAGE: usize = 16 << 20;
/// The result of one call as JSON, bytes.
pub const MOST_RESULT: usize = 8 << 20;
/// Tools of one server.
pub const MOST_TOOLS: usize = 1_000;
/// Pages that a list of tools may come in.
pub const MOST_PAGES: usize = 100;
/// All tools of one server as JSON, bytes.
pub const MOST_OFFERED: usize = 16 << 20;

/// A line that is too long is thrown away up to its end, so that the next one can be read. One that has no end even then never
/// will: bytes.
pub(crate) const MOST_LINE: usize = 64 << 20;
/// Notifications a second that are read without waiting, and how many may come at once. A busy server reports progress some
/// hundred times a second.
pub(crate) const NOTIFICATIONS: u32 = 1_000;
/// Requests of a server that wait for their answers to be taken. A server that asks more and reads nothing is not answered.
pub(crate) const MOST_ASKED: usize = 64;
/// The last lines of a program's standard error that are kept for an error.
pub(crate) const LAST_LINES: usize = 5;
/// The longest line of a program's log, bytes; the rest of it is left out.
pub(crate) const MOST_LOG_LINE: usize = 4 << 10;
/// Lines of a program's standard error that are logged each second; the rest is counted.
pub(crate) const LOG_LINES: u32 = 200;
/// How much of what a server says an error quotes, characters.
pub(crate) const QUOTED: usize = 300;
/// Bodies of answers that are no MCP, bytes.
pub(crate) const MOST_DIAGNOSTIC: usize = 16 << 10;
/// How long a message may wait for a program to read it. One that reads nothing for so long never will.
pub(crate) const WRITE: Duration = Duration::from_mins(1);
/// How long a program may take to end by itself once its standard input is closed.
pub(crate) const GRACE: Duration = Duration::from_secs(2);
/// How long it may take after that, once it was asked to by a signal.
pub(crate) const TERM_GRACE: Duration = Duration::from_secs(2);
