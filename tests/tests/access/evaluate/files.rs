//! A table as the project that an author writes.

use std::fmt::Write as _;

use super::{Access, Agent, Entry, Loop, Table, address};

impl Table {
    /// Path and text of each file; what belongs into `paceline.yaml`, after the settings that do not depend on the table, is `settings`.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut settings = list(&self.project);
        if !self.grants.is_empty() {
            settings += "tool_grants:\n";
        }
        for (tool, given) in &self.grants {
            let given =
                given.iter().map(|(rule, access)| format!("{{principal: \"{rule}\", access: {}}}", word(*access)));
            let given = given.collect::<Vec<_>>().join(", ");
            writeln!(settings, "  - {{tool: \"{tool}\", grants: [{given}]}}").unwrap();
        }
        let mut files = vec![("settings".to_owned(), settings)];
        for (name, agent) in &self.agents {
            files.push((format!("agents/{name}/spec.yaml"), spec(name, agent)));
        }
        for (name, Loop { agent, run_as, acl }) in &self.loops {
            let mut text = format!(
                "name: {name}\nschedule: \"0 9 * * *\"\nagent: {agent}\nrun_as: {run_as}\ninstruction: Look around.\n"
            );
            text += &acl.as_ref().map(|acl| list(acl)).unwrap_or_default();
            files.push((format!("loops/{name}.yaml"), text));
        }
        files
    }
}

fn spec(name: &str, agent: &Agent) -> String {
    let mut spec = format!("name: {name}\nmodel: recorded\ndescription: You help.\n");
    spec += &agent.acl.as_ref().map(|acl| list(acl)).unwrap_or_default();
    if !agent.tools.is_empty() || !agent.servers.is_empty() || !agent.calls.is_empty() {
        spec += "tools:\n";
    }
    for (tool, access) in &agent.tools {
        writeln!(spec, "  - {{name: tools/{tool}, access: {}}}", word(*access)).unwrap();
    }
    for entry in &agent.servers {
        writeln!(spec, "  - {{{}}}", server(entry)).unwrap();
    }
    for (target, access) in &agent.calls {
        writeln!(spec, "  - {{server: paceline://{target}, access: {}}}", word(*access)).unwrap();
    }
    spec
}

fn server(entry: &Entry) -> String {
    let (address, name) = (address(entry.server), entry.server);
    let mut keys = format!("server: {address}, access: {}", word(entry.access));
    write!(keys, ", env: {{OFFER: {name}.json, CALLS: {name}.calls}}").unwrap();
    if let Some(alias) = entry.alias {
        write!(keys, ", alias: {alias}").unwrap();
    }
    if let Some(tools) = &entry.tools {
        write!(keys, ", tools: [{}]", tools.join(", ")).unwrap();
    }
    if !entry.read_only.is_empty() {
        write!(keys, ", read_only: [{}]", entry.read_only.join(", ")).unwrap();
    }
    keys
}

fn list(acl: &[(&str, &str)]) -> String {
    let lines = acl.iter().map(|(rule, role)| format!("  - {{principal: \"{rule}\", role: {role}}}\n"));
    if acl.is_empty() { "acl: []\n".to_owned() } else { "acl:\n".to_owned() + &lines.collect::<String>() }
}

fn word(access: Access) -> &'static str {
    if access == Access::Read { "read" } else { "write" }
}
