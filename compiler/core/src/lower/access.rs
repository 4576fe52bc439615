//! Identities and access lists.

use pace_ir::program::AuthSection;
use pace_ir::program::authorization::{AgentAccess, LoopAccess};

use crate::check::Checked;

/// The `AUTH` section.
pub(super) fn auth(checked: &Checked<'_>) -> AuthSection {
    let agents = checked.agents.iter().map(|agent| {
        let access = AgentAccess { run_as: agent.run_as.clone(), acl: agent.acl.clone() };
        (agent.resolved.name.value.clone(), access)
    });
    let loops = checked.loops.iter().map(|l| {
        let access = LoopAccess { run_as: l.run_as.clone(), acl: l.acl.clone() };
        (l.name.value.clone(), access)
    });
    AuthSection {
        authentication: checked.authentication.clone(),
        service_accounts: checked.service_accounts.clone(),
        project: checked.project_acl.clone(),
        agents: agents.collect(),
        loops: loops.collect(),
        grants: checked.grants.clone(),
        credentials: checked.credentials.clone(),
    }
}
