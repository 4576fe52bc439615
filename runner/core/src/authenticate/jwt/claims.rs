//! What a token says: who it is from, for whom, when, and of whom (RFC 7519, section 4.1).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;

/// How far clocks may be apart.
const LEEWAY: f64 = 60.0;

/// A JSON object without a name that is there twice: of two, one reader would take the first, another the last.
pub(super) type Object = BTreeMap<String, Value>;

/// Reads an object.
pub(super) fn object(bytes: &[u8]) -> Option<Object> {
    serde_json::from_slice(bytes).ok().map(|Unique(object)| object)
}

/// The claims of a token.
pub(super) struct Claims(Object);

impl Claims {
    /// Reads them.
    ///
    /// # Errors
    /// They are no JSON object, or one is there twice.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, &'static str> {
        object(payload).map(Self).ok_or("the token's claims are no JSON object with every name once")
    }

    /// Whether the token is from this issuer, for one of this audience, and valid now.
    ///
    /// # Errors
    /// Which of them does not hold.
    pub(super) fn judge(&self, issuer: &str, audience: &BTreeSet<String>, now: SystemTime) -> Result<(), &'static str> {
        if self.text("iss") != Some(issuer) {
            return Err("the token is from an issuer that `authentication` does not list");
        }
        if !self.texts("aud").is_some_and(|mut named| named.any(|name| audience.contains(name))) {
            return Err("the token is for another audience");
        }
        let now = now.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs_f64();
        let expires = self.time("exp")?.ok_or("the token has no `exp`, and never ends")?;
        if now >= expires + LEEWAY {
            return Err("the token is expired");
        }
        if self.time("nbf")?.is_some_and(|begins| now + LEEWAY < begins) {
            return Err("the token is not valid yet");
        }
        if self.time("iat")?.is_some_and(|issued| now + LEEWAY < issued) {
            return Err("the token was issued in the future");
        }
        Ok(())
    }

    /// Whether a claim is there.
    pub(super) fn has(&self, claim: &str) -> bool {
        self.0.get(claim).is_some_and(|value| !value.is_null())
    }

    /// A claim that is a text.
    pub(super) fn text(&self, claim: &str) -> Option<&str> {
        self.0.get(claim)?.as_str()
    }

    /// A claim that is a text, or a list of nothing but texts.
    pub(super) fn texts(&self, claim: &str) -> Option<impl Iterator<Item = &str>> {
        let texts = match self.0.get(claim)? {
            Value::String(text) => vec![text.as_str()],
            Value::Array(items) => items.iter().map(Value::as_str).collect::<Option<_>>()?,
            _ => return None,
        };
        Some(texts.into_iter())
    }

    /// Whether the issuer says of `email` that it is not known to be the user's (OpenID Connect Core, section 5.1).
    pub(super) fn is_unverified_email(&self) -> bool {
        match self.0.get("email_verified") {
            None | Some(Value::Bool(true)) => false,
            // Some issuers write it as a text.
            Some(Value::String(text)) => text != "true",
            Some(_) => true,
        }
    }

    /// A time in seconds since 1970.
    fn time(&self, claim: &str) -> Result<Option<f64>, &'static str> {
        match self.0.get(claim) {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .filter(|seconds| seconds.is_finite())
                .map(Some)
                .ok_or("`exp`, `nbf` or `iat` of the token is no number"),
        }
    }
}

struct Unique(Object);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut object = Object::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if object.insert(name, value).is_some() {
                return Err(A::Error::custom("a name is there twice"));
            }
        }
        Ok(Unique(object))
    }
}
