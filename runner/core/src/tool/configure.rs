//! From what a bundle says of an agent's tools, and what the environment has, to tools that can be called.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use pace_ir::Bundle;
use pace_ir::access::Tool;
use pace_ir::program::template::TemplatePart;
use pace_ir::program::tool::LocalTarget;
use pace_ir::program::{Access, AgentName, Target, Template, ToolEntry};
use pace_sandbox::{Engine, EngineError, EngineSettings, Limits, NetPolicy, Secret};
use tokio::sync::{OnceCell, Semaphore};

use super::local::Module;
use super::{AgentTools, LocalTool, Mode, ServedTool, Toolbox, Writes};
use crate::environment::Environment;
use crate::model::ToolDeclaration;
use crate::schema::Schema;
use crate::setup::SetupError;

impl Toolbox {
    /// The tools of the agents `served`.
    ///
    /// # Errors
    /// Everything that is missing, in one.
    pub fn configure<'b>(
        bundle: &'b Bundle,
        served: impl Iterator<Item = &'b AgentName>,
        environment: &Environment,
        writes: &Writes,
    ) -> Result<Self, SetupError> {
        let mut missing: Vec<_> = writes.check(bundle).err().into_iter().collect();
        let mut configuring = Configuring { bundle, environment, writes, engine: None, modules: BTreeMap::new() };
        let mut by_agent = BTreeMap::new();
        for agent in served {
            match configuring.agent(agent) {
                Ok(tools) => drop(by_agent.insert(agent.clone(), tools)),
                Err(errors) => missing.extend(errors),
            }
        }
        SetupError::all(missing).map_or(Ok(Self { by_agent }), Err)
    }

    /// The tool of a key as one agent lists it, and nothing of its other tools.
    ///
    /// # Errors
    /// What is missing for it.
    pub fn configure_one(
        bundle: &Bundle,
        agent: &AgentName,
        key: &str,
        environment: &Environment,
        writes: &Writes,
    ) -> Result<Self, SetupError> {
        writes.check(bundle)?;
        let mut configuring = Configuring { bundle, environment, writes, engine: None, modules: BTreeMap::new() };
        let mut tools = AgentTools::default();
        let entries = bundle.program.agents.get(agent).into_iter().flat_map(|agent| &agent.tools);
        for entry in entries.filter(|entry| matches!(&entry.target, Target::Local(local) if local.tool == key)) {
            let (declaration, tool) = configuring.entry(agent, entry)?;
            tools.add(declaration, tool);
        }
        Ok(Self { by_agent: BTreeMap::from([(agent.clone(), tools)]) })
    }
}

/// The most calls of one tool at once, of the 256 that the sandbox has places for.
const MOST_OF_ONE_TOOL: usize = 128;
/// What is shorter is no secret but a setting, such as a region or a limit; taking it out of results would spoil them.
const SHORTEST_SECRET: usize = 6;

struct Configuring<'b> {
    bundle: &'b Bundle,
    environment: &'b Environment,
    writes: &'b Writes,
    /// Set up for the first tool: a bundle without tools needs none.
    engine: Option<Engine>,
    modules: BTreeMap<&'b str, Arc<Module>>,
}

impl<'b> Configuring<'b> {
    fn agent(&mut self, name: &'b AgentName) -> Result<AgentTools, Vec<SetupError>> {
        let Some(agent) = self.bundle.program.agents.get(name) else { return Ok(AgentTools::default()) };
        let (mut tools, mut missing) = (AgentTools::default(), Vec::new());
        for entry in &agent.tools {
            match self.entry(name, entry) {
                Ok((declaration, tool)) if tools.find(&tool.name).is_none() => tools.add(declaration, tool),
                Ok((_, tool)) => missing.push(SetupError::new(
                    format!("the agent `{name}` has two tools `{}`", tool.name),
                    "build the bundle again",
                )),
                Err(error) => missing.push(error),
            }
        }
        if missing.is_empty() { Ok(tools) } else { Err(missing) }
    }

    fn entry(&mut self, agent: &AgentName, entry: &'b ToolEntry) -> Result<(ToolDeclaration, ServedTool), SetupError> {
        let Target::Local(target) = &entry.target else { return Err(not_yet(agent, entry)) };
        let unknown = || broken(&target.tool, "is not in the bundle");
        let stored = self.bundle.tools.local.get(&target.tool).ok_or_else(unknown)?;
        let parameters = Schema::parse(&stored.parameters.0)
            .map_err(|error| broken(&target.tool, &format!("has `parameters` that are no JSON: {error}")))?;
        let declaration = ToolDeclaration {
            name: stored.name.to_string(),
            description: stored.description.clone(),
            parameters: parameters.value().clone(),
        };
        let tool = Tool::Local(target.tool.clone());
        let is_made = entry.access == Access::Read || self.writes.is_live(&tool);
        let mode = if is_made { Mode::Live } else { Mode::Stubbed };
        let name = declaration.name.clone();
        let local = self.local(agent, entry, target, mode)?;
        Ok((declaration, ServedTool { name, tool, class: entry.access, mode, parameters, local }))
    }

    fn local(
        &mut self,
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
            match self.environment.resolve(template, &what) {
                Ok(value) => drop(env.insert(variable.clone(), value.expose().to_owned())),
                Err(error) => missing.push(error),
            }
            secrets.extend(self.secrets(template)?);
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
        Ok(LocalTool { module: self.module(&target.tool)?, env, secrets, net, limits })
    }

    /// What a template refers to: these values, and not the words around them, are what nobody may read.
    fn secrets(&self, template: &Template) -> Result<Vec<Secret>, SetupError> {
        let mut secrets = Vec::new();
        for part in &template.parts {
            let name = match part {
                TemplatePart::Literal(_) => continue,
                TemplatePart::Env(name) | TemplatePart::Credential(name) => name,
            };
            if let Some(value) = self.environment.referred(part)?
                && value.expose().chars().count() >= SHORTEST_SECRET
            {
                secrets.push(Secret { name: name.clone(), value: value.expose().to_owned() });
            }
        }
        Ok(secrets)
    }

    fn module(&mut self, key: &'b str) -> Result<Arc<Module>, SetupError> {
        if let Some(module) = self.modules.get(key) {
            return Ok(Arc::clone(module));
        }
        let module = Module {
            key: key.to_owned(),
            engine: self.engine()?,
            places: Semaphore::new(MOST_OF_ONE_TOOL),
            tool: OnceCell::new(),
        };
        Ok(Arc::clone(self.modules.entry(key).or_insert(Arc::new(module))))
    }

    fn engine(&mut self) -> Result<Engine, SetupError> {
        if let Some(engine) = &self.engine {
            return Ok(engine.clone());
        }
        let certificates = self.environment.text("SSL_CERT_FILE")?.map(PathBuf::from);
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

/// No compiler of this version writes such a bundle; one of the next will.
fn not_yet(agent: &AgentName, entry: &ToolEntry) -> SetupError {
    let what = match &entry.target {
        Target::Agent(_) => "calls other agents",
        Target::Server(_) | Target::Local(_) => "has tools of servers",
    };
    SetupError::new(
        format!("the agent `{agent}` {what}, and this runner cannot do that yet"),
        "run it with the runner of the version of `pace` that built it, or a newer one",
    )
}

fn broken(tool: &str, what: &str) -> SetupError {
    SetupError::new(format!("the tool `{tool}` {what}"), "build the bundle again")
}
