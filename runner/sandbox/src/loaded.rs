//! What the calls of one tool begin from. Its first call evaluates the module itself; the second has it evaluated once more,
//! in an instance that can ask the host for nothing but the module, and stores the memory that leaves. A module that does
//! ask - for the time, chance, a line of the console, a request, a timer - or reads `env`, fails, or needs too much is
//! evaluated in each call, as the first one did.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::engine::Inner;
use crate::image::Image;
use crate::pages::populate;
use crate::parked::Parked;
use crate::sandbox::Sandbox;
use crate::state::State;

/// The export that evaluates a module before there is a request.
const LOAD: &str = "load-tool";

/// The most pages that are made ready for a call: what is in vain costs time too.
const MOST_PREPARED: usize = 256;

/// The state of loading one tool.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// What came of it; nothing inside where each call has to evaluate the module.
    image: OnceLock<Option<Image>>,
    /// Whether there was a call. A tool that is called once in the life of its process would only lose.
    was_called: AtomicBool,
    is_loading: AtomicBool,
    /// Which pages a call writes to, from where to where; nothing before one has ended.
    written: OnceLock<Vec<Range<usize>>>,
}

/// The right, and the duty, to load. If it is dropped before it did, a later call gets it.
pub(crate) struct Claim<'a>(&'a Loaded);

impl Loaded {
    /// What a call with so much memory begins from; nothing where it has to evaluate the module.
    pub(crate) fn image(&self, memory: u64) -> Option<&Image> {
        self.image.get()?.as_ref().filter(|image| image.memory() <= memory)
    }

    /// Makes ready, in the memory of a fresh instance, the pages that a call of this tool is going to write to.
    pub(crate) fn prepare(&self, memory: &mut [u8]) {
        for range in self.written.get().into_iter().flatten() {
            if let Some(place) = memory.get_mut(range.clone()) {
                populate(place);
            }
        }
    }

    /// Learns that from the memory that a call has left. Calls of a tool are alike; the first that succeeds stands for all.
    pub(crate) fn learn(&self, parked: &Parked, memory: &[u8]) {
        if self.image.get().is_some() && self.written.get().is_none() {
            self.written.get_or_init(|| parked.written(memory, MOST_PREPARED).unwrap_or_default());
        }
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
    let mut sandbox = Sandbox::new(inner, state);
    let memory = sandbox.make(&inner.code().ok()?.loading).await.ok()?;
    let before = memory.data(&sandbox.store).to_vec();
    let is_loaded = sandbox.call::<u32>(LOAD).await.ok()? == 1;
    // Where memory was refused it may have done something else than it does with more.
    if !is_loaded || sandbox.store.data().out_of_memory {
        return None;
    }
    inner.parked.note(&before);
    Image::of(&before, memory.data(&sandbox.store), &inner.images)
}
