//! Random projects: what the runner decides over HTTP, what `pace who-can` answers, what `pace build` prints, and what the rules say
//! that were written down a second time, are the same. For agents, compiled tools and those of servers, calls between agents, loops,
//! traces, sessions and what runs.

mod asked;
mod covered;
mod summary;
mod tables;

use pace_tests::process::Runner;
use serde_json::Value;

use self::asked::Calls;
use super::evaluate::{Asker, Table};
use super::left::Left;
use super::matrix::{PEOPLE, ask, project, runner};
use super::running;

/// How many projects; `PACE_TEST_PROJECTS` asks for more.
const PROJECTS: u64 = 6;

/// The seed of the first: one from which so few projects have everything in them that [`covered`] looks for.
const FIRST: u64 = 8;

const RULES: [&str; 8] = [
    "anonymous",
    "authenticated",
    "user:u1",
    "user:u2",
    "group:g1",
    "group:g2",
    "serviceaccount:s1",
    "serviceaccount:a1",
];
fn askers() -> Vec<Asker> {
    PEOPLE.iter().map(|(principal, _, groups)| Asker { principal, groups: groups.to_vec() }).collect()
}

#[test]
fn runner_answers_and_rules_agree() {
    let count = std::env::var("PACE_TEST_PROJECTS").ok().and_then(|count| count.parse().ok()).unwrap_or(PROJECTS);
    for seed in FIRST..FIRST + count {
        let table = tables::table(seed);
        let project = project(&table);
        let built = project.run(&["build", "--output", "x.pace"]);
        assert_eq!(built.code, Some(0), "seed {seed}: {}\n{table:#?}", built.err);
        summary::holds(&table, &built.err, seed);
        for asker in askers() {
            asked::answers_agree(&table, &project, &asker, seed);
        }
        asked::whole_answer_agrees(&table, &project, seed);
        let runner = runner(&table, &project);
        let (mut left, mut calls) = (Left::default(), Calls::default());
        for asker in askers() {
            calls.agree(&table, (&runner, &mut left), &asker, seed);
            loops_agree(&table, &runner, &asker, seed);
        }
        calls.arrived(&table, &project, seed);
        running::agrees(&table, (&runner, &mut left), &askers(), seed);
        left.agrees(&table, &runner, &askers(), seed);
    }
}

/// What `GET /loops` says that somebody may, against the rules. Who may nothing with a loop does not hear of it.
fn loops_agree(table: &Table, runner: &Runner, asker: &Asker, seed: u64) {
    let answer = ask(runner, asker.principal, "/loops");
    assert_eq!(answer.status, 200, "{answer:?}");
    let listed = answer.json()["loops"].as_array().unwrap().clone();
    let words = |listed: &Value| -> Vec<String> {
        listed["may"].as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    for name in table.loops.keys() {
        let may = [
            ("trigger", table.may_trigger(asker, name)),
            ("instruct", table.may_instruct(asker, name)),
            ("read", table.may_read_loop(asker, name)),
        ];
        let wanted: Vec<_> = may.into_iter().filter(|(_, is_allowed)| *is_allowed).map(|(word, _)| word).collect();
        let found = listed.iter().find(|listed| listed["name"] == *name).map(words);
        assert_eq!(found.unwrap_or_default(), wanted, "seed {seed}: {asker:?} and {name}\n{table:#?}");
    }
}
