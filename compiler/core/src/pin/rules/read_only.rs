//! `P0312`: an entry says that a tool only reads, and the server says that it may destroy. Reads are not stubbed, and are
//! open to whoever nobody granted anything.

use pace_diag::{Diagnostic, Sink, code};

use crate::check::Checked;
use crate::pin::{Used, place};
use crate::pins::Pin;

/// Looks at `read_only`.
pub(super) fn check(used: &Used<'_>, pin: &Pin, checked: &Checked<'_>, sink: &mut Sink) {
    let key = used.address.key.as_str();
    for item in used.tool.resolved.keys.read_only.items() {
        let name = &item.value.0;
        if pin.tools.get(name).is_none_or(|tool| tool.destructive != Some(true)) {
            continue;
        }
        let message = format!("the tool `{name}` of `{key}` cannot count as a read");
        let diagnostic = Diagnostic::new(&code::DESTRUCTIVE_READ, message)
            .at(item.span, "its server says that it may destroy what it works on");
        let diagnostic = match place(checked, key).and_then(|places| places.tools.get(name)) {
            Some(pinned) => diagnostic.also(*pinned, "pinned with `destructive: true`"),
            None => diagnostic,
        };
        sink.error(diagnostic.help("remove it from `read_only`; with `access: write` its calls are made as writes"));
    }
}
