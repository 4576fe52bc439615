//! Tools that were compiled into the bundle: each call runs in a sandbox of its own, with what its entry grants and nothing
//! else. What fails inside is an answer to the model.

pub(super) mod configure;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pace_ir::Bundle;
use pace_ir::access::Tool;
use pace_ir::bundle::tool_module;
use pace_ir::program::tool_map::{self, MODULE};
use pace_sandbox::{Call, Clock, Console, Engine, Level, Limits, NetPolicy, Secret, ToolError, ToolErrorKind};
use tokio::sync::{OnceCell, Semaphore};

use super::{Cause, ToolFailure};
use crate::conversation::JsonText;

/// The most frames of a stack that a model is shown.
const MOST_FRAMES: usize = 8;

/// What frames of the sandbox's own code name.
const PRELUDE: &str = "pace:prelude:";

/// A compiled tool as one agent may use it.
#[derive(Clone)]
pub struct LocalTool {
    /// What the rules know it as.
    tool: Tool,
    module: Arc<Module>,
    env: BTreeMap<String, String>,
    secrets: Vec<Secret>,
    net: NetPolicy,
    limits: Limits,
}

/// A compiled tool, whoever uses it.
#[derive(Debug)]
struct Module {
    /// Its key in the bundle.
    key: String,
    engine: Engine,
    /// Places for its calls: one tool that waits leaves half of the sandbox's to others.
    places: Semaphore,
    /// Made ready at the first call.
    tool: OnceCell<pace_sandbox::Tool>,
}

impl std::fmt::Debug for LocalTool {
    /// Its name alone: variables hold secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("LocalTool").field(&self.module.key).finish()
    }
}

impl LocalTool {
    /// What the rules know it as.
    pub fn tool(&self) -> &Tool {
        &self.tool
    }

    /// Makes one call; `arguments` fit the tool's schema. Dropping the future stops the tool at once.
    ///
    /// # Errors
    /// The tool failed.
    pub async fn call(
        &self,
        bundle: &Bundle,
        arguments: &JsonText,
        console: Arc<dyn Console>,
    ) -> Result<JsonText, ToolFailure> {
        // The semaphore is never closed.
        let _place = self.module.places.acquire().await;
        let tool = self.module.ready(bundle).await?;
        let call = Call {
            arguments: arguments.to_string(),
            env: self.env.clone(),
            secrets: self.secrets.clone(),
            net: self.net.clone(),
            limits: self.limits,
            clock: Clock::Real,
            console,
        };
        let text = tool.call(call).await.map_err(|error| self.module.failure(bundle, &error))?;
        JsonText::parse(text).map_err(|error| ToolFailure {
            kind: ToolErrorKind::Result.slug(),
            message: format!("the result cannot be read: {error}"),
            stack: Vec::new(),
            cause: None,
        })
    }
}

impl Module {
    async fn ready(&self, bundle: &Bundle) -> Result<&pace_sandbox::Tool, ToolFailure> {
        // What failed is tried again: it may have been the machine.
        let failed =
            |message| ToolFailure { kind: ToolErrorKind::Module.slug(), message, stack: Vec::new(), cause: None };
        self.tool.get_or_try_init(|| self.load(bundle)).await.map_err(failed)
    }

    /// The bytecode of the bundle where this engine made it; else the bundle's source, compiled by this engine.
    async fn load(&self, bundle: &Bundle) -> Result<pace_sandbox::Tool, String> {
        let broken = || format!("the tool `{}` is not whole in its bundle", self.key);
        let stored = bundle.tools.local.get(&self.key).ok_or_else(broken)?;
        if bundle.meta.engine == Some(Engine::digest()) {
            let module = bundle.blobs.blobs.get(&stored.module).ok_or_else(broken)?;
            let bytecode = tool_module::unwrap(module).ok_or_else(broken)?;
            return self.engine.load(bytecode).map_err(|error| error.to_string());
        }
        let source = bundle.blobs.blobs.get(&stored.source).ok_or_else(broken)?;
        let source = String::from_utf8(source.clone()).map_err(|_| broken())?;
        tracing::info!(tool = self.key, "compiled again, because another version of the engine compiled the bundle");
        let engine = self.engine.clone();
        let compiled = tokio::task::spawn_blocking(move || engine.compile(MODULE, &source)).await;
        let bytecode = compiled.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        self.engine.load(&bytecode.0).map_err(|error| error.to_string())
    }

    /// A failure with the places that the author knows.
    fn failure(&self, bundle: &Bundle, error: &ToolError) -> ToolFailure {
        let map = bundle.tool_map.as_ref().and_then(|maps| maps.tools.get(&self.key));
        let frame = |line: &str| {
            let (line, place) = (line.trim().trim_start_matches("at "), tool_map::frame(line));
            let written = place.and_then(|(row, column)| map?.locate(row, column));
            match (written, line.split_once(" (")) {
                (Some(at), Some((function, _))) => format!("{function} ({}:{}:{})", at.file, at.line, at.column),
                (Some(at), None) => format!("{}:{}:{}", at.file, at.line, at.column),
                (None, _) => line.to_owned(),
            }
        };
        // Lines of the bundled module mean nothing to anybody who does not have it.
        let is_known = |line: &&str| !line.contains(PRELUDE) && (map.is_some() || !line.contains(MODULE));
        ToolFailure {
            kind: error.kind.slug(),
            message: error.message.clone(),
            stack: error.stack.lines().filter(is_known).take(MOST_FRAMES).map(frame).collect(),
            cause: error.unlisted.clone().map(Cause::Unlisted),
        }
    }
}

/// Keeps the lines of a tool's console until its call is over.
#[derive(Debug, Default)]
pub struct Lines(Mutex<Vec<(Level, String)>>);

impl Lines {
    /// What was written, oldest first.
    pub fn take(&self) -> Vec<(Level, String)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Console for Lines {
    fn line(&self, level: Level, text: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((level, text.to_owned()));
    }
}
