//! The one configuration of the WebAssembly runtime. The build script compiles the engine with it and the library runs the
//! result with it: machine code made under another one would be refused, or worse, would not be.

use wasmtime::Config;

/// How deep WebAssembly may call itself, bytes of stack. JavaScript gets its `RangeError` long before in ordinary recursion;
/// this much it takes that `JSON.parse` of deeply nested text gets one too, instead of a trap.
const WASM_STACK: usize = 16 << 20;

/// Stack of a fiber beside WebAssembly's own: the host functions it calls run there.
const HOST_STACK: usize = 512 << 10;

/// Address space for one memory: all that 32 bits can name, so that no access needs a check of its own.
const RESERVED: u64 = 4 << 30;

/// What machine code depends on.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        // A tool that never ends is asked to stop at the next loop or call.
        .epoch_interruption(true)
        // A fresh instance is the stored memory, copied page by page where it is written to.
        .memory_init_cow(true)
        .memory_reservation(RESERVED)
        .max_wasm_stack(WASM_STACK)
        .async_stack_size(WASM_STACK + HOST_STACK)
        .wasm_backtrace_max_frames(None)
        // Would say where in the WebAssembly a trap was, which nobody is told; it is a tenth of the machine code.
        .generate_address_map(false)
        // Of other languages, and of the component model; nothing here uses them.
        .gc_support(false)
        .concurrency_support(false);
    config
}
