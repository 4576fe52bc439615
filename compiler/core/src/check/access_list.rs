//! Access lists: the lists as sets; one line twice is `P0404`.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::Sink;
use pace_ir::program::{Principal, ProjectRole, Role};
use pace_syntax::{Span, Spanned};

use crate::parse::Parsed;
use crate::parse::field::{Field, List};
use crate::parse::spec::access::AclEntrySpec;
use crate::resolve::duplicate_entry;

/// An agent's or loop's list.
pub(super) fn of(acl: &Field<List<AclEntrySpec>>, sink: &mut Sink) -> Option<BTreeSet<(Principal, Role)>> {
    acl.get()?;
    let entries = acl.items().iter().filter_map(|entry| {
        let pair = (entry.value.principal.get()?.clone(), *entry.value.role.get()?);
        Some(Spanned::new(pair, entry.span))
    });
    Some(set(entries, |(principal, role)| format!("`{principal}` with the role `{}`", role.as_str()), sink))
}

/// The project's list.
pub(super) fn project(parsed: &Parsed, sink: &mut Sink) -> BTreeSet<(Principal, ProjectRole)> {
    let entries = parsed.settings().map_or(&[][..], |settings| settings.acl.items()).iter().filter_map(|entry| {
        let pair = (entry.value.principal.get()?.clone(), *entry.value.role.get()?);
        Some(Spanned::new(pair, entry.span))
    });
    set(entries, |(principal, role)| format!("`{principal}` with the role `{}`", role.as_str()), sink)
}

fn set<T: Ord + Clone>(
    entries: impl Iterator<Item = Spanned<T>>,
    describe: impl Fn(&T) -> String,
    sink: &mut Sink,
) -> BTreeSet<T> {
    let mut seen: BTreeMap<T, Span> = BTreeMap::new();
    for entry in entries {
        match seen.get(&entry.value) {
            Some(first) => duplicate_entry::report(&describe(&entry.value), "`acl`", entry.span, *first, sink),
            None => {
                seen.insert(entry.value, entry.span);
            }
        }
    }
    seen.into_keys().collect()
}
