//! The engine that compiles and describes tools: the sandbox's, which is the one that will run them.

use std::time::Duration;

use pace_ir::Digest;
use pace_ir::program::tool_map::MODULE;
use pace_sandbox::{Bytecode, CompileError, Description, Engine, EngineSettings, Limits, ToolError};

/// What a tool may take to say what it is. Loading is done again for each call, so what is slow here is slow there.
const TIME: Duration = Duration::from_secs(5);

/// How long the source of one module may be.
const MAX_DESCRIPTION: usize = 4 << 20;

/// The engine, made when the first tool needs it.
#[derive(Debug)]
pub(crate) struct Describer {
    engine: Engine,
}

/// A tool that was loaded and asked what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    /// What runs.
    pub(crate) bytecode: Bytecode,
    /// What it says of itself.
    pub(crate) description: Description,
}

/// Why there is no such tool.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The engine cannot read it.
    Compile(CompileError),
    /// It failed while it was loaded.
    Load(ToolError),
}

impl Describer {
    /// Sets the engine up.
    pub(crate) fn new() -> Result<Self, String> {
        let engine = Engine::new(&EngineSettings::default()).map_err(|error| error.to_string())?;
        Ok(Self { engine })
    }

    /// Compiles a module, runs it in the sandbox without environment, network, clock and random, and asks what it is.
    pub(crate) fn describe(&self, source: &str) -> Result<Described, Refusal> {
        let bytecode = self.engine.compile(MODULE, source).map_err(Refusal::Compile)?;
        let tool = self
            .engine
            .load(&bytecode.0)
            .map_err(|error| Refusal::Compile(CompileError { message: error.to_string(), line: None, column: None }))?;
        let limits = Limits { time: TIME, result: MAX_DESCRIPTION, requests: 0, ..Limits::default() };
        let description = tool.describe(limits).map_err(Refusal::Load)?;
        Ok(Described { bytecode, description })
    }
}

/// The digest of the engine.
pub(crate) fn digest() -> Digest {
    Engine::digest()
}
