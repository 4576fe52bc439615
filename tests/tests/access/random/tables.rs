//! Tables that look random, and are the same each time.

use std::collections::BTreeSet;

use super::super::evaluate::{Access, Agent, Entry, Loop, Table, address};
use super::super::matrix::TOOLS;
use super::RULES;

const AGENTS: [&str; 4] = ["a1", "a2", "a3", "a4"];
const LOOPS: [&str; 2] = ["l1", "l2"];
/// Servers with their tools, and what each is called where an agent lists it a second time.
const SERVERS: [(&str, &[&str], &str); 2] =
    [("shop", &["browse", "count", "order"], "till"), ("bank", &["balance", "pay"], "vault")];

/// Numbers that look random and are the same each time (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn access(&mut self) -> Access {
        if self.roll(2) == 0 { Access::Read } else { Access::Write }
    }

    /// Some of these, each with one chance in so many.
    fn some<T: Copy>(&mut self, of: &[T], chance: usize) -> Vec<T> {
        of.iter().copied().filter(|_| self.roll(chance) == 0).collect()
    }
}

/// The table of a seed.
pub(super) fn table(seed: u64) -> Table {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut table = Table::default();
    for rule in dice.some(&RULES, 8) {
        table.project.push((rule, if dice.roll(2) == 0 { "read" } else { "admin" }));
    }
    servers(&mut dice, &mut table);
    for number in 0..AGENTS.len() {
        agent(&mut dice, &mut table, number);
    }
    for name in LOOPS {
        let acl = acl(&mut dice, 3);
        table.loops.insert(name, Loop { agent: AGENTS[dice.roll(4)], run_as: "serviceaccount:s1", acl });
    }
    if dice.roll(4) > 0 {
        grants(&mut dice, &mut table);
    }
    table
}

/// The servers, with tools that say that they read, that they do not, or nothing.
fn servers(dice: &mut Dice, table: &mut Table) {
    for (name, tools, _) in SERVERS {
        let hint = |dice: &mut Dice| [None, Some(false), Some(true)][dice.roll(3)];
        table.servers.insert(name, tools.iter().map(|tool| (*tool, hint(dice))).collect());
    }
}

fn agent(dice: &mut Dice, table: &mut Table, number: usize) {
    let acl = acl(dice, 4);
    let tools = dice.some(&TOOLS, 2).into_iter().map(|tool| (tool, dice.access())).collect();
    // Only later ones, so that no circle comes about.
    let calls = dice.some(&AGENTS[number + 1..], 2).into_iter().map(|target| (target, dice.access())).collect();
    let mut servers = Vec::new();
    for (name, tools, other) in SERVERS {
        for alias in [None, Some(other)] {
            if dice.roll(if alias.is_none() { 2 } else { 4 }) == 0 {
                let entry = entry(dice, name, alias, tools);
                // One that gives an agent nothing is an error.
                servers.extend(Some(entry).filter(|entry| !table.given(entry).is_empty()));
            }
        }
    }
    table.agents.insert(AGENTS[number], Agent { acl, tools, servers, calls });
}

fn entry(dice: &mut Dice, server: &'static str, alias: Option<&'static str>, tools: &[&'static str]) -> Entry {
    let access = dice.access();
    let exposed = Some(dice.some(tools, 2)).filter(|some| !some.is_empty() && dice.roll(2) == 0);
    Entry { server, alias, access, tools: exposed, read_only: dice.some(tools, 4) }
}

/// No list, or one on which so many times as often as not somebody executes.
fn acl(dice: &mut Dice, executing: usize) -> Option<Vec<(&'static str, &'static str)>> {
    (dice.roll(3) > 0).then(|| {
        let rules = dice.some(&RULES, 3);
        rules.into_iter().map(|rule| (rule, if dice.roll(executing) == 0 { "read" } else { "execute" })).collect()
    })
}

/// On compiled tools that are listed, and on servers, listed or not: on none of it, on the whole, on some of its tools, or on both.
fn grants(dice: &mut Dice, table: &mut Table) {
    let listed: BTreeSet<_> = table.agents.values().flat_map(|agent| &agent.tools).map(|(tool, _)| *tool).collect();
    let listed = dice.some(&listed.into_iter().collect::<Vec<_>>(), 2);
    let mut targets: Vec<_> = listed.into_iter().map(|tool| format!("tools/{tool}")).collect();
    for (server, tools) in &table.servers {
        let (is_whole, has_tools) =
            [(false, false), (true, false), (false, true), (true, true), (true, true)][dice.roll(5)];
        targets.extend(is_whole.then(|| address(server)));
        let tools = if has_tools { dice.some(tools, 2) } else { Vec::new() };
        targets.extend(tools.iter().map(|(tool, _)| format!("{}#{tool}", address(server))));
    }
    for target in targets {
        let mut given: Vec<_> = dice.some(&RULES, 3).into_iter().map(|rule| (rule, dice.access())).collect();
        // Two entries on one tool give what one would.
        let rest = given.split_off(if dice.roll(3) == 0 { given.len() / 2 } else { given.len() });
        if !rest.is_empty() {
            table.grants.push((target.clone(), rest));
        }
        table.grants.push((target, given));
    }
}
