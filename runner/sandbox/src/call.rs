//! What one call of a tool is given, and the bounds it runs in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::console::Console;
use crate::net::policy::NetPolicy;

/// One call. Everything the tool can see or reach is in here.
#[derive(Debug, Clone)]
pub struct Call {
    /// The arguments, a JSON text. They were checked against the tool's schema before.
    pub arguments: String,
    /// What `env` shows, by name: resolved values, secrets among them.
    pub env: BTreeMap<String, String>,
    /// The resolved secrets inside `env`; wherever one of them shows up in a result, an error or a line of the console,
    /// `[redacted:<name>]` stands instead. Values of less than 6 characters are taken for settings and left alone.
    pub secrets: Vec<Secret>,
    /// Where the tool may connect to.
    pub net: NetPolicy,
    /// The bounds of the call.
    pub limits: Limits,
    /// What the tool takes for time and chance.
    pub clock: Clock,
    /// Where `console.log` goes, line by line, secrets already replaced.
    pub console: Arc<dyn Console>,
}

/// A value nobody may read in what a tool gives back. One of less than 6 characters is found by chance everywhere, and is not
/// looked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// What it is called, as in `${env:NAME}`.
    pub name: String,
    /// The secret itself.
    pub value: String,
}

/// A secret shows its name only.
impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Secret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The bounds of one call. Beyond each the call, or the request, fails with an error that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of the whole call, waiting included.
    pub time: Duration,
    /// Linear memory of the instance, bytes; at most [`Limits::MOST_MEMORY`].
    pub memory: u64,
    /// The result as JSON, bytes, both as the tool gives it and with secrets replaced.
    pub result: usize,
    /// Requests, redirects included.
    pub requests: u32,
    /// The body of one response, unpacked, bytes. What is in flight together may not exceed `memory` either.
    pub response: usize,
    /// Everything written to the console, bytes; the rest is dropped, and a last line says so.
    pub console: usize,
}

impl Limits {
    /// The most memory one call can be given: 1 GiB.
    pub const MOST_MEMORY: u64 = 1 << 30;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(30),
            memory: 64 << 20,
            result: 1 << 20,
            requests: 64,
            response: 16 << 20,
            console: 64 << 10,
        }
    }
}

/// What a tool takes for time and chance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    Real,
    /// A time that stands still except for timers, which advance it, and random bytes that depend on `seed` alone:
    /// two calls with equal arguments do the same.
    Fixed {
        /// Milliseconds since 1970-01-01T00:00:00Z.
        now: u64,
        /// Where the random bytes start.
        seed: u64,
    },
}
