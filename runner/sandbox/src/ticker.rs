//! The clock that interrupts: while tools run, one thread raises the epoch every few milliseconds. Running code compares it
//! at each loop and call, and asks [`crate::run`] what to do when it has changed. While nothing runs, the thread sleeps.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::Thread;
use std::time::Duration;

use wasmtime::{Engine, EngineWeak};

use crate::error::EngineError;

/// How long a tool computes before it lets others go first, and how late a limit of time may be noticed.
pub(crate) const TICK: Duration = Duration::from_millis(2);
/// After how many idle ticks the thread goes to sleep: waking it costs more than a few ticks.
const LINGER: u32 = 100;

/// Starts and stops the thread.
#[derive(Debug)]
pub(crate) struct Ticker {
    running: Arc<AtomicUsize>,
    thread: Thread,
}

/// A tool that runs; the clock ticks as long as there is one.
#[derive(Debug)]
pub(crate) struct Running(Arc<AtomicUsize>);

impl Ticker {
    pub(crate) fn start(engine: &Engine) -> Result<Self, EngineError> {
        let running = Arc::new(AtomicUsize::new(0));
        let (engine, counted) = (engine.weak(), Arc::clone(&running));
        let builder = std::thread::Builder::new().name("pace-sandbox-clock".into());
        let handle =
            builder.spawn(move || tick(&engine, &counted)).map_err(|error| EngineError::Setup(error.to_string()))?;
        Ok(Self { running, thread: handle.thread().clone() })
    }

    /// From now until the guard is dropped.
    pub(crate) fn enter(&self) -> Running {
        if self.running.fetch_add(1, Ordering::SeqCst) == 0 {
            self.thread.unpark();
        }
        Running(Arc::clone(&self.running))
    }
}

/// The thread ends as soon as it finds the engine gone.
impl Drop for Ticker {
    fn drop(&mut self) {
        self.thread.unpark();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn tick(engine: &EngineWeak, running: &AtomicUsize) {
    let mut idle = 0;
    while let Some(engine) = engine.upgrade() {
        engine.increment_epoch();
        drop(engine);
        idle = if running.load(Ordering::SeqCst) == 0 { idle + 1 } else { 0 };
        if idle > LINGER {
            // A call that comes in between leaves its token, and this returns at once.
            std::thread::park();
            idle = 0;
        } else {
            std::thread::sleep(TICK);
        }
    }
}
