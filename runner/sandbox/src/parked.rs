//! Instances that wait for the next call of their tool. Making one, and giving its memory back to the system page by page, is
//! more than half of what a short call costs. A call that has returned leaves its instance here, set back to what it began
//! from; one that was stopped, trapped, or asked for more memory does not.
//!
//! An instance is its memory, its table and its globals. The table never changes, the one mutable global is the stack pointer,
//! which is where it was after every return, whatever the code did: a test reads both from the engine. So the memory is all
//! that is set back, and it is the same to the byte.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use crate::image::Image;
use crate::loaded::Loaded;
use crate::page_map::{PAGE, PageMap};
use crate::sandbox::Sandbox;

/// How many instances wait at most, those of all tools together, and no more than calls may run at once.
pub(crate) const MOST_PARKED: u32 = 16;
/// The most memory that one of them keeps, bytes. A call that wrote to more is the end of its instance.
const MOST_KEPT: usize = 2 << 20;
/// The most that all of them keep, bytes: as many of small tools as may wait, and a few of the largest.
const MOST_KEPT_TOGETHER: usize = 8 << 20;

/// Those who wait.
#[derive(Debug)]
pub(crate) struct Parked {
    /// Nobody waits where the system does not tell which pages were written to.
    map: Option<PageMap>,
    /// What every instance begins with; nothing before the first tool is loaded.
    fresh: OnceLock<Fresh>,
    /// The one that waits longest is first, and goes first.
    waiting: Mutex<VecDeque<Waiting>>,
    most: usize,
}

/// One who waits.
#[derive(Debug)]
struct Waiting {
    tool: Weak<Loaded>,
    sandbox: Sandbox,
    /// How much memory it keeps, bytes.
    kept: usize,
}

/// The memory of an instance that nothing has run in.
#[derive(Debug)]
struct Fresh {
    /// Where it is anything but zero.
    at: usize,
    bytes: Box<[u8]>,
}

impl Parked {
    /// Room for so many.
    pub(crate) fn new(most: usize) -> Self {
        Self { map: PageMap::open(), fresh: OnceLock::new(), waiting: Mutex::default(), most }
    }

    /// How many may wait.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    /// Takes note of what every instance begins with.
    pub(crate) fn note(&self, memory: &[u8]) {
        self.fresh.get_or_init(|| Fresh::of(memory));
    }

    /// Which pages of this memory were written to, from where to where, of the first `most`; nothing if nobody tells.
    pub(crate) fn written(&self, memory: &[u8], most: usize) -> Option<Vec<Range<usize>>> {
        Some(self.map.as_ref()?.written(memory, most))
    }

    /// An instance in which the next call of this tool can begin; the one that waits for the shortest time.
    pub(crate) fn take(&self, loaded: &Arc<Loaded>) -> Option<Sandbox> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().rposition(|one| std::ptr::eq(one.tool.as_ptr(), Arc::as_ptr(loaded)))?;
        waiting.remove(at).map(|one| one.sandbox)
    }

    /// Sets an instance back that began from this image, and lets it wait; or throws it away, if that cannot be done.
    pub(crate) fn park(&self, loaded: &Arc<Loaded>, image: &Image, mut sandbox: Sandbox) {
        let Some(kept) = sandbox.end().and_then(|memory| self.set_back(image, memory)) else { return };
        let leaving = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push_back(Waiting { tool: Arc::downgrade(loaded), sandbox, kept });
            let surplus = surplus(waiting.iter().map(|one| one.kept), self.most);
            waiting.drain(..surplus).collect::<Vec<_>>()
        };
        // Outside of the lock: this takes a while.
        drop(leaving);
    }

    /// Makes the memory what a call begins from, and says how much of it is kept, bytes. Nothing if that is not certain, or too
    /// much.
    fn set_back(&self, image: &Image, memory: &mut [u8]) -> Option<usize> {
        let (map, fresh) = (self.map.as_ref()?, self.fresh.get()?);
        if u64::try_from(memory.len()).ok()? != image.memory() {
            return None;
        }
        let entries = map.entries(memory)?;
        let touched = || entries.iter().enumerate().filter(|(_, entry)| !entry.is_untouched());
        let kept = touched().count() * PAGE;
        if kept > MOST_KEPT {
            return None;
        }
        for (number, _) in touched() {
            let start = number * PAGE;
            let page = memory.get_mut(start..start + PAGE)?;
            match image.page(start) {
                Some(bytes) => page.copy_from_slice(bytes),
                None => fresh.write(start, page),
            }
        }
        Some(kept)
    }
}

/// How many have to go, those who wait longest, of so many that keep so much.
fn surplus(kept: impl ExactSizeIterator<Item = usize> + DoubleEndedIterator, most: usize) -> usize {
    let (number, mut together) = (kept.len(), 0);
    let stay = kept.rev().take(most).take_while(|kept| {
        together += kept;
        together <= MOST_KEPT_TOGETHER
    });
    number - stay.count()
}

impl Fresh {
    fn of(memory: &[u8]) -> Self {
        let is_not_zero = |byte: &u8| *byte != 0;
        let at = memory.iter().position(is_not_zero).unwrap_or(memory.len());
        let end = memory.iter().rposition(is_not_zero).map_or(at, |last| last + 1);
        Self { at, bytes: memory.get(at..end).unwrap_or_default().into() }
    }

    /// Writes what belongs at `start` and after it.
    fn write(&self, start: usize, place: &mut [u8]) {
        let end = start + place.len();
        let (from, to) = (self.at.clamp(start, end), (self.at + self.bytes.len()).clamp(start, end));
        place.fill(0);
        let source = self.bytes.get(from.saturating_sub(self.at)..to.saturating_sub(self.at));
        let place = place.get_mut(from - start..to - start);
        if let (Some(source), Some(place)) = (source, place) {
            place.copy_from_slice(source);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::call::{Call, Clock, Limits};
    use crate::console::NoConsole;
    use crate::engine::{Engine, EngineSettings};
    use crate::net::policy::NetPolicy;
    use crate::pages::page_out;
    use crate::state::State;
    use crate::tool::Tool;

    fn engine() -> Engine {
        Engine::new(&EngineSettings { concurrent_calls: 5, ..EngineSettings::default() }).unwrap()
    }

    fn call(n: usize) -> Call {
        Call {
            arguments: format!(r#"{{"n":{n}}}"#),
            env: [("TOKEN".to_owned(), format!("a-secret-of-call-{n}"))].into(),
            secrets: Vec::new(),
            net: NetPolicy::nothing(),
            limits: Limits { time: Duration::from_mins(1), ..Limits::default() },
            clock: Clock::Real,
            console: Arc::new(NoConsole),
        }
    }

    /// A tool that was called so often that the last call began from its image.
    async fn called(engine: &Engine, source: &str) -> Tool {
        let tool = engine.load(&engine.compile("tool.js", source).unwrap().0).unwrap();
        for n in 0..3 {
            tool.call(call(n)).await.unwrap();
        }
        tool
    }

    /// What a call begins from where nobody has waited.
    async fn beginning(engine: &Engine, image: &Image) -> Vec<u8> {
        let mut sandbox = Sandbox::new(&engine.inner, State::of_nobody());
        let memory = sandbox.make(&engine.inner.code().unwrap().instances).await.unwrap();
        image.fit(memory, &mut sandbox.store).unwrap();
        image.restore(memory.data_mut(&mut sandbox.store)).unwrap();
        sandbox.memory().unwrap().to_vec()
    }

    struct Random(u64);

    impl Random {
        fn below(&mut self, end: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).unwrap() % end
        }
    }

    const KEEPS: &str = "const all = []; export default { execute: ({ n }, { env }) => { \
                         all.push(env.TOKEN, new Uint8Array(1000 * n).fill(n)); return all.length; } };";

    /// Pages are read first, written to or not, swapped out, and written to again.
    #[tokio::test]
    async fn what_waits_is_to_the_byte_what_a_call_begins_from() {
        let engine = engine();
        let tool = called(&engine, KEEPS).await;
        let parked = &engine.inner.parked;
        let image = tool.loaded.image(u64::MAX).unwrap();
        let expected = beginning(&engine, image).await;
        let (mut random, mut had_waited) = (Random(7), 0);
        for n in 0..200 {
            let mut sandbox = if let Some(sandbox) = parked.take(&tool.loaded) {
                had_waited += 1;
                sandbox
            } else {
                // Too much was written to.
                tool.call(call(n % 50)).await.unwrap();
                parked.take(&tool.loaded).unwrap()
            };
            assert!(sandbox.memory().unwrap() == expected, "round {n}");
            let memory = sandbox.end().unwrap();
            for _ in 0..random.below(40) {
                let at = random.below(memory.len());
                let value = u8::try_from(random.below(256)).unwrap();
                if random.below(2) == 0 {
                    std::hint::black_box(memory[at]);
                } else {
                    memory[at] ^= value;
                }
                if random.below(20) == 0 {
                    page_out(memory);
                }
            }
            parked.park(&tool.loaded, image, sandbox);
        }
        assert!(had_waited > 100, "{had_waited}");
    }

    #[tokio::test]
    async fn what_waits_holds_nothing_of_a_call() {
        let engine = engine();
        let tool = called(&engine, KEEPS).await;
        let mut sandbox = engine.inner.parked.take(&tool.loaded).unwrap();
        let memory = sandbox.end().unwrap();
        assert!(!memory.windows(17).any(|bytes| bytes == b"a-secret-of-call-"));
    }

    #[tokio::test]
    async fn who_grew_or_was_stopped_does_not_wait() {
        let engine = engine();
        let parked = &engine.inner.parked;
        let grows =
            called(&engine, "export default { execute: ({ n }) => new Uint8Array(n << 20).fill(1).length };").await;
        assert!(parked.take(&grows.loaded).is_none());
        grows.call(call(0)).await.unwrap();
        assert!(parked.take(&grows.loaded).is_some());
        let stops = called(&engine, "export default { execute: ({ n }) => { while (n > 2) {} return n; } };").await;
        let limits = Limits { time: Duration::from_millis(50), ..Limits::default() };
        stops.call(Call { limits, ..call(3) }).await.unwrap_err();
        assert!(parked.take(&stops.loaded).is_none());
        let throws = called(&engine, "export default { execute: ({ n }) => { if (n > 2) throw n; return n; } };").await;
        throws.call(call(3)).await.unwrap_err();
        assert_eq!(throws.call(call(1)).await.unwrap(), "1");
        assert!(parked.take(&throws.loaded).is_some());
    }

    #[tokio::test]
    async fn only_so_many_wait_and_the_last_ones_do() {
        let engine = engine();
        let mut tools = Vec::new();
        for n in 0..8 {
            tools.push(called(&engine, &format!("export default {{ execute: () => {n} }};")).await);
        }
        let parked = &engine.inner.parked;
        assert_eq!(parked.waiting.lock().unwrap().len(), 5);
        let waits: Vec<bool> = tools.iter().map(|tool| parked.take(&tool.loaded).is_some()).collect();
        assert_eq!(waits.iter().position(|waits| *waits), Some(3));
        assert!(waits[3..].iter().all(|waits| *waits));
    }

    #[test]
    fn those_who_wait_longest_make_room() {
        let large = MOST_KEPT_TOGETHER / 4;
        for (kept, most, wanted) in [
            (vec![], 3, 0),
            (vec![1; 3], 3, 0),
            (vec![1; 5], 3, 2),
            (vec![large; 4], 9, 0),
            (vec![large; 5], 9, 1),
            (vec![1, large, large, large, large], 9, 1),
            (vec![large, 1, 1, large, large, large], 9, 1),
        ] {
            assert_eq!(surplus(kept.iter().copied(), most), wanted, "{kept:?}");
        }
    }

    #[test]
    fn a_fresh_memory_is_written_in_any_parts() {
        let mut memory = vec![0_u8; 4 * PAGE];
        memory[5000..9000].fill(3);
        memory[6000] = 0;
        let fresh = Fresh::of(&memory);
        for (start, end) in [(0, 4 * PAGE), (0, PAGE), (PAGE, 2 * PAGE), (2 * PAGE, 3 * PAGE), (3 * PAGE, 4 * PAGE)] {
            let mut place = vec![9; end - start];
            fresh.write(start, &mut place);
            assert_eq!(place, memory[start..end]);
        }
        let mut place = vec![9; PAGE];
        Fresh::of(&[0; PAGE]).write(0, &mut place);
        assert_eq!(place, [0; PAGE]);
    }
}
