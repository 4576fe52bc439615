//! What `pace build` prints of who may do what, against the rules: each line holds for whoever it names, and says all that the lists
//! and grants give them.

use std::collections::BTreeSet;

use super::super::evaluate::{Access, Asker, Table, address};
use super::RULES;

/// A summary, and what to say where it is wrong.
struct Summary<'s> {
    printed: &'s str,
    told: String,
}

/// What a line says that somebody may do in one way: what is named, and how many more there are.
struct Claimed(BTreeSet<String>, usize);

/// The whole summary.
pub(super) fn holds(table: &Table, printed: &str, seed: u64) {
    let summary = Summary { printed, told: format!("seed {seed}\n{printed}\n{table:#?}") };
    for name in table.loops.keys() {
        let cannot = printed.contains(&format!("the loop `{name}` cannot run: "));
        assert_eq!(cannot, !table.may_run(name), "{name}: {}", summary.told);
    }
    left_out(table, &summary);
    summary.open_and_shut(table);
    for rule in RULES {
        summary.principal(table, rule);
    }
}

/// What entries for reading leave out of servers that are used as a whole.
fn left_out(table: &Table, summary: &Summary<'_>) {
    let mut wanted = Vec::new();
    for (agent, entry) in table.agents.iter().flat_map(|(name, agent)| agent.servers.iter().map(move |one| (name, one)))
    {
        let given = table.given(entry);
        let is_given = |tool: &str| given.iter().any(|given| given.server == Some((entry.server, tool)));
        let mut tools: Vec<_> = table.servers[entry.server].iter().map(|(tool, _)| *tool).collect();
        tools.retain(|tool| !is_given(tool));
        tools.sort_unstable();
        if entry.tools.is_none() && !tools.is_empty() {
            let (server, tools) = (address(entry.server), tools.join("`, `"));
            wanted.push(format!("note: `access: read` leaves out what writes of `{server}` for `{agent}`: `{tools}`"));
        }
    }
    let mut found: Vec<_> = summary.printed.lines().filter(|line| line.contains("leaves out what writes")).collect();
    wanted.sort_unstable();
    found.sort_unstable();
    assert_eq!(found, wanted, "{}", summary.told);
}

/// Somebody of whom nothing is known but what a rule says.
fn just(rule: &'static str) -> Asker {
    match rule.strip_prefix("group:") {
        Some(group) => Asker { principal: "user:nobody-else", groups: vec![group] },
        None if rule == "authenticated" => Asker { principal: "user:nobody-else", groups: Vec::new() },
        None => Asker { principal: rule, groups: Vec::new() },
    }
}

impl Summary<'_> {
    /// What a line says; empty where it is not there, nothing where it may be one of those that did not fit.
    fn line(&self, start: &str) -> Option<&str> {
        match self.printed.lines().find_map(|line| line.strip_prefix(start)) {
            // A summary has ten lines at most.
            None if self.printed.contains("more: `pace who-can`") => None,
            said => Some(said.unwrap_or_default()),
        }
    }

    /// The lines of what is open to whoever comes to it, and of what nobody may do.
    fn open_and_shut(&self, table: &Table) {
        let anybody: Vec<_> = RULES.into_iter().map(just).collect();
        // These come first, so that they always fit.
        let of_tools = self.line("    whoever may execute an agent that lists it may ").unwrap_or_default();
        let of_nobody = self.line("    nobody may ").unwrap_or_default();
        let offered: Vec<_> = table.agents.keys().flat_map(|agent| table.offered(agent)).collect();
        for (access, verb) in [(Access::Read, "read"), (Access::Write, "write")] {
            let (mut open, mut shut) = (BTreeSet::new(), BTreeSet::new());
            for tool in offered.iter().filter(|tool| tool.class == access) {
                let is_named = table.grants.iter().any(|(on, _)| tool.granted_on.contains(on));
                let having = anybody.iter().filter(|asker| table.is_granted(asker, tool)).count();
                if having == 0 {
                    shut.insert(tool.name.clone());
                } else if !is_named {
                    assert_eq!(having, anybody.len(), "{tool:?}: {}", self.told);
                    open.insert(tool.name.clone());
                }
            }
            claimed(of_tools, verb).are(&open, &format!("open, {verb}: {}", self.told));
            claimed(of_nobody, verb).are(&shut, &format!("shut, {verb}: {}", self.told));
        }
        let agents = |is_it: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
            table.agents.keys().filter(|agent| is_it(agent)).map(|agent| (*agent).to_owned()).collect()
        };
        let open = agents(&|agent| table.agents[agent].acl.is_none());
        let of_anyone = self.line("    anyone the listener admits may ").unwrap_or_default();
        claimed(of_anyone, "execute").are(&open, &format!("open: {}", self.told));
        let shut = agents(&|agent| !anybody.iter().any(|asker| table.may_execute(asker, agent)));
        claimed(of_nobody, "execute").are(&shut, &format!("shut: {}", self.told));
    }

    /// The line of a principal.
    fn principal(&self, table: &Table, rule: &'static str) {
        let Some(said) = self.line(&format!("    `{rule}` may ")) else { return };
        let asker = just(rule);
        for agent in claimed(said, "execute").0 {
            assert!(table.may_execute(&asker, &agent), "{rule} and {agent}: {}", self.told);
        }
        let named = |acl: &Option<Vec<(&str, &str)>>, role| acl.iter().flatten().any(|given| *given == (rule, role));
        let agents =
            |role| table.agents.iter().filter(move |(_, agent)| named(&agent.acl, role)).map(|(name, _)| *name);
        let loops = |role| table.loops.iter().filter(move |(_, one)| named(&one.acl, role)).map(|(name, _)| *name);
        for (verb, things) in [
            ("execute", agents("execute").collect::<Vec<_>>()),
            ("trigger", loops("execute").collect()),
            ("see the traces of", agents("read").chain(loops("read")).collect()),
        ] {
            let wanted = things.into_iter().map(str::to_owned).collect();
            claimed(said, verb).are(&wanted, &format!("{rule}, {verb}: {}", self.told));
        }
        for (access, verb) in [(Access::Read, "read"), (Access::Write, "write")] {
            let given = table.grants.iter().filter(|(_, given)| given.contains(&(rule, access)));
            let given = given.map(|(on, _)| on.clone()).collect();
            claimed(said, verb).are(&given, &format!("{rule}, {verb}: {}", self.told));
        }
        let everything = said.contains("execute, trigger, cancel and see the traces of everything");
        assert_eq!(everything, table.project.contains(&(rule, "admin")), "{rule}: {}", self.told);
    }
}

/// What a line says of one verb.
fn claimed(said: &str, verb: &str) -> Claimed {
    let is_it = |deed: &&str| deed.starts_with(&format!("{verb} `"));
    let deed = said.split("; ").find(is_it).unwrap_or_default();
    let names = deed.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let more =
        deed.strip_suffix(" more").and_then(|rest| rest.rsplit(' ').next()).map_or(0, |more| more.parse().unwrap());
    Claimed(names, more)
}

impl Claimed {
    /// A long list is not told in full: then those that are named are among those that should be, and the number is right.
    fn are(&self, wanted: &BTreeSet<String>, told: &str) {
        assert!(self.0.is_subset(wanted), "{:?}, not {wanted:?}: {told}", self.0);
        assert_eq!(self.0.len() + self.1, wanted.len(), "{:?} and {} more, not {wanted:?}: {told}", self.0, self.1);
    }
}
