//! Projects of any size, of the kind people write: prompts of a kilobyte, access lists, limits, loops, accounts.

pub(crate) mod guarded;
pub(crate) mod tools;

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a project of `agents` agents, and a loop and a service account for every tenth.
pub(crate) fn write(folder: &Path, agents: usize) -> Result<()> {
    for number in 0..agents {
        put(folder, &format!("agents/agent-{number}/spec.yaml"), &agent(number))?;
    }
    write_around(folder, agents)
}

/// What a project has beside its agents.
fn write_around(folder: &Path, agents: usize) -> Result<()> {
    let mut project = String::from("project: bench\nservice_accounts:\n");
    for number in (0..agents).step_by(10) {
        writeln!(project, "  - name: bot-{number}")?;
        put(folder, &format!("loops/loop-{number}.yaml"), &scheduled_loop(number))?;
    }
    put(folder, "paceline.yaml", &project)
}

/// Writes a project of `agents` agents that everybody may ask.
pub(crate) fn write_open(folder: &Path, agents: usize) -> Result<()> {
    put(folder, "paceline.yaml", "project: bench\n")?;
    (0..agents).try_for_each(|number| put(folder, &format!("agents/agent-{number}/spec.yaml"), &open_agent(number)))
}

fn open_agent(number: usize) -> String {
    format!("name: agent-{number}\nmodel: gemini-2.5-flash\ndescription: Answer questions about the weather.\n")
}

fn agent(number: usize) -> String {
    let sentence = "Answer in one short paragraph, name your sources, and say so when you do not know. ";
    let prompt = sentence.repeat(12);
    let bot = match number % 10 {
        0 => format!("  - principal: serviceaccount:bot-{number}\n    role: execute\n"),
        _ => String::new(),
    };
    format!(
        "name: agent-{number}\nmodel: gemini-2.5-flash\nsummary: Answers questions of team {number}\n\
         description: |\n  You help team {number}.\n  {prompt}\n\
         generation:\n  temperature: 0.3\n  max_output_tokens: 2048\n\
         limits:\n  max_turns: 12\n  timeout: 2m\n  max_cost_usd: 0.25\n\
         acl:\n  - principal: group:team-{number}\n    role: execute\n{bot}  - principal: user:lead-{number}@example.com\n    role: read\n"
    )
}

fn scheduled_loop(number: usize) -> String {
    format!(
        "name: loop-{number}\nschedule: \"{} 9 * * 1-5\"\ntimezone: Europe/Berlin\nagent: agent-{number}\n\
         run_as: serviceaccount:bot-{number}\ninstruction: Summarize what is new since yesterday.\n",
        number % 60
    )
}

fn put(folder: &Path, path: &str, text: &str) -> Result<()> {
    let file = folder.join(path);
    let parent = file.parent().context("a file has a folder")?;
    std::fs::create_dir_all(parent)
        .and_then(|()| std::fs::write(&file, text))
        .with_context(|| format!("cannot write {path}"))
}
