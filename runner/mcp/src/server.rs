//! How a server is reached, and as whom.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// A server.
#[derive(Debug, Clone)]
pub struct Server {
    /// What it is called in errors and in the log: one word of the author's, or its address.
    pub name: String,
    /// How it is reached.
    pub transport: Transport,
    /// The folders it is told about when it asks (`roots/list`). Where there are none, it is not told that it may ask.
    pub roots: Vec<Root>,
    /// Values inside its arguments or its address that nobody is shown, by the names they are replaced by.
    pub hidden: Vec<(String, Secret)>,
}

/// How a server is reached.
#[derive(Debug, Clone)]
pub enum Transport {
    /// As a program that speaks over its standard input and output.
    Program(Program),
    /// At an address that speaks streamable HTTP.
    Http(Endpoint),
}

/// A program.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program: a path, or a name that is looked for in the `PATH` of `variables`.
    pub program: PathBuf,
    /// What it is started with.
    pub arguments: Vec<String>,
    /// All variables it gets besides `secrets`: none is inherited.
    pub variables: BTreeMap<String, String>,
    /// Variables whose values are credentials: whatever the program says is free of them.
    pub secrets: BTreeMap<String, Secret>,
    /// Where it is started.
    pub directory: PathBuf,
}

/// An address.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// `https://…`, or `http://…` if the caller allows it: what is given is asked. User and password in it are not sent.
    pub url: url::Url,
    /// As whom.
    pub credential: Credential,
}

/// What a server at an address is shown.
#[derive(Debug, Clone, Default)]
pub enum Credential {
    /// Nothing.
    #[default]
    None,
    /// `Authorization: Bearer …`.
    Bearer(Secret),
    /// A header of another name.
    Header {
        /// Its name.
        name: String,
        /// Its whole value.
        value: Secret,
    },
    /// A token that an authorization server gives out for a client's id and secret (RFC 6749, 4.4). It is kept until shortly
    /// before it ends, and got anew once if the server no longer takes it.
    OauthClient(OauthClient),
}

/// A client of an authorization server.
#[derive(Debug, Clone)]
pub struct OauthClient {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// Where tokens are given out. Without it, the server is asked which authorization server it trusts (RFC 9728), and that
    /// one where its tokens are (RFC 8414).
    pub token_url: Option<url::Url>,
    /// What the token is to be good for; empty: what the server offers.
    pub scopes: Vec<String>,
}

/// A folder that a server may be told about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// `file://…`.
    pub uri: String,
    /// For people.
    pub name: Option<String>,
}

/// A value that nobody is shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Of its text.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The text, for whom it is meant for.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

impl Server {
    /// The values that nobody is shown, with the names they are replaced by.
    pub(crate) fn secrets(&self) -> Vec<(String, String)> {
        let of = |name: &str, secret: &Secret| (name.to_owned(), secret.reveal().to_owned());
        let mut all: Vec<_> = self.hidden.iter().map(|(name, secret)| of(name, secret)).collect();
        all.extend(match &self.transport {
            Transport::Program(program) => program.secrets.iter().map(|(name, secret)| of(name, secret)).collect(),
            Transport::Http(endpoint) => match &endpoint.credential {
                Credential::None => Vec::new(),
                Credential::Bearer(secret) => vec![of("token", secret)],
                Credential::Header { name, value } => vec![of(name, value)],
                Credential::OauthClient(client) => vec![of("client_secret", &client.client_secret)],
            },
        });
        all
    }
}
