//! The counterpart of the compiler's benchmark: reads every YAML file of a project with another parser and does nothing
//! with it. What `pace` takes beyond this is what checking and building cost.

#![expect(clippy::disallowed_methods, reason = "a program of its own, no part of the crate")]

use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    let mut values = Vec::new();
    read(Path::new(&folder), &mut values)?;
    // Kept until here, as a compiler would.
    std::hint::black_box(&values);
    Ok(())
}

fn read(folder: &Path, values: &mut Vec<serde_yaml::Value>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            read(&path, values)?;
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            values.push(serde_yaml::from_slice(&std::fs::read(&path)?).map_err(std::io::Error::other)?);
        }
    }
    Ok(())
}
