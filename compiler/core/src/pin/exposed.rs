//! Which of a server's tools one entry gives an agent, by the same rules as [`pace_ir::access`] reads them off a bundle.

use pace_ir::program::Access;

use super::Used;
use crate::pins::Pin;

/// What an entry makes of a server's tools.
#[derive(Debug, Default)]
pub(super) struct Exposed<'p> {
    /// What the agent may call, with the class of the calls; by name.
    pub(super) given: Vec<(&'p str, Access)>,
    /// What the entry is not allowed to do; by name.
    pub(super) left_out: Vec<&'p str>,
}

/// Looks at every tool of the server.
pub(super) fn exposed<'p>(used: &Used<'_>, pin: &'p Pin) -> Exposed<'p> {
    let keys = used.tool.resolved.keys;
    let mut exposed = Exposed::default();
    for (name, tool) in &pin.tools {
        let is_listed = keys.tools.get().is_none_or(|list| list.items.iter().any(|item| item.value.0 == *name));
        if !is_listed {
            continue;
        }
        let is_read = keys.read_only.items().iter().any(|item| item.value.0 == *name);
        let class = if is_read { Access::Read } else { tool.access };
        if class <= used.tool.access {
            exposed.given.push((name, class));
        } else {
            exposed.left_out.push(name);
        }
    }
    exposed
}
