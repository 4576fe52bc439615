//! The engine: made once a process.

use std::sync::Arc;

use pace_ir::Digest;

use crate::call::{Call, Limits};
use crate::error::{CompileError, EngineError, LoadError, ToolError};
use crate::net::resolve::Resolve;
use crate::tool::{Bytecode, Description, Tool};

/// The engine, ready to run tools; one a process, cheap to clone.
#[derive(Debug, Clone)]
pub struct Engine {}

/// How an engine is set up.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// How many calls run at once at most; further ones wait for their turn, on their own time.
    pub concurrent_calls: u32,
    /// A file of PEM certificates trusted beside Mozilla's (`SSL_CERT_FILE`).
    pub certificates: Option<std::path::PathBuf>,
    /// Who turns names into addresses; the machine's resolver where absent.
    pub resolver: Option<Arc<dyn Resolve>>,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self { concurrent_calls: 256, certificates: None, resolver: None }
    }
}

impl Engine {
    /// Sets the engine up: reserves address space, starts one thread for the clock. A few milliseconds.
    ///
    /// # Errors
    /// The machine has no room, or `certificates` cannot be read.
    pub fn new(_settings: &EngineSettings) -> Result<Self, EngineError> {
        Err(EngineError::Setup("not built yet".into()))
    }

    /// BLAKE3 of the engine's WebAssembly: bytecode runs on the engine with the digest it was compiled by.
    pub fn digest() -> Digest {
        Digest::of(b"")
    }

    /// Compiles one ES2022 module to bytecode, by the very engine that will run it. `name` is what stack traces call it
    /// (`tool.js`). Blocks for milliseconds; bounded in time (10 s) and memory (256 MiB).
    ///
    /// # Errors
    /// The source is no module the engine takes.
    pub fn compile(&self, _name: &str, _source: &str) -> Result<Bytecode, CompileError> {
        Err(CompileError { message: "not built yet".into(), line: None, column: None })
    }

    /// Takes bytecode of a bundle. Runs nothing; broken bytecode shows in the call.
    ///
    /// # Errors
    /// It is longer than 64 MiB.
    pub fn load(&self, bytecode: &[u8]) -> Result<Tool, LoadError> {
        Ok(Tool { engine: self.clone(), bytecode: bytecode.into() })
    }
}

pub(crate) async fn describe(_tool: &Tool, _limits: Limits) -> Result<Description, ToolError> {
    std::future::pending().await
}

pub(crate) async fn call(_tool: &Tool, _call: Call) -> Result<String, ToolError> {
    std::future::pending().await
}
