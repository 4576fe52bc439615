//! The process that serves one bundle until it is told to stop: what `pace-runner` and `pace serve` have in common, from the
//! environment to the last drained invocation. Prints nothing by itself; the log goes to standard error.

mod check;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use pace_ir::access::{Chain, Subject};
use pace_ir::program::{AgentName, Principal};
use pace_ir::{Bundle, VerifiedBundle};

use crate::authenticate::Identity;
use crate::config::{self, StandardError, StateSettings, Usual};
use crate::environment::Environment;
use crate::instantiate::{Runner, Scope, instantiate};
use crate::log::{self, Format};
use crate::serve::listing::{self, closed_agents, idle_loops, listing};
use crate::serve::{Ended, STORED_AT_LAST, ServeSettings, Server, in_the_clear, judge, until_signalled};
use crate::setup::SetupError;
use crate::state;
use crate::tool::writes::writing_of;
use crate::tool::{Status, Writes};

/// On a machine of many cores without a quota, more workers would not answer faster: they wait for models. Each would bring a
/// stack and an arena of the allocator.
const MOST_WORKERS: usize = 4;

pub use check::{Found, check};

/// How the process was told to work, before it knows a bundle.
#[derive(Debug)]
pub struct Settings {
    format: Format,
    serve: ServeSettings,
    state: StateSettings,
}

/// What was chosen for a bundle by whoever starts it.
#[derive(Debug, Clone, Default)]
pub struct Choices {
    /// What writes do, if anybody said so.
    pub writes: Option<Writes>,
    /// The agents that are served; nothing means all.
    pub agents: Option<BTreeSet<AgentName>>,
}

/// A bundle that has its address, and is not yet served.
#[derive(Debug)]
pub struct Service {
    server: Server,
    format: Format,
    /// Keeps the store going; everything else runs on it later.
    runtime: tokio::runtime::Runtime,
}

/// Reads what the environment says of log, listener and state, and starts the log. Called once in a process.
///
/// # Errors
/// Variables have values that none of theirs are; all that do, in one.
pub fn configure(
    environment: &Environment,
    standard_error: StandardError,
    usual: Usual<'_>,
) -> Result<Settings, SetupError> {
    let log = config::log_settings(environment, standard_error);
    let serve = config::serve_settings(environment);
    let state = config::state_settings(environment, usual);
    let ((log, serve), state) = SetupError::both(SetupError::both(log, serve), state)?;
    log::start(&log);
    Ok(Settings { format: log.format, serve, state })
}

impl Settings {
    /// What is odd about them for this bundle, and keeps nothing from working.
    fn odd(&self, bundle: &Bundle, environment: &Environment) -> Vec<String> {
        config::unused_collector(environment).into_iter().chain(in_the_clear(bundle, &self.serve)).collect()
    }

    /// Says a warning of whoever starts the service: by `tell` to people, as a line of the log to programs that read it.
    pub fn warn(&self, warning: &str, tell: impl FnOnce()) {
        match self.format {
            Format::Text => tell(),
            Format::Json => tracing::warn!("{warning}"),
        }
    }
}

impl Service {
    /// A runner for a bundle, at its address.
    ///
    /// # Errors
    /// What the bundle needs is missing, nobody chose whether it writes, or the address cannot be had.
    pub fn new(
        bundle: VerifiedBundle,
        environment: &Environment,
        settings: &Settings,
        choices: Choices,
    ) -> Result<Self, SetupError> {
        judge(bundle.bundle(), &settings.serve)?;
        let scope = choices.agents.as_ref().map_or(Scope::All, Scope::Agents);
        let writes = chosen(bundle.bundle(), scope, choices.writes)?;
        let identity = Identity::configure(&bundle.bundle().auth.authentication, environment);
        let runtime = runtime().map_err(|error| no_threads(&error))?;
        let project = bundle.bundle().meta.project.to_string();
        let state = runtime.block_on(state::open(&settings.state, &project, environment))?;
        let runner = instantiate(bundle, environment, scope, &writes, state);
        let (identity, runner) = SetupError::both(identity, runner)?;
        // Also where there is no listener in the end: it may be why.
        for warning in config::unknown(environment).into_iter().chain(settings.odd(runner.bundle(), environment)) {
            tracing::warn!("{warning}");
        }
        let server = Server::bind(runner, identity, &settings.serve)?;
        for warning in closed_agents(server.runner(), server.identity()).into_iter().chain(idle_loops(server.runner()))
        {
            tracing::warn!("{warning}");
        }
        if let Some(writes) = listing::writes(server.runner().toolbox()) {
            tracing::info!("{writes}");
        }
        Ok(Self { server, format: settings.format, runtime })
    }

    /// Serves until the process is told to stop. `tell` is called with what is served and where, for people, unless programs
    /// read the log: those get a line of it.
    ///
    /// # Errors
    /// The system has no threads, sockets or signals to give.
    pub fn run(self, tell: impl FnOnce(&str)) -> io::Result<Ended> {
        allow_open_files();
        let Self { server, format, runtime } = self;
        let (runner, address) = (server.runner().clone(), format!("{}://{}", server.scheme(), server.address()));
        let mut listing = listing(&runner, server.identity(), &address, SystemTime::now().into());
        let admin = server.admin_address().map(|admin| format!("{}://{admin}", server.scheme()));
        if let Some(admin) = &admin {
            let _infallible = writeln!(listing, "  Metrics and traces at {admin}");
        }
        let ready = || match format {
            Format::Text => tell(&listing),
            Format::Json => {
                tracing::info!(address, admin, bundle = %runner.id(), "listening");
            }
        };
        let greeted = runtime.spawn(greet_servers(server.runner().clone()));
        let ended = runtime.block_on(async {
            runner.state().watch();
            let ended = until_signalled(server, ready).await;
            let left = ended.as_ref().map_or(STORED_AT_LAST, |ended| ended.left());
            if let Err(lost) = runner.state().end(left).await {
                tracing::error!("{lost}");
            }
            ended
        });
        greeted.abort();
        // Threads that look names up cannot be told to stop, and nothing that anybody waits for is left on the others.
        runtime.shutdown_background();
        let ended = ended?;
        match ended {
            Ended::Drained(drained) => tracing::info!(cancelled = drained.cancelled, "stopped"),
            Ended::AtOnce => tracing::warn!("stopped at once; what ran was lost"),
        }
        Ok(ended)
    }
}

fn no_threads(error: &io::Error) -> SetupError {
    SetupError::new(format!("the system has no threads or sockets to give: {error}"), "try again when it has")
}

/// Connects to the servers that are asked the same way for everybody, side by side, and says how each is. Others are connected to
/// when somebody asks them. Nobody waits for it: a server that is away now may be there when it is needed.
async fn greet_servers(runner: Arc<Runner>) {
    let nobody = Chain::direct(Subject::new(Principal::Anonymous));
    for (agent, server, status) in runner.open_servers(&nobody).await {
        let (server, alias) = (server.key(), server.alias());
        match status {
            Status::Connected => tracing::info!(%agent, server, alias, "connected"),
            Status::Differs(tools) => {
                tracing::warn!(%agent, server, alias, "not what was pinned: {}", tools.join("; "));
            }
            Status::Failed(why) => tracing::warn!(%agent, server, alias, "not connected: {why}"),
        }
    }
}

/// What writes of the agents in scope do. Who serves others has to say so: neither is right for all, and both surprise.
fn chosen(bundle: &Bundle, scope: Scope<'_>, writes: Option<Writes>) -> Result<Writes, SetupError> {
    /// The most tools that are named.
    const NAMED: usize = 4;
    if let Some(writes) = writes {
        return Ok(writes);
    }
    let writing = writing_of(bundle, scope.agents(bundle));
    let names: Vec<_> = writing.iter().take(NAMED).map(|tool| format!("`{}`", tool.target())).collect();
    let more = if writing.len() > NAMED { " and others" } else { "" };
    if names.is_empty() {
        return Ok(Writes::Stubbed);
    }
    Err(SetupError::new(
        format!("the bundle has tools that write ({}{more}), and nobody said whether they may", names.join(", ")),
        "give `--live-writes` to let them, `--live-writes=<tools>` to let some, or `--stub-writes` to only tell what would \
         have been; or set LIVE_WRITES to `all`, names, or `none`",
    ))
}

/// The runtime of a server: a worker for each core it may use, at most [`MOST_WORKERS`].
///
/// Several workers and not one: an invocation that uses the processor (a schema that is checked, a tool) would let all others
/// wait. Measured on two cores with answers from a recording, the second worker costs a tenth of CPU time a request at most,
/// and 0.1 MiB. A quota of the container counts: the standard library reads it.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    tokio::runtime::Builder::new_multi_thread().worker_threads(cores.min(MOST_WORKERS)).enable_all().build()
}

/// Lets this process have as many files open as its connections and those to models take. The usual soft limit of 1,024 is
/// for programs that use `select`; programs that do not are meant to raise it to what the hard limit allows. Where that is
/// not enough, connections wait.
#[cfg(unix)]
fn allow_open_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    /// Connections from clients, as many again to models, and what a process has open anyway.
    const WANTED: u64 = 2 * crate::serve::MAX_CONNECTIONS as u64 + 64;
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < WANTED.min(hard)
    {
        // Not being allowed to is no reason not to serve.
        let _as_before = setrlimit(Resource::RLIMIT_NOFILE, WANTED.min(hard), hard);
    }
}

#[cfg(not(unix))]
fn allow_open_files() {}
