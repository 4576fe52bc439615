//! Lists the tools that come with Paceline: `std/<folder>` for each folder of `stdlib-tools/` with an `index.ts`. `pace-tools`
//! embeds the same folders.
#![expect(clippy::disallowed_methods, reason = "what a build script is for; the crate itself does no IO")]

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let home = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = home.join("../../stdlib-tools").canonicalize()?;
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.path().join("index.ts").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    std::fs::write(out.join("std_tools.rs"), format!("&{names:?}"))
}
