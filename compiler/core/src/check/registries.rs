//! Registries of skills: one of a name (`P0404`), reached over https (`P0107`), tokens by reference (`P0119`). Where they
//! lead is known to the compiler only; a bundle holds what was fetched.

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code};

use super::secret_literal;
use crate::parse::Parsed;
use crate::parse::spec::project::RegistrySpec;
use crate::resolve::duplicate_entry;

/// Checks `registries`.
pub(super) fn check(parsed: &Parsed, sink: &mut Sink) {
    let mut seen = BTreeMap::new();
    for registry in parsed.settings().map_or(&[][..], |settings| settings.registries.items()) {
        let name = registry.value.name.spanned();
        let first = name.and_then(|name| seen.insert(&name.value.0, name.span));
        if let (Some(name), Some(first)) = (name, first) {
            let what = format!("the registry `{}`", name.value.0);
            duplicate_entry::report(&what, "`registries`", name.span, first, sink);
        }
        address(&registry.value, sink);
        secret_literal::reference(&registry.value.token, "`token`", sink);
    }
}

fn address(registry: &RegistrySpec, sink: &mut Sink) {
    let Some(url) = registry.url.spanned() else { return };
    if url.value.as_literal().is_some_and(|text| !text.starts_with("https://")) {
        let diagnostic = Diagnostic::new(&code::VALUE_NOT_ALLOWED, "a registry is reached over https")
            .at(url.span, "expected `https://…`");
        sink.error(diagnostic);
    }
}
