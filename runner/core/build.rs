//! How the shipped `pace-runner` is linked: as small as it gets (docs/decisions/023). Other profiles are left as they are.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    // Only `dist` optimises for size, which is all that a build script gets to know of a profile.
    if !is("OPT_LEVEL", "s") || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    // Addresses that the loader has to fill in, a bit each instead of 24 bytes. Read by glibc 2.36 and later.
    println!("cargo:rustc-link-arg-bin=pace-runner=-Wl,-z,pack-relative-relocs");
    // Functions that came out the same are there once. Rust's own linker can, which is the usual one on this target alone.
    if is("CARGO_CFG_TARGET_ARCH", "x86_64") {
        println!("cargo:rustc-link-arg-bin=pace-runner=-Wl,--icf=all");
    }
}
