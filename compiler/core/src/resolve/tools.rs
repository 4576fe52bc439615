//! Tool entries and tool grants: what each names (`P0302`, `P0406`, `P0501`, `P0503`).

use pace_diag::{Applicability, Diagnostic, Sink, code, nearest};
use pace_ir::program::address::{Address, CREDENTIALS, Destination};
use pace_ir::program::{AgentName, GrantTarget};
use pace_syntax::{Span, Spanned};

use super::named::NamedAgents;
use super::unknown_agent;
use crate::catalogue::STD_TOOLS;
use crate::parse::Parsed;
use crate::parse::scalar::Line;
use crate::parse::spec::access::ToolGrantSpec;
use crate::parse::spec::tool_entry::ToolEntryKeys;
use crate::parse::spec::{AgentSpec, ToolEntrySpec};

/// A tool entry and what it names.
#[derive(Debug)]
pub(crate) struct ResolvedTool<'p> {
    /// What was read.
    pub(crate) keys: &'p ToolEntryKeys,
    /// The bytes of the name or address.
    pub(crate) named_at: Span,
    /// What it names.
    pub(crate) target: ResolvedTarget<'p>,
}

/// What a tool entry names.
#[derive(Debug)]
pub(crate) enum ResolvedTarget<'p> {
    /// A compiled tool, by `tools/<name>` or `std/<name>`.
    Local(String),
    /// A tool that one of the agent's skills must bring.
    Skill(String),
    /// An MCP server.
    Server(Address),
    /// Another agent.
    Agent(&'p AgentName, Address),
}

/// An entry of `tool_grants` and what it is about.
#[derive(Debug)]
pub(crate) struct ResolvedGrant<'p> {
    /// What was read.
    pub(crate) spec: &'p ToolGrantSpec,
    /// The bytes of the tool.
    pub(crate) named_at: Span,
    /// What it is about.
    pub(crate) target: GrantTarget,
}

/// Resolves an agent's tool entries.
pub(super) fn entries<'p>(
    spec: &'p AgentSpec,
    agents: &NamedAgents<'p>,
    parsed: &'p Parsed,
    sink: &mut Sink,
) -> Vec<ResolvedTool<'p>> {
    let has_skills = !spec.skills.items().is_empty() || !spec.skills.is_complete();
    let entries = spec.tools.items().iter();
    entries.filter_map(|entry| resolve(entry, has_skills, agents, parsed, sink)).collect()
}

fn resolve<'p>(
    entry: &'p Spanned<ToolEntrySpec>,
    has_skills: bool,
    agents: &NamedAgents<'p>,
    parsed: &'p Parsed,
    sink: &mut Sink,
) -> Option<ResolvedTool<'p>> {
    let keys = &entry.value.0;
    if let (Some(server), Some(name)) = (keys.server.key(), keys.name.key()) {
        let diagnostic =
            Diagnostic::new(&code::MALFORMED_TOOL_ENTRY, "a tool entry names a `server` or a `name`, not both")
                .at(name, "this entry is about a server already")
                .also(server, "the server")
                .help("make two entries of it");
        sink.error(diagnostic);
        return None;
    }
    let (target, named_at) = match (keys.server.spanned(), keys.name.spanned()) {
        (Some(server), _) => {
            let address = Address::parse(&server.value).map_err(|why| {
                let text = server.value.to_string();
                if agents.by_name.keys().any(|name| name.as_str() == text) {
                    agent_instead_of_address(&text, server.span, why, sink)
                } else {
                    malformed_server(&text, server.span, why, sink)
                }
            });
            (server_target(address.ok()?, server.span, agents, sink)?, server.span)
        }
        (None, Some(name)) => (tool_target(name, has_skills, parsed, sink)?, name.span),
        (None, None) => return None,
    };
    Some(ResolvedTool { keys, named_at, target })
}

fn server_target<'p>(
    address: Address,
    span: Span,
    agents: &NamedAgents<'p>,
    sink: &mut Sink,
) -> Option<ResolvedTarget<'p>> {
    if let Destination::Agent(name) = &address.destination {
        let skipped = "paceline://".len();
        let wanted = Spanned::new(name.as_str(), span.slice(skipped..skipped + name.len()));
        let agent = unknown_agent::find(&wanted, "a tool entry", agents, sink)?;
        return Some(ResolvedTarget::Agent(agent, address));
    }
    Some(ResolvedTarget::Server(address))
}

fn tool_target<'p>(
    name: &Spanned<Line>,
    has_skills: bool,
    parsed: &Parsed,
    sink: &mut Sink,
) -> Option<ResolvedTarget<'p>> {
    let text = name.value.0.as_str();
    if is_known_tool(text, parsed) {
        return Some(ResolvedTarget::Local(text.to_owned()));
    }
    if has_skills && !text.contains('/') {
        return Some(ResolvedTarget::Skill(text.to_owned()));
    }
    sink.error(unknown_tool(&code::UNKNOWN_TOOL, text, name.span, parsed));
    None
}

fn is_known_tool(text: &str, parsed: &Parsed) -> bool {
    match text.split_once('/') {
        Some(("tools", name)) => parsed.tools.binary_search_by(|tool| tool.as_str().cmp(name)).is_ok(),
        Some(("std", name)) => STD_TOOLS.contains(&name),
        _ => false,
    }
}

fn unknown_tool(code: &'static pace_diag::Code, text: &str, span: Span, parsed: &Parsed) -> Diagnostic {
    let diagnostic = Diagnostic::new(code, format!("unknown tool `{text}`"));
    let diagnostic = match text.split_once('/') {
        Some(("tools", name)) if name.strip_suffix(".ts").is_some() => {
            diagnostic.at(span, "a tool is named without `.ts`")
        }
        Some(("tools", name)) if name.contains('/') => {
            diagnostic.at(span, "a tool lies in `tools/` itself, not in a folder below it")
        }
        Some(("tools", name)) => diagnostic.at(span, format!("there is no file `tools/{name}.ts`")),
        Some(("std", _)) => diagnostic.at(span, "Paceline ships no such tool"),
        _ => diagnostic.at(span, "neither `tools/<name>`, `std/<name>` nor a tool of a skill listed here"),
    };
    let local = parsed.tools.iter().map(|name| format!("tools/{name}"));
    let names: Vec<_> = local.chain(STD_TOOLS.iter().map(|name| format!("std/{name}"))).collect();
    match nearest_tool(text, &names) {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, span, near),
        None if text.starts_with("tools/") && parsed.tools.is_empty() => {
            diagnostic.help(format!("write it in `{text}.ts`"))
        }
        None => {
            let folder = text.split_once('/').map_or("tools", |(folder, _)| folder);
            let listed = names.iter().map(String::as_str).filter(|name| name.starts_with(folder));
            let listed = match nearest::listing(listed) {
                none if none.is_empty() => nearest::listing(names.iter().map(String::as_str)),
                listed => listed,
            };
            diagnostic.help(format!("the tools are {listed}"))
        }
    }
}

/// The tool that is meant. The folder says little of it: names are compared without, those in the same folder first, and
/// the text may lack a folder or have the file's ending.
fn nearest_tool<'a>(text: &str, names: &'a [String]) -> Option<&'a str> {
    let text = text.strip_suffix(".ts").unwrap_or(text);
    let (folder, wanted) = text.split_once('/').unwrap_or(("", text));
    let same_folder = |name: &&String| name.split_once('/').is_some_and(|(found, _)| found == folder);
    let bare = |name: &'a String| name.split_once('/').map_or(name.as_str(), |(_, bare)| bare);
    let among = |names: Vec<&'a String>| {
        let exact = names.iter().copied().find(|name| bare(name) == wanted);
        let near = || nearest::nearest(wanted, names.iter().copied().map(bare));
        exact.or_else(|| near().and_then(|near| names.iter().copied().find(|name| bare(name) == near)))
    };
    among(names.iter().filter(same_folder).collect()).or_else(|| among(names.iter().collect())).map(String::as_str)
}

/// Reports an address that is none.
pub(crate) fn malformed_server(text: &str, span: Span, why: &str, sink: &mut Sink) -> pace_diag::Reported {
    if why == CREDENTIALS {
        // As a secret it is neither repeated nor shown: output ends up in logs.
        let diagnostic = Diagnostic::new(&code::SECRET_LITERAL, "this address holds credentials").at(span, why);
        return sink.error(diagnostic.help("remove them here, and give them by reference under `mcp_credentials`"));
    }
    let message = format!("`{text}` is not the address of a server");
    let diagnostic = Diagnostic::new(&code::MALFORMED_SERVER, message).at(span, why);
    sink.error(match (other_scheme(text), intended_address(text)) {
        (Some(address), _) => {
            diagnostic.fix(format!("did you mean `{address}`?"), Applicability::Unsafe, span, address)
        }
        (None, Some(address)) => diagnostic.help(format!("write `{address}`")),
        (None, None) => diagnostic,
    })
}

/// The same address with the scheme that it nearly has; `pace` is what the program is called.
fn other_scheme(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = match scheme {
        "pace" => "paceline",
        scheme => nearest::nearest(scheme, ["https", "http", "mcp", "mcp+https", "mcp+http", "paceline"])?,
    };
    let address = format!("{scheme}://{rest}");
    Address::parse_text(&address).is_ok().then_some(address)
}

/// Reports the bare name of an agent where its address is expected.
fn agent_instead_of_address(name: &str, span: Span, why: &str, sink: &mut Sink) -> pace_diag::Reported {
    let address = format!("paceline://{name}");
    let diagnostic = Diagnostic::new(&code::MALFORMED_SERVER, format!("`{name}` is not the address of a server"))
        .at(span, why)
        .fix(format!("write `{address}` for the agent of this name"), Applicability::Unsafe, span, address);
    sink.error(diagnostic)
}

/// The address for a command that would start a server, or for a host without a scheme.
fn intended_address(text: &str) -> Option<String> {
    let mut words = text.split_whitespace();
    let address = match (words.next()?, words.next()) {
        ("npx", Some("-y" | "--yes")) => format!("mcp://npx/{}", words.next()?),
        (manager @ ("npx" | "uvx"), Some(package)) => format!("mcp://{manager}/{package}"),
        (path, None) if ["npx/", "uvx/", "exec/"].iter().any(|start| path.starts_with(start)) => {
            format!("mcp://{path}")
        }
        (host, None) if !host.contains("://") && host.split('/').next()?.contains('.') => format!("https://{host}"),
        _ => return None,
    };
    Address::parse_text(&address).is_ok().then_some(address)
}

/// Resolves what `tool_grants` is about.
pub(super) fn grants<'p>(parsed: &'p Parsed, sink: &mut Sink) -> Vec<ResolvedGrant<'p>> {
    let entries = parsed.settings().map_or(&[][..], |settings| settings.tool_grants.items());
    let resolved = entries.iter().filter_map(|entry| {
        let tool = entry.value.tool.spanned()?;
        let target = grant_target(tool, parsed, sink)?;
        Some(ResolvedGrant { spec: &entry.value, named_at: tool.span, target })
    });
    resolved.collect()
}

fn grant_target(tool: &Spanned<Line>, parsed: &Parsed, sink: &mut Sink) -> Option<GrantTarget> {
    let text = tool.value.0.as_str();
    if is_known_tool(text, parsed) {
        return Some(GrantTarget::Local(text.to_owned()));
    }
    if !text.contains("://") && !text.contains("${") {
        sink.error(unknown_tool(&code::UNKNOWN_GRANTED_TOOL, text, tool.span, parsed));
        return None;
    }
    let (server, name) = match text.split_once('#') {
        Some((server, name)) => (server, Some(name)),
        None => (text, None),
    };
    if name.is_some_and(|name| name.is_empty() || name.len() > 128 || name.contains(char::is_whitespace)) {
        let diagnostic = Diagnostic::new(&code::UNKNOWN_GRANTED_TOOL, format!("`{text}` names no tool of the server"))
            .at(tool.span, "a tool's name without spaces is expected after `#`")
            .help("name a tool, or remove `#` to grant all of them");
        sink.error(diagnostic);
        return None;
    }
    let address = Address::parse_text(server);
    match address.map_err(|why| malformed_server(text, tool.span, why, sink)).ok()? {
        Address { destination: Destination::Agent(agent), .. } => {
            sink.error(granted_agent(&agent, tool.span));
            None
        }
        Address { key, .. } => Some(match name {
            Some(name) => GrantTarget::ServerTool(key, name.to_owned()),
            None => GrantTarget::Server(key),
        }),
    }
}

fn granted_agent(agent: &str, span: Span) -> Diagnostic {
    Diagnostic::new(&code::UNKNOWN_GRANTED_TOOL, format!("the agent `{agent}` cannot be granted like a tool"))
        .at(span, "calls to agents need no grant")
        .help(format!("say who may call it under `acl` in the spec of `{agent}`"))
}
