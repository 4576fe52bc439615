//! What an author's editor and `tsc` need: the types of `@paceline/runtime`, of the sandbox and of the language as it has it
//! under `.pace/types`, and a `tsconfig.json` that leads to them. With these, a project checks without installing anything.

pub mod checker;

use std::path::Path;

use crate::embedded;

/// Where the types stand, relative to the project.
pub const TYPES: &str = ".pace/types";

/// The settings for editors and `tsc`, relative to the project.
pub const TSCONFIG: &str = "tsconfig.json";

/// The content of [`TSCONFIG`].
pub const TSCONFIG_TEXT: &str = include_str!("../../../stdlib-tools/runtime/tsconfig.json");

/// The files under [`TYPES`]: name and content.
pub const FILES: [(&str, &str); 3] = [
    ("runtime.d.ts", embedded::RUNTIME_TYPES),
    ("globals.d.ts", embedded::GLOBAL_TYPES),
    ("ecmascript.d.ts", embedded::LANGUAGE_TYPES),
];

/// Whether a project has tools of its own, for which types are worth writing.
pub fn has_tools(root: &Path) -> bool {
    let entries = std::fs::read_dir(root.join("tools")).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().ends_with(".ts"))
}
