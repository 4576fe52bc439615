//! `P0407`: authentication that would not do what it says. A source either names who asks, or it is not written.

mod header;
mod jwt;
mod prefix;
mod token;

use pace_diag::{Diagnostic, Sink, code};
use pace_ir::program::Authentication;
use pace_ir::program::authentication::Source;
use pace_syntax::Span;

use crate::parse::Parsed;
use crate::parse::scalar::Line;
use crate::parse::spec::authentication::{AuthenticationSpec, SourceSpec};

/// Checks `authentication`.
pub(super) fn check(parsed: &Parsed, sink: &mut Sink) -> Authentication {
    let Some(authentication) = parsed.settings().and_then(|settings| settings.authentication.spanned()) else {
        return Authentication::Unset;
    };
    let sources = match &authentication.value {
        AuthenticationSpec::Nobody => return Authentication::Nobody,
        AuthenticationSpec::Sources(sources) => sources,
    };
    if sources.items.is_empty() && sources.complete {
        let diagnostic =
            source_error("`authentication` lists no sources", authentication.span, "nobody could be told from anybody")
                .help("list one, or write `authentication: none` to let everyone in");
        sink.error(diagnostic);
    }
    prefix::check(&sources.items, sink);
    let mut seen = token::Seen::new();
    Authentication::Sources(sources.items.iter().filter_map(|item| source(&item.value, &mut seen, sink)).collect())
}

fn source_error(message: impl Into<String>, span: Span, why: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&code::AUTHENTICATION_SOURCE, message).at(span, why)
}

fn source(spec: &SourceSpec, seen: &mut token::Seen, sink: &mut Sink) -> Option<Source> {
    match spec {
        SourceSpec::Jwt(spec) => jwt::check(spec, sink).map(Source::Jwt),
        SourceSpec::Tokens(spec) => Some(Source::Tokens(token::check(spec, seen, sink))),
        SourceSpec::Header(spec) => header::check(spec, sink).map(Source::Header),
    }
}

/// The text of an optional line.
fn text(line: Option<&Line>) -> &str {
    line.map_or("", |line| &line.0)
}
