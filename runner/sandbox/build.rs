//! Compiles the checked-in engine to machine code for the target, with the features every processor of its kind has. So the
//! library needs no compiler, and the only machine code it ever loads is part of its own binary.

use std::path::Path;

#[path = "src/config.rs"]
mod config;

/// The engine, as `cargo xtask engine` makes it.
const ENGINE: &str = "engine/engine.wasm";

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed={ENGINE}");
    println!("cargo:rerun-if-changed=src/config.rs");
    let wasm = std::fs::read(ENGINE).map_err(|error| format!("cannot read {ENGINE}: {error}"))?;
    let target = std::env::var("TARGET").map_err(|_| "cargo names no target")?;
    let mut config = config::config();
    // Naming the target, even this machine's, leaves out what only this machine's processor can do.
    config.target(&target).map_err(|error| format!("no code can be made for {target}: {error}"))?;
    let engine = wasmtime::Engine::new(&config).map_err(|error| format!("{error:?}"))?;
    let code = engine.precompile_module(&wasm).map_err(|error| format!("{ENGINE} does not compile: {error:?}"))?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names no folder for what is built")?;
    std::fs::write(Path::new(&out).join("engine.cwasm"), code).map_err(|error| format!("cannot write: {error}"))
}
