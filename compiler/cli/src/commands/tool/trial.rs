//! A tool that no agent lists, tried all the same: the project as if one more agent listed it, with nothing granted. It reaches
//! no network and sees no variables, so that it cannot do harm before its author has said what it may do.

use pace_compiler::{DirEntry, EntryKind, World, WorldError};
use pace_ir::program::AgentName;

/// The agent that is not there.
const NAME: &str = "pace-tool-run";

/// A project with one agent more.
#[derive(Debug)]
pub(super) struct Trial<'w> {
    world: &'w dyn World,
    spec: String,
}

impl<'w> Trial<'w> {
    pub(super) fn new(world: &'w dyn World, key: &str) -> Self {
        // What it can do here changes nothing outside, whatever it is called.
        let tool = format!("{{name: {key}, access: read, net: []}}");
        let spec = format!("name: {NAME}\nmodel: gemini-2.5-flash\ndescription: Tries a tool.\ntools: [{tool}]\n");
        Self { world, spec }
    }

    /// The agent that lists the tool, in a bundle made from this.
    pub(super) fn agent(bundle: &pace_ir::Bundle) -> Option<AgentName> {
        bundle.program.agents.keys().find(|name| name.as_str() == NAME).cloned()
    }
}

impl World for Trial<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, WorldError> {
        match path.strip_prefix("agents/").and_then(|path| path.strip_prefix(NAME)) {
            Some("/spec.yaml") => Ok(Some(self.spec.clone().into_bytes())),
            _ => self.world.read(path),
        }
    }

    fn list(&self, path: &str) -> Result<Vec<DirEntry>, WorldError> {
        let entry = |name: &str, kind| DirEntry { name: name.to_owned(), kind };
        let mut entries = self.world.list(path)?;
        match path {
            "" => entries.push(entry("agents", EntryKind::Directory)),
            "agents" => entries.push(entry(NAME, EntryKind::Directory)),
            _ if path.strip_prefix("agents/") == Some(NAME) => {
                return Ok(vec![entry("spec.yaml", EntryKind::File)]);
            }
            _ => return Ok(entries),
        }
        entries.sort();
        entries.dedup();
        Ok(entries)
    }
}
