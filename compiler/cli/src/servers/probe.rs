//! Asks servers what they offer, side by side, each for a few seconds from the start of its program. Packages are installed
//! first, which takes as long as it takes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use pace_compiler::pins::PackagePin;
use pace_compiler::servers::{
    Offer, OfferedTool, ProbeFailure, ServerAddress, ServerProber, Unreachable, WantedServer,
};
use pace_ir::program::Template;
use pace_ir::program::template::TemplatePart;
use pace_ir::text::quoted;
use pace_mcp::{Client, Connection, Credential, Endpoint, Program, Root, Secret, Server, Tool, Transport};
use pace_runner::environment::Environment;
use pace_runner::tool::server::{self, hidden};
use serde_json::Value;
use tokio::sync::Semaphore;
use url::Url;

use super::failure;
use super::packages::Packages;
use crate::output::Output;

/// How long a server has, from the start of its program.
const WITHIN: Duration = Duration::from_secs(5);
/// How long a program has that did not answer within that. One that is started for the first time reads all of its files from
/// the disk, and on a machine that is busy this takes longer than ever again.
const WITHIN_AGAIN: Duration = Duration::from_secs(20);
/// How many programs are installed and started at once, and no more than there are processors but two: their time runs from
/// the start.
const MOST_AT_ONCE: usize = 4;

/// Asks servers for a build of one project.
#[derive(Debug)]
pub(crate) struct Prober {
    root: PathBuf,
    environment: Environment,
    packages: Arc<Packages>,
    output: Output,
    /// Programs that may be started now.
    turns: Semaphore,
}

/// A server that can be asked, with every variable filled in.
enum Ready {
    Http(Url),
    Program { program: PathBuf, arguments: Vec<String>, secrets: BTreeMap<String, Secret> },
}

impl Prober {
    /// For the project in a folder.
    pub(crate) fn new(root: &Path, environment: Environment, packages: Packages, output: Output) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        let turns = Semaphore::new(processors.clamp(2, MOST_AT_ONCE));
        Self { root: root.to_owned(), environment, packages: Arc::new(packages), output, turns }
    }

    async fn ask(&self, client: &Client, wanted: &WantedServer) -> Result<Offer, ProbeFailure> {
        let address = self.address(wanted)?;
        let is_program = !matches!(address, ServerAddress::Http(_));
        // Never closed, so that there always is one some time.
        let _turn = if is_program { self.turns.acquire().await.ok() } else { None };
        let (ready, package) = self.ready(wanted, address.clone()).await?;
        let plain = self.server(wanted, &ready, Credential::None, BTreeMap::new());
        let mut offer = match (offered(client, &plain, within(wanted)).await, self.with_credential(wanted, &ready)) {
            // A program that wants a variable says so in its own way, mostly by ending.
            (Err(failed), Some(server)) if is_program || matches!(failed, ProbeFailure::NeedsCredential(_)) => {
                let first = offered(client, &server, within(wanted)).await;
                Offer { needs_credential: true, ..self.patiently(client, &server, wanted, first).await? }
            }
            (first, _) => self.patiently(client, &plain, wanted, first).await?,
        };
        if package.is_some() {
            self.packages.forget(&address);
        }
        offer.package = package;
        Ok(offer)
    }

    /// What a server answered; a program that did not in time is asked once more, and given longer.
    async fn patiently(
        &self,
        client: &Client,
        server: &Server,
        wanted: &WantedServer,
        first: Result<Offer, ProbeFailure>,
    ) -> Result<Offer, ProbeFailure> {
        let tried = within(wanted);
        let is_late = matches!(first, Err(ProbeFailure::Unreachable(Unreachable::TimedOut(_))));
        if !is_late || tried >= WITHIN_AGAIN || !matches!(server.transport, Transport::Program(_)) {
            return first;
        }
        let (key, tried, again) = (quoted(&wanted.key), tried.as_secs(), WITHIN_AGAIN.as_secs());
        self.output.note(&format!("note: `{key}` did not answer within {tried} s; it is given {again} s once more\n"));
        offered(client, server, WITHIN_AGAIN).await
    }

    /// Where a server is, its variables filled in.
    fn address(&self, wanted: &WantedServer) -> Result<ServerAddress, ProbeFailure> {
        let ServerAddress::Reference(template) = &wanted.address else { return Ok(wanted.address.clone()) };
        let text = self.resolved(template)?;
        ServerAddress::parse(text.expose()).map_err(|why| {
            ProbeFailure::Unreachable(Unreachable::Other(format!("its variables hold no address: {why}")))
        })
    }

    /// Everything filled in, and a package installed.
    async fn ready(
        &self,
        wanted: &WantedServer,
        address: ServerAddress,
    ) -> Result<(Ready, Option<PackagePin>), ProbeFailure> {
        let (start, package) = match &address {
            ServerAddress::Http(url) => {
                let url = Url::parse(url)
                    .map_err(|error| ProbeFailure::Unreachable(Unreachable::Other(error.to_string())))?;
                return Ok((Ready::Http(url), None));
            }
            ServerAddress::Npm(..) | ServerAddress::PyPi(..) => {
                let (packages, pinned) = (Arc::clone(&self.packages), wanted.package.clone());
                let installed = tokio::task::spawn_blocking(move || packages.install(&address, pinned.as_ref()));
                let (installed, pin) = installed
                    .await
                    .map_err(|error| ProbeFailure::Unreachable(Unreachable::Other(error.to_string())))??;
                (installed, Some(pin))
            }
            ServerAddress::Program(program) => (vec![self.program(program)], None),
            ServerAddress::Reference(_) => return Err(ProbeFailure::Protocol("a variable leads to a variable".into())),
        };
        let mut words = start.into_iter();
        let program = PathBuf::from(words.next().unwrap_or_default());
        let mut arguments: Vec<String> = words.collect();
        for argument in &wanted.args {
            arguments.push(self.resolved(argument)?.expose().to_owned());
        }
        let mut secrets = BTreeMap::new();
        for (name, value) in &wanted.env {
            secrets.insert(name.clone(), Secret::new(self.resolved(value)?.expose()));
        }
        Ok((Ready::Program { program, arguments, secrets }, package))
    }

    /// A name that is looked for in `PATH`, or a path, which is relative to the project.
    fn program(&self, program: &str) -> String {
        if program.contains('/') { self.root.join(program).to_string_lossy().into_owned() } else { program.to_owned() }
    }

    fn resolved(&self, template: &Template) -> Result<pace_runner::environment::Secret, ProbeFailure> {
        self.environment.resolve(template, "it").map_err(|_| {
            let missing = template.parts.iter().filter_map(|part| match part {
                TemplatePart::Literal(_) => None,
                TemplatePart::Env(name) | TemplatePart::Credential(name) => Some(name.clone()),
            });
            ProbeFailure::VariablesNotSet(missing.collect())
        })
    }

    fn server(
        &self,
        wanted: &WantedServer,
        ready: &Ready,
        credential: Credential,
        more: BTreeMap<String, Secret>,
    ) -> Server {
        let transport = match ready {
            Ready::Http(url) => Transport::Http(Endpoint { url: url.clone(), credential }),
            Ready::Program { program, arguments, secrets } => Transport::Program(Program {
                program: program.clone(),
                arguments: arguments.clone(),
                variables: server::passed_on(&self.environment),
                secrets: secrets.iter().map(|(name, value)| (name.clone(), value.clone())).chain(more).collect(),
                directory: self.root.clone(),
            }),
        };
        let root = Url::from_directory_path(&self.root).ok();
        let roots = root.map(|uri| Root { uri: uri.to_string(), name: None });
        let templates = wanted.args.iter().chain(wanted.env.values());
        let mut hidden: Vec<_> = templates.flat_map(|text| hidden::in_text(&self.environment, text)).collect();
        if let (ServerAddress::Reference(template), Ready::Http(url)) = (&wanted.address, ready) {
            hidden.extend(hidden::in_address(&self.environment, template, url));
        }
        Server { name: wanted.key.clone(), transport, roots: roots.into_iter().collect(), hidden }
    }

    /// The server as the first principal asks it whose credential is there.
    fn with_credential(&self, wanted: &WantedServer, ready: &Ready) -> Option<Server> {
        let held = server::Held::new(Some(&wanted.credentials), true, &wanted.key, &self.environment);
        let (credential, variables) = held.any()?;
        Some(self.server(wanted, ready, credential, variables))
    }
}

impl ServerProber for Prober {
    fn probe(&self, wanted: &[WantedServer]) -> Vec<Result<Offer, ProbeFailure>> {
        let all = |why: String| {
            wanted.iter().map(|_| Err(ProbeFailure::Unreachable(Unreachable::Other(why.clone())))).collect()
        };
        let client = match server::client(&self.environment) {
            Ok(client) => client,
            Err(error) => return all(error.message),
        };
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return all(error.to_string()),
        };
        runtime.block_on(join_all(wanted.iter().map(|wanted| self.ask(&client, wanted))))
    }
}

/// How long a server has at first: a few seconds, or what its entry gives every call.
fn within(wanted: &WantedServer) -> Duration {
    wanted.timeout.unwrap_or(WITHIN).max(WITHIN)
}

async fn offered(client: &Client, server: &Server, within: Duration) -> Result<Offer, ProbeFailure> {
    let connection = Connection::open(client, server, within).await.map_err(|error| failure::of(&error))?;
    let offered = connection.offered(within).await.map_err(|error| failure::of(&error));
    connection.close().await;
    let offered = offered?;
    Ok(Offer {
        name: offered.server.name.unwrap_or_default(),
        tools: offered.tools.into_iter().map(tool).collect(),
        ..Offer::default()
    })
}

fn tool(tool: Tool) -> OfferedTool {
    OfferedTool {
        name: tool.name,
        title: tool.title.or(tool.annotations.title),
        description: tool.description.unwrap_or_default(),
        input: Value::Object((*tool.input_schema).clone()),
        output: tool.output_schema.map(|schema| Value::Object((*schema).clone())),
        read_only: tool.annotations.read_only,
        destructive: tool.annotations.destructive,
        idempotent: tool.annotations.idempotent,
        open_world: tool.annotations.open_world,
    }
}
