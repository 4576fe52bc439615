//! What `pace-runner check` finds out: all that a start would need, one thing after the other, whatever is wrong with the others. It
//! listens on nothing, asks no model anything, calls no tool, and changes nothing; servers are connected to, issuers asked for their
//! keys, the store is looked at, and the collector is sent no spans at all, because nothing else shows that they work.
//!
//! It has no rules of its own: each part is judged by what a start judges it by. What depends on something that is wrong itself is
//! said to be unjudged, so that silence never looks like praise.

mod needs;
mod state;

use std::net::SocketAddr;

use pace_ir::program::Authentication;
use pace_ir::{Bundle, VerifiedBundle};

use self::needs::Needs;
use super::{chosen, no_threads};
use crate::authenticate::Identity;
use crate::config::{self, AgentFlags, StandardError, Usual, WriteFlags};
use crate::environment::Environment;
use crate::instantiate::Scope;
use crate::serve::{ensure_addresses, ensure_certificate, in_the_clear, judge};
use crate::setup::SetupError;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// What works, a line each.
    pub fine: Vec<String>,
    /// What is odd and keeps nothing from working, a line each.
    pub odd: Vec<String>,
    /// What could not be judged, and because of what, a line each.
    pub unjudged: Vec<String>,
    /// What does not work.
    pub wrong: Vec<SetupError>,
}

/// Finds out whether a bundle would be served here.
///
/// # Errors
/// The system has no threads to find anything out with.
pub fn check(
    bundle: &VerifiedBundle,
    environment: &Environment,
    usual: Usual<'_>,
    (writes, agents): (&WriteFlags, &AgentFlags),
) -> Result<Found, SetupError> {
    let bundle = bundle.bundle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| no_threads(&error))?;
    let mut found = Found { odd: config::unknown(environment), ..Found::default() };
    let given = found.take(config::with_credentials(environment.clone(), None));
    let environment = &given.unwrap_or_else(|| environment.clone().with_lost_credentials());
    runtime.block_on(async {
        found.settings(bundle, environment);
        found.authentication(bundle, environment).await;
        found.odd.extend(config::overruled(writes, environment));
        let writes = found.take(config::writes(writes, environment));
        let agents = found.take(config::agents(agents, bundle));
        let state = found.state(bundle, environment, usual).await;
        match &agents {
            Some(agents) => {
                let scope = agents.as_ref().map_or(Scope::All, Scope::Agents);
                let writes = writes.and_then(|writes| found.take(chosen(bundle, scope, writes)));
                found.needs(Needs { bundle, environment, scope }, writes, state).await;
            }
            None => found.unjudged("agents and what they need, because nobody knows which are meant".to_owned()),
        }
    });
    // A name that is being looked up for somebody who was given up is waited for by nobody.
    runtime.shutdown_background();
    Ok(found)
}

impl Found {
    /// Whether everything was judged and works.
    pub fn is_sound(&self) -> bool {
        self.wrong.is_empty() && self.unjudged.is_empty()
    }

    /// What was wanted, or nothing; then it is wrong.
    fn take<T>(&mut self, result: Result<T, SetupError>) -> Option<T> {
        result.map_err(|error| self.blame([error])).ok()
    }

    /// Each for itself, and each once: several parts may need one thing.
    fn blame(&mut self, errors: impl IntoIterator<Item = SetupError>) {
        for error in errors.into_iter().flat_map(SetupError::each) {
            if error.is_unjudged() {
                self.unjudged(error.message);
            } else if !self.wrong.contains(&error) {
                self.wrong.push(error);
            }
        }
    }

    fn fine(&mut self, line: String) {
        // Several agents may use one thing.
        if !self.fine.contains(&line) {
            self.fine.push(line);
        }
    }

    fn unjudged(&mut self, line: String) {
        if !self.unjudged.contains(&line) {
            self.unjudged.push(line);
        }
    }

    fn settings(&mut self, bundle: &Bundle, environment: &Environment) {
        self.take(config::log_settings(environment, StandardError::Elsewhere));
        self.odd.extend(config::unused_collector(environment));
        let Some(settings) = self.take(config::serve_settings(environment)) else {
            return self.unjudged("the listener, because its settings are wrong".to_owned());
        };
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
        let (identity, missing) = Identity::gather(authentication, environment);
        let probed = identity.probe().await;
        if missing.is_empty() && probed.iter().all(Result::is_ok) {
            self.fine(match authentication {
                Authentication::Sources(sources) if sources.len() == 1 => "authentication: 1 source".to_owned(),
                Authentication::Sources(sources) => format!("authentication: {} sources", sources.len()),
                Authentication::Unset | Authentication::Nobody => {
                    "authentication: none, everybody is `anonymous`".to_owned()
                }
            });
        }
        self.blame(missing);
        for probed in probed {
            if let Some(line) = self.take(probed) {
                self.fine(line);
            }
        }
    }
}
