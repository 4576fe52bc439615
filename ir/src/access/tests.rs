//! Decisions against a table worked out by hand from the rules, not by running them.

mod agents;
mod tools;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::digest::Digest;
use crate::program::authorization::{AgentAccess, LoopAccess};
use crate::program::scheduled_loop::{CatchUp, Concurrency};
use crate::program::template::{Json, Template};
use crate::program::tool::{AgentTarget, LocalTarget, LocalTool, Net, PinnedServer, PinnedTool, ServerTarget};
use crate::program::{
    Access, Agent, AuthSection, BlobSection, Generation, GrantTarget, Limits, LockSection, Loop, Meta, ProgramSection,
    Target, ToolEntry, ToolSection,
};
use crate::schedule::{Schedule, Timezone};

const SLACK: &str = "https://integrations.example.com/slack";
const DISK: &str = "npm:disk";

fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// `user:ann,group:ops`.
fn who(text: &str) -> Subject {
    let mut words = text.split(',');
    let principal = name(words.next().unwrap());
    Subject { principal, groups: words.map(|word| word.strip_prefix("group:").unwrap().to_owned()).collect() }
}

#[expect(clippy::unnecessary_wraps, reason = "as the field it stands in")]
fn acl(entries: &[(&str, Role)]) -> Option<BTreeSet<(Principal, Role)>> {
    Some(entries.iter().map(|(principal, role)| (name(principal), *role)).collect())
}

fn grants(entries: &[(&str, Access)]) -> BTreeMap<Principal, Access> {
    entries.iter().map(|(principal, access)| (name(principal), *access)).collect()
}

fn agent(tools: Vec<ToolEntry>) -> Agent {
    Agent {
        model: name("m"),
        prompt: String::new(),
        summary: String::new(),
        tools,
        skills: vec![],
        generation: Generation::default(),
        output: None,
        limits: Limits::default(),
    }
}

fn entry(target: Target, access: Access) -> ToolEntry {
    ToolEntry { target, access, env: BTreeMap::new(), timeout: None }
}

fn local(tool: &str, access: Access) -> ToolEntry {
    entry(Target::Local(LocalTarget { tool: tool.into(), net: Net::AnyPublic, memory: None }), access)
}

fn server(server: &str, tools: Option<&[&str]>, read_only: &[&str], access: Access) -> ToolEntry {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    let target = ServerTarget {
        server: server.into(),
        alias: name("s"),
        tools: tools.map(words),
        read_only: words(read_only),
        args: vec![],
        roots: vec![],
    };
    entry(Target::Server(target), access)
}

fn calls(target: &str, access: Access) -> ToolEntry {
    entry(Target::Agent(AgentTarget { agent: name(target), alias: name("a") }), access)
}

fn pinned(tools: &[(&str, Access)]) -> PinnedServer {
    let tool = |access| PinnedTool::new("", Json("{}".into()), access);
    PinnedServer {
        address: Template::literal("x"),
        name: String::new(),
        package: None,
        needs_credential: false,
        tools: tools.iter().map(|(name, access)| ((*name).to_owned(), tool(*access))).collect(),
    }
}

/// `front` is open and calls `desk`, which admits ops and `front`'s identity and calls `vault` for reading only; `vault`
/// admits `desk`'s identity alone; `shut` admits nobody.
fn bundle() -> Bundle {
    use Access::{Read, Write};
    let front = vec![
        calls("desk", Write),
        local("tools/clock", Read),
        server(SLACK, Some(&["post", "list"]), &[], Read),
        server(DISK, None, &["stat"], Write),
    ];
    let desk = vec![calls("vault", Read), server(SLACK, None, &[], Write)];
    let vault = vec![local("tools/open", Write), local("tools/clock", Write)];
    let agents = [("front", front), ("desk", desk), ("vault", vault), ("shut", vec![])];
    let access = [
        ("front", None),
        ("desk", acl(&[("group:ops", Role::Execute), ("serviceaccount:front", Role::Execute)])),
        ("vault", acl(&[("serviceaccount:desk", Role::Execute), ("user:ann", Role::Read)])),
        ("shut", acl(&[])),
    ];
    let auth = AuthSection {
        service_accounts: BTreeSet::from([name("bot")]),
        project: BTreeSet::from([(name("user:root"), ProjectRole::Admin), (name("group:audit"), ProjectRole::Read)]),
        agents: access
            .into_iter()
            .map(|(agent, acl)| (name(agent), AgentAccess { run_as: name(agent), acl }))
            .collect(),
        loops: BTreeMap::from([
            (name("nightly"), LoopAccess { run_as: name("bot"), acl: None }),
            (name("hourly"), LoopAccess { run_as: name("bot"), acl: acl(&[("group:ops", Role::Execute)]) }),
        ]),
        grants: BTreeMap::from([
            (GrantTarget::Server(SLACK.into()), grants(&[("group:viewers", Read), ("serviceaccount:bot", Write)])),
            (GrantTarget::ServerTool(SLACK.into(), "post".into()), grants(&[("group:ops", Write)])),
            (GrantTarget::ServerTool(DISK.into(), "format".into()), grants(&[("authenticated", Write)])),
            (GrantTarget::Local("tools/open".into()), grants(&[])),
        ]),
        ..AuthSection::default()
    };
    let scheduled = |agent: &str| Loop {
        schedule: Schedule::parse("@daily").unwrap(),
        timezone: Timezone::UTC,
        agent: name(agent),
        instruction: String::new(),
        concurrency: Concurrency::Forbid,
        catch_up: CatchUp::default(),
        timeout: None,
        enabled: true,
    };
    let tool = LocalTool {
        name: name("t"),
        description: String::new(),
        parameters: Json("{}".into()),
        module: Digest::of(b""),
        source: Digest::of(b""),
    };
    Bundle {
        meta: Meta { project: name("p"), compiler: String::new(), engine: None, required_features: BTreeSet::new() },
        program: ProgramSection {
            agents: agents.into_iter().map(|(agent_name, tools)| (name(agent_name), agent(tools))).collect(),
            loops: BTreeMap::from([(name("nightly"), scheduled("front")), (name("hourly"), scheduled("desk"))]),
            models: BTreeMap::new(),
        },
        auth,
        tools: ToolSection {
            local: BTreeMap::from([("tools/clock".into(), tool.clone()), ("tools/open".into(), tool)]),
            servers: BTreeMap::from([
                (SLACK.into(), pinned(&[("list", Read), ("post", Write), ("purge", Write)])),
                (DISK.into(), pinned(&[("stat", Write), ("format", Write), ("sync", Write)])),
            ]),
            skills: BTreeMap::new(),
        },
        blobs: BlobSection::default(),
        lock: LockSection::default(),
        source_map: None,
        sbom: None,
        tool_map: None,
    }
}

/// `yes` or `no`, then the sentence.
fn said(decision: &Decision) -> String {
    let answer = if decision.is_allowed() { "yes" } else { "no" };
    format!("{answer}: {}", decision.reason())
}

fn tool(text: &str) -> Tool {
    match text.split_once('#') {
        Some((server, tool)) => Tool::Server(server.into(), tool.into()),
        None => Tool::Local(text.into()),
    }
}
