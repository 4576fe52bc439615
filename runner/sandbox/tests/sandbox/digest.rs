//! The engine that is checked in is the one that its files say it is, and was made from the source beside it.

use std::path::{Path, PathBuf};

use pace_ir::Digest;
use pace_sandbox::Engine;

/// As in `xtask/src/engine.rs`.
const SOURCES: [&str; 7] = ["Cargo.lock", "Cargo.toml", "build.rs", "prelude", "quickjs.patch", "src", "undef_wasi.h"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("engine")
}

#[test]
fn the_digest_is_the_modules() {
    assert_eq!(Engine::digest(), Digest::of(&std::fs::read(folder().join("engine.wasm")).unwrap()));
}

#[test]
fn the_engine_was_built_from_this_source() {
    let mut files = Vec::new();
    for name in SOURCES {
        collect(&folder().join(name), &mut files);
    }
    files.sort();
    let mut hasher = blake3::Hasher::new();
    for file in files {
        let bytes = std::fs::read(&file).unwrap();
        let name = file.strip_prefix(folder()).unwrap().to_str().unwrap();
        hasher.update(format!("{name}\0{}\0", bytes.len()).as_bytes());
        hasher.update(&bytes);
    }
    let recorded = std::fs::read_to_string(folder().join("sources.b3")).unwrap();
    assert_eq!(
        recorded.trim(),
        hasher.finalize().to_hex().as_str(),
        "the source changed: `cargo xtask engine --write`"
    );
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    } else {
        files.push(path.to_owned());
    }
}
