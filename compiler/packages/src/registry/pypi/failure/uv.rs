//! What uv says.

use super::{Attempt, between, split};
use crate::error::PackageError;
use crate::tree::Registry;

/// Why an attempt failed, if uv's words are known.
pub(super) fn error(attempt: Attempt<'_>, said: &str) -> Option<PackageError> {
    let registry = Registry::PyPi;
    let name = || attempt.name.to_owned();
    // Sentences are broken into lines, with a bar before each.
    let words = said.split_whitespace().filter(|word| !matches!(*word, "│" | "╰─▶" | "├─▶" | "×"));
    let said = words.collect::<Vec<_>>().join(" ");
    let holds = |text: &str| said.contains(text);
    if let Some(package) = between(&said, "Hash mismatch for `", "`") {
        return Some(PackageError::Integrity { registry, name: package.replace("==", " ") });
    }
    if holds("`--require-hashes` mode") || holds("no trusted hash was provided for") {
        let lacks = between(&said, "but found: `", "`").or_else(|| between(&said, "provided for: `", "`"));
        return Some(attempt.incomplete(lacks.unwrap_or("one of them")));
    }
    if holds("not found in the cache") || holds("network was disabled") || holds("connectivity is disabled") {
        return Some(PackageError::Offline { registry, name: name() });
    }
    if let Some(before) = said.split_once(" was not found in the package registry").map(|(before, _)| before) {
        let missing = before.rsplit(' ').next().map_or_else(name, str::to_owned);
        return Some(PackageError::NoPackage { registry, name: missing });
    }
    if let Some(needed) = between(&said, "does not satisfy Python", " ") {
        return Some(attempt.old_python(needed));
    }
    if let Some(missing) = between(&said, "there is no version of ", " ") {
        let (name, wanted) = split(missing);
        return Some(PackageError::NoVersion { registry, name, wanted, known: Vec::new() });
    }
    if holds("no usable wheels") || holds("no wheels with a matching") || holds("source distributions is disabled") {
        let of = said.split_once(" has no").and_then(|(before, _)| before.rsplit(' ').next());
        return Some(PackageError::SourceOnly { name: of.map_or_else(name, |found| split(found).0) });
    }
    None
}
