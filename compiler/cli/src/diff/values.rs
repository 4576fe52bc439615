//! Comparisons of values that several parts have: templates with the secrets they read, lists in order, durations.

use std::collections::BTreeSet;

use pace_ir::program::template::TemplatePart;
use pace_ir::program::{Milliseconds, Template};

use super::changes::Changes;

/// A template. Secrets it begins to read are something gained; other text merely changes.
pub(super) fn template(
    changes: &mut Changes,
    what: &'static str,
    name: &str,
    (a, b): (Option<&Template>, Option<&Template>),
) {
    let before = changes.count();
    secrets(changes, what, name, (a.map_or(&[], std::slice::from_ref), b.map_or(&[], std::slice::from_ref)));
    if changes.count() == before && a != b {
        let show =
            |template: Option<&Template>| template.map_or("not set".to_owned(), |template| format!("`{template}`"));
        changes.changes(what, format!("{name} is {}, was {}", show(b), show(a)));
    }
}

/// The secrets that templates read.
pub(super) fn secrets(changes: &mut Changes, what: &'static str, name: &str, (a, b): (&[Template], &[Template])) {
    let sets = (references(a), references(b));
    let (gained, lost) =
        (|of: &String| format!("{name} reads `{of}`"), |of: &String| format!("{name} no longer reads `{of}`"));
    changes.set(what, (&sets.0, &sets.1), gained, lost);
}

/// References as they are written.
fn references(templates: &[Template]) -> BTreeSet<String> {
    let parts = templates.iter().flat_map(|template| &template.parts);
    let references = parts.filter(|part| !matches!(part, TemplatePart::Literal(_)));
    references.map(|part| Template { parts: vec![part.clone()] }.to_string()).collect()
}

/// A bound, of which none is more than any; `name` reads before `is`.
pub(super) fn bound<T: Ord>(
    changes: &mut Changes,
    what: &'static str,
    name: &str,
    (a, b): (Option<T>, Option<T>),
    show: impl Fn(&T) -> String,
) {
    // `None` sorts first; a bound that is not there comes last.
    let rank = |bound: Option<T>| (bound.is_none(), bound);
    let show = |(_, bound): &(bool, Option<T>)| bound.as_ref().map_or("not set".to_owned(), &show);
    changes.level(what, name, (rank(a), rank(b)), show);
}

/// A bound on time.
pub(super) fn timeout(
    changes: &mut Changes,
    what: &'static str,
    name: &str,
    pair: (Option<Milliseconds>, Option<Milliseconds>),
) {
    bound(changes, what, name, pair, ToString::to_string);
}

/// `` `a`, `b` ``, or the word for none.
pub(super) fn quoted<T: ToString>(values: impl IntoIterator<Item = T>, none: &str) -> String {
    let values: Vec<_> = values.into_iter().map(|value| format!("`{}`", value.to_string())).collect();
    if values.is_empty() { none.to_owned() } else { values.join(", ") }
}
