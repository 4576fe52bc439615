//! Embeds the tools that come with Paceline: each folder of `stdlib-tools/` with an `index.ts` becomes `std/<folder>`, and the
//! others hold what these import. Their tests, documents and declarations are for those who work on them and are left out.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    let home = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = home.join("../../stdlib-tools").canonicalize()?;
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    for tool in sorted(&folder)? {
        if tool.is_dir() && !tool.ends_with("runtime") {
            collect(&tool, &mut files)?;
        }
    }
    let mut table = String::from("[\n");
    for file in files {
        let name = file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        let _infallible = writeln!(table, "    ({name:?}, include_str!({:?})),", file.to_string_lossy());
    }
    table.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap_or_default());
    std::fs::write(out.join("std_files.rs"), table)
}

fn sorted(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths =
        std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for path in sorted(folder)? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with("test") {
            collect(&path, files)?;
        } else if (name.ends_with(".ts") || name.ends_with(".js") || name == "packages.json")
            && !name.ends_with(".d.ts")
        {
            files.push(path.clone());
        }
    }
    Ok(())
}
