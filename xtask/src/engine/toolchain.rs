//! What compiles the engine: Debian's Rust and clang for WebAssembly. Rust's own releases bring no C compiler and no libc for
//! it, and their `std` cannot be built again by a stable compiler of the same version that rustup would install.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;
use crate::needs::Need;

/// What the engine is compiled for.
pub(crate) const TARGET: &str = "wasm32-wasip1";

/// The packages whose versions decide the bytes.
const PACKAGES: &[&str] = &[
    "cargo-web",
    "clang-22",
    "libclang-22-dev",
    "libclang-rt-22-dev-wasm32",
    "lld-22",
    "llvm-22",
    "rust-web-src",
    "rustc-web",
    "wasi-libc",
];

/// All of them, found by the one that is least likely to be there for another reason.
pub(crate) const NEED: Need = Need {
    name: "Debian's Rust and clang for WebAssembly",
    probe: &[
        "dpkg-query",
        "--show",
        "cargo-web",
        "clang-22",
        "libclang-22-dev",
        "libclang-rt-22-dev-wasm32",
        "lld-22",
        "llvm-22",
        "rust-web-src",
        "rustc-web",
        "wasi-libc",
    ],
    packages: PACKAGES,
};

/// The installed versions, by package.
///
/// # Errors
/// Debian's package manager is not there.
pub(crate) fn versions() -> Result<BTreeMap<String, String>> {
    let mut query = command::program("dpkg-query")?;
    let listed = command::capture(query.args(["--show", "--showformat", "${Package} ${Version}\n"]).args(PACKAGES))?;
    let listed = String::from_utf8(listed).context("dpkg-query prints UTF-8")?;
    Ok(listed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, version)| (name.into(), version.into()))
        .collect())
}

/// Debian's cargo, set up for the engine: no path of this machine gets into the bytes.
///
/// # Errors
/// Not started by cargo.
pub(crate) fn cargo(folder: &Path, target: &Path) -> Result<Command> {
    let home = std::env::var_os("CARGO_HOME").map_or_else(|| home().join(".cargo"), Into::into);
    let renamed = [(folder, "/engine"), (target, "/target"), (home.as_path(), "/cargo")];
    let of_rust: Vec<String> =
        renamed.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    let of_c: Vec<String> =
        renamed.iter().map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display())).collect();
    let rust_flags = ["-Clink-self-contained=no", "-Lnative=/usr/lib/wasm32-wasi"];
    let rust_flags: Vec<&str> = rust_flags.into_iter().chain(of_rust.iter().map(String::as_str)).collect();
    let for_wasi = "--target=wasm32-wasi -isystem /usr/include/wasm32-wasi";
    let header = folder.join("undef_wasi.h");

    let mut cargo = command::program("/usr/bin/cargo")?;
    cargo.current_dir(folder);
    // What rustup and the cargo that runs this chore have set would lead back to their own compiler.
    for name in ["RUSTUP_TOOLCHAIN", "RUSTC", "RUSTDOC", "CARGO", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    let path = std::env::var("PATH").unwrap_or_default();
    cargo.env("PATH", format!("/usr/bin:{path}"));
    cargo.env("RUSTC_BOOTSTRAP", "1").env("RQUICKJS_SYS_NO_WASI_SDK", "1").env("LIBCLANG_PATH", "/usr/lib/llvm-22/lib");
    cargo.env("CARGO_TARGET_DIR", target);
    cargo.env("CC_wasm32_wasip1", "clang-22").env("AR_wasm32_wasip1", "llvm-ar-22");
    cargo.env("CFLAGS_wasm32_wasip1", format!("{for_wasi} -O3 -include {} {}", header.display(), of_c.join(" ")));
    cargo.env("BINDGEN_EXTRA_CLANG_ARGS_wasm32_wasip1", format!("{for_wasi} -fvisibility=default"));
    cargo.env("CARGO_TARGET_WASM32_WASIP1_LINKER", "/usr/lib/llvm-22/bin/wasm-ld");
    // One variable, whose words are parted by a character that no path has.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", rust_flags.join("\u{1f}"));
    Ok(cargo)
}

fn home() -> std::path::PathBuf {
    std::env::var_os("HOME").unwrap_or_else(|| "/root".into()).into()
}
