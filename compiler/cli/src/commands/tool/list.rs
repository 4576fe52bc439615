//! `pace tool list`: the tools that agents list, who lists them, and the files in `tools/` that none does.

use std::collections::BTreeMap;

use clap::Args;
use pace_compiler::{Listed, Overrides};
use pace_ir::Bundle;
use pace_ir::text::{quoted, shortened};
use serde::Serialize;
use serde_json::Value;

use super::{files, listing, parameters};
use crate::arguments::Global;
use crate::compiled::{Compiled, compile};
use crate::exit::ExitCode;
use crate::output::out;
use crate::project;

/// List the project's tools
///
/// What agents list, with parameters, and which agent may do what with it; then the files in `tools/` that no agent lists.
/// The project is built in memory first, without the servers of MCP that it lists.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The most characters of a tool with its parameters.
const SIGNATURE: usize = 80;

/// A tool of the project, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Row {
    tool: String,
    /// What the rest is known of: only tools that an agent lists are compiled.
    #[serde(flatten)]
    compiled: Option<CompiledTool>,
    /// `read` or `write`, by agent.
    agents: BTreeMap<String, &'static str>,
}

#[derive(Debug, Serialize)]
struct CompiledTool {
    name: String,
    description: String,
    parameters: Value,
}

/// Runs the command.
pub(super) fn run(command: &List, global: &Global) -> anyhow::Result<ExitCode> {
    let root = project::find(global)?;
    let compiled = Overrides { listed: Listed::Compiled, ..Overrides::default() };
    let bundle = match compile(&root, &compiled, global)? {
        Compiled::Bundle(bundle) => bundle,
        Compiled::Failed(code) => return Ok(code),
    };
    let mut rows = listed(bundle.bundle());
    let unlisted = files(&project::open(&root)?).map_err(|error| anyhow::anyhow!("{error}"))?;
    for tool in unlisted {
        rows.entry(tool.clone()).or_insert(Row { tool, compiled: None, agents: BTreeMap::new() });
    }
    let rows: Vec<_> = rows.into_values().collect();
    out(&if command.json {
        serde_json::to_string_pretty(&rows)? + "\n"
    } else if rows.is_empty() && project::has_servers(&root)? {
        "the project has no tools of its own; `pace mcp list` lists those of its servers\n".to_owned()
    } else {
        table(&rows)
    })?;
    Ok(ExitCode::Success)
}

fn listed(bundle: &Bundle) -> BTreeMap<String, Row> {
    let row = |(key, tool): (&String, &pace_ir::program::tool::LocalTool)| {
        let agents = listing(bundle, key).into_iter().map(|(agent, entry)| (agent.to_string(), entry.access.as_str()));
        let compiled = CompiledTool {
            name: tool.name.to_string(),
            description: tool.description.clone(),
            parameters: serde_json::from_str(&tool.parameters.0).unwrap_or_default(),
        };
        (key.clone(), Row { tool: key.clone(), compiled: Some(compiled), agents: agents.collect() })
    };
    bundle.tools.local.iter().map(row).collect()
}

fn table(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "the project has no tools; `pace init --template weather` shows one in `tools/`\n".to_owned();
    }
    let cells = rows.iter().map(|row| {
        let signature = row
            .compiled
            .as_ref()
            .map(|tool| shortened(&format!("{}({})", tool.name, parameters::short(&tool.parameters)), SIGNATURE));
        let agents: Vec<_> = row.agents.iter().map(|(agent, access)| format!("{agent}: {access}")).collect();
        let agents = if agents.is_empty() { "no agent lists it".to_owned() } else { agents.join(", ") };
        (quoted(&row.tool), signature.unwrap_or_default(), agents)
    });
    let cells: Vec<_> = cells.collect();
    let width = |cell: fn(&(String, String, String)) -> &String| {
        cells.iter().map(|row| cell(row).chars().count()).max().unwrap_or_default()
    };
    let (first, second) = (width(|row| &row.0), width(|row| &row.1));
    let line = |(tool, signature, agents): &(String, String, String)| {
        format!("{tool:first$}  {signature:second$}  {agents}\n")
    };
    cells.iter().map(line).collect::<Vec<_>>().concat()
}
