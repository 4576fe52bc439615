//! Who may do what, once more: a project as a table, and the rules as design and guide tell them in prose. Shares no line with
//! `pace_ir::access`, and is slow and plain on purpose.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

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
    /// By tool: who has which access.
    pub(crate) grants: BTreeMap<&'static str, Vec<(&'static str, Access)>>,
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
    pub(crate) fn may_use(&self, asker: &Asker, agent: &str, tool: &str, most: Access) -> bool {
        let Some((_, class)) = self.agents[agent].tools.iter().find(|(name, _)| *name == tool) else { return false };
        if *class > most {
            return false;
        }
        match self.grants.get(tool) {
            Some(given) => given.iter().any(|(rule, access)| access >= class && asker.is_named(rule)),
            None => *class == Access::Read || self.grants.is_empty(),
        }
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
            for (tool, class) in &self.agents[agent].tools {
                if self.may_use(asker, agent, tool, most) {
                    let verb = if *class == Access::Read { "read_with" } else { "write_with" };
                    add(verb, &format!("tools/{tool}"), agent);
                }
            }
        }
        may
    }

    /// The project as an author writes it: path and text of each file.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let word = |access: Access| if access == Access::Read { "read" } else { "write" };
        let list = |acl: &[(&str, &str)]| {
            let lines = acl.iter().map(|(rule, role)| format!("  - {{principal: \"{rule}\", role: {role}}}\n"));
            if acl.is_empty() { "acl: []\n".to_owned() } else { "acl:\n".to_owned() + &lines.collect::<String>() }
        };
        let mut settings = list(&self.project);
        if !self.grants.is_empty() {
            settings += "tool_grants:\n";
        }
        for (tool, given) in &self.grants {
            let given =
                given.iter().map(|(rule, access)| format!("{{principal: \"{rule}\", access: {}}}", word(*access)));
            let given = given.collect::<Vec<_>>().join(", ");
            writeln!(settings, "  - {{tool: tools/{tool}, grants: [{given}]}}").unwrap();
        }
        let mut files = vec![("settings".to_owned(), settings)];
        for (name, agent) in &self.agents {
            let mut spec = format!("name: {name}\nmodel: recorded\ndescription: You help.\n");
            spec += &agent.acl.as_ref().map(|acl| list(acl)).unwrap_or_default();
            if !agent.tools.is_empty() || !agent.calls.is_empty() {
                spec += "tools:\n";
            }
            for (tool, access) in &agent.tools {
                writeln!(spec, "  - {{name: tools/{tool}, access: {}}}", word(*access)).unwrap();
            }
            for (target, access) in &agent.calls {
                writeln!(spec, "  - {{server: paceline://{target}, access: {}}}", word(*access)).unwrap();
            }
            files.push((format!("agents/{name}/spec.yaml"), spec));
        }
        for (name, Loop { agent, run_as, acl }) in &self.loops {
            let mut text = format!(
                "name: {name}\nschedule: \"0 9 * * *\"\nagent: {agent}\nrun_as: {run_as}\ninstruction: Look around.\n"
            );
            text += &acl.as_ref().map(|acl| list(acl)).unwrap_or_default();
            files.push((format!("loops/{name}.yaml"), text));
        }
        files
    }
}
