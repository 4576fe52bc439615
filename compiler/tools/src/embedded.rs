//! What is inside this program: the module `@paceline/runtime` with its types, and the sources of the tools that come with
//! Paceline.

use std::collections::BTreeMap;

/// The module `@paceline/runtime`, an ES2022 module.
pub(crate) const RUNTIME: &str = include_str!("../../../stdlib-tools/runtime/index.js");

/// The types of `@paceline/runtime`.
pub(crate) const RUNTIME_TYPES: &str = include_str!("../../../stdlib-tools/runtime/index.d.ts");

/// The types of what every tool finds without importing anything.
pub(crate) const GLOBAL_TYPES: &str = include_str!("../../../stdlib-tools/runtime/globals.d.ts");

/// The types of the language as the sandbox has it.
pub(crate) const LANGUAGE_TYPES: &str = include_str!("../../../stdlib-tools/runtime/ecmascript.d.ts");

/// By `<tool>/<path>`, sorted.
static STD_FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/std_files.rs"));

/// The text of a file of a tool that comes with Paceline, by `<tool>/<path>`.
pub(crate) fn std_file(path: &str) -> Option<&'static str> {
    STD_FILES.iter().find(|(name, _)| *name == path).map(|(_, text)| *text)
}

/// Whether `std/<name>` is inside this program.
pub(crate) fn has_std(name: &str) -> bool {
    std_file(&format!("{name}/index.ts")).is_some()
}

/// The packages inside a vendored module, by its path: what `cargo xtask std` wrote beside it.
pub(crate) fn vendored(path: &str) -> Vec<Vendored> {
    let Some(file) = path.strip_prefix("vendor/") else { return Vec::new() };
    let list = std_file("vendor/packages.json").unwrap_or_default();
    let mut all: BTreeMap<String, Vec<Vendored>> = serde_json::from_str(list).unwrap_or_default();
    all.remove(file).unwrap_or_default()
}

/// A package of npm, parts of which are in a vendored module.
#[derive(Debug, PartialEq, Eq, serde::Deserialize)]
pub(crate) struct Vendored {
    /// Its name.
    pub(crate) name: String,
    /// Its version.
    pub(crate) version: String,
    /// Its licence, an SPDX expression.
    pub(crate) licence: String,
}

/// All that this program adds to a tool: part of what makes a cached result the right one. The tools that come with it share
/// files, so a change of any makes all of them again; it comes with another `pace` only.
pub(crate) fn fingerprint(key: &str) -> Vec<&'static [u8]> {
    let files = if key.starts_with("std/") { STD_FILES } else { &[] };
    files.iter().flat_map(|(path, text)| [path.as_bytes(), text.as_bytes()]).chain([RUNTIME.as_bytes()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vendored_module_says_what_is_inside() {
        let modules = STD_FILES.iter().filter(|(path, _)| path.starts_with("vendor/") && !path.contains(".json"));
        let unsaid: Vec<_> = modules.clone().filter(|(path, _)| vendored(path).is_empty()).collect();
        assert!(modules.count() > 0 && unsaid.is_empty(), "{unsaid:?}");
        assert_eq!(vendored("calc/index.ts"), []);
    }
}
