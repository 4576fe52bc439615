//! An instance and the store it lives in.

use std::sync::atomic::Ordering;
use std::time::Instant;

use wasmtime::{Error, Instance, InstancePre, Memory, Result, Store, UpdateDeadline, WasmResults};

use crate::engine::Inner;
use crate::state::{State, Stop};

/// The memory of an instance.
const MEMORY: &str = "memory";

/// After how many ticks running code is asked to pause: with two it has run for one whole tick at least.
pub(crate) const TICKS: u64 = 2;

/// A store and, once it is made, its instance.
pub(crate) struct Sandbox {
    pub(crate) store: Store<State>,
    instance: Option<(Instance, Memory)>,
}

impl std::fmt::Debug for Sandbox {
    /// Nothing of what is inside.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

impl Sandbox {
    /// A store whose code is asked to pause when it has computed for a tick, and to end when its time is up.
    pub(crate) fn new(inner: &Inner, state: State) -> Self {
        let mut store = Store::new(&inner.wasm, state);
        store.limiter(|state| state);
        store.epoch_deadline_callback(|mut context| {
            let state = context.data_mut();
            if Instant::now() >= state.deadline {
                state.stop = Some(Stop::Time);
                return Ok(UpdateDeadline::Interrupt);
            }
            state.is_busy.store(true, Ordering::Release);
            Ok(UpdateDeadline::Yield(1))
        });
        Self { store, instance: None }
    }

    /// One that has waited, for another call.
    pub(crate) fn with(mut self, state: State) -> Self {
        *self.store.data_mut() = state;
        self
    }

    /// Whether there is an instance already.
    pub(crate) fn is_made(&self) -> bool {
        self.instance.is_some()
    }

    /// Makes the instance and shows its memory.
    pub(crate) async fn make(&mut self, instances: &InstancePre<State>) -> Result<Memory> {
        let instance = instances.instantiate_async(&mut self.store).await?;
        let memory = instance.get_memory(&mut self.store, MEMORY);
        let memory = memory.ok_or_else(|| Error::msg("the engine has no memory"))?;
        self.instance = Some((instance, memory));
        Ok(memory)
    }

    /// Calls an export.
    pub(crate) async fn call<R: WasmResults + Sync + 'static>(&mut self, export: &str) -> Result<R> {
        let (instance, _) = self.instance.ok_or_else(|| Error::msg("there is no instance"))?;
        self.store.set_epoch_deadline(TICKS);
        instance.get_typed_func::<(), R>(&mut self.store, export)?.call_async(&mut self.store, ()).await
    }

    /// Its memory.
    pub(crate) fn memory(&self) -> Option<&[u8]> {
        self.instance.map(|(_, memory)| memory.data(&self.store))
    }

    /// Forgets the call that has ended, and gives its memory out of hand.
    pub(crate) fn end(&mut self) -> Option<&mut [u8]> {
        *self.store.data_mut() = State::of_nobody();
        self.instance.map(|(_, memory)| memory.data_mut(&mut self.store))
    }
}
