//! The public keys of an issuer (RFC 7517, RFC 7518 section 6, RFC 8037), and whether a signature was made with one.

use std::collections::BTreeSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pace_ir::program::authentication::Algorithm;
use ring::signature::{self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm};
use serde::Deserialize;

/// The most keys of one issuer; they have two or three.
const MOST_KEYS: usize = 100;

/// The keys of an issuer that this version can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeySet(Vec<Key>);

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    id: Option<String>,
    /// The one algorithm it is for, where it says so.
    algorithm: Option<String>,
    public: Public,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Public {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

/// A key as it is written. What is not said here is not read: certificates, and where they are.
#[derive(Deserialize)]
struct Written {
    kty: String,
    r#use: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl KeySet {
    /// Reads a key set. Keys of kinds that are not known, and those that are not for signatures, are passed over (RFC 7517,
    /// section 5).
    ///
    /// # Errors
    /// It is none, or has nothing for these algorithms.
    pub(super) fn parse(bytes: &[u8], algorithms: &BTreeSet<Algorithm>) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(bytes).map_err(|_| "it is no JSON Web Key Set".to_owned())?;
        if document.keys.len() > MOST_KEYS {
            return Err(format!("it has over {MOST_KEYS} keys"));
        }
        let written = document.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<_> = written.filter_map(Key::of).collect();
        let is_used = |key: &Key| algorithms.iter().any(|algorithm| key.fits(*algorithm));
        if !keys.iter().any(is_used) {
            let names: Vec<_> = algorithms.iter().map(|algorithm| algorithm.as_str()).collect();
            return Err(format!("it has no key for {}", names.join(", ")));
        }
        Ok(Self(keys))
    }

    /// The keys that a token may be signed with: those it names, or, where it names none, the only one there is for its algorithm.
    pub(super) fn fitting(&self, algorithm: Algorithm, id: Option<&str>) -> Vec<Key> {
        let fitting: Vec<_> = self.0.iter().filter(|key| key.fits(algorithm)).collect();
        match id {
            Some(id) => fitting.into_iter().filter(|key| key.id.as_deref() == Some(id)).cloned().collect(),
            None if fitting.len() == 1 => fitting.into_iter().cloned().collect(),
            None => Vec::new(),
        }
    }
}

impl fmt::Display for KeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => formatter.write_str("1 key"),
            count => write!(formatter, "{count} keys"),
        }
    }
}

impl Key {
    fn of(written: Written) -> Option<Self> {
        let is_for_signatures = written.r#use.as_deref().is_none_or(|used| used == "sig")
            && written
                .key_ops
                .as_ref()
                .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
        if !is_for_signatures {
            return None;
        }
        let number = |text: Option<&String>| URL_SAFE_NO_PAD.decode(text?).ok();
        let coordinate = |text: Option<&String>, bytes| number(text).filter(|number| number.len() == bytes);
        let public = match (written.kty.as_str(), written.crv.as_deref()) {
            ("RSA", _) => Public::Rsa {
                modulus: without_zeros(number(written.n.as_ref())?),
                exponent: without_zeros(number(written.e.as_ref())?),
            },
            ("EC", Some("P-256")) => {
                Public::P256(point(coordinate(written.x.as_ref(), 32)?, coordinate(written.y.as_ref(), 32)?))
            }
            ("EC", Some("P-384")) => {
                Public::P384(point(coordinate(written.x.as_ref(), 48)?, coordinate(written.y.as_ref(), 48)?))
            }
            ("OKP", Some("Ed25519")) => Public::Ed25519(coordinate(written.x.as_ref(), 32)?),
            // A shared secret has no place among public keys, and is never one here.
            _ => return None,
        };
        Some(Self { id: written.kid, algorithm: written.alg, public })
    }

    /// Whether signatures by this algorithm may be made with it. Its kind decides, whatever a token says.
    fn fits(&self, algorithm: Algorithm) -> bool {
        let is_of_kind = match algorithm {
            Algorithm::Rs256
            | Algorithm::Rs384
            | Algorithm::Rs512
            | Algorithm::Ps256
            | Algorithm::Ps384
            | Algorithm::Ps512 => matches!(self.public, Public::Rsa { .. }),
            Algorithm::Es256 => matches!(self.public, Public::P256(_)),
            Algorithm::Es384 => matches!(self.public, Public::P384(_)),
            Algorithm::EdDsa => matches!(self.public, Public::Ed25519(_)),
        };
        let is_meant = self
            .algorithm
            .as_deref()
            .is_none_or(|meant| meant == algorithm.as_str() || (algorithm == Algorithm::EdDsa && meant == "Ed25519"));
        is_of_kind && is_meant
    }

    /// Whether a signature of a message was made with its private half.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let curve = |with: &'static dyn VerificationAlgorithm, point: &[u8]| {
            UnparsedPublicKey::new(with, point).verify(message, signature).is_ok()
        };
        match (&self.public, algorithm) {
            (Public::Rsa { modulus, exponent }, algorithm) => rsa(algorithm).is_some_and(|parameters| {
                RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, message, signature).is_ok()
            }),
            (Public::P256(point), Algorithm::Es256) => curve(&signature::ECDSA_P256_SHA256_FIXED, point),
            (Public::P384(point), Algorithm::Es384) => curve(&signature::ECDSA_P384_SHA384_FIXED, point),
            (Public::Ed25519(point), Algorithm::EdDsa) => curve(&signature::ED25519, point),
            (Public::P256(_) | Public::P384(_) | Public::Ed25519(_), _) => false,
        }
    }
}

/// Of at least 2,048 bits, as RFC 7518 wants (section 3.3).
fn rsa(algorithm: Algorithm) -> Option<&'static RsaParameters> {
    match algorithm {
        Algorithm::Rs256 => Some(&signature::RSA_PKCS1_2048_8192_SHA256),
        Algorithm::Rs384 => Some(&signature::RSA_PKCS1_2048_8192_SHA384),
        Algorithm::Rs512 => Some(&signature::RSA_PKCS1_2048_8192_SHA512),
        Algorithm::Ps256 => Some(&signature::RSA_PSS_2048_8192_SHA256),
        Algorithm::Ps384 => Some(&signature::RSA_PSS_2048_8192_SHA384),
        Algorithm::Ps512 => Some(&signature::RSA_PSS_2048_8192_SHA512),
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => None,
    }
}

/// An uncompressed point (SEC 1, section 2.3.3).
fn point(x: Vec<u8>, y: Vec<u8>) -> Vec<u8> {
    [vec![4], x, y].concat()
}

/// Some issuers write a number with zeros before it, which `ring` does not read.
fn without_zeros(number: Vec<u8>) -> Vec<u8> {
    number.into_iter().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(keys: &str) -> Result<KeySet, String> {
        KeySet::parse(format!("{{\"keys\":[{keys}]}}").as_bytes(), &Algorithm::ALL.into())
    }

    /// RFC 8037, appendix A.4.
    #[test]
    fn the_signature_of_the_rfc_is_one() {
        let keys = set(r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#).unwrap();
        let signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let [key] = keys.fitting(Algorithm::EdDsa, None).try_into().unwrap();
        assert!(key.verifies(Algorithm::EdDsa, message, &signature));
        assert!(!key.verifies(Algorithm::EdDsa, b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZQ", &signature));
        assert!(
            !key.verifies(Algorithm::Es256, message, &signature)
                && !key.verifies(Algorithm::Rs256, message, &signature)
        );
    }

    #[test]
    fn keys_that_are_of_no_use_are_passed_over() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = |more: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"{more}}}"#);
        let count = |more: &str| set(&format!("{},{}", key(r#","kid":"a""#), key(more))).map(|keys| keys.0.len());
        for used in ["", r#","use":"sig","key_ops":["verify"]"#, r#","alg":"EdDSA","x5c":["a"],"other":{}"#] {
            assert_eq!(count(used), Ok(2), "{used}");
        }
        for useless in [r#","use":"enc""#, r#","key_ops":["sign"]"#, r#","kid":7"#, r#","alg":null,"use":"x""#] {
            assert_eq!(count(useless), Ok(1), "{useless}");
        }
        for none in [
            r#"{"kty":"oct","k":"c2VjcmV0","alg":"HS256"}"#,
            r#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
            r#"{"kty":"EC","crv":"P-256","x":"AAAA","y":"AAAA"}"#,
            r#"{"kty":"EC","crv":"secp256k1","x":"AAAA","y":"AAAA"}"#,
            r#"{"kty":"RSA","n":"!","e":"AQAB"}"#,
            r#"{"kty":"RSA"}"#,
            "7",
            "",
        ] {
            assert!(set(none).unwrap_err().starts_with("it has no key for"), "{none}");
        }
        assert!(set("{").is_err() && set(&vec![key(""); 101].join(",")).unwrap_err().contains("over 100"));
    }

    #[test]
    fn a_token_that_names_no_key_is_of_the_only_one() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let key = |id: &str| format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{id}","x":"{x}"}}"#);
        let (one, two) = (set(&key("a")).unwrap(), set(&format!("{},{}", key("a"), key("b"))).unwrap());
        let found = |keys: &KeySet, id| keys.fitting(Algorithm::EdDsa, id).len();
        assert_eq!((found(&one, None), found(&one, Some("a")), found(&one, Some("b"))), (1, 1, 0));
        assert_eq!((found(&two, None), found(&two, Some("a")), found(&two, Some(""))), (0, 1, 0));
        assert_eq!(one.fitting(Algorithm::Es256, Some("a")), []);
    }
}
