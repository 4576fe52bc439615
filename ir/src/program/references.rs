//! Duty 8 of a reader: everything a bundle names is in it, and nothing in it is unnamed.

use std::collections::BTreeSet;

use super::authentication::{Authentication, Source};
use super::name::ServiceAccountName;
use super::principal::Principal;
use super::tool::Target;
use super::{Agent, AgentName, Bundle};
use crate::digest::Digest;
use crate::text::quoted;

/// Something a bundle names and does not hold, or holds and does not name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{holder} {fault}")]
pub struct BrokenReference {
    /// What is at fault: ``agent `helper` ``.
    pub holder: String,
    /// In which way: ``names the model `x`, which the bundle does not hold``.
    pub fault: String,
}

type Check = Result<(), BrokenReference>;

impl Bundle {
    /// Checks that everything named is held and every blob is used.
    ///
    /// # Errors
    /// The first broken reference, in the order agents, loops, access, tools, blobs.
    pub fn check_references(&self) -> Check {
        for (name, agent) in &self.program.agents {
            self.check_agent(name, agent)?;
        }
        for (name, l) in &self.program.loops {
            held(
                self.program.agents.contains_key(&l.agent),
                || format!("loop `{name}`"),
                || missing("agent", &l.agent),
            )?;
            held(self.auth.loops.contains_key(name), || format!("loop `{name}`"), no_access)?;
        }
        self.check_access()?;
        self.check_blobs()
    }

    fn check_agent(&self, name: &AgentName, agent: &Agent) -> Check {
        let holder = || format!("agent `{name}`");
        held(self.auth.agents.contains_key(name), holder, no_access)?;
        held(self.program.models.contains_key(&agent.model), holder, || missing("model", &agent.model))?;
        for skill in &agent.skills {
            held(self.tools.skills.contains_key(skill), holder, || missing("skill", skill))?;
        }
        for entry in &agent.tools {
            match &entry.target {
                Target::Local(local) => {
                    held(self.tools.local.contains_key(&local.tool), holder, || missing("tool", &local.tool))?;
                }
                Target::Server(server) => {
                    held(self.tools.servers.contains_key(&server.server), holder, || {
                        missing("server", &server.server)
                    })?;
                }
                Target::Agent(target) => {
                    held(self.program.agents.contains_key(&target.agent), holder, || missing("agent", &target.agent))?;
                }
            }
        }
        Ok(())
    }

    fn check_access(&self) -> Check {
        let auth = &self.auth;
        for name in auth.agents.keys() {
            held(self.program.agents.contains_key(name), access_list, || missing("agent", name))?;
        }
        for name in auth.loops.keys() {
            held(self.program.loops.contains_key(name), access_list, || missing("loop", name))?;
        }
        let accounts = self.accounts();
        for account in self.named_accounts() {
            held(accounts.contains(account.as_str()), access_list, || missing("service account", account))?;
        }
        Ok(())
    }

    /// Every service account a rule names.
    fn named_accounts(&self) -> BTreeSet<&ServiceAccountName> {
        let auth = &self.auth;
        let lists = auth.agents.values().filter_map(|a| a.acl.as_ref());
        let lists = lists.chain(auth.loops.values().filter_map(|l| l.acl.as_ref()));
        let principals = lists.flatten().map(|(principal, _)| principal);
        let principals = principals.chain(auth.project.iter().map(|(principal, _)| principal));
        let principals = principals.chain(auth.grants.values().flat_map(|grants| grants.keys()));
        let principals = principals.chain(auth.credentials.values().flat_map(|of_server| of_server.keys()));
        let mut accounts: BTreeSet<_> =
            principals.chain(token_principals(&auth.authentication)).filter_map(account).collect();
        accounts.extend(auth.agents.values().map(|a| &a.run_as));
        accounts.extend(auth.loops.values().map(|l| &l.run_as));
        accounts.extend(mapped_accounts(&auth.authentication));
        accounts
    }

    /// Every service account there is: those declared, and one for each agent.
    fn accounts(&self) -> BTreeSet<&str> {
        let declared = self.auth.service_accounts.iter().map(ServiceAccountName::as_str);
        declared.chain(self.program.agents.keys().map(AgentName::as_str)).collect()
    }

    fn check_blobs(&self) -> Check {
        let named = self.named_blobs();
        for digest in &named {
            held(self.blobs.blobs.contains_key(digest), tool_table, || missing("blob", digest))?;
        }
        for (digest, bytes) in &self.blobs.blobs {
            let holder = || format!("blob {digest}");
            held(Digest::of(bytes) == *digest, holder, || "has other bytes than its digest says".to_owned())?;
            held(named.contains(digest), holder, || "is used by nothing".to_owned())?;
        }
        Ok(())
    }

    fn named_blobs(&self) -> BTreeSet<Digest> {
        let turns = self.program.models.values().filter_map(|model| model.turns);
        let modules = self.tools.local.values().flat_map(|tool| [tool.module, tool.source]);
        let skills = self.tools.skills.values();
        let texts = skills.flat_map(|skill| skill.files.values().copied().chain([skill.text]));
        let trees = self.tools.servers.values().filter_map(|server| Some(server.package.as_ref()?.tree));
        turns.chain(modules).chain(texts).chain(trees).collect()
    }
}

fn held(is_held: bool, holder: impl Fn() -> String, fault: impl FnOnce() -> String) -> Check {
    if is_held { Ok(()) } else { Err(BrokenReference { holder: holder(), fault: fault() }) }
}

fn missing(what: &str, name: impl std::fmt::Display) -> String {
    let name = quoted(&name.to_string());
    format!("names the {what} `{name}`, which the bundle does not hold")
}

fn no_access() -> String {
    "has no entry in the access section".to_owned()
}

fn access_list() -> String {
    "the access section".to_owned()
}

fn tool_table() -> String {
    "the program".to_owned()
}

fn account(principal: &Principal) -> Option<&ServiceAccountName> {
    match principal {
        Principal::ServiceAccount(name) => Some(name),
        Principal::User(_) | Principal::Group(_) | Principal::Authenticated | Principal::Anonymous => None,
    }
}

fn sources(authentication: &Authentication) -> &[Source] {
    match authentication {
        Authentication::Sources(sources) => sources,
        Authentication::Unset | Authentication::Nobody => &[],
    }
}

fn token_principals(authentication: &Authentication) -> impl Iterator<Item = &Principal> {
    sources(authentication)
        .iter()
        .flat_map(|source| match source {
            Source::Tokens(tokens) => tokens.as_slice(),
            Source::Jwt(_) | Source::Header(_) => &[],
        })
        .map(|token| &token.principal)
}

fn mapped_accounts(authentication: &Authentication) -> impl Iterator<Item = &ServiceAccountName> {
    sources(authentication)
        .iter()
        .filter_map(|source| match source {
            Source::Jwt(jwt) => Some(std::iter::once(&jwt.principal).chain(&jwt.groups)),
            Source::Tokens(_) | Source::Header(_) => None,
        })
        .flatten()
        .flat_map(|mapping| mapping.service_accounts.values())
}
