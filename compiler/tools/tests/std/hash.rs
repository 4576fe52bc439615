//! `std/hash` against published digests.

use serde_json::json;

use crate::Test;
use crate::tool::call;

pub(crate) const TESTS: &[Test] = &[("hash/known_digests", known_digests), ("hash/bytes_are_utf_8", bytes_are_utf_8)];

/// Of FIPS 180-4's examples for `abc`.
fn known_digests() {
    for (algorithm, digest) in [
        ("sha-1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        ("sha-256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sha-384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"),
        (
            "sha-512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
    ] {
        assert_eq!(call("hash", &json!({"text": "abc", "algorithm": algorithm}))["digest"], digest);
    }
    let base64 = call("hash", &json!({"text": "abc", "encoding": "base64"}));
    assert_eq!(base64["digest"], "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    assert_eq!(base64["algorithm"], "sha-256");
}

fn bytes_are_utf_8() {
    let result = call("hash", &json!({"text": "é🙂"}));
    assert_eq!(result["bytes"], 6);
    assert_eq!(result["digest"], "7382f537af6a53054b6a72792df00fa0be0f5d2e8214db9cd6ebbcc3d57d02b9");
}
