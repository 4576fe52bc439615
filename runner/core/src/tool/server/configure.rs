//! How servers are configured: addresses, arguments and variables resolved, programs found. Nothing is started.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use pace_ir::access::{Rules, Tool};
use pace_ir::program::address::{Address, Destination};
use pace_ir::program::tool::{PinnedServer, PinnedTool, ServerTarget};
use pace_ir::program::{Access, AgentName, Target, ToolEntry, server_tool_name};
use pace_ir::text::quoted;
use pace_ir::{Bundle, Digest};
use pace_mcp::installed::{self, Installed, Pinned, Place, Unusable};
use pace_mcp::{Client, ClientSettings, Pool, PoolSettings, Supervisor};
use url::Url;

use super::held::Held;
use super::hidden;
use super::offer::Offers;
use super::reach::{Reach, Way};
use super::{ServedServer, ServerTool};
use crate::environment::{Environment, Secret};
use crate::model::{ToolDeclaration, http};
use crate::schema::Schema;
use crate::setup::SetupError;
use crate::tool::configure::{Offered, Surroundings};
use crate::tool::{Callee, Mode, ServedTool};

/// How long a call may take where its entry does not say.
const USUAL_TIMEOUT: Duration = Duration::from_mins(1);
/// What a program sees of the runner's own variables: where programs are, where it may write, and how it speaks.
const PASSED_ON: [&str; 6] = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "TZ"];

/// The servers that were met so far.
#[derive(Default)]
pub(in crate::tool) struct Servers {
    /// Made for the first server.
    pool: Option<Pool>,
    entries: usize,
    /// Packages that were held against their lists, by tree: several entries may start one.
    installed: BTreeMap<Digest, Installed>,
}

impl Servers {
    /// The connections, if there can be any.
    pub(in crate::tool) fn into_pool(self) -> Option<Pool> {
        self.pool
    }

    /// The tools of an entry, in the order of their names.
    ///
    /// # Errors
    /// What is missing for it.
    pub(in crate::tool) fn configure(
        &mut self,
        surroundings: Surroundings<'_>,
        agent: &AgentName,
        entry: &ToolEntry,
        target: &ServerTarget,
    ) -> Result<Vec<Offered>, SetupError> {
        let Surroundings { bundle, environment, writes } = surroundings;
        let pinned =
            bundle.tools.servers.get(&target.server).ok_or_else(|| broken(&target.server, "is not in the bundle"))?;
        // Of this entry alone: an agent may list one server twice, under two aliases.
        let offered = Rules::of(bundle).offers(entry).into_iter().filter_map(|(tool, class)| match &tool {
            Tool::Server(_, name) => Some((name.clone(), tool, class)),
            Tool::Local(_) => None,
        });
        let server = Arc::new(self.server(environment, bundle, agent, entry, target, pinned)?);
        let timeout = entry.timeout.map_or(USUAL_TIMEOUT, |time| Duration::from_millis(time.0));
        let all = offered.filter_map(|(name, tool, class)| {
            let stored = pinned.tools.get(&name)?;
            let is_made = class == Access::Read || writes.is_live(&tool);
            let mode = if is_made { Mode::Live } else { Mode::Stubbed };
            Some(declare(stored, target, &name).map(|(declaration, parameters, output)| {
                let callee =
                    ServerTool { tool, name: name.clone(), timeout, class, output, server: Arc::clone(&server) };
                let name = declaration.name.clone();
                let tool = ServedTool { name, class, mode, parameters, callee: Callee::Server(callee) };
                Offered { declaration, tool }
            }))
        });
        all.collect()
    }

    fn server(
        &mut self,
        environment: &Environment,
        bundle: &Bundle,
        agent: &AgentName,
        entry: &ToolEntry,
        target: &ServerTarget,
        pinned: &PinnedServer,
    ) -> Result<ServedServer, SetupError> {
        let held = held(bundle, &target.server, pinned, environment);
        for missing in held.missing() {
            tracing::warn!(server = target.server, %agent, "a credential cannot be used: {}", missing.message);
        }
        let reach = reach(environment, agent, entry, target, pinned, &mut self.installed)?;
        self.entries += 1;
        Ok(ServedServer {
            key: target.server.clone(),
            alias: target.alias.to_string(),
            entry: format!("{} {}", self.entries, target.server),
            pool: self.pool(environment)?,
            reach,
            held,
            offers: Offers::new(pinned, |name| target.tools.as_ref().is_none_or(|tools| tools.contains(name))),
            is_away: AtomicBool::new(false),
        })
    }

    fn pool(&mut self, environment: &Environment) -> Result<Pool, SetupError> {
        if let Some(pool) = &self.pool {
            return Ok(pool.clone());
        }
        let pool = Pool::new(client(environment)?, PoolSettings::default());
        self.pool = Some(pool.clone());
        Ok(pool)
    }
}

/// What is missing so that the servers of these agents can be asked for everybody who has a credential, whatever else is missing for
/// them.
pub(crate) fn credentials<'b>(
    bundle: &'b Bundle,
    agents: impl Iterator<Item = &'b AgentName>,
    environment: &Environment,
) -> Vec<SetupError> {
    let entries = agents.filter_map(|name| bundle.program.agents.get(name)).flat_map(|agent| &agent.tools);
    let servers: BTreeSet<_> = entries
        .filter_map(|entry| match &entry.target {
            Target::Server(target) => Some(&target.server),
            Target::Local(_) | Target::Agent(_) => None,
        })
        .collect();
    let pinned = servers.into_iter().filter_map(|server| Some((server, bundle.tools.servers.get(server)?)));
    let held = pinned.map(|(server, pinned)| (server, held(bundle, server, pinned, environment)));
    held.flat_map(|(server, held)| held.wrong(server, environment)).collect()
}

fn held(bundle: &Bundle, server: &str, pinned: &PinnedServer, environment: &Environment) -> Held {
    Held::new(bundle.auth.credentials.get(server), pinned.needs_credential, server, environment)
}

/// What speaks to servers. Programs are supervised by the binary that runs, whose `main` begins with
/// [`pace_mcp::supervise`].
///
/// # Errors
/// A variable for connections is wrong.
pub fn client(environment: &Environment) -> Result<Client, SetupError> {
    let web = http::web(environment, pace_web::CONNECT)?;
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Client::new(ClientSettings { version, supervisor: Supervisor::ThisProgram, web }))
}

type Declared = (ToolDeclaration, Schema, Option<Arc<Schema>>);

fn declare(stored: &PinnedTool, target: &ServerTarget, name: &str) -> Result<Declared, SetupError> {
    let schema = |text: &str| {
        let words =
            |error| broken(&target.server, &format!("has a schema of `{}` that is no JSON: {error}", quoted(name)));
        Schema::parse(text).map_err(words)
    };
    let parameters = schema(&stored.input.0)?;
    let output = stored.output.as_ref().map(|output| schema(&output.0)).transpose()?.map(Arc::new);
    let declaration = ToolDeclaration {
        name: server_tool_name(&target.alias, name).to_string(),
        description: stored.description.clone(),
        parameters: parameters.value().clone(),
    };
    Ok((declaration, parameters, output))
}

fn reach(
    environment: &Environment,
    agent: &AgentName,
    entry: &ToolEntry,
    target: &ServerTarget,
    pinned: &PinnedServer,
    installed: &mut BTreeMap<Digest, Installed>,
) -> Result<Reach, SetupError> {
    let server = quoted(&target.server);
    let address =
        environment.resolve_address(&pinned.address, &format!("the address of a server of the agent `{agent}`"))?;
    let address = Address::parse_text(address.expose()).map_err(|why| {
        SetupError::new(format!("`{server}` does not lead to a server: {why}"), "set its variables to an address")
    })?;
    let templates = target.args.iter().chain(entry.env.values());
    let mut hidden: Vec<_> = templates.flat_map(|template| hidden::in_text(environment, template)).collect();
    let way = match address.destination {
        Destination::Http(url) => {
            let url = Url::parse(&url).map_err(|error| {
                let message = format!("`{server}` does not lead to a server: {error}");
                SetupError::new(message, "set its variables to an address")
            })?;
            hidden.extend(hidden::in_address(environment, &pinned.address, &url));
            Way::Http(url)
        }
        Destination::Package(_, name, _) => {
            let start = Start::package(environment, [&server, &name], pinned, installed);
            program(environment, agent, entry, target, start)?
        }
        Destination::Program(program_name) => {
            program(environment, agent, entry, target, Ok(Start::named(environment, &program_name)))?
        }
        Destination::Agent(_) | Destination::Reference => {
            return Err(SetupError::new(
                format!("`{server}` leads to what is no server"),
                "set its variables to the address of a server",
            ));
        }
    };
    let roots = match environment.root() {
        Some(root) => vec![root.to_owned()],
        None => target.roots.iter().map(PathBuf::from).collect(),
    };
    Ok(Reach { way, roots, hidden })
}

/// What is started, before the entry's own arguments.
struct Start {
    program: PathBuf,
    arguments: Vec<String>,
}

impl Start {
    /// A name that is looked for in `PATH`, or a path, which is relative to the project where there is one.
    fn named(environment: &Environment, program: &str) -> Self {
        let program = match environment.project() {
            Some(project) if program.contains('/') => project.join(program),
            _ => PathBuf::from(program),
        };
        Self { program, arguments: Vec::new() }
    }

    /// A package that was installed before, where `PACE_MCP_DIR` says or, for a project, below it.
    fn package(
        environment: &Environment,
        [server, name]: [&str; 2],
        pinned: &PinnedServer,
        known: &mut BTreeMap<Digest, Installed>,
    ) -> Result<Self, SetupError> {
        let package =
            pinned.package.as_ref().ok_or_else(|| broken(server, "is a package, and the bundle does not say which"))?;
        let named = environment.text("PACE_MCP_DIR")?.map(PathBuf::from);
        let own = || Some(environment.project()?.join(".pace/cache/mcp"));
        let way = if named.is_some() { INTO_NAMED } else { INTO_OWN };
        let Some(folder) = named.or_else(own) else {
            return Err(SetupError::new(
                format!("`{server}` is a package, and nobody said where it is installed"),
                "install the bundle's packages with `pace mcp install <bundle> --into DIR`, and set PACE_MCP_DIR=DIR",
            ));
        };
        let pinned = Pinned { tree: package.tree, runtime: package.runtime, name, entry: &package.entry };
        let place = Place { into: &folder, project: environment.project() };
        let installed = match known.get(&package.tree) {
            Some(installed) => installed.clone(),
            None => installed::find(place, &pinned)
                .map_err(|why| unusable(&why, server, &package.version, (&crate::load::shown(&folder), way)))?,
        };
        known.insert(package.tree, installed.clone());
        let mut words = installed.program.into_iter();
        let program = PathBuf::from(words.next().unwrap_or_default());
        Ok(Self { program, arguments: words.map(|word| word.to_string_lossy().into_owned()).collect() })
    }
}

/// How packages come into the folder that a variable names, and into a project's own.
const INTO_NAMED: &str = "install the bundle's packages with `pace mcp install`, into the folder of PACE_MCP_DIR";
const INTO_OWN: &str = "install the project's packages with `pace mcp install`";

/// Why a package is not started, and what to do; `way` is how packages come into the folder.
fn unusable(why: &Unusable, server: &str, version: &str, (folder, way): (&str, &'static str)) -> SetupError {
    let version = quoted(version);
    let (message, help) = match why {
        Unusable::Absent => (format!("`{server}` {version} is not installed in `{folder}`"), way),
        Unusable::Changed(how) => (
            format!("`{server}` {version} in `{folder}` is not what was installed: {how}"),
            "find out who changed it, and install it again with `pace mcp install`",
        ),
        Unusable::Exposed(how) => (
            format!("`{server}` {version} in `{folder}` is not started, because {how}"),
            "install it again with `pace mcp install`, into a folder that nobody else may write to",
        ),
        Unusable::Place(how) => (
            format!("packages in `{folder}` are not started, because {how}"),
            "make the folder yours alone to write (`chmod go-w`, `chown`), or install into another one",
        ),
    };
    SetupError::new(message, help)
}

fn program(
    environment: &Environment,
    agent: &AgentName,
    entry: &ToolEntry,
    target: &ServerTarget,
    start: Result<Start, SetupError>,
) -> Result<Way, SetupError> {
    let what = |which: &str| format!("{which} of `{}` for the agent `{agent}`", quoted(&target.server));
    let mut missing = Vec::new();
    // What is not installed can lack a variable, too.
    let Start { program, mut arguments } = start.unwrap_or_else(|error| {
        missing.push(error);
        Start { program: PathBuf::new(), arguments: Vec::new() }
    });
    let mut resolved = |template, which: &str| match environment.resolve(template, &what(which)) {
        Ok(value) => Some(value),
        Err(error) => {
            missing.push(error);
            None
        }
    };
    arguments.extend(
        target
            .args
            .iter()
            .filter_map(|template| resolved(template, "an argument").map(|value| value.expose().to_owned())),
    );
    let (mut variables, mut secrets): (BTreeMap<_, _>, BTreeMap<String, Secret>) =
        (passed_on(environment), BTreeMap::new());
    for (name, template) in &entry.env {
        let Some(value) = resolved(template, &format!("the variable `{name}`")) else { continue };
        if template.has_reference() {
            secrets.insert(name.clone(), value);
        } else {
            variables.insert(name.clone(), value.expose().to_owned());
        }
    }
    SetupError::all(missing).map_or(Ok(()), Err)?;
    let directory = environment.project().map(Path::to_owned).or_else(|| std::env::current_dir().ok());
    let directory = directory.unwrap_or_else(|| PathBuf::from("/"));
    Ok(Way::Program { program, arguments, variables, secrets, directory })
}

/// What a program sees of the runner's own variables.
pub fn passed_on(environment: &Environment) -> BTreeMap<String, String> {
    let variable = |name: &str| Some((name.to_owned(), environment.text(name).ok()??.to_owned()));
    PASSED_ON.into_iter().filter_map(variable).collect()
}

fn broken(server: &str, what: &str) -> SetupError {
    SetupError::new(format!("the server `{}` {what}", quoted(server)), "build the bundle again")
}
