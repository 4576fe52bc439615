//! Tools that were compiled into the bundle: each call runs in a sandbox of its own, with what its entry grants and nothing
//! else. What fails inside is an answer to the model.

pub(super) mod configure;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use pace_ir::Bundle;
use pace_ir::access::Tool;
use pace_ir::bundle::tool_module;
use pace_ir::program::tool_map::{self, MODULE, ToolMap};
use pace_sandbox::{Call, Clock, Console, Engine, Level, Limits, NetPolicy, Secret, ToolError, ToolErrorKind};
use tokio::sync::{OnceCell, Semaphore};

use super::{Cause, ToolFailure};
use crate::conversation::JsonText;

/// The most frames of a stack that a model is shown.
const MOST_FRAMES: usize = 8;

/// The most frames that are looked up in the lines of one call's console: each takes a walk through the map, and a tool can
/// write thousands.
const MOST_WRITTEN: usize = 100;

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

    /// Lines of its console, with the places in stacks that its author knows.
    pub fn placed(&self, bundle: &Bundle, lines: Vec<(Level, String)>) -> Vec<(Level, String)> {
        let places = Places { map: self.module.map(bundle) };
        let mut left = MOST_WRITTEN;
        lines.into_iter().map(|(level, text)| (level, places.text(&text, &mut left))).collect()
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

    fn map<'b>(&self, bundle: &'b Bundle) -> Option<&'b ToolMap> {
        bundle.tool_map.as_ref()?.tools.get(&self.key)
    }

    /// A failure with the places that the author knows.
    fn failure(&self, bundle: &Bundle, error: &ToolError) -> ToolFailure {
        let places = Places { map: self.map(bundle) };
        ToolFailure {
            kind: error.kind.slug(),
            message: error.message.clone(),
            stack: error.stack.lines().filter_map(|line| places.frame(line)).take(MOST_FRAMES).collect(),
            cause: error.unlisted.clone().map(Cause::Unlisted),
        }
    }
}

/// Where the frames of a stack were written.
struct Places<'m> {
    map: Option<&'m ToolMap>,
}

impl Places<'_> {
    /// A frame as its author knows it. Nothing of the sandbox's own, nor of the bundled module where nobody knows what a place
    /// in it was.
    fn frame(&self, line: &str) -> Option<String> {
        if line.contains(PRELUDE) || (self.map.is_none() && line.contains(MODULE)) {
            return None;
        }
        let (line, place) = (line.trim().trim_start_matches("at "), tool_map::frame(line));
        let written = place.and_then(|(row, column)| self.map?.locate(row, column));
        Some(match (written, line.split_once(" (")) {
            (Some(at), Some((function, _))) => format!("{function} ({}:{}:{})", at.file, at.line, at.column),
            (Some(at), None) => format!("{}:{}:{}", at.file, at.line, at.column),
            (None, _) => line.to_owned(),
        })
    }

    /// A text with stacks in it; `left` is how many more frames may be looked up.
    fn text(&self, text: &str, left: &mut usize) -> String {
        let frame = |line: &str| {
            let is_frame = line.trim_start().starts_with("at ") && (line.contains(PRELUDE) || line.contains(MODULE));
            if !is_frame || *left == 0 {
                return Some(line.to_owned());
            }
            *left -= 1;
            let indent = line.get(..line.len() - line.trim_start().len()).unwrap_or_default();
            self.frame(line).map(|frame| format!("{indent}at {frame}"))
        };
        text.split('\n').filter_map(frame).collect::<Vec<_>>().join("\n")
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

#[cfg(test)]
mod tests {
    use pace_ir::program::tool_map::Mapped;

    use super::*;

    #[test]
    fn stacks_in_lines_of_the_console_name_what_was_written() {
        let at = |line, source_line| Mapped { line, column: 0, source: 0, source_line, source_column: 4 };
        let map = ToolMap::new(vec!["tools/x.ts".into()], &[at(70, 4), at(71, 9)]);
        let text = "failed Error: boom\n    at inner (pace:prelude:834:15)\n    at execute (tool.js:71:17)\n    at tool.js:72:1\nat home";
        let told = "failed Error: boom\n    at execute (tools/x.ts:5:5)\n    at tools/x.ts:10:5\nat home";
        let mut left = 100;
        assert_eq!(Places { map: Some(&map) }.text(text, &mut left), told);
        assert_eq!(left, 97);
        assert_eq!(Places { map: None }.text(text, &mut left), "failed Error: boom\nat home");
        assert_eq!(Places { map: Some(&map) }.text(text, &mut 0), text);
    }
}
