//! The project of a table: its model, which does what it is told, its tools, its servers, and the runner that serves it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::sync::LazyLock;

use pace_tests::process::{Runner, command};
use pace_tests::{Project, SHOP};
use serde_json::{Value, json};

use super::{PEOPLE, TOOLS};
use crate::evaluate::{Access, Table, address};

/// The interpreter itself: what `PATH` has may be a script that looks for it, which takes longer than all else a server does.
static PYTHON: LazyLock<String> = LazyLock::new(|| {
    let output = Command::new("python3").args(["-c", "import sys; print(sys.executable)"]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
});

/// The project of a table, with the tokens of [`PEOPLE`], and a model that does what it is told: `look` calls the tool, `desk: look`
/// tells the agent `desk` to `look`.
pub(crate) fn project(table: &Table) -> Project {
    let tokens = PEOPLE.iter().filter(|(_, token, _)| !token.is_empty()).map(|(principal, _, groups)| {
        let name = variable(principal);
        format!("      - {{value: \"${{env:{name}}}\", principal: \"{principal}\", groups: [{}]}}\n", groups.join(", "))
    });
    let settings = format!(
        "service_accounts: [{{name: s1}}]\nmodels:\n  - {{name: recorded, provider: replay, turns: turns.json}}\n\
         lints: {{loop-not-admitted: allow}}\nauthentication:\n  - type: tokens\n    tokens:\n{}",
        tokens.collect::<String>()
    );
    let project = Project::new(&[("turns.json", &json!(turns(table)).to_string())]);
    for (path, text) in table.files() {
        match path.as_str() {
            "settings" => project.write("paceline.yaml", &(settings.clone() + &text)),
            path => project.write(path, &text),
        }
    }
    tools(table, &project);
    servers(table, &project);
    project
}

fn turns(table: &Table) -> Vec<Value> {
    let words = words(table);
    let mut turns = Vec::new();
    for (agent, word) in table.agents.keys().flat_map(|agent| words.iter().map(move |word| (agent, word))) {
        let call = json!({"name": agent, "arguments": {"message": word}});
        turns.push(json!({"user": format!("{agent}: {word}"), "model": {"calls": [call]}}));
    }
    for word in &words {
        turns.push(json!({"user": word, "model": {"calls": [{"name": word, "arguments": {}}]}}));
    }
    turns.push(json!({"user": "remember", "model": "I do"}));
    turns.push(json!({"user": "stay", "wait": "1h", "model": "I did"}));
    let agents = table.agents.keys().map(|agent| (*agent).to_owned());
    turns.extend(agents.chain(words).map(|name| json!({"results": [name], "model": "done"})));
    turns
}

/// Everything that any agent of a table could call a tool, and what nobody has.
fn words(table: &Table) -> Vec<String> {
    let entries = table.agents.values().flat_map(|agent| &agent.servers);
    let mut aliases: Vec<_> = entries.map(|entry| (entry.server, entry.alias())).collect();
    aliases.extend(table.servers.keys().map(|server| (*server, *server)));
    aliases.sort_unstable();
    aliases.dedup();
    let of_servers = aliases.iter().flat_map(|(server, alias)| table.words(server, alias));
    TOOLS.map(str::to_owned).into_iter().chain(of_servers).collect()
}

/// The compiled tools that are listed: another one would be no tool of any agent.
fn tools(table: &Table, project: &Project) {
    let used = |tool: &str| table.agents.values().any(|agent| agent.tools.iter().any(|(name, _)| *name == tool));
    for tool in TOOLS.into_iter().filter(|tool| used(tool)) {
        let source = format!(
            "import {{ defineTool }} from \"@paceline/runtime\";\nexport default defineTool({{\n  name: \"{tool}\", description: \
             \"A tool\", parameters: {{}},\n  execute: () => ({{ ok: true }}),\n}});\n"
        );
        project.write(&format!("tools/{tool}.ts"), &source);
    }
}

/// The servers as programs, each with its offer.
fn servers(table: &Table, project: &Project) {
    for (name, tools) in &table.servers {
        let offer = tools.iter().map(|(tool, hint)| {
            let mut offered = json!({"name": tool, "description": "A tool", "inputSchema": {"type": "object"}});
            if let Some(hint) = hint {
                offered["annotations"] = json!({ "readOnlyHint": hint });
            }
            offered
        });
        project.write(&format!("{name}.json"), &offer.collect::<Value>().to_string());
        let path = format!("servers/{name}");
        project.write(&path, &format!("#!{} -IS\n{SHOP}", *PYTHON));
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(project.path().join(path), mode).unwrap();
    }
}

/// How often each tool of a server was called, by what the server wrote down.
pub(crate) fn arrived(table: &Table, project: &Project) -> BTreeMap<(&'static str, String), usize> {
    let mut calls = BTreeMap::new();
    for server in table.servers.keys() {
        let written = std::fs::read_to_string(project.path().join(format!("{server}.calls"))).unwrap_or_default();
        for tool in written.lines() {
            *calls.entry((*server, tool.to_owned())).or_default() += 1;
        }
    }
    calls
}

fn variable(principal: &str) -> String {
    principal.replace(':', "_").to_uppercase()
}

/// A runner of the project that keeps what happens. Of writes it makes those of servers, which write down what reaches them; those of
/// compiled tools are told and not made.
pub(crate) fn runner(table: &Table, project: &Project) -> Runner {
    let offered = table.agents.keys().flat_map(|agent| table.offered(agent));
    let writing = offered.filter(|tool| tool.class == Access::Write).filter_map(|tool| tool.server);
    let live: Vec<_> = writing.map(|(server, _)| address(server)).collect();
    let live = if live.is_empty() { "none".to_owned() } else { live.join(",") };
    let state = project.path().join("state");
    let path = std::env::var("PATH").unwrap();
    let variables: Vec<_> = PEOPLE.iter().map(|(principal, token, _)| (variable(principal), *token)).collect();
    let mut variables: Vec<_> = variables.iter().map(|(name, token)| (name.as_str(), *token)).collect();
    variables.retain(|(_, token)| !token.is_empty());
    variables.extend([("LIVE_WRITES", live.as_str()), ("PACE_STATE_DIR", state.to_str().unwrap()), ("PATH", &path)]);
    let mut command = command(project, &variables);
    command.current_dir(project.path());
    Runner::of(command)
}
