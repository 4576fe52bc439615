//! How the runner finds out who asks.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};

use super::name::ServiceAccountName;
use super::principal::Principal;
use super::template::Template;
use crate::digest::Digest;

/// How a request's principal is found.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub enum Authentication {
    /// The project says nothing: only loopback listeners start.
    #[default]
    Unset,
    /// The project says `none`: everyone is anonymous, everywhere.
    Nobody,
    /// The first source that applies decides.
    Sources(Vec<Source>),
}

/// One way to find a principal.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Source {
    /// JSON Web Tokens (RFC 7519).
    Jwt(Jwt),
    /// Fixed bearer tokens.
    Tokens(Vec<Token>),
    /// Headers set by a trusted proxy.
    Header(Header),
}

/// JSON Web Tokens of one issuer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Jwt {
    /// The `iss` claim, exactly.
    pub issuer: String,
    /// One of these must be in the `aud` claim.
    pub audience: BTreeSet<String>,
    /// The key set's address; found by OpenID Connect discovery where absent.
    pub jwks: Option<Template>,
    /// Accepted signature algorithms; never `none`, never a shared secret.
    pub algorithms: BTreeSet<Algorithm>,
    /// Which claim is the user.
    pub principal: ClaimMapping,
    /// Which claim lists the groups.
    pub groups: Option<ClaimMapping>,
}

/// A signature algorithm (RFC 7518, RFC 8037).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

/// From a claim to a name.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct ClaimMapping {
    /// The claim.
    pub claim: String,
    /// Put before its value.
    pub prefix: String,
    /// Values that are service accounts instead of users.
    pub service_accounts: BTreeMap<String, ServiceAccountName>,
}

/// A fixed bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Token {
    /// How it is recognised.
    pub secret: TokenSecret,
    /// Who brings it.
    pub principal: Principal,
    /// The groups that principal is in.
    pub groups: BTreeSet<String>,
}

/// How a token is recognised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum TokenSecret {
    /// By its SHA-256 digest.
    Sha256(Digest),
    /// By its value, resolved when the runner starts.
    Value(Template),
}

/// Headers set by a trusted proxy.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Header {
    /// The header that holds the user, lower case.
    pub principal: String,
    /// Put before the user.
    pub prefix: String,
    /// The header that lists groups, separated by commas; lower case.
    pub groups: Option<String>,
    /// Put before each group.
    pub groups_prefix: String,
    /// The proxies' networks in canonical CIDR notation.
    pub from: BTreeSet<String>,
}

impl Algorithm {
    /// Every algorithm, in the order of [`Self::as_str`]'s table.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The name registered for JOSE.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}
