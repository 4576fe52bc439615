//! Random projects: what the runner decides over HTTP, what `pace who-can` answers, what `pace build` prints, and what the rules say
//! that were written down a second time, are the same. For agents, tools, calls between agents, loops, traces, sessions and what runs.

use std::collections::BTreeSet;

use pace_tests::process::Runner;
use serde_json::Value;

use super::evaluate::{Access, Agent, Asker, Loop, Table};
use super::left::Left;
use super::matrix::{PEOPLE, TOOLS, ask, outcome, project, runner};
use super::running;

/// How many projects; `PACE_TEST_PROJECTS` asks for more.
const PROJECTS: u64 = 6;

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
const AGENTS: [&str; 4] = ["a1", "a2", "a3", "a4"];
const LOOPS: [&str; 2] = ["l1", "l2"];

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

fn table(dice: &mut Dice) -> Table {
    let mut table = Table::default();
    for rule in dice.some(&RULES, 8) {
        table.project.push((rule, if dice.roll(2) == 0 { "read" } else { "admin" }));
    }
    for (number, name) in AGENTS.into_iter().enumerate() {
        let acl = (dice.roll(3) > 0).then(|| {
            let rules = dice.some(&RULES, 3);
            rules.into_iter().map(|rule| (rule, if dice.roll(4) == 0 { "read" } else { "execute" })).collect()
        });
        let tools = dice.some(&TOOLS, 2).into_iter().map(|tool| (tool, dice.access())).collect();
        // Only later ones, so that no circle comes about.
        let calls = dice.some(&AGENTS[number + 1..], 2).into_iter().map(|target| (target, dice.access())).collect();
        table.agents.insert(name, Agent { acl, tools, calls });
    }
    for name in LOOPS {
        let acl = (dice.roll(3) > 0).then(|| {
            let rules = dice.some(&RULES, 3);
            rules.into_iter().map(|rule| (rule, if dice.roll(3) == 0 { "read" } else { "execute" })).collect()
        });
        table.loops.insert(name, Loop { agent: AGENTS[dice.roll(4)], run_as: "serviceaccount:s1", acl });
    }
    if dice.roll(4) > 0 {
        let listed: BTreeSet<_> = table.agents.values().flat_map(|agent| &agent.tools).map(|(tool, _)| *tool).collect();
        for tool in dice.some(&listed.into_iter().collect::<Vec<_>>(), 2) {
            let given = dice.some(&RULES, 3).into_iter().map(|rule| (rule, dice.access())).collect();
            table.grants.insert(tool, given);
        }
    }
    table
}

fn askers() -> Vec<Asker> {
    PEOPLE.iter().map(|(principal, _, groups)| Asker { principal, groups: groups.to_vec() }).collect()
}

#[test]
fn runner_answers_and_rules_agree() {
    let count = std::env::var("PACE_TEST_PROJECTS").ok().and_then(|count| count.parse().ok()).unwrap_or(PROJECTS);
    for seed in 1..=count {
        let table = table(&mut Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let project = project(&table);
        let built = project.run(&["build", "--output", "x.pace"]);
        assert_eq!(built.code, Some(0), "seed {seed}: {}\n{table:#?}", built.err);
        summary_holds(&table, &built.err, seed);
        for asker in askers() {
            answers_agree(&table, &project, &asker, seed);
        }
        let runner = runner(&project);
        let mut left = Left::default();
        for asker in askers() {
            decisions_agree(&table, (&runner, &mut left), &asker, seed);
            loops_agree(&table, &runner, &asker, seed);
        }
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

/// `pace who-can <asker>` against the rules.
fn answers_agree(table: &Table, project: &pace_tests::Project, asker: &Asker, seed: u64) {
    let groups = asker.groups.iter().map(|group| format!("group:{group}"));
    let who: Vec<_> = std::iter::once(asker.principal.to_owned()).chain(groups).collect();
    let run = project.run(&["who-can", &who.join(","), "--bundle", "x.pace", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let answer: Value = serde_json::from_str(&run.out).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let may = answer["who"][0]["may"].as_array().unwrap().iter().map(|deed| {
        let by = if deed["kind"] == "tool" { deed["through"].as_array().unwrap().last().map(text) } else { None };
        (text(&deed["verb"]), text(&deed["name"]), by.unwrap_or_default())
    });
    assert_eq!(may.collect::<BTreeSet<_>>(), table.may(asker), "seed {seed}, {asker:?}\n{table:#?}");
}

/// What the runner does against the rules: every agent directly with every tool, and through every call of it.
fn decisions_agree(table: &Table, (runner, left): (&Runner, &mut Left), asker: &Asker, seed: u64) {
    // Who is nobody could be somebody.
    let refused = if asker.principal == "anonymous" { "401" } else { "403" };
    for (name, agent) in &table.agents {
        for tool in TOOLS {
            let wanted =
                if table.may_execute(asker, name) { used(table, asker, name, tool, Access::Write) } else { refused };
            let came = outcome(runner, asker.principal, name, tool);
            left.direct(asker, name, &came);
            assert_eq!(came, wanted, "seed {seed}: {asker:?} asks {name} to {tool}\n{table:#?}");
            if wanted == refused {
                break;
            }
            for (target, access) in &agent.calls {
                let wanted = if table.may_delegate(asker, name, target) {
                    used(table, asker, target, tool, *access)
                } else {
                    "denied"
                };
                let came = outcome(runner, asker.principal, name, &format!("{target}: {tool}"));
                left.called(asker, (name, target), table.may_delegate(asker, name, target), &came);
                assert_eq!(came, wanted, "seed {seed}: {asker:?} asks {name} to tell {target} to {tool}\n{table:#?}");
            }
        }
    }
}

/// What becomes of a call.
fn used(table: &Table, asker: &Asker, agent: &str, tool: &str, most: Access) -> &'static str {
    match table.agents[agent].tools.iter().find(|(name, _)| *name == tool) {
        None => "invalid",
        Some(_) if !table.may_use(asker, agent, tool, most) => "denied",
        Some((_, Access::Read)) => "done",
        Some((_, Access::Write)) => "stubbed",
    }
}

/// Each line of the summary that names a principal holds for whoever is just that, and says all that a list gives them.
fn summary_holds(table: &Table, printed: &str, seed: u64) {
    for name in table.loops.keys() {
        let cannot = printed.contains(&format!("the loop `{name}` cannot run: "));
        assert_eq!(cannot, !table.may_run(name), "seed {seed}: {name}\n{printed}\n{table:#?}");
    }
    for rule in RULES {
        let asker = match rule.strip_prefix("group:") {
            Some(group) => Asker { principal: "user:nobody-else", groups: vec![group] },
            None if rule == "authenticated" => Asker { principal: "user:nobody-else", groups: Vec::new() },
            None => Asker { principal: rule, groups: Vec::new() },
        };
        let start = format!("    `{rule}` may ");
        let said = match printed.lines().find_map(|line| line.strip_prefix(&start)) {
            // A summary has ten lines at most.
            None if printed.contains("more: `pace who-can`") => continue,
            said => said.unwrap_or_default(),
        };
        let claimed = |verb: &str| -> BTreeSet<String> {
            let deeds = said.split("; ").find_map(|deed| deed.strip_prefix(&format!("{verb} "))).unwrap_or_default();
            deeds.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        for agent in claimed("execute") {
            assert!(table.may_execute(&asker, &agent), "seed {seed}: {rule}: {said}\n{table:#?}");
        }
        for (name, agent) in &table.agents {
            let listed = |role| agent.acl.iter().flatten().any(|(named, given)| *named == rule && *given == role);
            assert_eq!(claimed("execute").contains(*name), listed("execute"), "seed {seed}: {rule}: {said}\n{printed}");
            assert_eq!(
                claimed("see the traces of").contains(*name),
                listed("read"),
                "seed {seed}: {rule}: {said}\n{printed}"
            );
        }
        for (name, scheduled) in &table.loops {
            let listed = |role| scheduled.acl.iter().flatten().any(|(named, given)| *named == rule && *given == role);
            for (verb, role) in [("trigger", "execute"), ("see the traces of", "read")] {
                let wanted = (claimed(verb).contains(*name), listed(role));
                assert_eq!(wanted.0, wanted.1, "seed {seed}: {rule}: {said}\n{printed}");
            }
        }
        for (tool, given) in &table.grants {
            for (access, verb) in [(Access::Read, "read"), (Access::Write, "write")] {
                let is_given = given.iter().any(|(named, most)| *named == rule && *most == access);
                assert_eq!(
                    claimed(verb).contains(&format!("tools/{tool}")),
                    is_given,
                    "seed {seed}: {rule}: {said}\n{printed}"
                );
            }
        }
        let everything = said.contains("execute, trigger, cancel and see the traces of everything");
        assert_eq!(everything, table.project.contains(&(rule, "admin")), "seed {seed}: {rule}: {said}\n{printed}");
    }
}
