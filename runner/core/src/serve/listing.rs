//! What a server serves, for people who start it.

use std::fmt::Write;
use std::net::SocketAddr;

use chrono::{DateTime, Utc};

use crate::instantiate::{NextFiring, Runner, ServedLoop};

/// Where it listens, the agents with their paths, and the loops with their next firing after `now`.
pub fn listing(runner: &Runner, address: SocketAddr, now: DateTime<Utc>) -> String {
    let mut text = format!("  Listening on http://{address}\n");
    let agents = runner.agents().map(|agent| (agent.name.to_string(), format!("/agents/{}/chat", agent.name)));
    table(&mut text, "Agents", agents.collect());
    let loops = runner.loops(now).map(|scheduled| (scheduled.name.to_string(), firing(&scheduled)));
    table(&mut text, "Loops", loops.collect());
    text
}

/// What is said of loops that people expect to fire; absent where there are none.
pub fn idle_loops(runner: &Runner) -> Option<String> {
    match runner.bundle().program.loops.values().filter(|scheduled| scheduled.enabled).count() {
        0 => None,
        1 => Some("the bundle has a loop, and this version does not fire loops yet".to_owned()),
        count => Some(format!("the bundle has {count} loops, and this version does not fire loops yet")),
    }
}

/// `cron(0 9 * * *) Europe/Berlin, asks helper, next 2026-11-23 09:00 CET`.
fn firing(scheduled: &ServedLoop<'_>) -> String {
    let zone = scheduled.timezone.tz();
    let next = match scheduled.next {
        NextFiring::At(next) => format!("next {}", next.with_timezone(&zone).format("%Y-%m-%d %H:%M %Z")),
        NextFiring::Never => "never fires".to_owned(),
        NextFiring::Disabled => "not enabled".to_owned(),
    };
    format!("cron({}) {}, asks {}, {next}", scheduled.schedule, scheduled.timezone, scheduled.agent)
}

fn table(text: &mut String, title: &str, rows: Vec<(String, String)>) {
    if rows.is_empty() {
        return;
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let _infallible = write!(text, "\n  {title}:\n");
    for (name, what) in rows {
        let _infallible = writeln!(text, "    {name:width$}  → {what}");
    }
}
