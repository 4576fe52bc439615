//! `pace-engine-snapshot <in.wasm> <out.wasm>`: runs `initialize-runtime` of the engine once, under a clock that stands at 0
//! and random bytes that are all 7, and writes the module with the memory that leaves (Wizer). Equal input gives equal output.

use std::process::ExitCode;

use wasmtime::{Caller, Config, Engine, Extern, Linker, Module, Result, Store, format_err};
use wasmtime_wizer::Wizer;

/// The export that is run, and kept: a reader of the module can see what was done.
const INITIALIZE: &str = "initialize-runtime";
/// What `random_get` fills memory with. Chosen by a person; `Math.random` is seeded after the snapshot, in each call.
const RANDOM: u8 = 7;
/// `ERRNO_BADF` of WASI preview 1: there are no files.
const BAD_FILE: u32 = 8;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [input, output] = arguments.as_slice() else {
        eprintln!("usage: pace-engine-snapshot <in.wasm> <out.wasm>");
        return ExitCode::from(2);
    };
    match pollster::block_on(snapshot(input, output)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

async fn snapshot(input: &str, output: &str) -> Result<()> {
    let engine = Engine::new(&Config::new())?;
    let wasm = std::fs::read(input)?;
    let mut store = Store::new(&engine, ());
    let mut wizer = Wizer::new();
    wizer.init_func(INITIALIZE).keep_init_func(true);
    let stored = wizer
        .run(&mut store, &wasm, async |store, module| {
            linker(store.engine(), module)?.instantiate_async(store, module).await
        })
        .await?;
    std::fs::write(output, &stored)?;
    println!("{} bytes, {} with its memory, BLAKE3 {}", wasm.len(), stored.len(), blake3::hash(&stored).to_hex());
    Ok(())
}

/// What the engine may import while it starts: a world in which nothing ever changes. Whatever else it calls is a trap.
fn linker(engine: &Engine, module: &Module) -> Result<Linker<()>> {
    const WASI: &str = "wasi_snapshot_preview1";
    let mut linker = Linker::new(engine);
    linker.func_wrap(WASI, "random_get", |mut caller: Caller<'_, ()>, at: u32, length: u32| {
        fill(&mut caller, at, length, RANDOM)
    })?;
    linker.func_wrap(WASI, "clock_time_get", |mut caller: Caller<'_, ()>, _: u32, _: u64, at: u32| {
        fill(&mut caller, at, 8, 0)
    })?;
    linker.func_wrap(WASI, "environ_sizes_get", |mut caller: Caller<'_, ()>, count: u32, size: u32| {
        fill(&mut caller, count, 4, 0)?;
        fill(&mut caller, size, 4, 0)
    })?;
    linker.func_wrap(WASI, "environ_get", |_: u32, _: u32| 0)?;
    linker.func_wrap(WASI, "fd_fdstat_get", |_: u32, _: u32| BAD_FILE)?;
    linker.define_unknown_imports_as_traps(module)?;
    Ok(linker)
}

fn fill(caller: &mut Caller<'_, ()>, at: u32, length: u32, byte: u8) -> Result<u32> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(format_err!("the engine has no memory"));
    };
    let range = at as usize..at as usize + length as usize;
    let bytes = memory.data_mut(caller).get_mut(range).ok_or_else(|| format_err!("outside of the memory"))?;
    bytes.fill(byte);
    Ok(0)
}
