//! Which tools an agent has, and for what class of calls: what its list says of compiled tools, and of each server what the server
//! says of its tools and what the entry makes of it.

use super::{Access, Table};

/// A server on an agent's list.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) server: &'static str,
    /// Before the server's tool names; without it the last word of the address, which is the server's name here.
    pub(crate) alias: Option<&'static str>,
    pub(crate) access: Access,
    /// Which of its tools the agent gets; all without it.
    pub(crate) tools: Option<Vec<&'static str>>,
    /// Its tools that count as reads, whatever it says of them itself.
    pub(crate) read_only: Vec<&'static str>,
}

/// A tool that an agent has.
#[derive(Debug, Clone)]
pub(crate) struct Offered {
    /// As the model calls it.
    pub(crate) called: String,
    /// As grants and `pace who-can` call it.
    pub(crate) name: String,
    /// What a grant can be on so that it is about this tool.
    pub(crate) granted_on: Vec<String>,
    /// Of its calls.
    pub(crate) class: Access,
    /// The server that has it, and the name it has there.
    pub(crate) server: Option<(&'static str, &'static str)>,
}

/// Where a server is: a program in the project.
pub(crate) fn address(server: &str) -> String {
    format!("mcp://exec/servers/{server}")
}

impl Entry {
    pub(crate) fn alias(&self) -> &'static str {
        self.alias.unwrap_or(self.server)
    }
}

impl Table {
    /// The tools of an agent; one that two entries give is there twice.
    pub(crate) fn offered(&self, agent: &str) -> Vec<Offered> {
        let agent = &self.agents[agent];
        let mut all = Vec::new();
        for (tool, access) in &agent.tools {
            let name = format!("tools/{tool}");
            let granted_on = vec![name.clone()];
            all.push(Offered { called: (*tool).to_owned(), name, granted_on, class: *access, server: None });
        }
        for entry in &agent.servers {
            all.extend(self.given(entry));
        }
        all
    }

    /// What an entry gives of its server.
    pub(crate) fn given(&self, entry: &Entry) -> Vec<Offered> {
        let mut given = Vec::new();
        for (tool, hint) in &self.servers[entry.server] {
            let is_exposed = match &entry.tools {
                None => true,
                Some(tools) => tools.contains(tool),
            };
            let is_read = *hint == Some(true) || entry.read_only.contains(tool);
            // An entry for reading gives what reads, and nothing else.
            if !is_exposed || (!is_read && entry.access == Access::Read) {
                continue;
            }
            let name = format!("{}#{tool}", address(entry.server));
            given.push(Offered {
                called: format!("{}_{tool}", entry.alias()),
                granted_on: vec![address(entry.server), name.clone()],
                name,
                class: if is_read { Access::Read } else { Access::Write },
                server: Some((entry.server, tool)),
            });
        }
        given
    }

    /// What the tools of a server would be called with this alias, the agent having them or not.
    pub(crate) fn words(&self, server: &str, alias: &str) -> Vec<String> {
        self.servers[server].iter().map(|(tool, _)| format!("{alias}_{tool}")).collect()
    }
}
