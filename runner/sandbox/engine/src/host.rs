//! The host's side: what it offers, and nothing else.

/// The imports, module `pace`. Lengths and addresses are in bytes.
mod import {
    #[link(wasm_import_module = "pace")]
    unsafe extern "C" {
        /// Puts the request of the call where [`take`] gets it; its length.
        pub(super) fn input() -> usize;
        /// The same for the module of the call: bytecode, or source to compile.
        pub(super) fn module() -> usize;
        /// The answer, once: kind, bytes.
        pub(super) fn output(kind: u32, at: *const u8, length: usize);
        /// A line of the console.
        pub(super) fn log(level: u32, at: *const u8, length: usize);
        /// Starts a request (JSON, body) and returns its id.
        pub(super) fn op_start(at: *const u8, length: usize, body: *const u8, body_length: usize) -> u32;
        /// Starts a timer of so many milliseconds and returns its id.
        pub(super) fn timer_start(milliseconds: f64) -> u32;
        /// Forgets an operation.
        pub(super) fn op_cancel(id: u32);
        /// Waits until an operation is done and returns its id; what came of it is then to be taken.
        pub(super) fn op_wait_any() -> u32;
        /// Length of what is to be taken.
        pub(super) fn stash_length() -> usize;
        /// Copies it to `at`.
        pub(super) fn take(at: *mut u8);
        /// Fills memory with random bytes.
        pub(super) fn random(at: *mut u8, length: usize);
    }
}

/// What kind of answer.
pub(crate) enum Answer {
    /// The result as JSON; for a compilation, bytecode.
    Value,
    /// A failure as JSON: `{kind, name, message, stack}`.
    Failure,
}

/// The request: JSON; for a compilation, the name of the module.
pub(crate) fn input() -> String {
    // SAFETY: no memory is involved.
    let length = unsafe { import::input() };
    String::from_utf8_lossy(&take(length)).into_owned()
}

/// The module.
pub(crate) fn module() -> Vec<u8> {
    // SAFETY: no memory is involved.
    take(unsafe { import::module() })
}

/// Hands the answer out.
pub(crate) fn output(answer: Answer, bytes: &[u8]) {
    let kind = match answer {
        Answer::Value => 0,
        Answer::Failure => 1,
    };
    // SAFETY: the host copies the bytes before it returns. So in every function below.
    unsafe { import::output(kind, bytes.as_ptr(), bytes.len()) }
}

/// Writes a line of the console.
pub(crate) fn log(level: u32, text: &str) {
    unsafe { import::log(level, text.as_ptr(), text.len()) }
}

/// Starts a request.
pub(crate) fn op_start(request: &str, body: &[u8]) -> u32 {
    unsafe { import::op_start(request.as_ptr(), request.len(), body.as_ptr(), body.len()) }
}

/// Starts a timer.
pub(crate) fn timer_start(milliseconds: f64) -> u32 {
    unsafe { import::timer_start(milliseconds) }
}

/// Forgets an operation; its id is never returned by [`wait_any`] then.
pub(crate) fn op_cancel(id: u32) {
    unsafe { import::op_cancel(id) }
}

/// Waits for any operation: its id, and what came of it.
pub(crate) fn wait_any() -> (u32, Vec<u8>) {
    let id = unsafe { import::op_wait_any() };
    (id, take(unsafe { import::stash_length() }))
}

/// Fills `bytes` at random.
pub(crate) fn random(bytes: &mut [u8]) {
    unsafe { import::random(bytes.as_mut_ptr(), bytes.len()) }
}

fn take(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // SAFETY: the host writes the length it announced, and `bytes` has it.
    unsafe { import::take(bytes.as_mut_ptr()) }
    bytes
}
