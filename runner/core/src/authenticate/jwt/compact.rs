//! A token as it comes over the wire (RFC 7515, section 7.1), taken apart and not yet believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pace_ir::program::authentication::Algorithm;
use serde_json::Value;

use super::claims::{Object, object};

/// A signed token.
pub(super) struct Compact<'t> {
    header: Object,
    /// The claims, unread.
    pub(super) payload: Vec<u8>,
    /// What is signed.
    pub(super) signed: &'t [u8],
    /// By what.
    pub(super) signature: Vec<u8>,
}

impl<'t> Compact<'t> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// It is no such token, or asks for more than is done here.
    pub(super) fn parse(token: &'t str) -> Result<Self, &'static str> {
        const NONE: &str = "the bearer token is no JSON Web Token";
        let (signed, signature) = token.rsplit_once('.').ok_or(NONE)?;
        let (header, payload) = signed.split_once('.').ok_or(NONE)?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NONE);
        let header = object(&decode(header)?).ok_or(NONE)?;
        if !header.get("alg").is_some_and(Value::is_string) {
            return Err(NONE);
        }
        // RFC 7515, section 4.1.11: who does not understand what is critical has to refuse it, and nothing is understood here.
        if header.contains_key("crit") {
            return Err("the token has critical header fields, of which none is known here");
        }
        is_access_token(header.get("typ"))?;
        Ok(Self { header, payload: decode(payload)?, signed: signed.as_bytes(), signature: decode(signature)? })
    }

    /// What it says it is signed by, if that is an algorithm a bundle can list: never `none`, and none with a shared secret.
    pub(super) fn algorithm(&self) -> Option<Algorithm> {
        let name = self.header.get("alg")?.as_str()?;
        // RFC 9864 gives the one curve of `EdDSA` that is taken here a name of its own.
        let name = if name == "Ed25519" { "EdDSA" } else { name };
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    /// Which key it says it is signed with. Only looked up among the issuer's; it never leads anywhere else, and neither do `jku`,
    /// `jwk`, `x5u` and `x5c`, which are not read.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.header.get("kid")?.as_str()
    }
}

/// Tokens of other kinds are no credentials, although the same issuer signs them (RFC 8725, section 3.11).
fn is_access_token(kind: Option<&Value>) -> Result<(), &'static str> {
    let Some(kind) = kind else { return Ok(()) };
    let kind = kind.as_str().unwrap_or_default().to_ascii_lowercase();
    match kind.strip_prefix("application/").unwrap_or(&kind) {
        "jwt" | "at+jwt" => Ok(()),
        _ => Err("the token's `typ` is neither `at+jwt` nor `JWT`"),
    }
}
