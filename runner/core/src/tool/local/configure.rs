//! How compiled tools are configured: variables resolved, the sandbox set up for the first of them, limits taken over.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pace_ir::access::Tool;
use pace_ir::program::template::TemplatePart;
use pace_ir::program::tool::LocalTarget;
use pace_ir::program::{Access, AgentName, Template, ToolEntry};
use pace_sandbox::{Engine, EngineError, EngineSettings, Limits, NetPolicy, Secret};
use tokio::sync::{OnceCell, Semaphore};

use super::{LocalTool, Module};
use crate::environment::Environment;
use crate::model::ToolDeclaration;
use crate::schema::Schema;
use crate::setup::SetupError;
use crate::tool::configure::{Offered, Surroundings};
use crate::tool::{Callee, Mode, ServedTool};

/// The most calls of one tool at once, of the 256 that the sandbox has places for.
const MOST_OF_ONE_TOOL: usize = 128;
/// What is shorter is no secret but a setting, such as a region or a limit; taking it out of results would spoil them.
const SHORTEST_SECRET: usize = 6;

/// The compiled tools that were met so far.
#[derive(Default)]
pub(in crate::tool) struct Locals<'b> {
    /// Set up for the first tool: a bundle without tools needs none.
    engine: Option<Engine>,
    modules: BTreeMap<&'b str, Arc<Module>>,
}

impl<'b> Locals<'b> {
    /// The tool of an entry.
    ///
    /// # Errors
    /// What is missing for it.
    pub(in crate::tool) fn configure(
        &mut self,
        surroundings: Surroundings<'b>,
        agent: &AgentName,
        entry: &ToolEntry,
        target: &'b LocalTarget,
    ) -> Result<Offered, SetupError> {
        let Surroundings { bundle, writes, .. } = surroundings;
        let unknown = || broken(&target.tool, "is not in the bundle");
        let stored = bundle.tools.local.get(&target.tool).ok_or_else(unknown)?;
        let parameters = Schema::parse(&stored.parameters.0)
            .map_err(|error| broken(&target.tool, &format!("has `parameters` that are no JSON: {error}")))?;
        let declaration = ToolDeclaration {
            name: stored.name.to_string(),
            description: stored.description.clone(),
            parameters: parameters.value().clone(),
        };
        let tool = Tool::Local(target.tool.clone());
        let is_made = entry.access == Access::Read || writes.is_live(&tool);
        let mode = if is_made { Mode::Live } else { Mode::Stubbed };
        let name = declaration.name.clone();
        let callee = Callee::Local(self.local(surroundings.environment, agent, entry, target, mode)?);
        Ok(Offered { declaration, tool: ServedTool { name, class: entry.access, mode, parameters, callee } })
    }

    fn local(
        &mut self,
        environment: &Environment,
        agent: &AgentName,
        entry: &ToolEntry,
        target: &'b LocalTarget,
        mode: Mode,
    ) -> Result<LocalTool, SetupError> {
        let (mut env, mut secrets) = (BTreeMap::new(), Vec::new());
        let mut missing = Vec::new();
        // What is never called needs no variables.
        let used = entry.env.iter().filter(|_| mode == Mode::Live);
        for (variable, template) in used {
            let what = format!("the variable `{variable}` of `{}` for the agent `{agent}`", target.tool);
            match environment.resolve(template, &what) {
                Ok(value) => drop(env.insert(variable.clone(), value.expose().to_owned())),
                Err(error) => missing.push(error),
            }
            secrets.extend(secrets_of(environment, template)?);
        }
        SetupError::all(missing).map_or(Ok(()), Err)?;
        let net =
            NetPolicy::new(&target.net).map_err(|error| broken(&target.tool, &format!("has a `net`: {error}")))?;
        let usual = Limits::default();
        let limits = Limits {
            time: entry.timeout.map_or(usual.time, |time| Duration::from_millis(time.0)),
            memory: target.memory.map_or(usual.memory, |memory| memory.0.min(Limits::MOST_MEMORY)),
            ..usual
        };
        Ok(LocalTool {
            tool: Tool::Local(target.tool.clone()),
            module: self.module(environment, &target.tool)?,
            env,
            secrets,
            net,
            limits,
        })
    }

    fn module(&mut self, environment: &Environment, key: &'b str) -> Result<Arc<Module>, SetupError> {
        if let Some(module) = self.modules.get(key) {
            return Ok(Arc::clone(module));
        }
        let module = Module {
            key: key.to_owned(),
            engine: self.engine(environment)?,
            places: Semaphore::new(MOST_OF_ONE_TOOL),
            tool: OnceCell::new(),
        };
        Ok(Arc::clone(self.modules.entry(key).or_insert(Arc::new(module))))
    }

    fn engine(&mut self, environment: &Environment) -> Result<Engine, SetupError> {
        if let Some(engine) = &self.engine {
            return Ok(engine.clone());
        }
        let certificates = environment.text("SSL_CERT_FILE")?.map(PathBuf::from);
        let settings = EngineSettings { certificates, ..EngineSettings::default() };
        let engine = Engine::new(&settings).map_err(|error| no_engine(&error))?;
        self.engine = Some(engine.clone());
        Ok(engine)
    }
}

fn no_engine(error: &EngineError) -> SetupError {
    let help = match error {
        EngineError::Certificates { .. } => "set SSL_CERT_FILE to a file of certificates in PEM, or unset it",
        EngineError::Setup(_) => "allow the process more address space (`ulimit -v`) and threads",
    };
    SetupError::new(error.to_string(), help)
}

/// What a template refers to: these values, and not the words around them, are what nobody may read.
fn secrets_of(environment: &Environment, template: &Template) -> Result<Vec<Secret>, SetupError> {
    let mut secrets = Vec::new();
    for part in &template.parts {
        let name = match part {
            TemplatePart::Literal(_) => continue,
            TemplatePart::Env(name) | TemplatePart::Credential(name) => name,
        };
        if let Some(value) = environment.referred(part)?
            && value.expose().chars().count() >= SHORTEST_SECRET
        {
            secrets.push(Secret { name: name.clone(), value: value.expose().to_owned() });
        }
    }
    Ok(secrets)
}

fn broken(tool: &str, what: &str) -> SetupError {
    SetupError::new(format!("the tool `{tool}` {what}"), "build the bundle again")
}
