//! JSON Web Tokens of one issuer (RFC 7519), as RFC 8725 says they should be judged: the algorithm has to be one that the bundle lists
//! and fit the key, what the token says of its own key is not looked at, and every claim that bounds it has to hold.
//! Signatures are checked by `ring`.

mod claims;
mod compact;
mod fetch;
mod keyring;
mod keys;

use std::collections::BTreeSet;
use std::time::SystemTime;

use pace_ir::access::Subject;
use pace_ir::program::Principal;
use pace_ir::program::authentication::{Algorithm, ClaimMapping, Jwt};
use pace_ir::text::quoted;

use super::wrong;
use crate::environment::Environment;
use crate::model::http::Http;
use crate::problem::{Code, Problem};
use crate::setup::SetupError;
use claims::Claims;
use compact::Compact;
use fetch::{Fetch as _, Remote};
use keyring::{Keyring, Missing, Times};

/// A `jwt` source.
#[derive(Debug)]
pub(super) struct JwtSource {
    issuer: String,
    audience: BTreeSet<String>,
    algorithms: BTreeSet<Algorithm>,
    principal: ClaimMapping,
    groups: Option<ClaimMapping>,
    remote: Remote,
    keyring: Keyring,
}

/// What a token says of itself before anybody knows whether it is true: enough to find out who is to judge it.
pub(super) struct Claimed {
    issuer: String,
    audience: Vec<String>,
}

/// What a token claims, if it is a JSON Web Token at all.
pub(super) fn claimed(token: &str) -> Option<Claimed> {
    let compact = Compact::parse(token).ok()?;
    let claims = Claims::parse(&compact.payload).ok()?;
    Some(Claimed {
        issuer: claims.text("iss")?.to_owned(),
        audience: claims.texts("aud")?.map(str::to_owned).collect(),
    })
}

/// The group of this name behind its prefix; `None` if no group can be called that.
pub(super) fn group(prefix: &str, name: &str) -> Option<String> {
    let group = format!("{prefix}{name}");
    let is_name = !name.is_empty() && format!("group:{group}").parse::<Principal>().is_ok();
    is_name.then_some(group)
}

impl JwtSource {
    /// Resolves references; fetches nothing.
    ///
    /// # Errors
    /// The address of the keys leads to nothing, or to what cannot be asked safely.
    pub(super) fn configure(jwt: &Jwt, environment: &Environment, http: Http) -> Result<Self, SetupError> {
        let Jwt { issuer, audience, jwks, algorithms, principal, groups } = jwt;
        let remote = Remote::configure(issuer, jwks.as_ref(), algorithms, environment, http)?;
        Ok(Self {
            issuer: issuer.clone(),
            audience: audience.clone(),
            algorithms: algorithms.clone(),
            principal: principal.clone(),
            groups: groups.clone(),
            remote,
            keyring: Keyring::new(Times::default()),
        })
    }

    /// Whether a token says that it is of this issuer.
    pub(super) fn is_issuer(&self, claimed: &Claimed) -> bool {
        claimed.issuer == self.issuer
    }

    /// The same, and that it is meant for this project.
    pub(super) fn is_meant(&self, claimed: &Claimed) -> bool {
        self.is_issuer(claimed) && claimed.audience.iter().any(|audience| self.audience.contains(audience))
    }

    /// Keeps the keys at hand, for as long as it is polled.
    pub(super) async fn keep(&self) {
        self.keyring.keep(&self.issuer, &self.remote).await;
    }

    /// Why tokens cannot be judged for now; `None` if they can.
    pub(super) fn unready(&self) -> Option<String> {
        let why = self.keyring.unready()?;
        Some(format!("the keys of the issuer `{}` are not there: {why}", quoted(&self.issuer)))
    }

    /// Fetches the keys once, and says what there is.
    ///
    /// # Errors
    /// They cannot be had.
    pub(super) async fn probe(&self) -> Result<String, SetupError> {
        match self.remote.fetch().await {
            Ok(fetched) => Ok(format!("the issuer `{}` has {}", quoted(&self.issuer), fetched.keys)),
            Err(why) => Err(SetupError::new(
                format!("the keys of the issuer `{}` cannot be had: {why}", quoted(&self.issuer)),
                "see that this machine reaches the issuer, and that `issuer` and `jwks` are what it says",
            )),
        }
    }

    /// Whose token it is.
    ///
    /// # Errors
    /// [`Code::WrongCredential`]; [`Code::KeysUnavailable`] if the keys are not there for now.
    pub(super) async fn subject(&self, token: &str) -> Result<Subject, Problem> {
        let compact = Compact::parse(token).map_err(wrong)?;
        let algorithm = compact.algorithm().filter(|algorithm| self.algorithms.contains(algorithm));
        let algorithm =
            algorithm.ok_or_else(|| wrong("the token is signed by an algorithm that `algorithms` does not list"))?;
        let claims = Claims::parse(&compact.payload).map_err(wrong)?;
        // First what costs nothing: a token that is none anyway is no reason to ask for keys.
        claims.judge(&self.issuer, &self.audience, SystemTime::now()).map_err(wrong)?;
        let keys = self.keyring.find(algorithm, compact.key_id()).await.map_err(|missing| self.missing(missing))?;
        if !keys.iter().any(|key| key.verifies(algorithm, compact.signed, &compact.signature)) {
            return Err(wrong("the token's signature is not the issuer's"));
        }
        self.named(&claims)
    }

    fn missing(&self, missing: Missing) -> Problem {
        match missing {
            Missing::Key => wrong("the issuer has no key that the token could be signed with"),
            Missing::Keys { why, wait } => {
                tracing::debug!(issuer = self.issuer, "a token cannot be judged: {why}");
                Problem::new(Code::KeysUnavailable, "the keys of the token's issuer are not there for now")
                    .help("try again in a moment")
                    .retry_after(wait)
            }
        }
    }

    /// The principal and the groups of claims that hold.
    fn named(&self, claims: &Claims) -> Result<Subject, Problem> {
        let ClaimMapping { claim, prefix, service_accounts } = &self.principal;
        let value = claims.text(claim).ok_or_else(|| wrong("the token lacks the claim that names the user"))?;
        if claim == "email" && claims.is_unverified_email() {
            return Err(wrong("the issuer has not verified the token's `email`"));
        }
        let principal = match service_accounts.get(value) {
            Some(account) => Some(Principal::ServiceAccount(account.clone())),
            None if value.is_empty() => None,
            None => format!("user:{prefix}{value}").parse().ok(),
        };
        let principal = principal.ok_or_else(|| {
            wrong("the claim that names the user is no name of 1 to 255 printable characters without spaces")
        })?;
        let groups = match &self.groups {
            Some(mapping) if claims.has(&mapping.claim) => claims
                .texts(&mapping.claim)
                .ok_or_else(|| wrong("the claim that names the groups is neither a text nor a list of texts"))?
                .filter_map(|name| group(&mapping.prefix, name))
                .collect(),
            Some(_) | None => BTreeSet::new(),
        };
        Ok(Subject { principal, groups })
    }
}
