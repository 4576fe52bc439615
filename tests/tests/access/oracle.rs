//! Tokens that other people's libraries sign, by every algorithm there is: PyJWT and joserfc. Needs `PACE_TEST_PYTHON`, a Python with
//! the packages of `tests/oracles/requirements.txt`; without it the test is skipped.

use std::io::Write;
use std::process::{Command, Stdio};

use pace_tests::installed;
use serde_json::{Value, json};

use super::issuer::Issuer;
use super::sources::ready;
use super::{assert_refused, doors, names, open_to};

fn signed(claims: &Value) -> Option<Value> {
    let python = installed("PACE_TEST_PYTHON", "a Python with libraries for tokens")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/oracles/jose/oracle.py");
    let mut child = Command::new(python).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(json!({ "claims": claims }).to_string().as_bytes()).unwrap();
    let output = pace_tests::program::output_of(child);
    assert!(output.status.success());
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn tokens_of_other_libraries_are_taken() {
    let issuer = Issuer::new(&[]);
    let Some(signed) = signed(&issuer.claims()) else { return };
    issuer.set_keys(signed["keys"].as_array().unwrap());
    let all = "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA";
    let every = ready(&doors(&issuer.source().replace("ES256, RS256", all)));
    let two = ready(&doors(&issuer.source()));
    let tokens = signed["tokens"].as_array().unwrap();
    assert_eq!(tokens.len(), 18);
    for token in tokens {
        let (algorithm, text) = (token["algorithm"].as_str().unwrap(), token["token"].as_str().unwrap());
        let bearer = format!("Authorization: Bearer {text}");
        assert_eq!(open_to(&every, &[&bearer]), names(&["ann", "known", "staff"]), "{token}");
        if matches!(algorithm, "ES256" | "RS256") {
            assert_eq!(open_to(&two, &[&bearer]), names(&["ann", "known", "staff"]), "{token}");
        } else {
            assert_refused(&two, &[&bearer], "algorithm");
        }
        // The header of one algorithm over the signature of another, by the same key.
        let (_, rest) = text.split_once('.').unwrap();
        for other in tokens.iter().filter(|other| other["algorithm"] != token["algorithm"]) {
            let (header, _) = other["token"].as_str().unwrap().split_once('.').unwrap();
            assert_refused(&every, &[&format!("Authorization: Bearer {header}.{rest}")], "signature");
        }
    }
}
