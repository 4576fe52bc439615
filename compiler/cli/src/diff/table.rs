//! What was known of tools, servers and skills when the bundles were built. What only one of the bundles has is told with
//! the agents that use it.

use pace_ir::program::tool::{LocalTool, PinnedPackage, PinnedServer, PinnedTool, Skill};
use pace_ir::program::{Access, ToolSection};

use super::changes::{Changes, paired};
use super::{Place, values};

/// The tool tables.
pub(super) fn compare(changes: &mut Changes, a: &ToolSection, b: &ToolSection) {
    for (key, old, new) in paired(&a.local, &b.local) {
        changes.at(Place::Tool(key.clone()));
        if let (Some(old), Some(new)) = (old, new) {
            local(changes, old, new);
        }
    }
    for (key, old, new) in paired(&a.servers, &b.servers) {
        changes.at(Place::Server(key.clone()));
        if let (Some(old), Some(new)) = (old, new) {
            server(changes, old, new);
        }
    }
    for (key, old, new) in paired(&a.skills, &b.skills) {
        changes.at(Place::Skill(key.clone()));
        if let (Some(old), Some(new)) = (old, new) {
            skill(changes, old, new);
        }
    }
}

fn local(changes: &mut Changes, a: &LocalTool, b: &LocalTool) {
    let LocalTool { name, description, parameters, module, source } = a;
    changes.value("name", "name", name, &b.name);
    changes.text("description", "description", description, &b.description);
    if *parameters != b.parameters {
        changes.changes("parameters", "parameters are others");
    }
    match (*source != b.source, *module != b.module) {
        (true, _) => changes.changes("code", "code is another"),
        (false, true) => changes.changes("code", "the same code is compiled in another way"),
        (false, false) => {}
    }
}

fn server(changes: &mut Changes, a: &PinnedServer, b: &PinnedServer) {
    let PinnedServer { address, name, package, needs_credential, tools } = a;
    values::template(changes, "server", "address", (Some(address), Some(&b.address)));
    changes.value("name", "name", name, &b.name);
    match (needs_credential, b.needs_credential) {
        (false, true) => changes.shrinks("credential", "needs a credential"),
        (true, false) => changes.grows("credential", "needs no credential any more"),
        _ => {}
    }
    let version =
        |package: &Option<PinnedPackage>| package.as_ref().map_or("none", |package| &package.version).to_owned();
    changes.value("version", "version", &version(package), &version(&b.package));
    let program = |package: &PinnedPackage| format!("{} {}", package.runtime.as_str(), package.entry);
    if let (Some(old), Some(new)) = (package, &b.package) {
        changes.value("version", "program", &program(old), &program(new));
    }
    let is_moved = |old: &PinnedPackage, new: &PinnedPackage| old.version == new.version && old.tree != new.tree;
    if let (Some(old), Some(new)) = (package, &b.package)
        && is_moved(old, new)
    {
        changes.changes("version", "the packages it depends on are others");
    }
    for (name, old, new) in paired(tools, &b.tools) {
        match (old, new) {
            (None, Some(tool)) => changes.grows("tools", format!("offers `{name}` ({})", tool.access.as_str())),
            (Some(tool), None) => {
                changes.shrinks("tools", format!("no longer offers `{name}` ({})", tool.access.as_str()));
            }
            (Some(old), Some(new)) => pinned(changes, name, old, new),
            (None, None) => {}
        }
    }
}

fn pinned(changes: &mut Changes, name: &str, a: &PinnedTool, b: &PinnedTool) {
    let PinnedTool { title, description, input, output, access, destructive, idempotent, open_world } = a;
    match (access, b.access) {
        // A call that counts as a read passes where writes are closed, and is not stubbed.
        (Access::Write, Access::Read) => {
            changes.grows("tools", format!("calls of `{name}` count as reads, were writes"));
        }
        (Access::Read, Access::Write) => {
            changes.shrinks("tools", format!("calls of `{name}` count as writes, were reads"));
        }
        _ => {}
    }
    changes.text("tools", &format!("description of `{name}`"), description, &b.description);
    if *input != b.input {
        changes.changes("tools", format!("arguments of `{name}` are others"));
    }
    if *output != b.output {
        changes.changes("tools", format!("results of `{name}` are others"));
    }
    let said = |hint: &Option<bool>| hint.map_or("nothing", |said| if said { "true" } else { "false" });
    let hints = [
        ("destructive", destructive, &b.destructive),
        ("idempotent", idempotent, &b.idempotent),
        ("open-world", open_world, &b.open_world),
    ];
    for (hint, old, new) in hints {
        changes.words("tools", &format!("the {hint} hint of `{name}`"), said(old), said(new));
    }
    let words = |title: &Option<String>| title.as_deref().unwrap_or("none").to_owned();
    changes.value("tools", &format!("title of `{name}`"), &words(title), &words(&b.title));
}

fn skill(changes: &mut Changes, a: &Skill, b: &Skill) {
    let Skill { reference, name, description, text, files } = a;
    changes.value("skills", "reference", reference, &b.reference);
    changes.value("skills", "name", name, &b.name);
    changes.value("skills", "description", description, &b.description);
    if *text != b.text {
        changes.changes("skills", "text is another");
    }
    for (path, old, new) in paired(files, &b.files) {
        match (old, new) {
            (None, _) => changes.changes("skills", format!("carries the file `{path}`")),
            (_, None) => changes.changes("skills", format!("no longer carries the file `{path}`")),
            (old, new) if old != new => changes.changes("skills", format!("the file `{path}` is another")),
            _ => {}
        }
    }
}
