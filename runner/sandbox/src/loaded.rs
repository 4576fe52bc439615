//! What the calls of one tool begin from. Its first call evaluates the module itself; the second has it evaluated once more,
//! in an instance that can ask the host for nothing but the module, and stores the memory that leaves. A module that does
//! ask - for the time, chance, a line of the console, a request, a timer - or reads `env`, fails, or needs too much is
//! evaluated in each call, as the first one did.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::Inner;
use crate::image::Image;
use crate::run;
use crate::state::State;

/// The export that evaluates a module before there is a request.
const LOAD: &str = "load-tool";

/// The state of loading one tool.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// What came of it; nothing inside where each call has to evaluate the module.
    image: OnceLock<Option<Image>>,
    /// Whether there was a call. A tool that is called once in the life of its process would only lose.
    was_called: AtomicBool,
    is_loading: AtomicBool,
}

/// The right, and the duty, to load. If it is dropped before it did, a later call gets it.
pub(crate) struct Claim<'a>(&'a Loaded);

impl Loaded {
    /// What a call with so much memory begins from; nothing where it has to evaluate the module.
    pub(crate) fn image(&self, memory: u64) -> Option<&Image> {
        self.image.get()?.as_ref().filter(|image| image.memory() <= memory)
    }

    /// How much is held, bytes.
    pub(crate) fn held(&self) -> Option<usize> {
        self.image.get()?.as_ref().map(Image::bytes)
    }

    /// Whether this call is the one that loads. Others do not wait for it.
    pub(crate) fn claim(&self) -> Option<Claim<'_>> {
        let is_first = !self.was_called.swap(true, Ordering::AcqRel);
        if is_first || self.image.get().is_some() || self.is_loading.swap(true, Ordering::AcqRel) {
            return None;
        }
        Some(Claim(self))
    }
}

impl Claim<'_> {
    /// Loads, with the state of [`State::of_loading`].
    pub(crate) async fn load(self, inner: &Inner, state: State) {
        // Whoever had the claim before may have come to its end in between.
        if self.0.image.get().is_none() {
            let image = load(inner, state).await;
            self.0.image.get_or_init(|| image);
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.0.is_loading.store(false, Ordering::Release);
    }
}

async fn load(inner: &Inner, state: State) -> Option<Image> {
    let mut store = run::store(inner, state);
    let instance = inner.loading.instantiate_async(&mut store).await.ok()?;
    let memory = instance.get_memory(&mut store, run::MEMORY)?;
    let before = memory.data(&store).to_vec();
    let load = instance.get_typed_func::<(), u32>(&mut store, LOAD).ok()?;
    let is_loaded = load.call_async(&mut store, ()).await.ok()? == 1;
    // Where memory was refused it may have done something else than it does with more.
    if !is_loaded || store.data().out_of_memory {
        return None;
    }
    Image::of(&before, memory.data(&store), &inner.images)
}
