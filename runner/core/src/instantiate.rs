//! Third step: a runner for one verified bundle. Everything that can be missing in the surroundings is found out here, before
//! the first message.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use pace_ir::access::Chain;
use pace_ir::program::{Agent, AgentName, LoopName};
use pace_ir::schedule::{Schedule, Timezone};
use pace_ir::text::quoted;
use pace_ir::{Bundle, BundleId, VerifiedBundle};

use crate::environment::Environment;
use crate::metrics::Metrics;
use crate::model::{Model, Models};
use crate::problem::{Code, Problem};
use crate::schema::Schema;
use crate::session::Sessions;
use crate::setup::SetupError;
use crate::state::State;
use crate::tool::agent::called;
use crate::tool::{AgentTools, Mode, ServedServer, Status, Toolbox, Writes};
use crate::trace::{Strangers, TraceSink};
use crate::work::Work;

pub(crate) use parts::{Parts, gather};

/// The most names that a message lists.
const MOST_NAMES: usize = 8;

/// The most letters of a wrong name that are compared.
const MOST_LETTERS: usize = 80;

/// For which agents a runner is made: only what they need has to be there.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// All of the bundle.
    All,
    /// These, and those they call. Only these are invoked from outside: the others answer the agents that call them.
    Agents(&'a BTreeSet<AgentName>),
    /// One, and those it calls; only that one is invoked from outside.
    Agent(&'a AgentName),
    /// None, but one tool as an agent lists it: no model has to be there, and nothing can be invoked.
    Tool(&'a AgentName, &'a str),
}

impl Scope<'_> {
    /// The agents that are invoked from outside.
    pub(crate) fn doors(self, bundle: &Bundle) -> BTreeSet<AgentName> {
        let agents = bundle.program.agents.keys();
        match self {
            Self::All => agents.cloned().collect(),
            Self::Agents(these) => agents.filter(|name| these.contains(*name)).cloned().collect(),
            Self::Agent(only) => agents.filter(|name| *name == only).cloned().collect(),
            Self::Tool(..) => BTreeSet::new(),
        }
    }

    /// The agents in it, with all that they call.
    pub fn agents(self, bundle: &Bundle) -> BTreeSet<&AgentName> {
        let doors = self.doors(bundle);
        let mut left: Vec<_> = bundle.program.agents.keys().filter(|name| doors.contains(*name)).collect();
        let mut found = BTreeSet::new();
        while let Some(agent) = left.pop() {
            if found.insert(agent) {
                left.extend(called(bundle, agent));
            }
        }
        found
    }
}

/// Makes a runner. There is no other way to one, and only `verify` makes what it takes.
///
/// # Errors
/// Something that the agents in scope need is missing in the environment, or they need what this version cannot do.
pub fn instantiate(
    bundle: VerifiedBundle,
    environment: &Environment,
    scope: Scope<'_>,
    writes: &Writes,
    state: State,
) -> Result<Arc<Runner>, SetupError> {
    let in_scope = scope.agents(bundle.bundle());
    let (parts, mut missing) = gather(bundle.bundle(), environment, scope, writes);
    // The tools of agents count before they are whole; of a single tool, no agent is in scope.
    if writes.are_live(bundle.bundle(), in_scope.iter().copied()) || can_write(&parts.tools) {
        missing.extend(state.audit.ensure_kept().err());
    }
    if let Some(error) = SetupError::all(missing) {
        return Err(error);
    }
    let Parts { models, tools, outputs } = parts;
    let names: BTreeSet<AgentName> = in_scope.into_iter().cloned().collect();
    let doors = scope.doors(bundle.bundle());
    let used = models.iter().map(Model::name);
    let (work, metrics, strangers) = (Work::default(), Metrics::new(&names, used), Strangers::default());
    Ok(Arc::new(Runner { bundle, names, doors, models, tools, outputs, state, work, metrics, strangers }))
}

/// Whether any of these tools makes writes.
fn can_write(tools: &Toolbox) -> bool {
    tools.iter().any(|tool| tool.mode == Mode::Live && tool.callee.writes(tool.class))
}

/// A runner for one bundle.
pub struct Runner {
    bundle: VerifiedBundle,
    /// The agents in scope.
    names: BTreeSet<AgentName>,
    /// Those of them that are invoked from outside.
    doors: BTreeSet<AgentName>,
    models: Models,
    tools: Toolbox,
    outputs: BTreeMap<AgentName, Schema>,
    state: State,
    work: Work,
    metrics: Metrics,
    strangers: Strangers,
}

/// An agent with everything it works with.
#[derive(Debug, Clone, Copy)]
pub struct ServedAgent<'r> {
    /// Its name.
    pub name: &'r AgentName,
    /// What the bundle says of it.
    pub spec: &'r Agent,
    /// What answers for it.
    pub model: &'r Model,
    /// What its replies have to fit.
    pub output: Option<&'r Schema>,
    /// What it may call.
    pub tools: Option<&'r AgentTools>,
}

/// A loop as it fires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServedLoop<'r> {
    /// Its name.
    pub name: &'r LoopName,
    /// When.
    pub schedule: &'r Schedule,
    /// Where the schedule's clock hangs.
    pub timezone: Timezone,
    /// The agent that works.
    pub agent: &'r AgentName,
    /// What comes next.
    pub next: NextFiring,
}

/// When a loop fires next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextFiring {
    /// At this time.
    At(DateTime<Utc>),
    /// No day matches the schedule.
    Never,
    /// It is not enabled.
    Disabled,
}

impl Runner {
    /// The bundle's name.
    pub fn id(&self) -> BundleId {
        self.bundle.id()
    }

    /// What the bundle says.
    pub fn bundle(&self) -> &Bundle {
        self.bundle.bundle()
    }

    /// The conversations.
    pub fn sessions(&self) -> &Arc<Sessions> {
        &self.state.sessions
    }

    /// Where records of invocations go, if they are kept.
    pub fn traces(&self) -> Option<&dyn TraceSink> {
        self.state.traces.as_deref()
    }

    /// How many more denials of those without a credential are put on record.
    pub(crate) fn strangers(&self) -> &Strangers {
        &self.strangers
    }

    /// Where it keeps what outlives an invocation.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether any of its agents has a tool whose writes are made.
    pub fn can_write(&self) -> bool {
        can_write(&self.tools)
    }

    /// What it is doing.
    pub fn work(&self) -> &Work {
        &self.work
    }

    /// What it has counted.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// How many connections to servers are open; nothing where there are no servers.
    pub fn server_connections(&self) -> Option<usize> {
        self.tools.connections()
    }

    /// The agent of this name, if it is invoked from outside.
    pub fn door(&self, name: &AgentName) -> Option<ServedAgent<'_>> {
        self.doors.get(name).and_then(|name| self.agent(name))
    }

    /// The agents that are invoked from outside, by name.
    pub fn doors(&self) -> impl Iterator<Item = ServedAgent<'_>> {
        self.doors.iter().filter_map(|name| self.agent(name))
    }

    /// The agent of this name, if it is in scope: served, or called by one that is.
    pub fn agent(&self, name: &AgentName) -> Option<ServedAgent<'_>> {
        let name = self.names.get(name)?;
        let spec = self.bundle().program.agents.get(name)?;
        let (model, output, tools) = (self.models.get(&spec.model)?, self.outputs.get(name), self.tools(name));
        Some(ServedAgent { name, spec, model, output, tools })
    }

    /// Ends what was started for tools; waits no longer than `grace`. Nothing may be called after.
    pub async fn close(&self, grace: std::time::Duration) {
        self.tools.close(grace).await;
    }

    /// Connects to every server of the agents in scope on behalf of somebody, side by side, and says how each is: by agent, in
    /// the author's order.
    pub async fn servers(&self, chain: &Chain) -> Vec<(&AgentName, Arc<ServedServer>, Status)> {
        self.connected(chain, |_| true).await
    }

    /// As [`Runner::servers`], for those that are asked the same way for everybody.
    pub async fn open_servers(&self, chain: &Chain) -> Vec<(&AgentName, Arc<ServedServer>, Status)> {
        self.connected(chain, ServedServer::is_open).await
    }

    /// What the servers are called that were not there when they were last asked.
    pub fn servers_away(&self) -> BTreeSet<&str> {
        let servers = self.names.iter().flat_map(|name| self.tools(name).into_iter().flat_map(AgentTools::servers));
        servers.filter(|server| server.is_away()).map(|server| server.alias()).collect()
    }

    async fn connected(
        &self,
        chain: &Chain,
        is_meant: impl Fn(&ServedServer) -> bool,
    ) -> Vec<(&AgentName, Arc<ServedServer>, Status)> {
        let servers = self.names.iter().flat_map(|name| {
            let servers = self.tools(name).into_iter().flat_map(AgentTools::servers);
            servers.map(move |server| (name, Arc::clone(server)))
        });
        let meant: Vec<_> = servers.filter(|(_, server)| is_meant(server)).collect();
        let asked = meant.into_iter().map(|(name, server)| async move {
            let status = server.status(chain).await;
            (name, server, status)
        });
        futures_util::future::join_all(asked).await
    }

    /// What the agents in scope may call.
    pub(crate) fn toolbox(&self) -> &Toolbox {
        &self.tools
    }

    /// What an agent in scope may call.
    pub fn tools(&self, agent: &AgentName) -> Option<&AgentTools> {
        self.tools.of(agent)
    }

    /// The agents in scope, by name: those served, and those that they call.
    pub fn agents(&self) -> impl Iterator<Item = ServedAgent<'_>> {
        self.names.iter().filter_map(|name| self.agent(name))
    }

    /// What somebody is told who asked for an agent that is not served.
    pub fn unknown_agent(&self, asked: &str) -> Problem {
        self.unknown_agent_to(asked, |_| true)
    }

    /// The same, for somebody who may know only of some agents.
    pub fn unknown_agent_to(&self, asked: &str, may_know: impl Fn(&AgentName) -> bool) -> Problem {
        let known: Vec<_> = self.doors.iter().filter(|name| may_know(name)).collect();
        let names: Vec<_> = known.iter().take(MOST_NAMES).map(|name| format!("`{name}`")).collect();
        let more = if known.len() > MOST_NAMES { " and more" } else { "" };
        let meant = near(asked, &known).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        let problem = Problem::new(Code::UnknownAgent, format!("there is no agent `{}`{meant}", quoted(asked)));
        match names.as_slice() {
            [] if self.doors.is_empty() => problem.help("this bundle has no agents"),
            [] => problem.help("there is none that you may invoke"),
            names => problem.help(format!("the agents here are {}{more}", names.join(", "))),
        }
    }

    /// The loops of the agents that are served, by name, with their first firing after `now`.
    pub fn loops(&self, now: DateTime<Utc>) -> impl Iterator<Item = ServedLoop<'_>> {
        let loops = self.bundle().program.loops.iter();
        loops.filter(|(_, scheduled)| self.doors.contains(&scheduled.agent)).map(move |(name, scheduled)| {
            let next = match scheduled.schedule.next_after(now, scheduled.timezone) {
                _ if !scheduled.enabled => NextFiring::Disabled,
                Some(next) => NextFiring::At(next),
                None => NextFiring::Never,
            };
            let (schedule, timezone) = (&scheduled.schedule, scheduled.timezone);
            ServedLoop { name, schedule, timezone, agent: &scheduled.agent, next }
        })
    }
}

impl fmt::Debug for Runner {
    /// Its name alone: it holds whole conversations.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Runner").field(&self.id()).finish()
    }
}

/// The agent that is meant: at most a third of its letters differ, capitals aside.
pub(crate) fn near<'n>(asked: &str, known: &[&'n AgentName]) -> Option<&'n AgentName> {
    // Names are short, and whoever asks decides how long this takes.
    let asked: String = asked.chars().take(MOST_LETTERS).collect::<String>().to_lowercase();
    let distance = |name: &AgentName| strsim::damerau_levenshtein(&asked, name.as_str());
    let nearest = *known.iter().min_by_key(|name| distance(name))?;
    (distance(nearest) * 3 <= nearest.as_str().len()).then_some(nearest)
}
