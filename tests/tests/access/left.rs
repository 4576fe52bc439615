//! What the invocations of a test left: traces and sessions, and who is shown which of them, against the rules.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use pace_tests::process::{PATIENCE, Runner};
use serde_json::{Value, json};

use super::evaluate::{Asker, Table};
use super::matrix::{ask, say};

/// An agent, and for whom it was invoked.
type Whose = (String, String);

/// How many traces there have to be of each agent for each subject, and of how many of them something was denied.
#[derive(Debug, Default)]
pub(crate) struct Left(BTreeMap<Whose, (usize, usize)>);

impl Left {
    /// Somebody asked an agent for something, and this is what came of it.
    pub(crate) fn direct(&mut self, asker: &Asker, agent: &str, came: &str) {
        self.add(asker, agent, matches!(came, "401" | "403" | "denied"));
    }

    /// Somebody asked an agent to have another do something.
    pub(crate) fn called(&mut self, asker: &Asker, (caller, target): (&str, &str), may_delegate: bool, came: &str) {
        // A call that is not allowed is denied to the caller; what the called agent may not do, to that one.
        self.add(asker, caller, !may_delegate);
        if may_delegate {
            self.add(asker, target, came == "denied");
        }
    }

    /// Somebody asked an agent for something, and it was ended early.
    pub(crate) fn ended(&mut self, asker: &Asker, agent: &str) {
        self.add(asker, agent, false);
    }

    fn add(&mut self, asker: &Asker, agent: &str, is_denied: bool) {
        let count = self.0.entry((agent.to_owned(), asker.principal.to_owned())).or_default();
        count.0 += 1;
        count.1 += usize::from(is_denied);
    }

    /// Sessions first, because they leave traces too.
    pub(crate) fn agrees(&mut self, table: &Table, runner: &Runner, askers: &[Asker], seed: u64) {
        self.sessions(table, runner, askers, seed);
        // Traces are stored a moment later. Whoever is shown all that they wait for has waited for all others.
        for asker in askers {
            let begun = Instant::now();
            while listed(runner, asker, "") != self.visible(table, asker, |(all, _)| *all) && begun.elapsed() < PATIENCE
            {
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        for asker in askers {
            let wanted = self.visible(table, asker, |(all, _)| *all);
            assert_eq!(listed(runner, asker, ""), wanted, "seed {seed}: {asker:?}\n{table:#?}");
            let denied = self.visible(table, asker, |(_, denied)| *denied);
            let found = listed(runner, asker, "&status=denied");
            assert_eq!(found, denied, "seed {seed}: denied, for {asker:?}\n{table:#?}");
        }
        one_by_one(table, runner, askers, seed);
    }

    fn visible(
        &self,
        table: &Table,
        asker: &Asker,
        count: impl Fn(&(usize, usize)) -> usize,
    ) -> BTreeMap<Whose, usize> {
        let seen = self.0.iter().filter(|((agent, owner), _)| may_see(table, asker, agent, owner));
        let counted = seen.map(|(whose, counts)| (whose.clone(), count(counts)));
        counted.filter(|(_, count)| *count > 0).collect()
    }

    /// Everybody begins one with every agent they may invoke, and everybody looks at all of them.
    fn sessions(&mut self, table: &Table, runner: &Runner, askers: &[Asker], seed: u64) {
        for owner in askers {
            for agent in table.agents.keys().filter(|agent| table.may_execute(owner, agent)) {
                let answer = say(runner, owner.principal, agent, &json!({"message": "remember"}));
                assert_eq!(answer.status, 200, "{answer:?}");
                self.add(owner, agent, false);
                let session = answer.json()["session"].as_str().unwrap().to_owned();
                for asker in askers {
                    // Of somebody who is not known, an id is all that shows whose it is.
                    let is_own = asker.principal == owner.principal;
                    let wanted = if is_own || table.may_read(asker, agent) { 200 } else { 404 };
                    let found = ask(runner, asker.principal, &format!("/agents/{agent}/sessions/{session}")).status;
                    assert_eq!(found, wanted, "seed {seed}: {asker:?}, {agent} of {owner:?}\n{table:#?}");
                }
            }
        }
    }
}

/// One's own, if one is anybody; else those of agents that one may read.
pub(crate) fn may_see(table: &Table, asker: &Asker, agent: &str, owner: &str) -> bool {
    (owner == asker.principal && owner != "anonymous") || table.may_read(asker, agent)
}

/// How many traces somebody is shown of each agent for each subject.
fn listed(runner: &Runner, asker: &Asker, more: &str) -> BTreeMap<Whose, usize> {
    let mut counts = BTreeMap::new();
    for trace in shown(runner, asker, more) {
        *counts.entry(whose(&trace)).or_default() += 1;
    }
    counts
}

/// All that somebody is shown, page by page.
fn shown(runner: &Runner, asker: &Asker, more: &str) -> Vec<Value> {
    let (mut traces, mut from) = (Vec::new(), String::new());
    loop {
        let answer = ask(runner, asker.principal, &format!("/traces?limit=500{more}{from}"));
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        traces.extend_from_slice(answer["traces"].as_array().unwrap());
        let Some(next) = answer["next"].as_str() else { return traces };
        from = format!("&cursor={next}");
    }
}

fn whose(trace: &Value) -> Whose {
    (trace["agent"].as_str().unwrap().to_owned(), trace["subject"].as_str().unwrap().to_owned())
}

/// One trace of each kind that anybody is shown, looked at by everybody.
fn one_by_one(table: &Table, runner: &Runner, askers: &[Asker], seed: u64) {
    let mut met = BTreeSet::new();
    for trace in askers.iter().flat_map(|asker| shown(runner, asker, "")) {
        let (agent, owner) = whose(&trace);
        if !met.insert((agent.clone(), owner.clone())) {
            continue;
        }
        let path = format!("/traces/{}", trace["id"].as_str().unwrap());
        for asker in askers {
            let wanted = if may_see(table, asker, &agent, &owner) { 200 } else { 404 };
            let found = ask(runner, asker.principal, &path).status;
            assert_eq!(found, wanted, "seed {seed}: {asker:?} looks at {agent} for {owner}\n{table:#?}");
        }
    }
}
