//! What the runner does and what `pace who-can` answers, against the rules.

use std::collections::{BTreeMap, BTreeSet};

use pace_tests::Project;
use pace_tests::process::Runner;
use serde_json::Value;

use super::super::evaluate::{Access, Asker, Table};
use super::super::left::Left;
use super::super::matrix::{PEOPLE, TOOLS, arrived, outcome};
use super::RULES;

/// Verb, name, and for a tool the agent that uses it.
type Deed = (String, String, String);

/// `pace who-can <asker>`.
pub(super) fn answers_agree(table: &Table, project: &Project, asker: &Asker, seed: u64) {
    let groups = asker.groups.iter().map(|group| format!("group:{group}"));
    let who: Vec<_> = std::iter::once(asker.principal.to_owned()).chain(groups).collect();
    let answer = answer(project, &["who-can", &who.join(","), "--bundle", "x.pace", "--json"]);
    let may = deeds(&answer["who"][0]["may"]);
    assert_eq!(may, table.may(asker), "seed {seed}, {asker:?}\n{table:#?}");
    let denied: Vec<_> = deeds(&answer["who"][0]["may_not"]).intersection(&may).cloned().collect();
    assert_eq!(denied, [], "seed {seed}, {asker:?} may and may not\n{table:#?}");
}

/// `pace who-can` of everybody: what each row says, and what nobody may.
pub(super) fn whole_answer_agrees(table: &Table, project: &Project, seed: u64) {
    let answer = answer(project, &["who-can", "--bundle", "x.pace", "--json"]);
    for row in answer["who"].as_array().unwrap() {
        if matches!(row["who"].as_str(), Some("anyone" | "operator")) {
            continue;
        }
        let asker = somebody(row);
        assert_eq!(deeds(&row["may"]), table.may(&asker), "seed {seed}, {asker:?} of all\n{table:#?}");
    }
    assert_eq!(deeds(&answer["nobody"]), nobody(table), "seed {seed}, nobody\n{table:#?}");
}

/// Whom a row is about. A person is there with their groups, as the tokens give them.
fn somebody(row: &Value) -> Asker {
    let known = RULES.into_iter().chain(PEOPLE.map(|(principal, ..)| principal));
    let principal = known.into_iter().find(|known| row["who"] == *known).unwrap_or_else(|| panic!("who is {row}?"));
    let has_groups = !row["groups"].as_array().unwrap().is_empty();
    let groups =
        PEOPLE.iter().find(|(known, ..)| has_groups && *known == principal).map(|(.., groups)| groups.to_vec());
    Asker { principal, groups: groups.unwrap_or_default() }
}

/// What can be done and nobody may.
fn nobody(table: &Table) -> BTreeSet<Deed> {
    let anybody = RULES.map(|principal| Asker { principal, groups: Vec::new() });
    let people = PEOPLE.map(|(principal, _, groups)| Asker { principal, groups: groups.to_vec() });
    let may: BTreeSet<_> = anybody.iter().chain(&people).flat_map(|asker| table.may(asker)).collect();
    let is_done =
        |verbs: &[&str], name: &str| may.iter().any(|(verb, thing, _)| verbs.contains(&verb.as_str()) && thing == name);
    let mut nobody = BTreeSet::new();
    for agent in table.agents.keys() {
        if !is_done(&["execute", "reach"], agent) {
            nobody.insert(("execute".to_owned(), (*agent).to_owned(), String::new()));
        }
        for tool in table.offered(agent) {
            let verb = if tool.class == Access::Read { "read_with" } else { "write_with" };
            if !is_done(&[verb], &tool.name) {
                nobody.insert((verb.to_owned(), tool.name, String::new()));
            }
        }
    }
    let broken = table.loops.keys().filter(|name| !table.may_run(name));
    nobody.extend(broken.map(|name| ("run".to_owned(), (*name).to_owned(), String::new())));
    nobody
}

fn answer(project: &Project, question: &[&str]) -> Value {
    let run = project.run(question);
    assert_eq!(run.code, Some(0), "{}", run.err);
    serde_json::from_str(&run.out).unwrap()
}

fn deeds(list: &Value) -> BTreeSet<Deed> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let deeds = list.as_array().unwrap().iter().map(|deed| {
        let by = if deed["kind"] == "tool" { deed["through"].as_array().unwrap().last().map(text) } else { None };
        (text(&deed["verb"]), text(&deed["name"]), by.unwrap_or_default())
    });
    deeds.collect()
}

/// The calls that servers should have seen.
#[derive(Debug, Default)]
pub(super) struct Calls(BTreeMap<(&'static str, String), usize>);

impl Calls {
    /// What the runner does for somebody: every agent directly with every tool, and through every call of it.
    pub(super) fn agree(&mut self, table: &Table, (runner, left): (&Runner, &mut Left), asker: &Asker, seed: u64) {
        // Who is nobody could be somebody.
        let refused = if asker.principal == "anonymous" { "401" } else { "403" };
        for name in table.agents.keys() {
            let is_let_in = table.may_execute(asker, name);
            // One word is enough to be told that one is not let in.
            for word in words(table, name).into_iter().take(if is_let_in { usize::MAX } else { 1 }) {
                let wanted = if is_let_in { self.used(table, asker, (name, &word), Access::Write) } else { refused };
                let came = outcome(runner, asker.principal, name, &word);
                left.direct(asker, name, &came);
                assert_eq!(came, wanted, "seed {seed}: {asker:?} asks {name} to {word}\n{table:#?}");
            }
            if is_let_in {
                self.calls_agree(table, (runner, left), asker, name, seed);
            }
        }
    }

    /// What becomes of what one agent tells the others that it calls.
    fn calls_agree(
        &mut self,
        table: &Table,
        (runner, left): (&Runner, &mut Left),
        asker: &Asker,
        name: &str,
        seed: u64,
    ) {
        for (target, most) in &table.agents[name].calls {
            let is_let_in = table.may_delegate(asker, name, target);
            for word in words(table, target).into_iter().take(if is_let_in { usize::MAX } else { 1 }) {
                let wanted = if is_let_in { self.used(table, asker, (target, &word), *most) } else { "denied" };
                let came = outcome(runner, asker.principal, name, &format!("{target}: {word}"));
                left.called(asker, (name, target), is_let_in, &came);
                assert_eq!(came, wanted, "seed {seed}: {asker:?} asks {name} to tell {target} to {word}\n{table:#?}");
            }
        }
    }

    /// What becomes of a call. Where an agent has one tool twice, each time it is another word.
    fn used(&mut self, table: &Table, asker: &Asker, (agent, word): (&str, &str), most: Access) -> &'static str {
        let offered = table.offered(agent);
        let Some(tool) = offered.iter().find(|tool| tool.called == word) else { return "invalid" };
        match tool.server {
            _ if !table.may_use(asker, tool, most) => "denied",
            Some((server, name)) => {
                *self.0.entry((server, name.to_owned())).or_default() += 1;
                "done"
            }
            None if tool.class == Access::Read => "done",
            None => "stubbed",
        }
    }

    /// Whether the calls that were made came to the servers, and no others.
    pub(super) fn arrived(&self, table: &Table, project: &Project, seed: u64) {
        assert_eq!(arrived(table, project), self.0, "seed {seed}\n{table:#?}");
    }
}

/// What an agent is asked to do: with every compiled tool that there is, and with every tool of the servers on its list, whether it
/// has these or not; where it lists none, with one.
fn words(table: &Table, agent: &str) -> Vec<String> {
    let mut words: Vec<_> = TOOLS.map(str::to_owned).into();
    let entries = &table.agents[agent].servers;
    words.extend(entries.iter().flat_map(|entry| table.words(entry.server, entry.alias())));
    if entries.is_empty() {
        words.extend(table.servers.keys().next().and_then(|server| table.words(server, server).pop()));
    }
    words
}
