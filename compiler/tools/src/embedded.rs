//! What is inside this program: the module `@paceline/runtime` with its types, and the sources of the tools that come with
//! Paceline.

/// The module `@paceline/runtime`, an ES2022 module.
pub(crate) const RUNTIME: &str = include_str!("../../../stdlib-tools/runtime/index.js");

/// The types of `@paceline/runtime`.
pub(crate) const RUNTIME_TYPES: &str = include_str!("../../../stdlib-tools/runtime/index.d.ts");

/// The types of what every tool finds without importing anything.
pub(crate) const GLOBAL_TYPES: &str = include_str!("../../../stdlib-tools/runtime/globals.d.ts");

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

/// All that this program adds to a tool, and the sources of one that comes with it: part of what makes a cached result
/// the right one.
pub(crate) fn fingerprint(key: &str) -> Vec<&'static [u8]> {
    let own = key.strip_prefix("std/").map(|name| format!("{name}/"));
    let files = STD_FILES.iter().filter(|(path, _)| own.as_ref().is_some_and(|own| path.starts_with(own.as_str())));
    files.flat_map(|(path, text)| [path.as_bytes(), text.as_bytes()]).chain([RUNTIME.as_bytes()]).collect()
}
