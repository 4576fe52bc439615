//! Third pass: everything that can be known before anything runs. Each rule is one file: the check, the words, the fix.
//! What comes out holds plain values only; it exists only if nothing was an error.

mod access_list;
mod acl_widened;
mod agent;
mod authentication;
mod credentials;
mod delegation_cycle;
mod generation;
mod grants;
mod limits;
mod lint_levels;
mod listed;
mod loop_as_agent;
mod loop_not_admitted;
mod model;
mod no_directory;
mod open_agent;
mod output_schema;
mod plain_http_credential;
mod registries;
mod schedule;
mod secret_literal;
mod skills;
mod tool_entry;
mod tool_name_clash;
mod undelivered_group;
mod unreached_grant;
mod unusable_tool;

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Diagnostic, Lints, Reported, Sink, code};
use pace_ir::program::authorization::Credential;
use pace_ir::program::{
    Access, Authentication, GrantTarget, ModelName, Principal, ProjectName, ProjectRole, ServiceAccountName,
};

pub(crate) use agent::CheckedAgent;
pub(crate) use model::CheckedModel;
pub(crate) use schedule::CheckedLoop;
pub(crate) use tool_entry::CheckedTool;

use crate::resolve::Resolved;
use listed::Listed;

/// A project without errors.
#[derive(Debug)]
pub(crate) struct Checked<'p> {
    /// Its names.
    pub(crate) resolved: &'p Resolved<'p>,
    /// The levels of lints.
    pub(crate) lints: Lints,
    /// What the project is called.
    pub(crate) project: ProjectName,
    /// In the order of their names.
    pub(crate) agents: Vec<CheckedAgent<'p>>,
    /// In the order of their names.
    pub(crate) loops: Vec<CheckedLoop<'p>>,
    /// The models agents use.
    pub(crate) models: BTreeMap<ModelName, CheckedModel<'p>>,
    /// How a request's principal is found.
    pub(crate) authentication: Authentication,
    /// Declared accounts.
    pub(crate) service_accounts: BTreeSet<ServiceAccountName>,
    /// The project's access list.
    pub(crate) project_acl: BTreeSet<(Principal, ProjectRole)>,
    /// Who may use which tool.
    pub(crate) grants: BTreeMap<GrantTarget, BTreeMap<Principal, Access>>,
    /// What servers are shown.
    pub(crate) credentials: BTreeMap<String, BTreeMap<Principal, Credential>>,
}

/// Checks a project.
///
/// # Errors
/// When anything was reported as an error, by this pass or an earlier one.
pub(crate) fn check<'p>(resolved: &'p Resolved<'p>, sink: &mut Sink) -> Result<Checked<'p>, Reported> {
    let checked = sound(resolved, sink);
    sink.check().map(|()| checked)
}

/// Checks a project, and answers with what is sound of it: all of it where nothing was reported as an error, by this pass or an
/// earlier one.
pub(crate) fn sound<'p>(resolved: &'p Resolved<'p>, sink: &mut Sink) -> Checked<'p> {
    let parsed = resolved.parsed;
    let lints = lint_levels::read(parsed, sink);
    layout(resolved, &lints, sink);
    let agents: Vec<_> = resolved.agents.values().map(|agent| agent::check(agent, resolved, &lints, sink)).collect();
    let loops: Vec<_> = resolved.loops.values().map(|l| schedule::check(l, resolved, &lints, sink)).collect();
    let models = model::check(resolved, sink);
    registries::check(parsed, sink);
    delegation_cycle::check(resolved, sink);
    acl_widened::check(resolved, &lints, sink);
    loop_as_agent::check(resolved, sink);
    loop_not_admitted::check(resolved, &lints, sink);
    let listed = Listed::of(resolved);
    open_agent::check(resolved, &lints, sink);
    unreached_grant::check(resolved, &listed, &lints, sink);
    undelivered_group::check(resolved, &lints, sink);
    unusable_tool::check(resolved, &lints, sink);
    plain_http_credential::check(resolved, &lints, sink);
    let settings = parsed.settings();
    let checked = Checked {
        resolved,
        project: settings.and_then(|settings| settings.project.get().cloned()).unwrap_or_default(),
        agents: agents.into_iter().flatten().collect(),
        loops: loops.into_iter().flatten().collect(),
        models,
        authentication: authentication::check(parsed, sink),
        service_accounts: resolved.accounts.declared.keys().map(|name| (*name).clone()).collect(),
        project_acl: access_list::project(parsed, sink),
        grants: grants::check(resolved, &listed, &lints, sink),
        credentials: credentials::check(resolved, &listed, &lints, sink),
        lints,
    };
    secret_literal::check(resolved, &checked.lints, sink);
    checked
}

impl Checked<'_> {
    /// Whether everything that authors wrote of agents' tools, grants and credentials is here: what one entry lacks may stand in another
    /// that could not be read.
    pub(crate) fn is_whole(&self) -> bool {
        let resolved = self.resolved;
        let is_read = |agent: &CheckedAgent<'_>| {
            let written = &agent.resolved.spec.tools;
            written.is_complete() && written.items().len() == agent.tools.len()
        };
        let are_agents = self.agents.len() == resolved.parsed.agents.len() && self.agents.iter().all(is_read);
        let Some(settings) = resolved.parsed.settings() else { return resolved.parsed.complete && are_agents };
        let grants = &settings.tool_grants;
        let are_grants = grants.is_complete()
            && grants.items().len() == resolved.grants.len()
            && resolved.grants.iter().all(|entry| entry.spec.grants.is_complete());
        let credentials = &settings.mcp_credentials;
        let of_server = credentials.entries().iter().map(|(_, held)| &held.value);
        let are_credentials = credentials.is_complete()
            && of_server.clone().all(|held| held.complete)
            && of_server.map(|held| held.entries.len()).sum::<usize>()
                == self.credentials.values().map(BTreeMap::len).sum::<usize>();
        resolved.parsed.complete && are_agents && are_grants && are_credentials
    }
}

/// Files that nothing reads, and a project without agents.
fn layout(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    for diagnostic in &resolved.parsed.misplaced {
        sink.lint(lints, diagnostic.clone());
    }
    if resolved.parsed.agents.is_empty() && resolved.parsed.complete {
        let diagnostic = Diagnostic::new(&code::NO_AGENTS, "the project has no agents")
            .help("write one in `agents/<name>/spec.yaml`");
        sink.lint(lints, diagnostic);
    }
}
