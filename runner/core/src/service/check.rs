//! What `pace-runner check` finds out: all that a start would need, one thing after the other, whatever is wrong with the others. It
//! listens on nothing, asks no model anything, calls no tool, and changes nothing; servers are connected to, issuers asked for their
//! keys, the store is looked at, and the collector is sent no spans at all, because nothing else shows that they work.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use pace_ir::access::{Chain, Subject};
use pace_ir::program::{Authentication, Principal};
use pace_ir::text::quoted;
use pace_ir::{Bundle, VerifiedBundle};
use pace_state::Looked;

use super::{chosen, no_threads};
use crate::authenticate::Identity;
use crate::config::otlp::shown;
use crate::config::{self, AgentFlags, StandardError, StatePlace, StateSettings, Usual, WriteFlags};
use crate::environment::Environment;
use crate::instantiate::{Runner, Scope, instantiate};
use crate::serve::{ensure_addresses, ensure_certificate, in_the_clear, judge, listing};
use crate::setup::SetupError;
use crate::state::{self, State};
use crate::tool::{ServedServer, Status, Writes};
use crate::trace::otlp::{Program, probe};

/// How long programs of servers have to end by themselves.
const SERVERS_END: Duration = Duration::from_secs(5);

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// What works, a line each.
    pub fine: Vec<String>,
    /// What is odd and keeps nothing from working, a line each.
    pub odd: Vec<String>,
    /// What does not work.
    pub wrong: Vec<SetupError>,
}

/// Finds out whether a bundle would be served here.
///
/// # Errors
/// The system has no threads to find anything out with.
pub fn check(
    bundle: VerifiedBundle,
    environment: &Environment,
    usual: Usual<'_>,
    (writes, agents): (&WriteFlags, &AgentFlags),
) -> Result<Found, SetupError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| no_threads(&error))?;
    let mut found = Found { odd: config::unknown(environment), ..Found::default() };
    let given = found.take(config::with_credentials(environment.clone(), None));
    let environment = given.as_ref().unwrap_or(environment);
    runtime.block_on(async {
        found.settings(bundle.bundle(), environment);
        found.authentication(bundle.bundle(), environment).await;
        found.odd.extend(config::overruled(writes, environment));
        let writes = found.take(config::writes(writes, environment));
        let agents = found.take(config::agents(agents, bundle.bundle()));
        found.state(bundle.bundle(), environment, usual).await;
        if let Some(agents) = agents {
            let scope = agents.as_ref().map_or(Scope::All, Scope::Agents);
            let writes = writes.and_then(|writes| found.take(chosen(bundle.bundle(), scope, writes)));
            // Nothing is invoked, so that nothing is kept. Without a choice, the rest is found out as if nothing were written.
            let supposed = writes.as_ref().unwrap_or(&Writes::Stubbed);
            let runner = instantiate(bundle, environment, scope, supposed, State::default());
            if let Some(runner) = found.take(runner) {
                found.runner(&runner);
                if let Some(line) = writes.and_then(|_| listing::writes(&runner)) {
                    found.fine(line);
                }
                found.servers(&runner).await;
                runner.close(SERVERS_END).await;
            }
        }
    });
    // A name that is being looked up for somebody who was given up is waited for by nobody.
    runtime.shutdown_background();
    Ok(found)
}

impl Found {
    /// What was wanted, or nothing; then it is wrong.
    fn take<T>(&mut self, result: Result<T, SetupError>) -> Option<T> {
        result.map_err(|error| self.wrong.push(error)).ok()
    }

    fn fine(&mut self, line: String) {
        // Several agents may use one thing.
        if !self.fine.contains(&line) {
            self.fine.push(line);
        }
    }

    fn settings(&mut self, bundle: &Bundle, environment: &Environment) {
        self.take(config::log_settings(environment, StandardError::Elsewhere));
        self.odd.extend(config::unused_collector(environment));
        let Some(settings) = self.take(config::serve_settings(environment)) else { return };
        self.odd.extend(in_the_clear(bundle, &settings));
        if let (Some(()), Some(tls)) = (self.take(ensure_certificate(&settings)), &settings.tls) {
            let [certificate, key] = [&tls.certificate, &tls.key].map(|path| crate::load::shown(path));
            self.fine(format!("certificate: `{certificate}`, with the key `{key}`"));
        }
        let (allowed, there) = (self.take(judge(bundle, &settings)), self.take(ensure_addresses(&settings)));
        if allowed.and(there).is_some() {
            let reach = |address: &SocketAddr| {
                if address.ip().to_canonical().is_loopback() { "this machine alone" } else { "other machines too" }
            };
            let (address, spoken) =
                (SocketAddr::new(settings.host, settings.port), if settings.tls.is_some() { " over TLS" } else { "" });
            self.fine(format!("listener: `{address}`{spoken}, for {}", reach(&address)));
            if let Some(admin) = &settings.admin {
                self.fine(format!("metrics and traces: `{admin}`{spoken}, for {}", reach(admin)));
            }
        }
    }

    async fn authentication(&mut self, bundle: &Bundle, environment: &Environment) {
        let authentication = &bundle.auth.authentication;
        let Some(identity) = self.take(Identity::configure(authentication, environment)) else { return };
        let Some(probed) = self.take(identity.probe().await) else { return };
        self.fine(match authentication {
            Authentication::Sources(sources) if sources.len() == 1 => "authentication: 1 source".to_owned(),
            Authentication::Sources(sources) => format!("authentication: {} sources", sources.len()),
            Authentication::Unset | Authentication::Nobody => {
                "authentication: none, everybody is `anonymous`".to_owned()
            }
        });
        for line in probed {
            self.fine(line);
        }
    }

    /// Looks whether there is a store, and makes none: who checks may be somebody else than who serves.
    async fn state(&mut self, bundle: &Bundle, environment: &Environment, usual: Usual<'_>) {
        let Some(settings) = self.take(config::state_settings(environment, usual)) else { return };
        self.collector(bundle, &settings, environment).await;
        let Some(looked) = self.take(state::look(&settings, environment).await) else { return };
        let place = match &settings.place {
            None => "none is kept".to_owned(),
            Some(StatePlace::Folder(folder)) => format!("the folder `{}`", crate::load::shown(folder)),
            // The address may hold a password.
            Some(StatePlace::Database(_)) => "the database at `DATABASE_URL`".to_owned(),
        };
        let begun = match looked {
            None | Some(Looked::Ready) => "",
            Some(Looked::Older) => ", which the start brings up to date",
            Some(Looked::Absent) => ", which the start sets up",
        };
        self.fine(format!("state: {place}{begun}"));
    }

    /// Sends nothing to the collector, where there is one, and heeds what it answers. One that is away keeps nothing from starting.
    async fn collector(&mut self, bundle: &Bundle, settings: &StateSettings, environment: &Environment) {
        let Some(otlp) = &settings.otlp else { return };
        let project = bundle.meta.project.to_string();
        let program = Program { project: &project, deployment: &settings.environment };
        let address = shown(&otlp.endpoint);
        match self.take(probe(otlp, program, environment).await) {
            Some(Ok(())) => self.fine(format!("collector: `{address}`, takes spans")),
            Some(Err(why)) => self.odd.push(format!("the collector at `{address}` takes no spans now: {why}")),
            None => {}
        }
    }

    fn runner(&mut self, runner: &Runner) {
        let names: Vec<_> = runner.doors().map(|agent| format!("`{}`", agent.name)).collect();
        if !names.is_empty() {
            self.fine(format!("agents: {}", names.join(", ")));
        }
        for agent in runner.agents() {
            self.fine(format!("model `{}`: {}", agent.model.name(), agent.model.whereabouts()));
        }
    }

    /// Connects to every server, as everybody who has a credential for it, side by side.
    async fn servers(&mut self, runner: &Runner) {
        let servers = runner.all_servers();
        let missing: BTreeSet<_> = servers.iter().flat_map(|server| server.missing()).collect();
        self.wrong.extend(missing.into_iter().map(|why| {
            let help = "set what it refers to, or give another credential in what `PACE_CREDENTIALS` names";
            SetupError::new(format!("a credential cannot be used: {why}"), help)
        }));
        let asked = servers.iter().flat_map(|server| server.askers().into_iter().map(move |asker| (server, asker)));
        let statuses = join_all(asked.map(|(server, asker)| async move {
            let status = server.status(&Chain::direct(Subject::new(asker.clone()))).await;
            (server, asker, status)
        }));
        for (server, asker, status) in statuses.await {
            self.server(server, &asker, status);
        }
    }

    fn server(&mut self, server: &Arc<ServedServer>, asker: &Principal, status: Status) {
        let name = quoted(server.key());
        let whose = if server.is_open() { String::new() } else { format!(" with the credential of `{asker}`") };
        match status {
            Status::Connected => self.fine(format!("server `{name}`: connected{whose}, offers what was pinned")),
            Status::Differs(tools) => {
                let message = format!("the server `{name}` is not what was pinned: {}", tools.join("; "));
                let help =
                    "run `pace mcp update` and build again if this is meant; until then these tools are not called";
                self.wrong.push(SetupError::new(message, help));
            }
            Status::Failed(why) => {
                let message = format!("the server `{name}` does not answer{whose}: {why}");
                self.wrong.push(SetupError::new(message, "start it, or let its address lead to where it is"));
            }
        }
    }
}
