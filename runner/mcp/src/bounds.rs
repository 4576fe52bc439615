//! What a server may send, at most. Each bound is far above what servers of goodwill do. Memory that a server can make the
//! process take is bounded for all servers together: [`MOST_AT_WORK`] for what is made of messages, [`MOST_READ_AT_ONCE`] for
//! long ones on their way, and a MiB or two for each connection besides.

use std::time::Duration;

/// One message, bytes: a line, an event of a stream, a body.
pub const MOST_MESSAGE: usize = 16 << 20;
/// Values of one message: texts, numbers, lists, objects and the names in them. Each takes some hundred bytes of memory, however
/// short it is.
pub const MOST_VALUES: usize = 200_000;
/// The result of one call as JSON, bytes.
pub const MOST_RESULT: usize = 8 << 20;
/// Tools of one server.
pub const MOST_TOOLS: usize = 1_000;
/// Pages that a list of tools may come in.
pub const MOST_PAGES: usize = 100;
/// All tools of one server as JSON, bytes.
pub const MOST_OFFERED: usize = 16 << 20;

/// A message that answers no call and is no list of tools, bytes: a notification, a question, what is said in a handshake.
pub(crate) const MOST_NOTICE: usize = 1 << 20;
/// How deep lists and objects may be in one another. As deep as `serde_json` reads.
pub(crate) const MOST_DEPTH: usize = 128;
/// A message that is read where it arrives, bytes and values: what is more would keep others waiting.
pub(crate) const LIGHT: usize = 64 << 10;
pub(crate) const LIGHT_VALUES: usize = 2_000;
/// What is made of messages of all servers, until their calls are over, bytes. The largest message takes a third of it.
pub(crate) const MOST_AT_WORK: usize = 256 << 20;
/// Messages of over [`LONG`] bytes that are on their way at once, from all servers.
pub(crate) const MOST_READ_AT_ONCE: usize = 16;
pub(crate) const LONG: usize = 1 << 20;
/// How long such a message may take from there to its end. Whoever stops in the middle keeps others from sending theirs.
pub(crate) const READ_LONG: Duration = Duration::from_secs(30);
/// Answers to calls that are over, bytes at once and bytes a second: a call that nobody waits for any more may still be answered.
pub(crate) const MOST_UNWANTED: usize = 64 << 20;
pub(crate) const UNWANTED_A_SECOND: usize = 1 << 20;

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
