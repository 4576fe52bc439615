//! Prefixes: two sources that could name one user, or one group, would let one speak for the other's.

use pace_diag::Sink;
use pace_syntax::{Span, Spanned};

use super::{source_error, text};
use crate::parse::spec::authentication::{ClaimSpec, SourceSpec};

/// Compares the prefixes of all sources that map names. Fixed tokens name each user themselves.
pub(super) fn check(sources: &[Spanned<SourceSpec>], sink: &mut Sink) {
    let (mut users, mut groups) = (Vec::new(), Vec::new());
    for source in sources {
        match &source.value {
            SourceSpec::Jwt(jwt) => {
                compare("users", claim(jwt.principal.get()), source.span, &mut users, sink);
                if let Some(spec) = jwt.groups.get() {
                    compare("groups", claim(Some(spec)), source.span, &mut groups, sink);
                }
            }
            SourceSpec::Header(header) => {
                compare("users", text(header.prefix.get()), source.span, &mut users, sink);
                if header.groups.get().is_some() {
                    compare("groups", text(header.groups_prefix.get()), source.span, &mut groups, sink);
                }
            }
            SourceSpec::Tokens(_) => {}
        }
    }
}

fn claim(claim: Option<&ClaimSpec>) -> &str {
    claim.map_or("", |claim| text(claim.prefix.get()))
}

/// Reports a prefix that begins another one, or is begun by it: a name behind the shorter could be one behind the longer.
fn compare<'p>(what: &str, prefix: &'p str, place: Span, seen: &mut Vec<(&'p str, Span)>, sink: &mut Sink) {
    let meets = |other: &str| prefix.starts_with(other) || other.starts_with(prefix);
    if let Some((other, first)) = seen.iter().find(|(other, _)| meets(other)) {
        let message = match (prefix, *other) {
            ("", "") => format!("two sources name {what} without a prefix"),
            ("", one) | (one, "") => format!("one source names {what} with the prefix `{one}`, another without any"),
            (one, two) if one == two => format!("two sources name {what} with the prefix `{one}`"),
            (one, two) => format!("two sources name {what} with prefixes that begin alike, `{two}` and `{one}`"),
        };
        let diagnostic = source_error(message, place, format!("could speak for the {what} of the other"))
            .also(*first, "the other source")
            .help(format!("give the {what} of each source a `prefix` of their own, such as `idp-` and `proxy-`"));
        sink.error(diagnostic);
    }
    seen.push((prefix, place));
}
