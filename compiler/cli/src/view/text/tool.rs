//! Tool entries of agents, and what was known of each tool when the bundle was built.

use pace_ir::program::ByteSize;

use super::duration;
use super::page::{Page, joined, listed};
use crate::view::{LocalToolView, ServerView, SkillView, TargetView, ToolEntryView, View};

/// An entry of an agent's `tools`.
pub(super) fn entry(page: &mut Page, entry: &ToolEntryView) {
    let access = entry.access;
    let heading = match &entry.target {
        TargetView::Tool { tool, .. } => format!("{tool} ({access})"),
        TargetView::Server { server, alias, .. } => format!("{server} as {alias} ({access})"),
        TargetView::Agent { agent, alias } => format!("agent {agent} as {alias} ({access})"),
    };
    page.under(&heading, |page| {
        target(page, &entry.target);
        if !entry.env.is_empty() {
            page.under("env:", |page| entry.env.iter().for_each(|(name, value)| page.line(&format!("{name}={value}"))));
        }
        page.pair_if("timeout", entry.timeout_ms.map(duration).as_deref());
    });
}

fn target(page: &mut Page, target: &TargetView) {
    match target {
        TargetView::Tool { tool: _, net, memory_bytes } => {
            let net = net.as_ref().map(|rules| match rules.as_slice() {
                [] => "nothing".to_owned(),
                rules => joined(&rules.iter().map(ToString::to_string).collect::<Vec<_>>()),
            });
            page.pair("net", net.as_deref().unwrap_or("any public host"));
            page.pair_if("memory", memory_bytes.map(|bytes| ByteSize(bytes).to_string()).as_deref());
        }
        TargetView::Server { server: _, alias: _, tools, gives, read_only, args, roots } => {
            let tools = tools.as_ref().map(|tools| if tools.is_empty() { "none".to_owned() } else { listed(tools) });
            page.pair("tools", tools.as_deref().unwrap_or("all of them"));
            let shown = |(tool, class): (&String, &&str)| format!("{} ({class})", listed(std::slice::from_ref(tool)));
            let gives = joined(&gives.iter().map(shown).collect::<Vec<_>>());
            page.pair("gives", if gives.is_empty() { "nothing" } else { &gives });
            page.list("read only", read_only);
            page.list("args", args);
            page.list("roots", roots);
        }
        TargetView::Agent { .. } => {}
    }
}

/// The tool table.
pub(super) fn tools(page: &mut Page, view: &View) {
    for (key, tool) in &view.tools {
        page.gap();
        page.under(&format!("tool `{key}`"), |page| local(page, tool));
    }
    for (key, server) in &view.servers {
        page.gap();
        page.under(&format!("server `{key}`"), |page| self::server(page, server));
    }
    for (key, skill) in &view.skills {
        page.gap();
        page.under(&format!("skill `{key}`"), |page| self::skill(page, skill));
    }
}

fn local(page: &mut Page, tool: &LocalToolView) {
    page.pair("name", &tool.name);
    page.block("description:", &tool.description);
    page.pair("parameters", &tool.parameters.to_string());
    page.pair_if("module", tool.module.as_deref());
    page.pair_if("source", tool.source.as_deref());
}

fn server(page: &mut Page, server: &ServerView) {
    page.pair("address", &server.address);
    page.pair("name", &server.name);
    if server.needs_credential {
        page.pair("credential", "needed");
    }
    if let Some(package) = &server.package {
        let tree = package.tree.as_ref().map(|tree| format!(", tree {tree}"));
        page.pair("version", &format!("{}{}", package.version, tree.unwrap_or_default()));
        page.pair("program", &format!("{} {}", package.runtime, package.entry));
    }
    for (name, tool) in &server.tools {
        page.under(&format!("{name} ({})", tool.access), |page| {
            page.pair_if("title", tool.title.as_deref());
            let hints =
                [("destructive", tool.destructive), ("idempotent", tool.idempotent), ("open world", tool.open_world)];
            for (hint, said) in hints {
                page.pair_if(hint, said.map(|said| said.to_string()).as_deref());
            }
            page.block("description:", &tool.description);
            page.pair("input", &tool.input.to_string());
            page.pair_if("output", tool.output.as_ref().map(ToString::to_string).as_deref());
        });
    }
}

fn skill(page: &mut Page, skill: &SkillView) {
    page.pair("reference", &skill.reference);
    page.pair("name", &skill.name);
    page.pair("description", &skill.description);
    page.pair_if("text", skill.text.as_deref());
    for (path, digest) in &skill.files {
        page.line(&format!("file {path} {}", digest.as_deref().unwrap_or_default()));
    }
}
