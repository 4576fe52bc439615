//! Second pass: names become the things they name. Reports names that are used twice or lead nowhere; says nothing of
//! what the things mean.

mod account;
mod agents;
pub(crate) mod duplicate_entry;
mod duplicate_name;
mod models;
mod named;
pub(crate) mod tool_files;
mod tools;
mod unknown_agent;

use std::collections::BTreeMap;

use pace_diag::Sink;
use pace_ir::program::{AgentName, LoopName, ModelName, ServiceAccountName};
use pace_syntax::{Span, Spanned};

pub(crate) use account::Accounts;
pub(crate) use models::ResolvedModel;
pub(crate) use pace_ir::program::address::{Address, Destination, PackageManager, is_exposed, is_secure};
pub(crate) use tools::{ResolvedGrant, ResolvedTarget, ResolvedTool, malformed_server};

use crate::overrides::Overrides;
use crate::parse::spec::{AgentSpec, LoopSpec};
use crate::parse::{Parsed, SpecFile};

/// A project whose names are resolved. What did not resolve is absent, and was reported.
#[derive(Debug)]
pub(crate) struct Resolved<'p> {
    /// What was read.
    pub(crate) parsed: &'p Parsed,
    /// By name.
    pub(crate) agents: BTreeMap<&'p AgentName, ResolvedAgent<'p>>,
    /// By name.
    pub(crate) loops: BTreeMap<&'p LoopName, ResolvedLoop<'p>>,
    /// Every service account there is.
    pub(crate) accounts: Accounts<'p>,
    /// The project's own models.
    pub(crate) models: BTreeMap<&'p ModelName, ResolvedModel<'p>>,
    /// `tool_grants`, in the author's order.
    pub(crate) grants: Vec<ResolvedGrant<'p>>,
}

/// An agent whose names are resolved.
#[derive(Debug)]
pub(crate) struct ResolvedAgent<'p> {
    /// Where it was read.
    pub(crate) file: &'p SpecFile<AgentSpec>,
    /// What was read.
    pub(crate) spec: &'p AgentSpec,
    /// The name and its place.
    pub(crate) name: &'p Spanned<AgentName>,
    /// The model's name, and its place unless the run chose another than the spec.
    pub(crate) model_name: Option<(&'p ModelName, Option<Span>)>,
    /// What that name stands for.
    pub(crate) model: Option<ResolvedModel<'p>>,
    /// What `tools` names, in the author's order.
    pub(crate) tools: Vec<ResolvedTool<'p>>,
    /// The agent's own identity.
    pub(crate) run_as: Option<ServiceAccountName>,
}

/// A loop whose names are resolved.
#[derive(Debug)]
pub(crate) struct ResolvedLoop<'p> {
    /// What was read.
    pub(crate) spec: &'p LoopSpec,
    /// The name and its place.
    pub(crate) name: &'p Spanned<LoopName>,
    /// Who works.
    pub(crate) agent: Option<&'p AgentName>,
    /// Who it acts as.
    pub(crate) run_as: Option<Spanned<ServiceAccountName>>,
}

/// Resolves every name of a project.
pub(crate) fn resolve<'p>(parsed: &'p Parsed, overrides: &'p Overrides, sink: &mut Sink) -> Resolved<'p> {
    let accounts = account::collect(parsed, sink);
    let models = models::declared(parsed, sink);
    let named = named::collect(parsed, sink);
    let agents = agents::resolve(&named, &models, &accounts, parsed, overrides, sink);
    let loops = agents::loops(&named, &accounts, parsed, sink);
    account::check_lists(parsed, &accounts, sink);
    let grants = tools::grants(parsed, sink);
    Resolved { parsed, agents, loops, accounts, models, grants }
}
