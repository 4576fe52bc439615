//! `P0121`: a level for a lint that does not exist, or for a rule that is no lint.

use pace_diag::{Applicability, Code, Diagnostic, Kind, Level, Lints, Sink, code, nearest};
use pace_syntax::Spanned;

use crate::parse::Parsed;

/// Reads `lints`. Where the settings could not be read, nobody knows what the project wants to hear: nothing is told then.
pub(super) fn read(parsed: &Parsed, sink: &mut Sink) -> Lints {
    if parsed.project.is_some() && parsed.settings().is_none() {
        let lints = code::ALL.iter().filter(|code| matches!(code.kind, Kind::Lint(_)));
        return lints.map(|code| (code.slug.to_owned(), Level::Allow)).collect();
    }
    let entries = parsed.settings().map_or(&[][..], |settings| settings.lints.entries());
    let mut lints = Lints::new();
    for (slug, level) in entries {
        match Code::find(&slug.value) {
            Some(Code { kind: Kind::Lint(_), slug: known, .. }) if *known == slug.value => {
                lints.insert((*known).to_owned(), level.value);
            }
            Some(Code { kind: Kind::Lint(_), slug: known, .. }) => {
                let diagnostic = Diagnostic::new(&code::UNKNOWN_LINT, format!("unknown lint `{}`", slug.value))
                    .at(slug.span, "lints go by name here")
                    .fix(format!("write `{known}`"), Applicability::Safe, slug.span, *known);
                sink.error(diagnostic);
            }
            Some(rule) => {
                let diagnostic = Diagnostic::new(&code::UNKNOWN_LINT, format!("`{}` has no level", slug.value))
                    .at(slug.span, "this rule is always an error")
                    .help(format!("remove it; `pace explain {}` says what the rule is for", rule.id));
                sink.error(diagnostic);
            }
            None => {
                sink.error(unknown(slug));
            }
        }
    }
    lints
}

fn unknown(slug: &Spanned<String>) -> Diagnostic {
    let lints = || code::ALL.iter().filter(|code| matches!(code.kind, Kind::Lint(_))).map(|code| code.slug);
    let diagnostic = Diagnostic::new(&code::UNKNOWN_LINT, format!("unknown lint `{}`", slug.value))
        .at(slug.span, "no lint has this name");
    match nearest::nearest(&slug.value, lints()) {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, slug.span, near),
        None => diagnostic.help(format!("the lints are {}", nearest::listing(lints()))),
    }
}
