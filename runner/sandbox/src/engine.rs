//! The engine: made once a process, shared by all its tools.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pace_ir::Digest;
use tokio::sync::Semaphore;
use wasmtime::{InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::busy::BusyThreads;
use crate::call::{Call, Clock, Limits};
use crate::config;
use crate::error::{CompileError, EngineError, LoadError, ToolError};
use crate::image::Budget;
use crate::machine::{self, Code, Machine};
use crate::net::connect::Network;
use crate::net::fetch::Fetcher;
use crate::net::resolve::{Resolve, SystemResolver};
use crate::operation::Operations;
use crate::parked::{MOST_PARKED, Parked};
use crate::redact::redactor;
use crate::run;
use crate::state::{Inputs, State};
use crate::ticker::Ticker;
use crate::tool::{Bytecode, Description, Tool};

/// The engine as WebAssembly, for its digest: `cargo xtask engine` writes it beside the module it belongs to.
const DIGEST: &str = include_str!("../engine/engine.b3");
/// The most bytecode one tool may have, bytes.
const MOST_BYTECODE: usize = 64 << 20;
/// How many compilations and descriptions run at once; further ones wait.
const CONCURRENT_BUILDS: u32 = 16;
/// How much of a table is set back by writing zeros over it, bytes: all of the engine's. Given back to the system and touched
/// again, it costs more, and interrupts the other processors.
const TABLE: usize = 64 << 10;
/// With room for fewer calls there is no point in going on.
const FEWEST_CALLS: u32 = 2;
/// What a compilation may use. A module of 1 MB takes about 20 MiB and half a second.
const COMPILING: Limits = Limits {
    time: Duration::from_secs(10),
    memory: 256 << 20,
    result: MOST_BYTECODE,
    requests: 0,
    response: 0,
    console: 0,
};

/// The engine, ready to run tools; one a process, cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) wasm: wasmtime::Engine,
    machine: Machine,
    /// What tools hold for their calls to begin from.
    pub(crate) images: Arc<Budget>,
    /// Instances that wait for a call.
    pub(crate) parked: Parked,
    /// How many places `calls` has when nobody calls.
    concurrent_calls: usize,
    /// One for each call there is room for.
    pub(crate) calls: Semaphore,
    /// One for each compilation and description. Their callers block, perhaps on a thread that calls need to end, so they
    /// never wait for calls.
    pub(crate) builds: Semaphore,
    pub(crate) ticker: Ticker,
    pub(crate) busy: BusyThreads,
    pub(crate) network: Arc<Network>,
}

impl Inner {
    /// What instances are made of; see [`Machine::code`].
    pub(crate) fn code(&self) -> wasmtime::Result<&Code> {
        self.machine.code(&self.wasm)
    }

    /// Whether more calls run at once than instances may wait.
    pub(crate) fn is_crowded(&self) -> bool {
        self.concurrent_calls.saturating_sub(self.calls.available_permits()) > self.parked.most()
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Inner").field("calls", &self.calls).finish_non_exhaustive()
    }
}

/// How an engine is set up.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// How many calls run at once at most; further ones wait for their turn, which counts as their own time. Each reserves
    /// 4 GiB of address space, none of it memory; where there is not enough of that, fewer run at once.
    pub concurrent_calls: u32,
    /// How much memory tools may hold together, bytes, for their calls to begin from instead of evaluating their modules; a
    /// tool of 100 KB holds about half a megabyte. For what finds no room, modules are evaluated in each call.
    pub images: usize,
    /// A file of PEM certificates trusted beside Mozilla's (`SSL_CERT_FILE`).
    pub certificates: Option<PathBuf>,
    /// Who turns names into addresses; the machine's resolver where absent.
    pub resolver: Option<Arc<dyn Resolve>>,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { concurrent_calls: 256, images: 32 << 20, certificates: None, resolver: None }
    }
}

impl Engine {
    /// Sets the engine up: reserves address space and starts the thread that keeps time. Its machine code is unpacked when
    /// something first runs, which takes that a few milliseconds longer.
    ///
    /// # Errors
    /// The machine has no room, or `certificates` cannot be read.
    pub fn new(settings: &EngineSettings) -> Result<Self, EngineError> {
        let setup = |error: wasmtime::Error| EngineError::Setup(format!("{error:#}"));
        let (wasm, concurrent_calls) = reserved(settings.concurrent_calls).map_err(setup)?;
        machine::try_out(&wasm).map_err(setup)?;
        let resolver = settings.resolver.clone().unwrap_or_else(|| Arc::new(SystemResolver::default()));
        let network = Arc::new(Network::new(resolver, settings.certificates.as_deref())?);
        let parked = Parked::new(waiting(concurrent_calls) as usize);
        let concurrent_calls = concurrent_calls as usize;
        let calls = Semaphore::new(concurrent_calls);
        let builds = Semaphore::new(CONCURRENT_BUILDS as usize);
        let ticker = Ticker::start(&wasm)?;
        let (images, busy) = (Budget::new(settings.images), BusyThreads::default());
        let machine = Machine::default();
        let inner = Inner { wasm, machine, images, parked, concurrent_calls, calls, builds, ticker, busy, network };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// BLAKE3 of the engine's WebAssembly: bytecode runs on the engine with the digest it was compiled by. A test compares the
    /// stored text with the module, so it always parses.
    pub fn digest() -> Digest {
        DIGEST.trim().parse().unwrap_or_else(|_| Digest::of(DIGEST.as_bytes()))
    }

    /// Compiles one ES2022 module to bytecode, by the very engine that will run it. `name` is what stack traces call it
    /// (`tool.js`). Blocks for milliseconds, on any thread; bounded in time (10 s) and memory (256 MiB).
    ///
    /// # Errors
    /// The source is no module the engine takes.
    pub fn compile(&self, name: &str, source: &str) -> Result<Bytecode, CompileError> {
        let inputs = Inputs { request: name.as_bytes().to_vec(), module: source.as_bytes().into() };
        let state = State::new(inputs, Operations::new(None), COMPILING, Clock::Fixed { now: 0, seed: 0 });
        crate::block::block_on(run::compile(self, state))
    }

    /// Takes bytecode of a bundle. Runs nothing; broken bytecode shows in the call.
    ///
    /// # Errors
    /// It is longer than 64 MiB.
    pub fn load(&self, bytecode: &[u8]) -> Result<Tool, LoadError> {
        if bytecode.len() > MOST_BYTECODE {
            return Err(LoadError::TooLong { length: bytecode.len(), most: MOST_BYTECODE });
        }
        Ok(Tool { engine: self.clone(), bytecode: bytecode.into(), loaded: Arc::default() })
    }
}

/// A runtime with room for so many calls, or for half of them and so on where the process may not have the address space
/// (`ulimit -v`), and how many it is.
fn reserved(calls: u32) -> wasmtime::Result<(wasmtime::Engine, u32)> {
    match wasmtime::Engine::new(&pooled(calls.saturating_add(CONCURRENT_BUILDS).saturating_add(waiting(calls)))) {
        Ok(engine) => Ok((engine, calls)),
        Err(error) if calls <= FEWEST_CALLS => Err(error),
        Err(_) => reserved(calls / 2),
    }
}

/// How many instances may wait where so many calls may run.
fn waiting(calls: u32) -> u32 {
    calls.min(MOST_PARKED)
}

/// The configuration that the machine code was made for, and room for so many instances.
fn pooled(instances: u32) -> wasmtime::Config {
    // One instance has one memory, one table and, while it runs, one stack.
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(instances)
        .total_memories(instances)
        .total_tables(instances)
        .total_stacks(instances)
        .max_memory_size(usize::try_from(Limits::MOST_MEMORY).unwrap_or(usize::MAX))
        .max_core_instance_size(1 << 20)
        .table_elements(20_000)
        .table_keep_resident(TABLE)
        .max_unused_warm_slots(32);
    // Of memories wasmtime keeps nothing: setting back the pages that are there when it looks (`pagemap_scan`) misses one that is
    // swapped out or on the move, and the next call would find it as this one left it.
    let mut config = config::config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

pub(crate) fn describe(tool: &Tool, limits: Limits) -> Result<Description, ToolError> {
    // 2026-01-01: a time that looks like one to code that checks.
    const NOW: u64 = 1_767_225_600_000;
    let inputs = Inputs { request: br#"{"mode":"describe"}"#.to_vec(), module: Arc::clone(&tool.bytecode) };
    let state = State::new(inputs, Operations::new(None), limits, Clock::Fixed { now: NOW, seed: 0 });
    crate::block::block_on(run::describe(&tool.engine, state))
}

pub(crate) async fn call(tool: &Tool, call: Call) -> Result<String, ToolError> {
    let inner = &tool.engine.inner;
    let request = run::request(&call)?;
    let inputs = Inputs { request, module: Arc::clone(&tool.bytecode) };
    let fetcher = Fetcher::new(Arc::clone(&inner.network), call.net.clone(), call.limits);
    let redactor = Arc::new(redactor(&call.secrets));
    let state = State::new(inputs, Operations::new(Some(fetcher)), call.limits, call.clock)
        .with_console(Arc::clone(&call.console), redactor);
    run::call(&tool.engine, Arc::clone(&tool.loaded), state).await
}
