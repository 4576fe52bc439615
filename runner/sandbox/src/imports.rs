//! What the engine imports: module `pace`, in the order of `engine/src/host.rs`, and as much of WASI as its libc cannot do
//! without. Addresses and lengths come from code nobody vouches for: each access is checked, and a wrong one is a trap.

use std::sync::Arc;

use wasmtime::{AsContextMut, Caller, Engine, Error, Extern, Linker, Module, Result};

use crate::console::Level;
use crate::state::{Answer, Stash, State, Stop};

const PACE: &str = "pace";
const WASI: &str = "wasi_snapshot_preview1";
/// `ERRNO_BADF`: there are no files.
const BAD_FILE: u32 = 8;
/// `ERRNO_NOSYS`.
const NOT_THERE: u32 = 52;
/// The longest line of the console that is looked at, bytes.
const MOST_LINE: usize = 64 << 10;

/// Everything an instance may call.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    inputs(&mut linker)?;
    bytecode(&mut linker)?;
    outputs(&mut linker)?;
    operations(&mut linker)?;
    wasi(&mut linker)?;
    Ok(linker)
}

/// What an instance may call that loads a module before there is a request. By everything else it would ask for something
/// that belongs to one call, so that is a trap.
pub(crate) fn of_loading(engine: &Engine, module: &Module) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    bytecode(&mut linker)?;
    linker.define_unknown_imports_as_traps(module)?;
    Ok(linker)
}

fn inputs(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(PACE, "input", |mut caller: Caller<'_, State>| {
        let state = caller.data_mut();
        state.stash = Stash::Own(std::mem::take(&mut state.inputs.request));
        length(&state.stash)
    })?;
    linker.func_wrap(PACE, "random", |mut caller: Caller<'_, State>, at: u32, length: u32| -> Result<()> {
        let (memory, state) = parts(&mut caller)?;
        state.chance.fill(slice_mut(memory, at, length)?)
    })?;
    Ok(())
}

fn bytecode(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(PACE, "module", |mut caller: Caller<'_, State>| {
        let state = caller.data_mut();
        state.stash = Stash::Shared(Arc::clone(&state.inputs.module));
        length(&state.stash)
    })?;
    linker.func_wrap(PACE, "stash_length", |caller: Caller<'_, State>| length(&caller.data().stash))?;
    linker.func_wrap(PACE, "take", |mut caller: Caller<'_, State>, at: u32| -> Result<()> {
        let (memory, state) = parts(&mut caller)?;
        let stash = state.stash.take();
        slice_mut(memory, at, length(&stash))?.copy_from_slice(&stash);
        Ok(())
    })?;
    Ok(())
}

fn outputs(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(
        PACE,
        "output",
        |mut caller: Caller<'_, State>, kind: u32, at: u32, length: u32| -> Result<()> {
            let (memory, state) = parts(&mut caller)?;
            let bytes = slice(memory, at, length)?;
            if bytes.len() > state.limits.result {
                state.stop = Some(Stop::Result(bytes.len()));
                return Err(Error::msg("the result is too long"));
            }
            state.answer =
                Some(if kind == 0 { Answer::Value(bytes.to_vec()) } else { Answer::Failure(bytes.to_vec()) });
            Ok(())
        },
    )?;
    linker.func_wrap(PACE, "log", |mut caller: Caller<'_, State>, level: u32, at: u32, length: u32| -> Result<()> {
        let (memory, state) = parts(&mut caller)?;
        let bytes = slice(memory, at, length)?;
        let text = String::from_utf8_lossy(bytes.get(..MOST_LINE).unwrap_or(bytes));
        let level = match level {
            0 => Level::Debug,
            1 => Level::Info,
            2 => Level::Warn,
            _ => Level::Error,
        };
        if bytes.len() > MOST_LINE {
            state.log_cut(level, &text);
        } else {
            state.log(level, &text);
        }
        Ok(())
    })?;
    Ok(())
}

fn operations(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(
        PACE,
        "op_start",
        |mut caller: Caller<'_, State>, at: u32, length: u32, body: u32, body_length: u32| -> Result<u32> {
            let (memory, state) = parts(&mut caller)?;
            let (request, body) = (slice(memory, at, length)?, slice(memory, body, body_length)?);
            let started = state.operations.start_request(request, body);
            started.ok_or_else(|| too_many(state))
        },
    )?;
    linker.func_wrap(PACE, "timer_start", |mut caller: Caller<'_, State>, milliseconds: f64| {
        let state = caller.data_mut();
        let now = state.chance.monotonic();
        let started = state.operations.start_timer(now, milliseconds);
        started.ok_or_else(|| too_many(state))
    })?;
    linker.func_wrap(PACE, "op_cancel", |mut caller: Caller<'_, State>, id: u32| {
        caller.data_mut().operations.cancel(id);
    })?;
    linker.func_wrap_async(PACE, "op_wait_any", |mut caller: Caller<'_, State>, (): ()| {
        Box::new(async move {
            let waited = crate::operation::wait_any(caller.data_mut()).await;
            // Who waited has not computed meanwhile.
            caller.as_context_mut().set_epoch_deadline(crate::sandbox::TICKS);
            waited
        })
    })?;
    Ok(())
}

fn too_many(state: &mut State) -> Error {
    state.stop = Some(Stop::Operations);
    Error::msg("too many operations")
}

fn wasi(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(WASI, "random_get", |mut caller: Caller<'_, State>, at: u32, length: u32| -> Result<u32> {
        let (memory, state) = parts(&mut caller)?;
        state.chance.fill(slice_mut(memory, at, length)?)?;
        Ok(0)
    })?;
    linker.func_wrap(
        WASI,
        "clock_time_get",
        |mut caller: Caller<'_, State>, id: u32, _: u64, at: u32| -> Result<u32> {
            let (memory, state) = parts(&mut caller)?;
            let time = if id == 0 { state.chance.since_epoch() } else { state.chance.monotonic() };
            let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            slice_mut(memory, at, 8)?.copy_from_slice(&nanoseconds.to_le_bytes());
            Ok(0)
        },
    )?;
    linker.func_wrap(
        WASI,
        "environ_sizes_get",
        |mut caller: Caller<'_, State>, count: u32, size: u32| -> Result<u32> {
            let (memory, _) = parts(&mut caller)?;
            slice_mut(memory, count, 4)?.fill(0);
            slice_mut(memory, size, 4)?.fill(0);
            Ok(0)
        },
    )?;
    linker.func_wrap(WASI, "environ_get", |_: u32, _: u32| 0_u32)?;
    linker.func_wrap(WASI, "clock_res_get", |_: u32, _: u32| NOT_THERE)?;
    linker.func_wrap(WASI, "fd_close", |_: u32| BAD_FILE)?;
    linker.func_wrap(WASI, "fd_fdstat_get", |_: u32, _: u32| BAD_FILE)?;
    linker.func_wrap(WASI, "fd_seek", |_: u32, _: u64, _: u32, _: u32| BAD_FILE)?;
    // The words of a panic inside; nobody reads them.
    linker.func_wrap(WASI, "fd_write", |_: u32, _: u32, _: u32, _: u32| BAD_FILE)?;
    linker.func_wrap(WASI, "sched_yield", || 0_u32)?;
    linker.func_wrap(WASI, "proc_exit", |_: u32| -> Result<()> { Err(Error::msg("the engine gave up")) })?;
    Ok(())
}

/// An instance has at most 4 GiB, and nothing longer is ever put into the stash.
fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

fn parts<'a>(caller: &'a mut Caller<'_, State>) -> Result<(&'a mut [u8], &'a mut State)> {
    let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
        return Err(Error::msg("the engine has no memory"));
    };
    Ok(memory.data_and_store_mut(caller))
}

fn slice(memory: &[u8], at: u32, length: u32) -> Result<&[u8]> {
    let rest = memory.get(at as usize..).and_then(|rest| rest.get(..length as usize));
    rest.ok_or_else(|| Error::msg("an address outside of the memory"))
}

fn slice_mut(memory: &mut [u8], at: u32, length: u32) -> Result<&mut [u8]> {
    let rest = memory.get_mut(at as usize..).and_then(|rest| rest.get_mut(..length as usize));
    rest.ok_or_else(|| Error::msg("an address outside of the memory"))
}
