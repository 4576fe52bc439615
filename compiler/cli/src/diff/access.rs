//! Access lists of the project, of agents and of loops.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::Bundle;
use pace_ir::program::{AgentName, Principal, ProjectRole, Role, ServiceAccountName};

use super::changes::{Changes, paired};
use super::values;

type List = BTreeSet<(Principal, Role)>;

/// Declared accounts. A declaration alone lets nobody do anything.
pub(super) fn accounts(changes: &mut Changes, a: &BTreeSet<ServiceAccountName>, b: &BTreeSet<ServiceAccountName>) {
    for account in b.difference(a) {
        changes.changes("service_accounts", format!("declares `serviceaccount:{account}`"));
    }
    for account in a.difference(b) {
        changes.changes("service_accounts", format!("no longer declares `serviceaccount:{account}`"));
    }
}

/// The project's list: for each principal the most it gives.
pub(super) fn project(
    changes: &mut Changes,
    a: &BTreeSet<(Principal, ProjectRole)>,
    b: &BTreeSet<(Principal, ProjectRole)>,
) {
    let most = |list: &BTreeSet<(Principal, ProjectRole)>| -> BTreeMap<Principal, ProjectRole> {
        // Sorted by role within a principal, so the last one stays, and `admin` comes last.
        list.iter().cloned().collect()
    };
    let show = |role: &Option<ProjectRole>| match role {
        None => "without a role in the project",
        Some(ProjectRole::Read) => "a reader of all traces and sessions",
        Some(ProjectRole::Admin) => "an admin",
    };
    let (a, b) = (most(a), most(b));
    for (principal, a, b) in paired(&a, &b) {
        let name = format!("`{principal}`");
        changes.level("acl", &name, (a.copied(), b.copied()), |role| show(role).to_owned());
    }
}

/// Who may execute an agent, in words.
pub(super) fn executors(bundle: &Bundle, agent: &AgentName) -> String {
    match bundle.auth.agents.get(agent).and_then(|access| access.acl.as_ref()) {
        None => "whoever the listener admits may execute it".to_owned(),
        Some(list) => {
            let named = list.iter().filter(|(_, role)| *role == Role::Execute).map(|(principal, _)| principal);
            format!("its `acl` lets {} execute it", values::quoted(named, "nobody"))
        }
    }
}

/// An agent's list. Without one, everybody may execute it.
pub(super) fn agent(changes: &mut Changes, a: Option<&List>, b: Option<&List>) {
    match (a, b) {
        (None, Some(_)) => {
            changes.shrinks("acl", "only those its `acl` names may execute it, was whoever the listener admits");
        }
        (Some(_), None) => {
            changes.grows("acl", "has no `acl` any more: whoever the listener admits may execute it");
        }
        (Some(a), Some(b)) => role(changes, (a, b), Role::Execute, "execute it"),
        (None, None) => {}
    }
    let none = BTreeSet::new();
    role(changes, (a.unwrap_or(&none), b.unwrap_or(&none)), Role::Read, "see its traces and sessions");
}

/// A loop's list. Without one, only the operator of the machine may trigger it.
pub(super) fn scheduled_loop(changes: &mut Changes, a: Option<&List>, b: Option<&List>) {
    match (a, b) {
        (None, Some(_)) => {
            changes.shrinks("acl", "the operator of the machine may trigger it only if its `acl` says so");
        }
        (Some(_), None) => changes.grows("acl", "has no `acl` any more: the operator of the machine may trigger it"),
        (None, None) | (Some(_), Some(_)) => {}
    }
    let none = BTreeSet::new();
    let lists = (a.unwrap_or(&none), b.unwrap_or(&none));
    role(changes, lists, Role::Execute, "trigger it");
    role(changes, lists, Role::Read, "see its traces");
}

/// Those whom two lists give a role.
fn role(changes: &mut Changes, (a, b): (&List, &List), role: Role, may: &str) {
    for (principal, _) in b.difference(a).filter(|(_, given)| *given == role) {
        if covers(a, principal, role) {
            changes.changes("acl", format!("names `{principal}`, who could {may} anyway"));
        } else {
            changes.grows("acl", format!("`{principal}` may {may}"));
        }
    }
    for (principal, _) in a.difference(b).filter(|(_, given)| *given == role) {
        if covers(b, principal, role) {
            changes.changes("acl", format!("no longer names `{principal}`, who can {may} anyway"));
        } else {
            changes.shrinks("acl", format!("`{principal}` may no longer {may}"));
        }
    }
}

/// Whether a list gives a principal a role that it does not name with it.
fn covers(list: &List, principal: &Principal, role: Role) -> bool {
    *principal != Principal::Anonymous && list.contains(&(Principal::Authenticated, role))
}
