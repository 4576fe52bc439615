//! What a bundle says, in types of the command line's own: `pace inspect --json` and the manifest print them as JSON,
//! [`text`] prints them for people. Nothing here reads a file or judges anything.

mod access;
mod agent;
mod authentication;
mod file;
mod scheduled_loop;
pub(crate) mod text;
mod tool;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use pace_ir::access::Rules;
use pace_ir::{Bundle, VerifiedBundle};
use serde::Serialize;

pub(crate) use access::{AclEntry, CredentialView};
pub(crate) use agent::{AgentView, ModelView};
pub(crate) use authentication::{AuthenticationView, SourceView};
pub(crate) use file::FileView;
pub(crate) use scheduled_loop::LoopView;
pub(crate) use tool::{LocalToolView, NetRuleView, ServerView, SkillView, TargetView, ToolEntryView};

/// How much of a bundle is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// All of it.
    Everything,
    /// What it does, without what changes when it does the same: ids, digests of stored bytes, sizes, the compiler, inputs.
    Program,
}

/// A bundle.
#[derive(Debug, Serialize)]
pub(crate) struct View {
    /// The file and where it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<FileView>,
    pub(crate) project: String,
    pub(crate) required_features: Vec<String>,
    pub(crate) authentication: AuthenticationView,
    pub(crate) service_accounts: Vec<String>,
    /// The project's own list.
    pub(crate) acl: Vec<AclEntry>,
    /// By tool, then by principal.
    pub(crate) tool_grants: BTreeMap<String, BTreeMap<String, &'static str>>,
    /// By server, then by principal.
    pub(crate) credentials: BTreeMap<String, BTreeMap<String, CredentialView>>,
    pub(crate) agents: BTreeMap<String, AgentView>,
    pub(crate) loops: BTreeMap<String, LoopView>,
    pub(crate) models: BTreeMap<String, ModelView>,
    /// Compiled tools.
    pub(crate) tools: BTreeMap<String, LocalToolView>,
    /// Pinned servers.
    pub(crate) servers: BTreeMap<String, ServerView>,
    pub(crate) skills: BTreeMap<String, SkillView>,
}

impl View {
    /// The view of a bundle.
    pub(crate) fn of(verified: &VerifiedBundle, detail: Detail) -> Self {
        let file = (detail == Detail::Everything).then(|| FileView::of(verified));
        Self { file, ..Self::program(verified.bundle(), detail) }
    }

    /// The view without the file.
    fn program(bundle: &Bundle, detail: Detail) -> Self {
        let Bundle { meta, program, auth, tools, blobs: _, lock: _, source_map: _, sbom: _, tool_map: _ } = bundle;
        let agents = program.agents.iter();
        let agents = agents
            .map(|(name, agent)| (name.to_string(), AgentView::of(agent, auth.agents.get(name), Rules::of(bundle))));
        let loops = program.loops.iter();
        let loops = loops.map(|(name, l)| (name.to_string(), LoopView::of(l, auth.loops.get(name))));
        let models = program.models.iter().map(|(name, model)| (name.to_string(), ModelView::of(model, detail)));
        Self {
            file: None,
            project: meta.project.to_string(),
            required_features: meta.required_features.iter().cloned().collect(),
            authentication: AuthenticationView::of(&auth.authentication),
            service_accounts: auth.service_accounts.iter().map(ToString::to_string).collect(),
            acl: access::project(&auth.project),
            tool_grants: access::grants(&auth.grants),
            credentials: access::credentials(&auth.credentials),
            agents: agents.collect(),
            loops: loops.collect(),
            models: models.collect(),
            tools: tools.local.iter().map(|(key, tool)| (key.clone(), LocalToolView::of(tool, detail))).collect(),
            servers: tools.servers.iter().map(|(key, s)| (key.clone(), ServerView::of(s, detail))).collect(),
            skills: tools.skills.iter().map(|(key, skill)| (key.clone(), SkillView::of(skill, detail))).collect(),
        }
    }
}

/// JSON carried through a bundle, as JSON again.
fn json(json: &pace_ir::program::Json) -> serde_json::Value {
    serde_json::from_str(&json.0).unwrap_or_else(|_| serde_json::Value::String(json.0.clone()))
}

/// A digest, where everything is shown.
fn digest(digest: pace_ir::Digest, detail: Detail) -> Option<String> {
    (detail == Detail::Everything).then(|| digest.to_string())
}
