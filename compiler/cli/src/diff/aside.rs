//! What two bundles differ in beside what they do: the project's name, who built them, from what, and where things stood.

use std::collections::BTreeMap;

use pace_ir::{Bundle, Digest};

/// One plain sentence for each difference in what the bundle says of itself.
pub(crate) fn of(a: &Bundle, b: &Bundle) -> Vec<String> {
    let mut found = Vec::new();
    let (old, new) = (&a.meta, &b.meta);
    if old.project != new.project {
        found.push(format!("project is `{}`, was `{}`", new.project, old.project));
    }
    if old.compiler != new.compiler {
        found.push(format!("compiler is {}, was {}", new.compiler, old.compiler));
    }
    if old.engine != new.engine {
        found.push("tool engine is another".to_owned());
    }
    let needs = new.required_features.difference(&old.required_features);
    found.extend(needs.map(|feature| format!("needs a runner with `{feature}`")));
    let needed = old.required_features.difference(&new.required_features);
    found.extend(needed.map(|feature| format!("no longer needs a runner with `{feature}`")));
    found
}

/// One plain sentence for each difference in what the bundles were made from.
pub(crate) fn sources(a: &Bundle, b: &Bundle) -> Vec<String> {
    let mut found: Vec<String> = inputs(&a.lock.inputs, &b.lock.inputs).collect();
    if a.source_map != b.source_map {
        found.push("source positions are others".to_owned());
    }
    if a.tool_map != b.tool_map {
        found.push("positions in the sources of tools are others".to_owned());
    }
    if a.sbom != b.sbom {
        found.push("the list of packages is another".to_owned());
    }
    found
}

fn inputs<'i>(
    a: &'i BTreeMap<String, Digest>,
    b: &'i BTreeMap<String, Digest>,
) -> impl Iterator<Item = String> + use<'i> {
    super::changes::paired(a, b).filter_map(|(path, old, new)| match (old, new) {
        (None, _) => Some(format!("input `{path}` is new")),
        (_, None) => Some(format!("input `{path}` is gone")),
        (old, new) => (old != new).then(|| format!("input `{path}` is another")),
    })
}
