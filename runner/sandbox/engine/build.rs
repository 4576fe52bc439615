//! Links the reactor's start object: `_initialize` then runs libc's constructors once. Without it, wasm-ld would wrap every
//! export in a call of constructors and destructors.

fn main() {
    println!("cargo:rustc-cdylib-link-arg=/usr/lib/wasm32-wasi/crt1-reactor.o");
    println!("cargo:rustc-cdylib-link-arg=--export=_initialize");
    println!("cargo:rerun-if-changed=prelude");
}
