//! A tool that can be called, and what it says about itself.

use std::sync::Arc;

use crate::call::{Call, Limits};
use crate::engine::Engine;
use crate::error::ToolError;
use crate::loaded::Loaded;

/// The bytecode of one ES2022 module, made by [`Engine::compile`]. Equal sources and names give equal bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytecode(pub Vec<u8>);

/// A tool ready to be called, any number of times and at once. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tool {
    pub(crate) engine: Engine,
    pub(crate) bytecode: Arc<[u8]>,
    pub(crate) loaded: Arc<Loaded>,
}

/// What a module says about itself. What has the wrong type is told as it is, for whoever has to explain it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// What `export default` gives.
    pub exported: Exported,
    /// Its `name`, a JSON text; absent where undefined.
    pub name: Option<String>,
    /// Its `description`, a JSON text; absent where undefined.
    pub description: Option<String>,
    /// Its `parameters`, a JSON text: as written, or of a Standard Schema what its `jsonSchema.input` says for draft 2020-12;
    /// absent where undefined.
    pub parameters: Option<String>,
}

/// What a module exports by default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// What `defineTool` returned: an object that has the property `Symbol.for("paceline.tool")`, and `execute` is a
    /// function.
    Tool,
    /// An object of some other making with a function `execute`; it can be called.
    Executable,
    /// Something else, by its `typeof`; `null` and `array` where it is one.
    Other(String),
    /// No default export.
    Nothing,
}

impl Tool {
    /// Runs the module and asks what it exports, without environment and network, under a fixed clock. At build time; blocks,
    /// on any thread.
    ///
    /// # Errors
    /// The module throws, waits for ever, or exceeds a limit.
    pub fn describe(&self, limits: Limits) -> Result<Description, ToolError> {
        crate::engine::describe(self, limits)
    }

    /// Calls the tool in a fresh instance and returns its result, a JSON text of at most `limits.result` bytes (`null` for
    /// `undefined`). Needs a tokio runtime with time and IO. Dropping the future stops the tool at once, its requests with it.
    ///
    /// # Errors
    /// The tool failed, in any of the ways of [`ToolErrorKind`](crate::ToolErrorKind).
    pub async fn call(&self, call: Call) -> Result<String, ToolError> {
        crate::engine::call(self, call).await
    }

    /// How much memory the tool holds for its calls to begin from, bytes; nothing before its second call, and where its
    /// module is evaluated in each call.
    pub fn held(&self) -> Option<usize> {
        self.loaded.held()
    }
}
