//! The engine as machine code. It is packed in this binary and unpacked when something first runs in it: a process whose agents
//! call nothing never holds it, and a file of it is a third as large.

use std::sync::{Mutex, OnceLock, PoisonError};

use wasmtime::{Engine, Error, InstancePre, Module, Result};

use crate::imports;
use crate::pages::forget;
use crate::state::State;

/// Packed with zstd by the build script.
static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/engine.cwasm.zst"));
/// How long it is unpacked, bytes.
const LENGTH: usize = include!(concat!(env!("OUT_DIR"), "/engine.length"));
/// A module of one function that does nothing, as it is.
static TRIAL: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/trial.cwasm"));

/// The engine's code, unpacked or not yet.
#[derive(Default)]
pub(crate) struct Machine {
    code: OnceLock<Code>,
    unpacking: Mutex<()>,
}

/// What instances are made of.
pub(crate) struct Code {
    pub(crate) instances: InstancePre<State>,
    /// The same with nothing to import but the module.
    pub(crate) loading: InstancePre<State>,
}

impl Machine {
    /// The code. Whoever asks first unpacks it, which takes some milliseconds; those who come meanwhile wait for that.
    ///
    /// # Errors
    /// There is no memory for it. It is tried again the next time.
    pub(crate) fn code(&self, engine: &Engine) -> Result<&Code> {
        if let Some(code) = self.code.get() {
            return Ok(code);
        }
        let _nobody_else = self.unpacking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(code) = self.code.get() {
            return Ok(code);
        }
        let code = Code::unpack(engine)?;
        Ok(self.code.get_or_init(|| code))
    }
}

impl Code {
    fn unpack(engine: &Engine) -> Result<Self> {
        let bytes = zstd::bulk::decompress(PACKED, LENGTH)?;
        forget(PACKED);
        if bytes.len() != LENGTH {
            return Err(Error::msg("the engine is not whole"));
        }
        let module = module(engine, Made::Engine(&bytes))?;
        let instances = imports::linker(engine)?.instantiate_pre(&module)?;
        let loading = imports::of_loading(engine, &module)?.instantiate_pre(&module)?;
        Ok(Self { instances, loading })
    }
}

/// Machine code of the build script.
#[derive(Clone, Copy)]
enum Made<'a> {
    /// What [`PACKED`] was unpacked to.
    Engine(&'a [u8]),
    Trial,
}

/// Loads the smallest of modules, so that a machine on which none can run is told of when the process starts.
///
/// # Errors
/// Its processor is not one of those that the code is for, or the system lets nobody make memory executable.
pub(crate) fn try_out(engine: &Engine) -> Result<()> {
    module(engine, Made::Trial).map(drop)
}

#[expect(
    unsafe_code,
    reason = "the only machine code ever loaded: the build script made it, and it is part of this binary"
)]
fn module(engine: &Engine, made: Made<'_>) -> Result<Module> {
    let bytes = match made {
        Made::Engine(bytes) => bytes,
        Made::Trial => TRIAL,
    };
    // SAFETY: either is what `precompile_module` of the same version gave, byte for byte.
    unsafe { Module::deserialize(engine, bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_unpacked_once() {
        let engine = Engine::new(&crate::config::config()).unwrap();
        try_out(&engine).unwrap();
        let machine = Machine::default();
        let codes: Vec<usize> = std::thread::scope(|scope| {
            let asks: Vec<_> =
                (0..4).map(|_| scope.spawn(|| std::ptr::from_ref(machine.code(&engine).unwrap()).addr())).collect();
            asks.into_iter().map(|ask| ask.join().unwrap()).collect()
        });
        assert!(codes.iter().all(|code| *code == codes[0]), "{codes:?}");
    }
}
