//! What a bundle would serve, for people.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use pace_runner::Runner;
use pace_runner::instantiate::{NextFiring, ServedLoop};

/// The agents with their paths, and the loops with their next firing after `now`.
pub(crate) fn listing(runner: &Runner, now: DateTime<Utc>) -> String {
    let mut text = format!("Project {}, bundle {}\n", runner.bundle().meta.project, runner.id());
    let agents = runner.agents().map(|agent| (agent.name.to_string(), format!("/agents/{}/chat", agent.name)));
    table(&mut text, "Agents", agents.collect());
    let loops = runner.loops(now).map(|scheduled| (scheduled.name.to_string(), firing(&scheduled)));
    table(&mut text, "Loops", loops.collect());
    text
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
    let _infallible = write!(text, "\n{title}:\n");
    for (name, what) in rows {
        let _infallible = writeln!(text, "  {name:width$}  → {what}");
    }
}
