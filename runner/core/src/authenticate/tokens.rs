//! Fixed bearer tokens. A token is random and long, so that its SHA-256 digest tells nothing of it; only digests are kept, also of the
//! tokens that the environment gives, and they are compared in constant time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constant_time_eq::constant_time_eq_32;
use pace_ir::access::Subject;
use pace_ir::digest::Digest;
use pace_ir::program::authentication::{Token, TokenSecret};
use ring::digest::SHA256;

use crate::environment::{Environment, Secret};
use crate::setup::SetupError;

/// The shortest token that is taken from the environment, bytes. Shorter ones can be guessed over the network.
const SHORTEST: usize = 16;

/// Whose tokens are whose, by their digests.
pub(super) struct Tokens(Vec<([u8; 32], Subject)>);

/// How a token is known.
pub(super) type Sha256 = [u8; 32];

/// The digest of a token.
pub(super) fn digest(token: &str) -> Sha256 {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(ring::digest::digest(&SHA256, token.as_bytes()).as_ref());
    bytes
}

/// How a fresh token begins: people and programs that look for secrets know it by that.
const PREFIX: &str = "pace_tk_";

/// A token that nobody has yet.
#[derive(Debug)]
pub struct FreshToken {
    /// The token: 256 random bits behind a prefix.
    pub token: Secret,
    /// Its SHA-256 digest, as `authentication` lists it.
    pub sha256: Digest,
}

/// Makes one.
///
/// # Errors
/// The system has no random bytes.
pub fn fresh_token() -> Result<FreshToken, getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
    let sha256 = Digest::from_bytes(digest(&token));
    Ok(FreshToken { token: Secret::new(token), sha256 })
}

impl Tokens {
    /// Resolves references.
    ///
    /// # Errors
    /// Some lead to nothing, to what is too short to be secret, or two to one token. Says all of them.
    pub(super) fn configure(tokens: &[Token], environment: &Environment) -> Result<Self, SetupError> {
        let (mut known, mut errors) = (Vec::<(Sha256, Subject)>::new(), Vec::new());
        let mut seen = BTreeMap::new();
        for token in tokens {
            let subject = Subject { principal: token.principal.clone(), groups: token.groups.clone() };
            match secret(token, environment) {
                Ok(digest) => match seen.entry(digest) {
                    Entry::Vacant(free) => {
                        free.insert(&token.principal);
                        known.push((digest, subject));
                    }
                    Entry::Occupied(other) => errors.push(SetupError::new(
                        format!("`{}` and `{}` have the same token", other.get(), token.principal),
                        "give each token to one principal",
                    )),
                },
                Err(error) => errors.push(error),
            }
        }
        SetupError::all(errors).map_or(Ok(Self(known)), Err)
    }

    /// Whose it is. Looks at every token, whichever fits.
    pub(super) fn find(&self, digest: &Sha256) -> Option<Subject> {
        let fits = self.0.iter().fold(
            None,
            |found, (known, subject)| {
                if constant_time_eq_32(known, digest) { Some(subject) } else { found }
            },
        );
        fits.cloned()
    }
}

fn secret(token: &Token, environment: &Environment) -> Result<Sha256, SetupError> {
    let template = match &token.secret {
        TokenSecret::Sha256(known) => return Ok(*known.as_bytes()),
        TokenSecret::Value(template) => template,
    };
    let what = format!("the token of `{}`", token.principal);
    let value = environment.resolve(template, &what)?;
    if value.expose().len() < SHORTEST {
        return Err(SetupError::new(
            format!("{what}, `{template}`, has fewer than {SHORTEST} characters and could be guessed"),
            "make one with `pace auth token create`",
        ));
    }
    Ok(digest(value.expose()))
}

impl fmt::Debug for Tokens {
    /// How many: a digest can be tried for guesses.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Tokens").field(&self.0.len()).finish()
    }
}
