//! The compiler's door to the compiler of TypeScript tools. This crate knows neither JavaScript nor the engine that runs
//! it: `pace-tools` implements [`ToolCompiler`], and the command line hands it to [`build`](crate::build).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use pace_diag::Sink;
use pace_ir::Digest;
use pace_ir::program::name::ToolName;
use pace_ir::program::record::Component;
use pace_ir::program::{Json, ToolMap};
use pace_syntax::{SourceMap, Span};

use crate::world::WorldError;

/// Compiles tools.
pub trait ToolCompiler: Debug {
    /// Whether it can compile this tool, `tools/<name>` or `std/<name>`. What it cannot is reported as not buildable yet.
    fn knows(&self, key: &str) -> bool;

    /// Compiles tools, those that succeed: of the others it has told the sink why. Adds the files it speaks of to
    /// `sources`, unless they are there. Called once for a build, with the tools the agents list, by key.
    ///
    /// # Errors
    /// [`WorldError`] when the surroundings fail.
    fn compile(
        &self,
        wanted: &BTreeMap<String, Wanted>,
        sources: &mut SourceMap,
        sink: &mut Sink,
    ) -> Result<CompiledTools, WorldError>;
}

/// A tool that an agent lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Where the first entry names it.
    pub named_at: Span,
}

/// What became of the tools.
#[derive(Debug, Clone, Default)]
pub struct CompiledTools {
    /// The engine they were compiled by; absent where there are none.
    pub engine: Option<Digest>,
    /// By key.
    pub tools: BTreeMap<String, CompiledTool>,
}

/// A compiled tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompiledTool {
    /// What the model sees.
    pub name: ToolName,
    /// What the model is told.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Json,
    /// Its WASM module.
    pub module: Vec<u8>,
    /// Its ES2022 source.
    pub source: Vec<u8>,
    /// Where the source was written.
    pub map: ToolMap,
    /// Digests of the project's files it was made from, by path.
    pub inputs: BTreeMap<String, Digest>,
    /// The packages inside, by package URL.
    pub packages: BTreeMap<String, Component>,
}

/// Knows no tool: for those who compile projects without any.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTools;

impl ToolCompiler for NoTools {
    fn knows(&self, _: &str) -> bool {
        false
    }

    fn compile(
        &self,
        _: &BTreeMap<String, Wanted>,
        _: &mut SourceMap,
        _: &mut Sink,
    ) -> Result<CompiledTools, WorldError> {
        Ok(CompiledTools::default())
    }
}

/// The tools a project needs, and those among them whose files could be read.
#[derive(Debug, Default)]
pub(crate) struct Needed {
    /// To be compiled, by key.
    pub(crate) wanted: BTreeMap<String, Wanted>,
    /// Keys whose file is broken, which was reported.
    pub(crate) broken: BTreeSet<String>,
}
