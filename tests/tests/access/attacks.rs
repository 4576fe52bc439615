//! Tokens that are none: each would pass if one of the checks were missing.

use ring::hmac;
use serde_json::{Value, json};

use super::issuer::{Issuer, Key, base64, now};
use super::sources::ready;
use super::{assert_refused, doors, names, open_to};

/// The header line of a token.
fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

#[test]
fn claims_that_do_not_hold() {
    let key = Key::new("one");
    let issuer = Issuer::new(&[key.public()]);
    let mut runner = ready(&doors(&issuer.source()));
    let slash = format!("{}/", issuer.address);
    for (change, why) in [
        (json!({"aud": "other"}), "another audience"),
        (json!({"aud": ["other", "shop2"]}), "another audience"),
        (json!({"aud": {"shop": true}}), "another audience"),
        (json!({"aud": ["shop", 1]}), "another audience"),
        (json!({"aud": null}), "another audience"),
        (json!({"aud": "SHOP"}), "another audience"),
        (json!({"iss": "https://evil.example"}), "an issuer that"),
        (json!({ "iss": slash }), "an issuer that"),
        (json!({"iss": [issuer.address]}), "an issuer that"),
        (json!({"iss": null}), "an issuer that"),
        (json!({"exp": now(-61)}), "expired"),
        (json!({"exp": now(-86_400)}), "expired"),
        (json!({"exp": 0}), "expired"),
        (json!({"exp": -1}), "expired"),
        (json!({"exp": null}), "no number"),
        (json!({"exp": now(300).to_string()}), "no number"),
        (json!({"exp": [now(300)]}), "no number"),
        (json!({"nbf": now(120)}), "not valid yet"),
        (json!({"nbf": "soon"}), "no number"),
        (json!({"iat": now(120)}), "in the future"),
        (json!({"sub": null}), "lacks the claim"),
        (json!({"sub": 7}), "lacks the claim"),
        (json!({"sub": ""}), "no name"),
        (json!({"sub": "two words"}), "no name"),
        (json!({"sub": "line\nbreak"}), "no name"),
        (json!({"sub": "zero\u{200b}width"}), "no name"),
        (json!({"sub": "x".repeat(256)}), "no name"),
        (json!({"groups": {"staff": true}}), "neither a text nor a list"),
        (json!({"groups": [["staff"]]}), "neither a text nor a list"),
    ] {
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_refused(&runner, &[&bearer(&key.token(&claims))], why);
    }
    for missing in ["exp", "aud", "iss", "sub"] {
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().remove(missing);
        assert_refused(&runner, &[&bearer(&key.token(&claims))], "");
    }
    let twice = issuer.claims().to_string().replacen('{', "{\"sub\":\"root\",", 1);
    assert_refused(&runner, &[&bearer(&key.signed_text(r#"{"alg":"ES256","kid":"one"}"#, &twice))], "every name once");
    assert_eq!(runner.stop(), Some(0));
    let log = runner.lines().join("\n");
    assert!(!log.contains("eyJ"), "no part of a token is logged: {log}");
}

#[test]
fn headers_that_lie_about_the_key() {
    let (key, own) = (Key::new("one"), Key::new("evil"));
    let rsa = rsa();
    let issuer = Issuer::new(&[key.public(), rsa.clone()]);
    let evil = Issuer::new(&[own.public()]);
    let runner = ready(&doors(&issuer.source()));
    let claims = issuer.claims();
    for kind in ["none", "None", "NONE", "nOnE", ""] {
        let signed = unsigned(&json!({"alg": kind, "kid": "one"}), &claims);
        for signature in ["", "AAAA"] {
            assert_refused(&runner, &[&bearer(&format!("{signed}.{signature}"))], "");
        }
    }
    // The public key as a shared secret, in every spelling it is read in.
    let modulus = rsa["n"].as_str().unwrap();
    for secret in [rsa.to_string(), modulus.to_owned(), key.public().to_string(), pem(modulus)] {
        for kind in ["HS256", "HS384", "HS512"] {
            for id in ["rsa", "one"] {
                assert_refused(&runner, &[&bearer(&keyed(kind, id, secret.as_bytes(), &claims))], "algorithm");
            }
        }
    }
    // A key of the attacker's own, and the way to it.
    for header in [
        json!({"alg": "ES256", "kid": "one"}),
        json!({"alg": "ES256", "kid": "one", "jwk": own.public()}),
        json!({"alg": "ES256", "jwk": own.public()}),
        json!({"alg": "ES256", "kid": "evil", "jku": format!("{}/keys", evil.address)}),
        json!({"alg": "ES256", "kid": "one", "x5u": format!("{}/keys", evil.address), "x5c": ["AAAA"]}),
        json!({"alg": "ES256", "kid": "../../../../dev/null"}),
        json!({"alg": "ES256", "kid": format!("{}/keys", evil.address)}),
        json!({"alg": "ES256", "kid": "one' OR '1'='1"}),
        json!({"alg": "ES256", "kid": ["one"]}),
        json!({"alg": "ES384", "kid": "one"}),
        json!({"alg": "RS256", "kid": "rsa"}),
        json!({"alg": "RS256", "kid": "one"}),
        json!({"alg": "PS256", "kid": "rsa"}),
        json!({"alg": ["ES256"], "kid": "one"}),
    ] {
        assert_refused(&runner, &[&bearer(&own.signed(&header, &claims))], "");
    }
    assert_eq!(evil.fetches(), 0, "nobody asks where a token says");
    // What the right key signed, and is no credential nevertheless.
    for (header, why) in [
        (json!({"alg": "ES256", "kid": "one", "crit": ["exp"]}), "critical"),
        (json!({"alg": "ES256", "kid": "one", "crit": ["b64"], "b64": false}), "critical"),
        (json!({"alg": "ES256", "kid": "one", "typ": "logout+jwt"}), "`typ`"),
        (json!({"alg": "ES256", "kid": "one", "typ": 1}), "`typ`"),
    ] {
        assert_refused(&runner, &[&bearer(&key.signed(&header, &claims))], why);
    }
    let fine = key.token(&claims);
    for kind in ["JWT", "jwt", "application/at+jwt"] {
        let header =
            json!({"alg": "ES256", "kid": "one", "typ": kind, "jku": "https://evil.example", "jwk": own.public()});
        let lines = bearer(&key.signed(&header, &claims));
        assert_eq!(open_to(&runner, &[&lines]), names(&["ann", "known", "staff"]), "{kind}");
    }
    let twice = key.signed_text(r#"{"alg":"none","alg":"ES256","kid":"one"}"#, &claims.to_string());
    for broken in [
        twice,
        fine.replace('.', ".."),
        format!("{fine}."),
        format!("{fine}="),
        format!("{fine}.{fine}"),
        fine.rsplit_once('.').unwrap().0.to_owned(),
        flipped(&fine),
        format!("{}{}", &fine[..fine.len() - 86], base64(&[0; 64])),
        bearer(&fine),
    ] {
        assert_refused(&runner, &[&bearer(&broken)], "");
    }
    assert_refused(&runner, &[&bearer(&key.token(&big(&claims)))], "over 8 KiB");
}

/// Another signature of the same claims: zero is what a broken check of ECDSA takes for every message.
fn flipped(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    format!("{signed}.{first}{}", &signature[1..])
}

fn big(claims: &Value) -> Value {
    let mut claims = claims.clone();
    claims["padding"] = json!("x".repeat(8_192));
    claims
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", base64(header.to_string().as_bytes()), base64(claims.to_string().as_bytes()))
}

fn keyed(kind: &str, id: &str, secret: &[u8], claims: &Value) -> String {
    let signed = unsigned(&json!({"alg": kind, "kid": id, "typ": "JWT"}), claims);
    let algorithm = match kind {
        "HS256" => hmac::HMAC_SHA256,
        "HS384" => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA512,
    };
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret), signed.as_bytes());
    format!("{signed}.{}", base64(tag.as_ref()))
}

/// A public key of 2,048 bits; nobody needs its private half, which there may not be.
fn rsa() -> Value {
    let mut modulus: Vec<u8> = (0..256).map(|number: u32| (number.wrapping_mul(167) % 251) as u8).collect();
    (modulus[0], modulus[255]) = (0xc5, 0x0d);
    json!({"kty": "RSA", "use": "sig", "kid": "rsa", "n": base64(&modulus), "e": "AQAB"})
}

fn pem(modulus: &str) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{modulus}\n-----END PUBLIC KEY-----\n")
}
