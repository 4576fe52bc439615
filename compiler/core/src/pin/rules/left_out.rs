//! What `access: read` leaves out: all of a server's tools (`P0314`), or some that `tools` names (`left-out-tool`, `P0313`).
//! What it leaves out of a server that is used as a whole is as it should be, and only listed.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code, nearest};
use pace_ir::program::Access;

use crate::check::Checked;
use crate::pin::exposed::{Exposed, exposed};
use crate::pin::{LeftOut, PinnedUse, Used};
use crate::pins::Pin;

/// Looks at every entry.
pub(super) fn check(servers: &BTreeMap<&str, PinnedUse<'_>>, checked: &Checked<'_>, sink: &mut Sink) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    for (key, server) in servers {
        for used in &server.uses {
            let exposed = exposed(used, &server.pin);
            let keys = used.tool.resolved.keys;
            let names_unknown = keys.tools.items().iter().any(|item| !server.pin.tools.contains_key(&item.value.0));
            if exposed.given.is_empty() {
                // Misspelled names were told; they may be what is missing.
                if !names_unknown {
                    sink.error(none_left(used, &server.pin, &exposed));
                }
            } else if !keys.tools.is_absent() {
                named(used, &exposed, checked, sink);
            } else if !exposed.left_out.is_empty() {
                let tools = exposed.left_out.iter().map(|name| (*name).to_owned()).collect();
                let agent = used.agent.resolved.name.value.to_string();
                left_out.push(LeftOut { agent, server: (*key).to_owned(), tools });
            }
        }
    }
    left_out
}

fn none_left(used: &Used<'_>, pin: &Pin, exposed: &Exposed<'_>) -> Diagnostic {
    let (key, keys) = (&used.address.key, used.tool.resolved.keys);
    let diagnostic = Diagnostic::new(&code::NO_TOOLS_LEFT, format!("this entry leaves no tool of `{key}`"));
    if pin.tools.is_empty() {
        return diagnostic.at(used.named_at(), "the server offers no tools").help("remove the entry");
    }
    let (Some(access), false) = (keys.access.span(), exposed.left_out.is_empty()) else {
        let place = keys.tools.span().unwrap_or_else(|| used.named_at());
        let names = nearest::listing(pin.tools.keys().map(String::as_str));
        return diagnostic.at(place, "no tool is listed").help(format!("list some of {names}, or remove the entry"));
    };
    let writes = nearest::listing(exposed.left_out.iter().copied());
    diagnostic
        .at(access, "for reading only, and each of its tools may write")
        .note(format!("no annotation says that they only read: {writes}"))
        .help("list those that only read under `read_only`, or write `access: write`")
}

/// Tools that an entry asks for and takes away again.
fn named(used: &Used<'_>, exposed: &Exposed<'_>, checked: &Checked<'_>, sink: &mut Sink) {
    let keys = used.tool.resolved.keys;
    for item in keys.tools.items().iter().filter(|item| exposed.left_out.contains(&item.value.0.as_str())) {
        let name = &item.value.0;
        let diagnostic = Diagnostic::new(&code::LEFT_OUT_TOOL, format!("the tool `{name}` is listed, and left out"))
            .at(item.span, "it may write: no annotation says that it only reads");
        let diagnostic = match keys.access.span().filter(|_| used.tool.access == Access::Read) {
            Some(access) => diagnostic.also(access, "this entry is for reading only"),
            None => diagnostic,
        };
        let help = "remove it; or list it under `read_only` if it only reads, or write `access: write`";
        sink.lint(&checked.lints, diagnostic.help(help));
    }
}
