//! What `tool_grants` leaves of a server's tools, each judged by itself: reads that are open to everyone because no grant mentions them
//! (`ungranted-read`, `P0412`), writes that nobody may make (`ungranted-write`, `P0414`), and tools whose grants give nobody as much as
//! their calls need (`unusable-tool`, `P0418`). A grant on `server#tool` mentions that tool alone, as [`pace_ir::access`] has it. The
//! same lints for compiled tools are part of the third pass.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Lints, Sink, code, nearest};
use pace_ir::program::{Access, GrantTarget};
use pace_syntax::Span;

use crate::check::Checked;
use crate::pin::exposed::exposed;
use crate::pin::used::Server;
use crate::pin::{PinnedUse, Used};
use crate::pins::Pin;

/// Looks at every entry of the servers that are pinned.
pub(super) fn check(servers: &BTreeMap<&str, PinnedUse<'_>>, checked: &Checked<'_>, sink: &mut Sink) {
    let granted = Granted::of(checked);
    for (key, server) in servers {
        for used in &server.uses {
            granted.judge(key, used, &server.pin, &checked.lints, sink);
        }
    }
}

/// The same for a server that is not pinned, as far as its entries tell: nothing says which of its tools write.
pub(super) fn unpinned(key: &str, server: &Server<'_>, checked: &Checked<'_>, sink: &mut Sink) {
    let granted = Granted::of(checked);
    if granted.by_server.contains_key(key) {
        return;
    }
    for used in &server.uses {
        sink.lint(&checked.lints, open(used, &format!("through `{key}`"), "names this tool"));
        if let (Some(list), Some(place), Access::Write) =
            (granted.list, used.tool.resolved.keys.access.span(), used.tool.access)
        {
            sink.lint(&checked.lints, closed(place, list, &format!("through `{key}`"), "names this tool"));
        }
    }
}

/// The grants of a project on tools of servers.
struct Granted<'c> {
    /// Where `tool_grants` stands, if the project grants tools at all.
    list: Option<Span>,
    by_server: BTreeMap<&'c str, OfServer<'c>>,
}

/// The grants on a server and on its tools.
#[derive(Default)]
struct OfServer<'c> {
    whole: Option<Most>,
    tools: BTreeMap<&'c str, Most>,
}

/// What the grants on something give to whoever they give most.
#[derive(Clone, Copy)]
struct Most {
    /// Nothing where no principal is named.
    access: Option<Access>,
    /// Where the first of them names it.
    named_at: Span,
}

impl Most {
    fn or(self, other: Self) -> Self {
        Self { access: self.access.max(other.access), named_at: self.named_at }
    }
}

/// One entry's tools that are not as whoever listed them may think, by name.
#[derive(Default)]
struct Found<'p> {
    open: Vec<&'p str>,
    closed: Vec<&'p str>,
    /// With the class of their calls.
    unusable: Vec<(&'p str, Access, Most)>,
}

impl<'c> Granted<'c> {
    fn of(checked: &'c Checked<'_>) -> Self {
        let mut by_server: BTreeMap<&str, OfServer<'_>> = BTreeMap::new();
        for entry in &checked.resolved.grants {
            let given = entry.spec.grants.items().iter().filter_map(|grant| grant.value.access.get().copied());
            let most = Most { access: given.max(), named_at: entry.named_at };
            match &entry.target {
                GrantTarget::Local(_) => {}
                GrantTarget::Server(key) => {
                    let whole = &mut by_server.entry(key).or_default().whole;
                    *whole = Some(whole.map_or(most, |before| before.or(most)));
                }
                GrantTarget::ServerTool(key, tool) => {
                    let tools = &mut by_server.entry(key).or_default().tools;
                    tools.entry(tool).and_modify(|before| *before = before.or(most)).or_insert(most);
                }
            }
        }
        let settings = checked.resolved.parsed.settings();
        Self { list: settings.and_then(|settings| settings.tool_grants.key()), by_server }
    }

    /// What the grants that mention a tool give together; nothing where none does.
    fn on(&self, key: &str, tool: &str) -> Option<Most> {
        let of_server = self.by_server.get(key)?;
        match (of_server.tools.get(tool), of_server.whole) {
            (Some(one), Some(whole)) => Some(one.or(whole)),
            (one, whole) => one.copied().or(whole),
        }
    }

    fn judge(&self, key: &str, used: &Used<'_>, pin: &Pin, lints: &Lints, sink: &mut Sink) {
        let mut found = Found::default();
        let given = exposed(used, pin).given;
        for (name, class) in &given {
            match self.on(key, name) {
                None if *class == Access::Read => found.open.push(name),
                None => found.closed.push(name),
                Some(most) if most.access < Some(*class) => found.unusable.push((name, *class, most)),
                Some(_) => {}
            }
        }
        // Where no grant mentions the server at all, it is not its tools that were forgotten.
        let is_mentioned = self.by_server.contains_key(key);
        let through = |names: &[&str]| {
            if is_mentioned {
                return (format!("with {} of `{key}`", nearest::listing(names.iter().copied())), word(names.len()));
            }
            (format!("through `{key}`"), "names this tool")
        };
        if !found.open.is_empty() {
            let (what, unnamed) = through(&found.open);
            sink.lint(lints, open(used, &what, unnamed));
        }
        if let (Some(list), false) = (self.list, found.closed.is_empty()) {
            let (what, unnamed) = through(&found.closed);
            sink.lint(lints, closed(access_at(used), list, &what, unnamed));
        }
        for class in [Access::Read, Access::Write] {
            let mut these = found.unusable.iter().filter(|(_, of, _)| *of == class).peekable();
            if let Some((_, _, most)) = these.peek().copied() {
                let names = nearest::listing(these.map(|(name, _, _)| *name));
                sink.lint(lints, unusable(access_at(used), class, *most, &format!("{names} of `{key}`")));
            }
        }
    }
}

fn word(names: usize) -> &'static str {
    if names == 1 { "names this tool or its server" } else { "names these tools or their server" }
}

fn access_at(used: &Used<'_>) -> Span {
    used.tool.resolved.keys.access.span().unwrap_or_else(|| used.named_at())
}

fn open(used: &Used<'_>, what: &str, unnamed: &str) -> Diagnostic {
    Diagnostic::new(&code::UNGRANTED_READ, format!("everyone may read {what}"))
        .at(used.named_at(), format!("no entry of `tool_grants` {unnamed}"))
        .help("grant it to those who need it")
}

fn closed(place: Span, list: Span, what: &str, unnamed: &str) -> Diagnostic {
    Diagnostic::new(&code::UNGRANTED_WRITE, format!("nobody may write {what}"))
        .at(place, format!("a write needs a grant, and none {unnamed}"))
        .also(list, "since the project grants tools at all, writes are closed to everyone who is not granted")
        .help("grant it under `tool_grants`, or write `access: read` if reading is enough")
}

fn unusable(place: Span, class: Access, most: Most, what: &str) -> Diagnostic {
    let (verb, label) = match class {
        Access::Write => ("write with", "each of these calls is for `write`"),
        Access::Read => ("use", "each of these calls is for `read`"),
    };
    let why = match most.access {
        Some(_) => "grants give no more than `read`",
        None => "a grant that names nobody closes it to all",
    };
    Diagnostic::new(&code::UNUSABLE_TOOL, format!("nobody may {verb} {what}"))
        .at(place, label)
        .also(most.named_at, why)
        .help(format!("grant `{}` to those who need it, or leave them out with `tools`", class.as_str()))
}
