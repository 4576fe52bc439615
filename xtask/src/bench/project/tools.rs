//! Projects with tools in TypeScript. Those that have to be many are the same text under other names, so that each is
//! compiled.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use super::{agent, open_agent, put, write_around};
use crate::command;

/// The texts of tools.
const FOLDER: &str = "tests/bench/tools";

/// What each agent of [`write_open`] may call, one of its own among them.
const WEATHER: &str = "  - {name: tools/get-weather, access: read, net: []}\n";

/// Writes a project of agents that everybody may ask, with so many tools. All agents know the weather.
pub(crate) fn write_open(folder: &Path, agents: usize, tools: usize) -> Result<()> {
    put(folder, "paceline.yaml", "project: bench\n")?;
    copy(folder, "weather.ts", "get-weather")?;
    for number in 1..tools {
        copy_as(folder, ("weather.ts", "get_weather"), &format!("weather_{number}"))?;
    }
    for number in 0..agents {
        let other = 1 + number % tools.saturating_sub(1).max(1);
        let mut spec = format!("{}tools:\n{WEATHER}", open_agent(number));
        if tools > 1 {
            writeln!(spec, "  - {{name: tools/weather_{other}, access: read, net: []}}")?;
        }
        put(folder, &format!("agents/agent-{number}/spec.yaml"), &spec)?;
    }
    Ok(())
}

/// Writes a project of two agents whose tools take their time: of `wait` they wait for 200 ms, of `compute` they compute for
/// some twenty.
pub(crate) fn write_slow(folder: &Path) -> Result<()> {
    put(folder, "paceline.yaml", "project: bench\n")?;
    copy(folder, "slow.ts", "get-weather")?;
    for work in ["wait", "compute"] {
        let spec = format!(
            "name: {work}\nmodel: gemini-2.5-flash\ndescription: Answer questions about the weather.\ntools:\n  \
             - {{name: tools/get-weather, access: read, net: [], env: {{WORK: {work}}}}}\n"
        );
        put(folder, &format!("agents/{work}/spec.yaml"), &spec)?;
    }
    Ok(())
}

/// Writes a project as [`super::write`] does, with so many tools, every other one with zod.
pub(crate) fn write(folder: &Path, agents: usize, tools: usize) -> Result<()> {
    for number in 0..tools {
        let (text, name) = if number % 2 == 0 { ("add.ts", "add") } else { ("zod.ts", "zod") };
        copy_as(folder, (text, name), &format!("tool_{number}"))?;
    }
    for number in 0..agents {
        let tool = number % tools;
        let spec = format!("{}tools:\n  - {{name: tools/tool_{tool}, access: read, net: []}}\n", agent(number));
        put(folder, &format!("agents/agent-{number}/spec.yaml"), &spec)?;
    }
    write_around(folder, agents)
}

/// Writes one tool.
pub(super) fn copy(folder: &Path, text: &str, name: &str) -> Result<()> {
    put(folder, &format!("tools/{name}.ts"), &read(text)?)
}

/// The same tool under another name.
fn copy_as(folder: &Path, (text, was): (&str, &str), name: &str) -> Result<()> {
    let text = read(text)?.replace(&format!("name: \"{was}\""), &format!("name: \"{name}\""));
    put(folder, &format!("tools/{name}.ts"), &text)
}

fn read(text: &str) -> Result<String> {
    std::fs::read_to_string(command::root()?.join(FOLDER).join(text)).with_context(|| format!("cannot read {text}"))
}
