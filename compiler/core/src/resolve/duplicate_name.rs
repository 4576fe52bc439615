//! `P0106`: one name for two things. Points at both, in whichever files they are.

use std::collections::BTreeMap;
use std::fmt::Display;

use pace_diag::{Diagnostic, Reported, Sink, code};
use pace_syntax::{Span, Spanned};

/// Notes a name's first use; a second one is reported.
pub(super) fn claim<'p, N: Ord + Display>(
    seen: &mut BTreeMap<&'p N, Span>,
    name: &'p Spanned<N>,
    what: &str,
    why: &str,
    sink: &mut Sink,
) -> Result<(), Reported> {
    let Some(first) = seen.get(&name.value) else {
        seen.insert(&name.value, name.span);
        return Ok(());
    };
    let diagnostic = Diagnostic::new(&code::DUPLICATE_NAME, format!("the {what} name `{}` is used twice", name.value))
        .at(name.span, "used again here")
        .also(*first, "first used here")
        .help(format!("rename one of them; {why}"));
    Err(sink.error(diagnostic))
}
