//! What a server serves, for people who start it.

use std::collections::BTreeSet;
use std::fmt::Write;

use chrono::{DateTime, Utc};
use pace_ir::access::{Chain, Decision, Rules, Subject};
use pace_ir::program::{AgentName, Principal};

use crate::authenticate::Identity;
use crate::authorize::{Action, decide};
use crate::instantiate::{NextFiring, Runner, ServedLoop};
use crate::tool::{AgentTools, Mode, Toolbox};

/// Where it listens, the agents with their paths, and the loops with their next firing after `now`.
pub fn listing(runner: &Runner, identity: &Identity, address: &str, now: DateTime<Utc>) -> String {
    let mut text = format!("  Listening on {address}\n");
    let agents = runner.doors().map(|agent| {
        let note = if is_closed(runner, identity, agent.name) { "  (its `acl` lets nobody in over HTTP)" } else { "" };
        let tools: Vec<_> = agent.tools.into_iter().flat_map(AgentTools::introductions).collect();
        let below = (!tools.is_empty()).then(|| format!("tools: {}", tools.join(", ")));
        (agent.name.to_string(), format!("/agents/{}/chat{note}", agent.name), below)
    });
    table(&mut text, "Agents", agents.collect());
    let loops = runner.loops(now).map(|scheduled| (scheduled.name.to_string(), firing(&scheduled), None));
    table(&mut text, "Loops, which this version does not fire yet", loops.collect());
    text
}

/// What is said of the agents that every request will be refused for; absent where there are none.
pub fn closed_agents(runner: &Runner, identity: &Identity) -> Option<String> {
    let closed =
        runner.doors().filter(|agent| is_closed(runner, identity, agent.name)).map(|agent| format!("`{}`", agent.name));
    let named = match closed.collect::<Vec<_>>().as_slice() {
        [] => return None,
        [one] => format!("nobody can reach the agent {one} over HTTP: its `acl` has"),
        several => format!("nobody can reach the agents {} over HTTP: their `acl` have", several.join(", ")),
    };
    Some(format!("{named} no `anonymous`, which is what everybody is taken for without sources under `authentication`"))
}

/// Where requests can say who they are from, an agent is closed to nobody on its list.
fn is_closed(runner: &Runner, identity: &Identity, agent: &AgentName) -> bool {
    let chain = Chain::direct(Subject::new(Principal::Anonymous));
    !identity.has_sources()
        && matches!(decide(Rules::of(runner.bundle()), &chain, Action::Execute(agent)), Decision::Denied(_))
}

/// What is said of loops that people expect to fire; absent where there are none.
pub fn idle_loops(runner: &Runner) -> Option<String> {
    match runner.loops(Utc::now()).filter(|scheduled| scheduled.next != NextFiring::Disabled).count() {
        0 => None,
        1 => Some("the bundle has a loop, and this version does not fire loops yet".to_owned()),
        count => Some(format!("the bundle has {count} loops, and this version does not fire loops yet")),
    }
}

/// `cron(0 9 * * *) Europe/Berlin, asks helper, next 2026-11-23 09:00 CET`.
fn firing(scheduled: &ServedLoop<'_>) -> String {
    let next = match scheduled.next {
        NextFiring::At(next) => format!("next {}", next.with_timezone(&scheduled.timezone).format("%Y-%m-%d %H:%M %Z")),
        NextFiring::Never => "never fires".to_owned(),
        NextFiring::Disabled => "not enabled".to_owned(),
    };
    format!("cron({}) {}, asks {}, {next}", scheduled.schedule, scheduled.timezone, scheduled.agent)
}

/// What is said of the tools that write, and whether they do; absent where there are none.
pub fn writes(tools: &Toolbox) -> Option<String> {
    let (mut live, mut stubbed) = (BTreeSet::new(), BTreeSet::new());
    for tool in tools.iter().filter(|tool| tool.callee.writes(tool.class)) {
        match tool.mode {
            Mode::Live => live.insert(format!("`{}`", tool.key())),
            Mode::Stubbed => stubbed.insert(format!("`{}`", tool.key())),
        };
    }
    let listed = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    match (live.is_empty(), stubbed.is_empty()) {
        (true, true) => None,
        (false, true) => Some(format!("writes are live: {}", listed(live))),
        (true, false) => Some(format!("writes are stubbed, nothing is changed: {}", listed(stubbed))),
        (false, false) => Some(format!("writes are live: {}; stubbed: {}", listed(live), listed(stubbed))),
    }
}

/// Rows of names, what is at each, and what stands on a line below.
fn table(text: &mut String, title: &str, rows: Vec<(String, String, Option<String>)>) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
    let _infallible = write!(text, "\n  {title}:\n");
    for (name, what, below) in rows {
        let _infallible = writeln!(text, "    {name:width$}  → {what}");
        if let Some(below) = below {
            let _infallible = writeln!(text, "    {:width$}    {below}", "");
        }
    }
}
