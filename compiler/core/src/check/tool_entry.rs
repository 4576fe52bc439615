//! Tool entries: `P0504` (a key that does not go with what is called), `P0303` (a server that needs an alias), `P0506`
//! (variables without destinations) and the lint `open-egress`.

use pace_diag::{Diagnostic, Lints, Sink, code};
use pace_ir::program::name::ToolName;
use pace_ir::program::{Access, ByteSize};
use pace_syntax::Span;

use super::no_directory;
use crate::parse::spec::tool_entry::ToolEntryKeys;
use crate::resolve::{Destination, ResolvedTarget, ResolvedTool};

/// A tool entry without errors.
#[derive(Debug)]
pub(crate) struct CheckedTool<'p> {
    /// Its names.
    pub(crate) resolved: &'p ResolvedTool<'p>,
    /// The most that may be done through it.
    pub(crate) access: Access,
    /// What the model sees: the tool's name, or what stands before a server's tools.
    pub(crate) alias: ToolName,
}

/// Checks an entry.
pub(super) fn check<'p>(tool: &'p ResolvedTool<'p>, lints: &Lints, sink: &mut Sink) -> Option<CheckedTool<'p>> {
    not_applicable(tool, sink);
    bounds(tool, sink);
    if matches!(tool.target, ResolvedTarget::Local(_) | ResolvedTarget::Skill(_)) {
        egress(tool, lints, sink);
    }
    no_directory::check(tool, lints, sink);
    let alias = alias(tool, sink);
    Some(CheckedTool { resolved: tool, access: *tool.keys.access.get()?, alias: alias? })
}

/// Which keys go with what is called.
fn not_applicable(tool: &ResolvedTool<'_>, sink: &mut Sink) {
    let (what, allowed): (&str, &[&str]) = match &tool.target {
        ResolvedTarget::Local(_) | ResolvedTarget::Skill(_) => {
            ("a compiled tool", &["net", "env", "timeout", "memory"])
        }
        ResolvedTarget::Agent(..) => ("another agent", &["alias", "timeout"]),
        ResolvedTarget::Server(address) => match address.destination {
            Destination::Http(_) => ("a server over HTTP", &["tools", "read_only", "alias", "roots", "timeout"]),
            _ => ("a server", &["tools", "read_only", "alias", "args", "env", "roots", "timeout"]),
        },
    };
    for (key, place) in given(tool.keys) {
        if allowed.contains(&key) {
            continue;
        }
        let names: Vec<_> = allowed.iter().map(|key| format!("`{key}`")).collect();
        let diagnostic = Diagnostic::new(&code::KEY_NOT_APPLICABLE, format!("`{key}` does not go with {what}"))
            .at(place, "has no meaning here")
            .also(tool.named_at, format!("this is {what}"))
            .help(format!("remove it; besides `access`, {what} takes {}", names.join(", ")));
        sink.error(diagnostic);
    }
}

/// The memory of a compiled tool: enough for the engine to start, and no more than a runner gives one call.
fn bounds(tool: &ResolvedTool<'_>, sink: &mut Sink) {
    let Some(memory) = tool.keys.memory.spanned() else { return };
    if !(ByteSize(2 << 20)..=ByteSize(1 << 30)).contains(&memory.value) {
        let diagnostic = Diagnostic::new(&code::VALUE_NOT_ALLOWED, "`memory` must be from `2MiB` to `1GiB`")
            .at(memory.span, "out of range")
            .help("leave it out for 64MiB");
        sink.error(diagnostic);
    }
}

fn given(keys: &ToolEntryKeys) -> Vec<(&'static str, Span)> {
    let all = [
        ("tools", keys.tools.key()),
        ("read_only", keys.read_only.key()),
        ("alias", keys.alias.key()),
        ("args", keys.args.key()),
        ("env", keys.env.key()),
        ("roots", keys.roots.key()),
        ("timeout", keys.timeout.key()),
        ("net", keys.net.key()),
        ("memory", keys.memory.key()),
    ];
    all.into_iter().filter_map(|(key, place)| place.map(|place| (key, place))).collect()
}

/// A tool that may connect anywhere must not be given secrets.
fn egress(tool: &ResolvedTool<'_>, lints: &Lints, sink: &mut Sink) {
    let keys = tool.keys;
    if keys.net.key().is_some() || keys.net.sound().is_err() {
        return;
    }
    if let Some(env) = keys.env.key() {
        let diagnostic = Diagnostic::new(&code::ENV_WITHOUT_NET, "a tool with `env` needs the key `net`")
            .at(env, "without `net`, the tool may send these values to any public host")
            .help("list the hosts it needs: `net: [<host>]`, or `net: []` for none");
        sink.error(diagnostic);
    } else if matches!(&tool.target, ResolvedTarget::Local(name) if may_connect(name)) {
        let diagnostic = Diagnostic::new(&code::OPEN_EGRESS, "this tool may connect to any public host")
            .at(tool.named_at, "without `net`")
            .help("list the hosts it needs: `net: [<host>]`, or `net: []` for none");
        sink.lint(lints, diagnostic);
    }
}

/// Whether a tool may connect to anything: of Paceline's own, three do.
fn may_connect(name: &str) -> bool {
    name.starts_with("tools/") || matches!(name, "std/fetch" | "std/html-to-markdown" | "std/rss")
}

fn alias(tool: &ResolvedTool<'_>, sink: &mut Sink) -> Option<ToolName> {
    let address = match &tool.target {
        ResolvedTarget::Local(name) => return name.split_once('/').and_then(|(_, bare)| tool_name(bare, tool, sink)),
        ResolvedTarget::Skill(name) => return tool_name(name, tool, sink),
        ResolvedTarget::Server(address) | ResolvedTarget::Agent(_, address) => address,
    };
    match tool.keys.alias.sound() {
        Ok(Some(alias)) => return Some(alias.clone()),
        Ok(None) => {}
        Err(_) => return None,
    }
    let suggested = address.alias.as_deref().and_then(|alias| alias.parse().ok());
    if suggested.is_none() {
        let why = match address.destination {
            Destination::Reference => "the address is known only where the runner starts",
            _ => "the address has no last word to name it by",
        };
        let diagnostic =
            Diagnostic::new(&code::ALIAS_NEEDED, format!("the server `{}` needs the key `alias`", address.key))
                .at(tool.named_at, why)
                .help("add `alias: <name>`; the model sees its tools as `<name>_<tool>`");
        sink.error(diagnostic);
    }
    suggested
}

fn tool_name(text: &str, tool: &ResolvedTool<'_>, sink: &mut Sink) -> Option<ToolName> {
    text.parse()
        .map_err(|why: pace_ir::program::name::MalformedName| {
            let diagnostic = Diagnostic::new(&code::MALFORMED_NAME, format!("`{text}` cannot be the name of a tool"))
                .at(tool.named_at, format!("a name is {why}"))
                .help("rename its file");
            sink.error(diagnostic);
        })
        .ok()
}
