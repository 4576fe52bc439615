//! Who may do what, once more: a project as a table, and the rules as design and guide tell them in prose. Shares no line with
//! `pace_ir::access`, and is slow and plain on purpose.

mod files;
mod offers;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use offers::{Entry, Offered, address};

/// Somebody who asks.
#[derive(Debug, Clone)]
pub(crate) struct Asker {
    /// `user:u1`, `serviceaccount:s1` or `anonymous`.
    pub(crate) principal: &'static str,
    pub(crate) groups: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Access {
    Read,
    Write,
}

/// A project, as far as access goes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    /// `(principal, "read" | "admin")`.
    pub(crate) project: Vec<(&'static str, &'static str)>,
    pub(crate) agents: BTreeMap<&'static str, Agent>,
    pub(crate) loops: BTreeMap<&'static str, Loop>,
    /// What the servers offer: each tool, and its `readOnlyHint` where it has one.
    pub(crate) servers: BTreeMap<&'static str, Vec<(&'static str, Option<bool>)>>,
    /// The entries of `tool_grants`: what each is on (`tools/look`, a server's address, or `<address>#<tool>`), and who has which
    /// access. Of one tool there may be several.
    pub(crate) grants: Vec<(String, Vec<(&'static str, Access)>)>,
}

#[derive(Debug, Clone)]
pub(crate) struct Loop {
    pub(crate) agent: &'static str,
    /// The account its runs act under: `serviceaccount:s1`.
    pub(crate) run_as: &'static str,
    /// `(principal, "execute" | "read")`; no list leaves it to the operator and the project's admins.
    pub(crate) acl: Option<Vec<(&'static str, &'static str)>>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Agent {
    /// `(principal, "execute" | "read")`; no list opens `execute`.
    pub(crate) acl: Option<Vec<(&'static str, &'static str)>>,
    pub(crate) tools: Vec<(&'static str, Access)>,
    /// The servers it lists, some of them twice.
    pub(crate) servers: Vec<Entry>,
    /// The agents it calls, and for what.
    pub(crate) calls: Vec<(&'static str, Access)>,
}

impl Asker {
    /// Whether a rule names them: themselves, their group, or everybody with a credential.
    fn is_named(&self, rule: &str) -> bool {
        let has_credential = self.principal != "anonymous";
        rule == self.principal
            || (has_credential && rule == "authenticated")
            || (has_credential && self.groups.iter().any(|group| rule == format!("group:{group}")))
    }
}

impl Table {
    pub(crate) fn may_execute(&self, asker: &Asker, agent: &str) -> bool {
        let is_admin = self.project.iter().any(|(rule, role)| *role == "admin" && asker.is_named(rule));
        let is_listed = match &self.agents[agent].acl {
            None => true,
            Some(acl) => acl.iter().any(|(rule, role)| *role == "execute" && asker.is_named(rule)),
        };
        is_admin || is_listed
    }

    pub(crate) fn may_read(&self, asker: &Asker, agent: &str) -> bool {
        // An admin sees everything, too.
        let of_project = self.project.iter().any(|(rule, _)| asker.is_named(rule));
        let acl = self.agents[agent].acl.iter().flatten();
        of_project || acl.into_iter().any(|(rule, role)| *role == "read" && asker.is_named(rule))
    }

    /// Whether somebody may end what runs for somebody: it is theirs, or they administer the project.
    pub(crate) fn may_cancel(&self, asker: &Asker, owner: &str) -> bool {
        let is_admin = self.project.iter().any(|(rule, role)| *role == "admin" && asker.is_named(rule));
        asker.principal == owner || is_admin
    }

    pub(crate) fn may_trigger(&self, asker: &Asker, name: &str) -> bool {
        let is_admin = self.project.iter().any(|(rule, role)| *role == "admin" && asker.is_named(rule));
        let acl = self.loops[name].acl.iter().flatten();
        is_admin || acl.into_iter().any(|(rule, role)| *role == "execute" && asker.is_named(rule))
    }

    /// Whether a run of a loop is let in by its agent: it asks like any other program.
    pub(crate) fn may_run(&self, name: &str) -> bool {
        let account = Asker { principal: self.loops[name].run_as, groups: Vec::new() };
        self.may_execute(&account, self.loops[name].agent)
    }

    /// Whether somebody may give a loop other words than its own: that is to talk to the agent, through the loop.
    pub(crate) fn may_instruct(&self, asker: &Asker, name: &str) -> bool {
        self.may_trigger(asker, name) && self.may_run(name) && self.may_execute(asker, self.loops[name].agent)
    }

    pub(crate) fn may_read_loop(&self, asker: &Asker, name: &str) -> bool {
        let of_project = self.project.iter().any(|(rule, _)| asker.is_named(rule));
        let acl = self.loops[name].acl.iter().flatten();
        of_project || acl.into_iter().any(|(rule, role)| *role == "read" && asker.is_named(rule))
    }

    /// Whether one agent may call another for somebody: the list of the other names the one's account, or admits the asker.
    pub(crate) fn may_delegate(&self, asker: &Asker, caller: &str, target: &str) -> bool {
        let account = format!("serviceaccount:{caller}");
        let acl = self.agents[target].acl.iter().flatten();
        let names_account = acl.into_iter().any(|(rule, role)| *rule == account && *role == "execute");
        let is_admin = self.project.iter().any(|(rule, role)| *rule == account && *role == "admin");
        names_account || is_admin || self.may_execute(asker, target)
    }

    /// Whether an agent's call of a tool is made for somebody; `most` is `Read` below a call for reading only.
    pub(crate) fn may_use(&self, asker: &Asker, tool: &Offered, most: Access) -> bool {
        tool.class <= most && self.is_granted(asker, tool)
    }

    /// Whether the grants let somebody make the calls of a tool.
    pub(crate) fn is_granted(&self, asker: &Asker, tool: &Offered) -> bool {
        let about: Vec<_> = self.grants.iter().filter(|(on, _)| tool.granted_on.contains(on)).collect();
        if about.is_empty() {
            // Reads are open; writes are while nothing is granted in the whole project.
            return tool.class == Access::Read || self.grants.is_empty();
        }
        // The most that all of them give together: one that gives enough is enough.
        about.iter().flat_map(|(_, given)| given).any(|(rule, access)| *access >= tool.class && asker.is_named(rule))
    }

    /// The agents that somebody reaches, and the most that can be done there: directly, or by agents that are let in by name.
    pub(crate) fn reached(&self, asker: &Asker) -> BTreeMap<&'static str, Access> {
        let mut reached: BTreeMap<_, _> = self
            .agents
            .keys()
            .filter(|agent| self.may_execute(asker, agent))
            .map(|agent| (*agent, Access::Write))
            .collect();
        loop {
            let before = reached.clone();
            for (caller, most) in &before {
                for (target, access) in &self.agents[caller].calls {
                    if self.may_delegate(asker, caller, target) {
                        let most = (*most).min(*access);
                        let entry = reached.entry(target).or_insert(most);
                        *entry = (*entry).max(most);
                    }
                }
            }
            if reached == before {
                return reached;
            }
        }
    }

    /// What `pace who-can` should say that somebody may: verb, name, and for a tool the agent that uses it.
    pub(crate) fn may(&self, asker: &Asker) -> BTreeSet<(String, String, String)> {
        let mut may = BTreeSet::new();
        let mut add = |verb: &str, name: &str, by: &str| {
            may.insert((verb.to_owned(), name.to_owned(), by.to_owned()));
        };
        for agent in self.agents.keys() {
            if self.may_read(asker, agent) {
                add("see_the_traces_of", agent, "");
            }
        }
        for (name, scheduled) in &self.loops {
            for (verb, is_allowed) in [
                ("trigger", self.may_trigger(asker, name)),
                ("instruct", self.may_instruct(asker, name)),
                ("run", asker.principal == scheduled.run_as && self.may_run(name)),
                ("see_the_traces_of", self.may_read_loop(asker, name)),
            ] {
                if is_allowed {
                    add(verb, name, "");
                }
            }
        }
        for (agent, most) in self.reached(asker) {
            add(if self.may_execute(asker, agent) { "execute" } else { "reach" }, agent, "");
            for tool in self.offered(agent) {
                if self.may_use(asker, &tool, most) {
                    add(if tool.class == Access::Read { "read_with" } else { "write_with" }, &tool.name, agent);
                }
            }
        }
        may
    }
}
