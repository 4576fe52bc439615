//! Threads and memory for messages, of which a process has so much, however many servers it speaks to.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::bounds::{MOST_AT_WORK, MOST_READ_AT_ONCE};

/// How many messages are looked at, built or cleaned at once: enough to use what is idle, too few to take it all.
const MOST_THREADS: usize = 2;
/// What a byte of text and a value take, bytes, while they are built and cleaned: measured, with half as much again.
const BYTE: usize = 2;
const VALUE: usize = 384;
/// What is counted at once, bytes.
const UNIT: usize = 64 << 10;

static THREADS: Semaphore = Semaphore::const_new(MOST_THREADS);
static ROOM: Semaphore = Semaphore::const_new(MOST_AT_WORK / UNIT);
static READ: Semaphore = Semaphore::const_new(MOST_READ_AT_ONCE);

/// Memory for one message, until it is dropped.
#[derive(Debug)]
pub(crate) struct Room(#[expect(dead_code, reason = "held, not looked at")] Option<SemaphorePermit<'static>>);

impl Room {
    /// For a message of so many bytes and values. Waits until others have given back what they took.
    pub(crate) async fn of(length: usize, values: usize) -> Self {
        let units = (length * BYTE + values * VALUE).div_ceil(UNIT).min(MOST_AT_WORK / UNIT);
        // Fails if it is closed, which it is not.
        Self(ROOM.acquire_many(u32::try_from(units).unwrap_or(u32::MAX)).await.ok())
    }
}

/// Leave to read a message that is longer than most, until it is dropped. Waits while too many are being read.
pub(crate) async fn while_read() -> Room {
    Room(READ.acquire().await.ok())
}

/// What `work` gives, on a thread where it holds up no other task. `None` if the runtime ends.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let thread = THREADS.acquire().await.ok()?;
    tokio::task::spawn_blocking(move || {
        // Given back when it is done, whether or not anybody still waits for it.
        let _thread = thread;
        work()
    })
    .await
    .ok()
}
