//! What the agents that are served need: models and their keys, tools and their variables, what writes do, credentials, and servers.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use pace_ir::Bundle;
use pace_ir::access::{Chain, Subject, Tool};
use pace_ir::program::{Access, Principal, Target, Template, ToolEntry};
use pace_ir::text::quoted;

use super::Found;
use crate::config::StateSettings;
use crate::environment::Environment;
use crate::instantiate::{Parts, Scope, gather};
use crate::model::Models;
use crate::serve::listing;
use crate::setup::SetupError;
use crate::tool::audit::Audit;
use crate::tool::{ServedServer, Status, Toolbox, Writes, server};

/// How long programs of servers have to end by themselves.
const SERVERS_END: Duration = Duration::from_secs(5);

/// Whose needs, and what there is for them.
#[derive(Clone, Copy)]
pub(super) struct Needs<'b> {
    pub(super) bundle: &'b Bundle,
    pub(super) environment: &'b Environment,
    pub(super) scope: Scope<'b>,
}

impl<'b> Needs<'b> {
    /// What the agents list as tools.
    fn entries(self) -> impl Iterator<Item = &'b ToolEntry> {
        let agents = self.scope.agents(self.bundle).into_iter();
        agents.filter_map(|name| self.bundle.program.agents.get(name)).flat_map(|agent| &agent.tools)
    }

    /// The tools that write and refer to variables, where nobody knows whether they are called and so need them.
    fn undecided(self, supposed: &Writes) -> BTreeSet<&'b str> {
        let local = self.entries().filter_map(|entry| match &entry.target {
            Target::Local(local) if entry.access == Access::Write => Some((entry, local.tool.as_str())),
            Target::Local(_) | Target::Server(_) | Target::Agent(_) => None,
        });
        let undecided = local.filter(|(entry, tool)| {
            let refers = entry.env.values().any(Template::has_reference);
            refers && !supposed.is_live(&Tool::Local((*tool).into()))
        });
        undecided.map(|(_, tool)| tool).collect()
    }
}

impl Found {
    /// All of it. `chosen` is what writes do and `state` what says where the store is to be, where these are known.
    pub(super) async fn needs(&mut self, needs: Needs<'_>, chosen: Option<Writes>, state: Option<StateSettings>) {
        let Needs { bundle, environment, scope } = needs;
        // Without a choice, the rest is found out as if nothing were written.
        let supposed = chosen.clone().unwrap_or_default();
        let (Parts { models, tools, .. }, missing) = gather(bundle, environment, scope, &supposed);
        self.blame(missing);
        self.agents(needs, &models);
        if chosen.is_some_and(|writes| writes.check(bundle, environment).is_ok()) {
            // A store has the record of live writes.
            if supposed.are_live(bundle, scope.agents(bundle)) && state.is_some_and(|settings| settings.place.is_none())
            {
                self.take(Audit::default().ensure_kept());
            }
            if let Some(line) = listing::writes(&tools) {
                self.fine(line);
            }
        } else {
            for tool in needs.undecided(&supposed) {
                self.unjudged(format!("the variables of `{tool}`, because nobody knows whether its writes are made"));
            }
        }
        self.blame(server::credentials(bundle, scope.agents(bundle).into_iter(), environment));
        self.servers(needs, &tools).await;
        tools.close(SERVERS_END).await;
    }

    fn agents(&mut self, needs: Needs<'_>, models: &Models) {
        let names = needs.scope.doors(needs.bundle).into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>();
        if !names.is_empty() {
            self.fine(format!("agents: {}", names.join(", ")));
        }
        for model in models.iter() {
            self.fine(format!("model `{}`: {}", model.name(), model.whereabouts()));
        }
    }

    /// Connects to every server, as everybody who has a credential for it, side by side.
    async fn servers(&mut self, needs: Needs<'_>, tools: &Toolbox) {
        let servers: Vec<_> = tools.all_servers().collect();
        for entry in needs.entries() {
            let Target::Server(target) = &entry.target else { continue };
            if servers.iter().all(|server| server.key() != target.server) {
                self.unjudged(format!("the server `{}`, because it cannot be set up", quoted(&target.server)));
            }
        }
        for server in servers.iter().filter(|server| server.askers().is_empty()) {
            let name = quoted(server.key());
            self.unjudged(format!("the server `{name}`, because there is no credential for it that can be used"));
        }
        let asked = servers.iter().flat_map(|server| server.askers().into_iter().map(move |asker| (*server, asker)));
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
                self.blame([SetupError::new(message, help)]);
            }
            Status::Failed(why) => {
                let message = format!("the server `{name}` does not answer{whose}: {why}");
                self.blame([SetupError::new(message, "start it, or let its address lead to where it is")]);
            }
        }
    }
}
