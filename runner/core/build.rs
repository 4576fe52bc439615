//! Packs the description of the HTTP interface, and says how the shipped `pace-runner` is linked: as small as it gets
//! (docs/decisions/023). Other profiles are linked as ever.

use std::path::Path;

/// What the types of the interface come to; a test holds it to them.
const DESCRIPTION: &str = "../../docs/reference/openapi.json";
/// How hard it is packed: zstd's best that needs no more memory to unpack.
const LEVEL: i32 = 19;

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed=build.rs");
    link();
    pack()
}

fn pack() -> Result<(), String> {
    println!("cargo:rerun-if-changed={DESCRIPTION}");
    let text = std::fs::read(DESCRIPTION).map_err(|error| format!("cannot read {DESCRIPTION}: {error}"))?;
    let packed = zstd::bulk::compress(&text, LEVEL).map_err(|error| format!("it cannot be packed: {error}"))?;
    let out = std::env::var_os("OUT_DIR").ok_or("cargo names no folder for what is built")?;
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(Path::new(&out).join(name), bytes).map_err(|error| format!("cannot write {name}: {error}"))
    };
    write("openapi.json.zst", &packed)?;
    write("openapi.length", format!("0x{:04x}_{:04x}_usize", text.len() >> 16, text.len() & 0xffff).as_bytes())
}

fn link() {
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    // Only `dist` optimises for size, which is all that a build script gets to know of a profile.
    if !is("OPT_LEVEL", "s") || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    // Addresses that the loader has to fill in, a bit each instead of 24 bytes. Read by glibc 2.36 and later.
    println!("cargo:rustc-link-arg-bin=pace-runner=-Wl,-z,pack-relative-relocs");
    // Names of functions: cargo forgets `strip = "symbols"` for a package that the profile names.
    println!("cargo:rustc-link-arg-bin=pace-runner=-Wl,--strip-all");
    // Functions that came out the same are there once. Rust's own linker can, which is the usual one on this target alone.
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        println!("cargo:rustc-link-arg-bin=pace-runner=-Wl,--icf=all");
    }
}
