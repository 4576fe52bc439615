//! Compiles the checked-in engine to machine code for the target, with the features every processor of its kind has, and packs it. So
//! the library needs no compiler, and the only machine code it ever loads is part of its own binary.

use std::path::Path;

#[path = "src/config.rs"]
mod config;

/// The engine, as `cargo xtask engine` makes it.
const ENGINE: &str = "engine/engine.wasm";
/// How hard it is packed: zstd's best that needs no more memory to unpack. It takes seconds once, and the same time to unpack.
const LEVEL: i32 = 19;
/// `(module (func))`.
const TRIAL: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x0a\x04\x01\x02\0\x0b";

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed={ENGINE}");
    println!("cargo:rerun-if-changed=src/config.rs");
    let wasm = std::fs::read(ENGINE).map_err(|error| format!("cannot read {ENGINE}: {error}"))?;
    let target = std::env::var("TARGET").map_err(|_| "cargo names no target")?;
    let mut config = config::config();
    // Naming the target, even this machine's, leaves out what only this machine's processor can do.
    config.target(&target).map_err(|error| format!("no code can be made for {target}: {error}"))?;
    // For debuggers; WebAssembly is left by frame pointers, and panics of the host do not cross it.
    config.native_unwind_info(false);
    let engine = wasmtime::Engine::new(&config).map_err(|error| format!("{error:?}"))?;
    let compile =
        |wasm: &[u8]| engine.precompile_module(wasm).map_err(|error| format!("it does not compile: {error:?}"));
    let code = compile(&wasm)?;
    let packed = zstd::bulk::compress(&code, LEVEL).map_err(|error| format!("it cannot be packed: {error}"))?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names no folder for what is built")?;
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(Path::new(&out).join(name), bytes).map_err(|error| format!("cannot write {name}: {error}"))
    };
    write("engine.cwasm.zst", &packed)?;
    write("engine.length", format!("0x{:04x}_{:04x}_usize", code.len() >> 16, code.len() & 0xffff).as_bytes())?;
    write("trial.cwasm", &compile(TRIAL)?)
}
