//! What the host keeps for one instance.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime::{ResourceLimiter, Result};

use crate::call::{Clock, Limits};
use crate::console::{Console, Level};
use crate::image::MOST_IMAGE;
use crate::operation::Operations;
use crate::redact::{self, Redactor};

/// More entries than the engine's own table has are asked for by nobody honest.
const MOST_TABLE: usize = 20_000;

/// Memory to load a module in, bytes: an image of the greatest length, the engine, and what is not kept.
const MOST_LOADING: u64 = 2 * MOST_IMAGE as u64;

/// Loading may take this part of the time of the call that it is done for: most is left, should it come to nothing.
const PART_OF_TIME: u32 = 4;

/// Why an instance was stopped from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Its time was up.
    Time,
    /// It has more requests and timers under way than any may have.
    Operations,
    /// The result has so many bytes, which is too many.
    Result(usize),
}

/// What the engine answered.
#[derive(Debug)]
pub(crate) enum Answer {
    /// The result.
    Value(Vec<u8>),
    /// A failure as JSON.
    Failure(Vec<u8>),
}

/// The data of one store.
pub(crate) struct State {
    /// What the engine may fetch first, in this order.
    pub(crate) inputs: Inputs,
    /// What it takes next.
    pub(crate) stash: Stash,
    /// What it answered.
    pub(crate) answer: Option<Answer>,
    /// Requests and timers.
    pub(crate) operations: Operations,
    /// The bounds.
    pub(crate) limits: Limits,
    /// When its time is up.
    pub(crate) deadline: Instant,
    /// Why it was stopped.
    pub(crate) stop: Option<Stop>,
    /// Whether it ever asked for more memory than it may have.
    pub(crate) out_of_memory: bool,
    /// Time and chance.
    pub(crate) chance: Chance,
    /// Set when it has computed for a whole tick.
    pub(crate) is_busy: Arc<std::sync::atomic::AtomicBool>,
    pub(crate) redactor: Arc<Redactor>,
    console: Arc<dyn Console>,
    console_left: usize,
}

/// Bytes to be taken.
#[derive(Debug)]
pub(crate) enum Stash {
    Own(Vec<u8>),
    /// A module is the same in all calls of a tool.
    Shared(Arc<[u8]>),
}

impl Stash {
    pub(crate) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Own(Vec::new()))
    }
}

impl std::ops::Deref for Stash {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// What the engine is started with.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// The request; for a compilation, the name of the module.
    pub(crate) request: Vec<u8>,
    /// The bytecode; for a compilation, the source.
    pub(crate) module: Arc<[u8]>,
}

impl State {
    /// That of an instance which nobody uses.
    pub(crate) fn of_nobody() -> Self {
        Self::new(Inputs::default(), Operations::new(None), Limits::default(), Clock::Fixed { now: 0, seed: 0 })
    }

    pub(crate) fn new(inputs: Inputs, operations: Operations, limits: Limits, clock: Clock) -> Self {
        let start = Instant::now();
        Self {
            inputs,
            stash: Stash::Own(Vec::new()),
            answer: None,
            operations,
            limits,
            // A time nobody can add up is a time that never ends; a year is as good.
            deadline: start.checked_add(limits.time).unwrap_or_else(|| start + Duration::from_hours(365 * 24)),
            stop: None,
            out_of_memory: false,
            chance: Chance::new(clock, start),
            is_busy: Arc::default(),
            redactor: Arc::default(),
            console: Arc::new(crate::console::NoConsole),
            console_left: limits.console,
        }
    }

    pub(crate) fn with_console(mut self, console: Arc<dyn Console>, redactor: Arc<Redactor>) -> Self {
        self.console = console;
        self.redactor = redactor;
        self
    }

    /// For an instance that loads the module of this call: it has the module, a part of the time, the call's place among
    /// the threads, and nothing else of it.
    pub(crate) fn of_loading(&self) -> Self {
        let inputs = Inputs { request: Vec::new(), module: Arc::clone(&self.inputs.module) };
        let time = self.limits.time / PART_OF_TIME;
        let limits = Limits { time, memory: MOST_LOADING, result: 0, requests: 0, response: 0, console: 0 };
        let state = Self::new(inputs, Operations::new(None), limits, Clock::Fixed { now: 0, seed: 0 });
        Self { deadline: self.deadline.min(state.deadline), is_busy: Arc::clone(&self.is_busy), ..state }
    }

    /// Writes a line, as far as there is room.
    pub(crate) fn log(&mut self, level: Level, text: &str) {
        let redactor = Arc::clone(&self.redactor);
        self.write(level, || redact::line(&redactor, text));
    }

    /// Writes a line that was cut.
    pub(crate) fn log_cut(&mut self, level: Level, text: &str) {
        let redactor = Arc::clone(&self.redactor);
        self.write(level, || redactor.cut_text(text));
    }

    fn write<'a>(&mut self, level: Level, text: impl FnOnce() -> Cow<'a, str>) {
        if self.console_left == 0 {
            return;
        }
        let text = text();
        match self.console_left.checked_sub(text.len().max(1)) {
            Some(left) if left > 0 => {
                self.console_left = left;
                self.console.line(level, &text);
            }
            _ => {
                self.console_left = 0;
                let words = format!("the console holds {} bytes; the rest is dropped", self.limits.console);
                self.console.line(Level::Warn, &words);
            }
        }
    }
}

/// Refuses memory instead of trapping, so that JavaScript can throw.
impl ResourceLimiter for State {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let fits = u64::try_from(desired).is_ok_and(|desired| desired <= self.limits.memory);
        self.out_of_memory |= !fits;
        Ok(fits)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(desired <= MOST_TABLE)
    }
}

/// Time and random bytes as a tool sees them.
pub(crate) enum Chance {
    Real {
        start: Instant,
    },
    Fixed {
        /// Since 1970.
        now: Duration,
        bytes: Box<blake3::OutputReader>,
    },
}

impl Chance {
    fn new(clock: Clock, start: Instant) -> Self {
        const CONTEXT: &str = "paceline 2026-11 random bytes of a fixed clock v1";
        match clock {
            Clock::Real => Self::Real { start },
            Clock::Fixed { now, seed } => {
                let bytes = blake3::Hasher::new_derive_key(CONTEXT).update(&seed.to_le_bytes()).finalize_xof();
                Self::Fixed { now: Duration::from_millis(now), bytes: Box::new(bytes) }
            }
        }
    }

    /// Since 1970.
    pub(crate) fn since_epoch(&self) -> Duration {
        match self {
            Self::Real { .. } => SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
            Self::Fixed { now, .. } => *now,
        }
    }

    /// Since some moment before.
    pub(crate) fn monotonic(&self) -> Duration {
        match self {
            Self::Real { start } => start.elapsed(),
            Self::Fixed { now, .. } => *now,
        }
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<()> {
        match self {
            Self::Real { .. } => getrandom::fill(bytes).map_err(|error| wasmtime::Error::msg(error.to_string())),
            Self::Fixed { bytes: source, .. } => {
                source.fill(bytes);
                Ok(())
            }
        }
    }

    /// Lets time pass where it stands still.
    pub(crate) fn advance(&mut self, to: Duration) {
        if let Self::Fixed { now, .. } = self {
            *now = to.max(*now);
        }
    }

    pub(crate) fn is_fixed(&self) -> bool {
        matches!(self, Self::Fixed { .. })
    }
}
