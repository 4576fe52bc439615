//! What runs: who is shown it and who may end it, against the rules.

use std::collections::BTreeSet;

use pace_tests::http::{Answer, Connection};
use pace_tests::process::Runner;

use super::evaluate::{Asker, Table};
use super::left::{Left, may_see};
use super::matrix::{ask, asked, begin};

/// Everybody begins one with every agent they may invoke; everybody looks at it, and tries to end it. Who ended it is followed by another.
pub(crate) fn agrees(table: &Table, (runner, left): (&Runner, &mut Left), askers: &[Asker], seed: u64) {
    for owner in askers {
        let is_owner = |asker: &&Asker| asker.principal == owner.principal;
        let (last, others): (Vec<_>, Vec<_>) = askers.iter().partition(is_owner);
        for agent in table.agents.keys().filter(|agent| table.may_execute(owner, agent)) {
            let mut current = None;
            for asker in others.iter().chain(&last) {
                let told = format!("seed {seed}: {asker:?}, {agent} of {owner:?}\n{table:#?}");
                let (_, invocation) = current.get_or_insert_with(|| {
                    left.ended(owner, agent);
                    running(runner, owner, agent)
                });
                is_shown(table, runner, asker, (owner, agent, invocation), &told);
                if !table.may_cancel(asker, owner.principal) {
                    continue;
                }
                let (mut stream, _) = current.take().unwrap();
                let last = stream.events().pop().unwrap();
                assert_eq!((last.name.as_str(), last.data["code"].as_str()), ("error", Some("cancelled")), "{told}");
            }
            assert!(current.is_none(), "whom it is for ended it");
        }
    }
}

/// Whether somebody is shown an invocation, and what comes of it if they end it.
fn is_shown(table: &Table, runner: &Runner, asker: &Asker, (owner, agent, id): (&Asker, &str, &str), told: &str) {
    let is_listed = listed(runner, asker).contains(id);
    assert_eq!(is_listed, may_see(table, asker, agent, owner.principal), "{told}");
    // Of somebody who is not known, an id is all that shows whose it is.
    let is_shown = asker.principal == owner.principal || table.may_read(asker, agent);
    let path = format!("/invocations/{id}");
    assert_eq!(ask(runner, asker.principal, &path).status, if is_shown { 200 } else { 404 }, "{told}");
    let (wanted, code) = match (is_shown, table.may_cancel(asker, owner.principal)) {
        (_, true) => (204, None),
        // Who is nobody could be somebody.
        (true, false) if asker.principal == "anonymous" => (401, Some("credential-needed")),
        (true, false) => (403, Some("not-allowed")),
        (false, false) => (404, Some("unknown-invocation")),
    };
    let answer = asked(runner, asker.principal, "DELETE", &path);
    assert_eq!((answer.status, code_of(&answer).as_deref()), (wanted, code), "{told}");
}

fn running(runner: &Runner, owner: &Asker, agent: &str) -> (Connection, String) {
    let mut stream = begin(runner, owner.principal, agent, "stay");
    let head = stream.head().unwrap();
    let invocation = head.header("paceline-invocation").unwrap_or_else(|| panic!("{head:?}")).to_owned();
    (stream, invocation)
}

fn listed(runner: &Runner, asker: &Asker) -> BTreeSet<String> {
    let answer = ask(runner, asker.principal, "/invocations");
    assert_eq!(answer.status, 200, "{answer:?}");
    let listed = answer.json()["invocations"].as_array().unwrap().clone();
    listed.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect()
}

fn code_of(answer: &Answer) -> Option<String> {
    (answer.status >= 400).then(|| answer.problem().1)
}
