//! `authentication` and `mcp_credentials` of `paceline.yaml`.

use pace_diag::{Diagnostic, Reported, code, nearest};
use pace_ir::program::authentication::Algorithm;
use pace_ir::program::{Principal, ServiceAccountName, Template};
use pace_syntax::NodeId;
use serde_json::{Value, json};

use super::tool_entry::{VariableName, network};
use crate::parse::decode::{Decode, Reader, mapping};
use crate::parse::field::{List, Table};
use crate::parse::scalar::{Line, decode_word};
use crate::parse::shape::Shapes;

/// How a request's principal is found.
#[derive(Debug, Clone)]
pub(crate) enum AuthenticationSpec {
    /// `none`.
    Nobody,
    /// A list of sources.
    Sources(List<SourceSpec>),
}

impl Decode for AuthenticationSpec {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        if reader.document.items(node).is_some() {
            return List::decode(node, reader).map(Self::Sources);
        }
        match reader.document.key_text(node) {
            Some("none") => Ok(Self::Nobody),
            _ => Err(reader.wrong_type(node, "`none` or a list of sources")),
        }
    }

    fn shape(shapes: &mut Shapes) -> Value {
        let sources = List::<SourceSpec>::shape(shapes);
        json!({"anyOf": [{"const": "none"}, sources]})
    }
}

/// Reads mappings told apart by their `type`.
macro_rules! tagged {
    ($(#[doc = $doc:literal])+ pub(crate) enum $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident($spec:ty) = $word:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub(crate) enum $name {
            $($(#[doc = $variant_doc])+ $variant(Box<$spec>),)+
        }

        impl Decode for $name {
            fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
                match type_of(node, reader, &[$($word),+])? {
                    $($word => <$spec>::decode(node, reader).map(Box::new).map(Self::$variant),)+
                    _ => Err(reader.wrong_type(node, "a mapping with a `type`")),
                }
            }

            fn shape(shapes: &mut Shapes) -> Value {
                let shapes = [$(<$spec>::shape(shapes)),+];
                json!({"anyOf": shapes.to_vec()})
            }
        }
    };
}

/// The word under `type`, one of `words`.
fn type_of(node: NodeId, reader: &mut Reader<'_>, words: &[&'static str]) -> Result<&'static str, Reported> {
    let Some(entries) = reader.document.entries(node) else {
        return Err(reader.wrong_type(node, "a mapping"));
    };
    let first = entries.first().map_or_else(|| reader.span(node), |(key, _)| reader.span(*key));
    let Some((_, value)) = reader.document.get(node, "type") else {
        let diagnostic = Diagnostic::new(&code::MISSING_KEY, format!("{} needs the key `type`", reader.subject()))
            .at(first, "`type` is missing here")
            .help(format!("the types are {}", nearest::listing(words.iter().copied())));
        return Err(reader.sink.error(diagnostic));
    };
    let pairs: Vec<_> = words.iter().map(|word| (*word, *word)).collect();
    reader.about("`type`".to_owned(), |reader| reader.word(value, &pairs))
}

tagged! {
    /// One way to find a principal.
    pub(crate) enum SourceSpec {
        /// JSON Web Tokens.
        Jwt(JwtSpec) = "jwt",
        /// Fixed bearer tokens.
        Tokens(TokensSpec) = "tokens",
        /// Headers of a trusted proxy.
        Header(HeaderSpec) = "header",
    }
}

mapping! {
    /// JSON Web Tokens (RFC 7519) of one issuer.
    pub(crate) struct JwtSpec ("a `jwt` source", type "jwt") {
        /// The `iss` claim, exactly; an https address.
        required issuer: Line,
        /// What the `aud` claim must hold: one audience, or a list of which one suffices.
        required audience: OneOrMore,
        /// The key set's address. Default: found by OpenID Connect discovery at the issuer.
        optional jwks: Template,
        /// Accepted signature algorithms. Default: RS256 and ES256.
        optional algorithms: List<Algorithm>,
        /// Which claim is the user. Default: `sub`.
        optional principal: ClaimSpec,
        /// Which claim lists the groups. Default: none.
        optional groups: ClaimSpec,
    }
}

mapping! {
    /// From a claim to a name.
    pub(crate) struct ClaimSpec ("a claim mapping") {
        /// The claim.
        required claim: Line,
        /// Put before its value, so that two sources never meet in one name.
        optional prefix: Line,
        /// Values that are service accounts instead of users.
        optional service_accounts: Table<String, ServiceAccountName>,
    }
}

mapping! {
    /// Fixed bearer tokens.
    pub(crate) struct TokensSpec ("a `tokens` source", type "tokens") {
        /// The tokens.
        required tokens: List<TokenSpec>,
    }
}

mapping! {
    /// A fixed bearer token: `sha256` or `value`.
    pub(crate) struct TokenSpec ("a token") {
        /// The SHA-256 digest of the token, 64 hexadecimal digits.
        optional sha256: Line,
        /// The token by reference: `${env:NAME}` or `${credential:NAME}`.
        optional value: Template,
        /// Who brings it.
        required principal: Principal,
        /// The groups that principal is in.
        optional groups: List<Line>,
    }
}

mapping! {
    /// Headers set by a trusted proxy.
    pub(crate) struct HeaderSpec ("a `header` source", type "header") {
        /// The header that holds the user.
        required principal: Line,
        /// Put before the user.
        optional prefix: Line,
        /// The header that lists groups, separated by commas.
        optional groups: Line,
        /// Put before each group.
        optional groups_prefix: Line,
        /// The proxies' addresses or networks. Headers from anywhere else are ignored.
        required from: List<NetworkSpec>,
    }
}

decode_word!(Algorithm, [
    "RS256" => Algorithm::Rs256, "RS384" => Algorithm::Rs384, "RS512" => Algorithm::Rs512,
    "PS256" => Algorithm::Ps256, "PS384" => Algorithm::Ps384, "PS512" => Algorithm::Ps512,
    "ES256" => Algorithm::Es256, "ES384" => Algorithm::Es384, "EdDSA" => Algorithm::EdDsa,
]);

/// One text or a list of texts.
#[derive(Debug, Clone)]
pub(crate) struct OneOrMore(pub(crate) Vec<String>);

impl Decode for OneOrMore {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        if reader.document.items(node).is_none() {
            return Line::decode(node, reader).map(|Line(text)| Self(vec![text]));
        }
        let list = List::<Line>::decode(node, reader)?;
        if list.items.is_empty() && list.complete {
            let message = format!("{} is empty", reader.subject());
            return Err(reader.not_allowed(reader.span(node), message, "expected at least one"));
        }
        Ok(Self(list.items.into_iter().map(|item| item.value.0).collect()))
    }

    fn shape(shapes: &mut Shapes) -> Value {
        let line = Line::shape(shapes);
        json!({"anyOf": [line, {"type": "array", "items": line, "minItems": 1}]})
    }
}

/// An IP address or network, in canonical CIDR notation.
#[derive(Debug, Clone)]
pub(crate) struct NetworkSpec(pub(crate) String);

impl Decode for NetworkSpec {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let text = reader.string(node)?;
        network(text).map(Self).ok_or_else(|| {
            let message = format!("`{text}` is not an IP address or network");
            reader.not_allowed(reader.span(node), message, "expected an address or `network/bits` without host bits")
        })
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string", "minLength": 1})
    }
}

tagged! {
    /// What a server is shown on behalf of a principal.
    pub(crate) enum CredentialSpec {
        /// `Authorization: Bearer …`.
        Bearer(BearerSpec) = "bearer",
        /// A header of the server's own.
        Header(HeaderCredentialSpec) = "header",
        /// OAuth 2.1 client credentials.
        OauthClient(OauthClientSpec) = "oauth_client",
        /// A user's own OAuth 2.1 token.
        OauthUser(OauthUserSpec) = "oauth_user",
        /// Environment variables of the server's program.
        Env(EnvCredentialSpec) = "env",
    }
}

mapping! {
    /// `Authorization: Bearer …`.
    pub(crate) struct BearerSpec ("a `bearer` credential", type "bearer") {
        /// The token, by reference.
        required token: Template,
    }
}

mapping! {
    /// A header of the server's own.
    pub(crate) struct HeaderCredentialSpec ("a `header` credential", type "header") {
        /// The header.
        required name: Line,
        /// Its value, by reference.
        required value: Template,
    }
}

mapping! {
    /// OAuth 2.1 client credentials.
    pub(crate) struct OauthClientSpec ("an `oauth_client` credential", type "oauth_client") {
        /// The token endpoint. Default: found by the server's metadata.
        optional token_url: Template,
        /// The client.
        required client_id: Template,
        /// Its secret, by reference.
        required client_secret: Template,
        /// Asked for.
        optional scopes: List<Line>,
    }
}

mapping! {
    /// A user's own OAuth 2.1 token, kept by the runner.
    pub(crate) struct OauthUserSpec ("an `oauth_user` credential", type "oauth_user") {
        /// The client. Default: registered dynamically.
        optional client_id: Template,
        /// Asked for.
        optional scopes: List<Line>,
    }
}

mapping! {
    /// Environment variables of a server's program.
    pub(crate) struct EnvCredentialSpec ("an `env` credential", type "env") {
        /// The variables, by reference.
        required env: Table<VariableName, Template>,
    }
}
