//! `P0311`: an entry names a tool that its server does not have. A filter that names nothing would leave less than its author
//! thinks, and in silence.

use pace_diag::{Applicability, Diagnostic, Sink, code, nearest};
use pace_ir::text::quoted;
use pace_syntax::Spanned;

use crate::check::Checked;
use crate::parse::scalar::Line;
use crate::pin::{Used, place};
use crate::pins::Pin;

/// Looks at `tools` and `read_only`.
pub(super) fn check(used: &Used<'_>, pin: &Pin, checked: &Checked<'_>, sink: &mut Sink) {
    let keys = used.tool.resolved.keys;
    for item in keys.tools.items().iter().chain(keys.read_only.items()) {
        if !pin.tools.contains_key(&item.value.0) {
            sink.error(diagnostic(used, item, pin, checked));
        }
    }
}

fn diagnostic(used: &Used<'_>, item: &Spanned<Line>, pin: &Pin, checked: &Checked<'_>) -> Diagnostic {
    let (name, key) = (item.value.0.as_str(), used.address.key.as_str());
    let diagnostic = Diagnostic::new(&code::UNKNOWN_SERVER_TOOL, format!("the server `{key}` has no tool `{name}`"))
        .at(item.span, "not among those it offered when it was pinned");
    let diagnostic = match place(checked, key) {
        Some(places) => diagnostic.also(places.server, "pinned here"),
        None => diagnostic,
    };
    // Where the model's name for a tool was written, the server's is what follows the alias.
    let bare = name.strip_prefix(used.tool.alias.as_str()).and_then(|rest| rest.strip_prefix('_')).unwrap_or(name);
    let names = || pin.tools.keys().map(String::as_str);
    match names().find(|name| *name == bare).or_else(|| nearest::nearest(bare, names())) {
        Some(near) => {
            let text = format!("did you mean `{}`?", quoted(near));
            diagnostic.fix(text, Applicability::Unsafe, item.span, written(near))
        }
        None if pin.tools.is_empty() => diagnostic.help("remove the entry: the server offers no tools at all"),
        None => diagnostic.help(format!("its tools are {}", nearest::listing(names()))),
    }
}

/// A name as it has to be written in a list.
fn written(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(plain);
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\"")) }
}
