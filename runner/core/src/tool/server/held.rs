//! Whose credential a server is shown.

use std::collections::BTreeMap;

use pace_ir::access::{Shown, Subject, shown};
use pace_ir::program::Principal;
use pace_ir::program::authorization::{Credential, OauthClient};
use pace_ir::text::quoted;

use super::reach;
use crate::credentials::ServerCredential;
use crate::environment::{Environment, LOST};
use crate::setup::SetupError;
use crate::tool::{Cause, Refusal};

/// What one server is shown, by whose it is. What cannot be resolved here is told when it is needed: a person who chats
/// does not have everybody's.
#[derive(Debug, Default)]
pub struct Held {
    by_principal: BTreeMap<Principal, Result<ServerCredential, SetupError>>,
    /// Whether the server answers nobody without one.
    is_needed: bool,
}

/// As whom a server is asked.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holder<'h> {
    /// As nobody in particular.
    Nobody,
    /// As this principal, with its credential.
    Of(&'h Principal, &'h ServerCredential),
}

impl Held {
    /// What the bundle says and what is kept here; what is kept here for the same principal counts.
    pub fn new(
        of_bundle: Option<&BTreeMap<Principal, Credential>>,
        is_needed: bool,
        server: &str,
        environment: &Environment,
    ) -> Self {
        let of_bundle = of_bundle.into_iter().flatten();
        let mut by_principal: BTreeMap<_, _> = of_bundle
            .map(|(principal, credential)| (principal.clone(), resolved(credential, server, environment)))
            .collect();
        let kept = environment.credentials().servers.get(server).into_iter().flatten();
        by_principal.extend(kept.map(|(principal, credential)| (principal.clone(), Ok(credential.clone()))));
        Self { by_principal, is_needed }
    }

    /// Whether there is none, and none is wanted.
    pub(super) fn is_empty(&self) -> bool {
        self.by_principal.is_empty() && !self.is_needed
    }

    /// The first credential that can be used here, whoever's it is, for those who only ask what a server offers: for its
    /// address, and as variables of its program.
    pub fn any(&self) -> Option<(pace_mcp::Credential, BTreeMap<String, pace_mcp::Secret>)> {
        let (principal, credential) = self
            .by_principal
            .iter()
            .find_map(|(principal, credential)| Some((principal, credential.as_ref().ok()?)))?;
        match credential {
            ServerCredential::Env { env } => Some((pace_mcp::Credential::None, reach::secrets(env))),
            _ => Some((reach::credential("", &Holder::Of(principal, credential)).ok()?, BTreeMap::new())),
        }
    }

    /// What is missing here, one sentence each.
    pub(super) fn missing(&self) -> impl Iterator<Item = &SetupError> {
        self.by_principal.values().filter_map(|credential| credential.as_ref().err())
    }

    /// Those whose credential can be used here.
    pub(super) fn usable(&self) -> impl Iterator<Item = &Principal> {
        self.by_principal.iter().filter(|(_, credential)| credential.is_ok()).map(|(principal, _)| principal)
    }

    /// That it answers nobody without a credential, and nobody has one.
    pub(super) fn lacks(&self, server: &str) -> Option<String> {
        let lacks = self.is_needed && self.by_principal.is_empty();
        lacks.then(|| format!("`{}` wants a credential, and there is none for anybody", quoted(server)))
    }

    /// What is missing so that everybody who has a credential can have the server asked, for those who are told all of it before.
    pub(super) fn wrong(&self, server: &str, environment: &Environment) -> Vec<SetupError> {
        let help = "set what it refers to, or give another credential in what `PACE_CREDENTIALS` names";
        let wrong = |why: &str| SetupError::new(format!("a credential cannot be used: {why}"), help);
        let judged = |error: &SetupError| if error.is_unjudged() { error.clone() } else { wrong(&error.message) };
        let missing = self.missing().map(judged);
        let lost = || SetupError::unjudged(format!("the credential that `{}` wants, because {LOST}", quoted(server)));
        let lacks = self.lacks(server);
        let lacks = lacks.map(|why| if environment.are_credentials_lost() { lost() } else { wrong(&why) });
        missing.chain(lacks).collect()
    }

    /// As whom the server is asked on behalf of a subject.
    ///
    /// # Errors
    /// It is not to be asked.
    pub(super) fn shown(&self, subject: &Subject, server: &str) -> Result<Holder<'_>, Refusal> {
        let (server, who) = (quoted(server), &subject.principal);
        let refused = |why: String, cause: Option<Cause>| Err(Refusal { why, cause });
        let none = || Some(Cause::NoCredential(who.clone()));
        match shown(subject, &self.by_principal) {
            Shown::Nothing => self.lacks(&server).map_or(Ok(Holder::Nobody), |why| refused(why, none())),
            Shown::Of(principal, Ok(credential)) => Ok(Holder::Of(principal, credential)),
            Shown::Of(_, Err(error)) => refused(error.message.clone(), Some(Cause::Unusable(error.help.clone()))),
            Shown::Missing => refused(format!("there is no credential of `{who}` for `{server}`"), none()),
            Shown::Ambiguous(several) => {
                let names = several.iter().map(|principal| format!("`{principal}`")).collect::<Vec<_>>().join(" and ");
                refused(format!("`{who}` is in {names}, and both have a credential for `{server}`"), None)
            }
        }
    }
}

impl Holder<'_> {
    /// Keeps connections apart: one word for each credential.
    pub(super) fn identity(self) -> String {
        match self {
            Self::Nobody => String::new(),
            Self::Of(principal, _) => principal.to_string(),
        }
    }
}

fn resolved(credential: &Credential, server: &str, environment: &Environment) -> Result<ServerCredential, SetupError> {
    let resolve = |template, what: &str| environment.resolve(template, &format!("{what} for `{}`", quoted(server)));
    match credential {
        Credential::Bearer(token) => Ok(ServerCredential::Bearer { token: resolve(token, "the `token`")? }),
        Credential::Header(name, value) => {
            Ok(ServerCredential::Header { name: name.clone(), value: resolve(value, "the header")? })
        }
        Credential::OauthClient(OauthClient { token_url, client_id, client_secret, scopes }) => {
            let token_url = token_url.as_ref().map(|url| resolve(url, "the `token_url`")).transpose()?;
            Ok(ServerCredential::OauthClient {
                token_url: token_url.map(|url| url.expose().to_owned()),
                client_id: resolve(client_id, "the `client_id`")?,
                client_secret: resolve(client_secret, "the `client_secret`")?,
                scopes: scopes.clone(),
            })
        }
        Credential::OauthUser(_) => Err(SetupError::new(
            format!("the credential for `{}` is of type `oauth_user`, which this version cannot use", quoted(server)),
            "give another kind of credential",
        )),
        Credential::Env(env) => {
            let variables = env.iter().map(|(name, value)| Ok((name.clone(), resolve(value, "a variable")?)));
            Ok(ServerCredential::Env { env: variables.collect::<Result<_, SetupError>>()? })
        }
    }
}

#[cfg(test)]
mod tests {
    use pace_ir::program::Template;
    use pace_ir::program::template::TemplatePart;

    use super::*;
    use crate::credentials::Credentials;
    use crate::environment::Secret;

    fn bearer(variable: &str) -> Credential {
        Credential::Bearer(Template { parts: vec![TemplatePart::Env(variable.into())] })
    }

    fn subject(principal: &str) -> Subject {
        Subject::new(principal.parse().unwrap())
    }

    #[test]
    fn what_is_kept_here_counts_and_what_is_missing_is_told_when_it_is_needed() {
        let of_bundle = BTreeMap::from([
            ("user:ann".parse().unwrap(), bearer("ANN")),
            ("user:bob".parse().unwrap(), bearer("BOB")),
        ]);
        let mut kept = Credentials::default();
        let own = ServerCredential::Bearer { token: Secret::new("kept") };
        kept.servers.insert("https://a/".into(), BTreeMap::from([("user:ann".parse().unwrap(), own)]));
        let environment = Environment::from_pairs([("ANN", "t")]).with_credentials(kept);
        let held = Held::new(Some(&of_bundle), true, "https://a/", &environment);
        let shown = |who: &str| match held.shown(&subject(who), "https://a/") {
            Ok(Holder::Of(_, ServerCredential::Bearer { token })) => Ok(token.expose().to_owned()),
            Ok(other) => panic!("{other:?}"),
            Err(refusal) => Err(refusal),
        };
        let refused = |why: &str, cause| Err(Refusal { why: why.to_owned(), cause: Some(cause) });
        assert_eq!(shown("user:ann"), Ok("kept".to_owned()));
        let missing = "the `token` for `https://a/` is `${env:BOB}`, and the variable `BOB` is not set";
        let set = "set `BOB`, or `BOB_FILE` to a file that holds the value";
        assert_eq!(shown("user:bob"), refused(missing, Cause::Unusable(set.to_owned())));
        let none = Cause::NoCredential("user:eve".parse().unwrap());
        assert_eq!(shown("user:eve"), refused("there is no credential of `user:eve` for `https://a/`", none));
        assert_eq!(held.missing().map(|error| error.message.as_str()).collect::<Vec<_>>(), [missing]);
    }

    #[test]
    fn a_server_that_needs_none_is_asked_as_nobody() {
        let environment = Environment::default();
        let held = |is_needed| Held::new(None, is_needed, "https://a/", &environment);
        assert!(matches!(held(false).shown(&subject("anonymous"), "https://a/"), Ok(Holder::Nobody)));
        let needed = held(true);
        let refusal = needed.shown(&subject("user:ann"), "https://a/").unwrap_err();
        assert!(refusal.why.contains("none for anybody"), "{refusal:?}");
        assert_eq!(refusal.cause, Some(Cause::NoCredential("user:ann".parse().unwrap())));
    }
}
