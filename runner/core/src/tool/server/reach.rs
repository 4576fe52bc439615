//! How a server is reached from here: an address, or a program with its variables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pace_mcp::{Credential, Endpoint, OauthClient, Program, Root, Secret, Server, Transport};
use url::Url;

use super::held::Holder;
use super::hidden::Hidden;
use crate::credentials::ServerCredential;
use crate::environment;

/// How a server is reached, by whoever asks.
#[derive(Debug)]
pub(super) struct Reach {
    pub(super) way: Way,
    /// The folders it is told about.
    pub(super) roots: Vec<PathBuf>,
    /// What nobody is shown of its arguments and its address.
    pub(super) hidden: Vec<Hidden>,
}

/// How a server is reached.
#[derive(Debug)]
pub(super) enum Way {
    /// At an address.
    Http(Url),
    /// As a program.
    Program {
        /// What is started.
        program: PathBuf,
        /// With what.
        arguments: Vec<String>,
        /// Its variables.
        variables: BTreeMap<String, String>,
        /// Its variables that hold secrets.
        secrets: BTreeMap<String, environment::Secret>,
        /// Where.
        directory: PathBuf,
    },
}

impl Reach {
    /// The server as `holder` asks it.
    ///
    /// # Errors
    /// The credential is of a kind that does not fit the way, in one sentence.
    pub(super) fn server(&self, name: &str, holder: &Holder<'_>) -> Result<Server, String> {
        let transport = match (&self.way, holder) {
            (Way::Http(url), holder) => {
                Transport::Http(Endpoint { url: url.clone(), credential: credential(name, holder)? })
            }
            (Way::Program { program, arguments, variables, secrets, directory }, holder) => {
                let mut secrets = self::secrets(secrets);
                match holder {
                    Holder::Nobody => {}
                    Holder::Of(_, ServerCredential::Env { env }) => {
                        secrets.extend(self::secrets(env));
                    }
                    Holder::Of(principal, other) => {
                        return Err(format!(
                            "the credential of `{principal}` for `{name}` is of type `{}`, and a program takes only `env`",
                            other.kind()
                        ));
                    }
                }
                Transport::Program(Program {
                    program: program.clone(),
                    arguments: arguments.clone(),
                    variables: variables.clone(),
                    secrets,
                    directory: directory.clone(),
                })
            }
        };
        Ok(Server {
            name: name.to_owned(),
            transport,
            roots: self.roots.iter().filter_map(|path| root(path)).collect(),
            hidden: self.hidden.clone(),
        })
    }
}

/// Variables of a program that hold secrets.
pub(super) fn secrets(of: &BTreeMap<String, environment::Secret>) -> BTreeMap<String, Secret> {
    of.iter().map(|(name, value)| (name.clone(), secret(value))).collect()
}

fn secret(value: &environment::Secret) -> Secret {
    Secret::new(value.expose())
}

pub(super) fn credential(name: &str, holder: &Holder<'_>) -> Result<Credential, String> {
    let Holder::Of(principal, held) = holder else { return Ok(Credential::None) };
    match held {
        ServerCredential::Bearer { token } => Ok(Credential::Bearer(secret(token))),
        ServerCredential::Header { name, value } => Ok(Credential::Header { name: name.clone(), value: secret(value) }),
        ServerCredential::OauthClient { token_url, client_id, client_secret, scopes } => {
            let token_url = token_url.as_deref().map(Url::parse).transpose();
            let token_url =
                token_url.map_err(|error| format!("the `token_url` of `{principal}` for `{name}`: {error}"))?;
            Ok(Credential::OauthClient(OauthClient {
                client_id: client_id.expose().to_owned(),
                client_secret: secret(client_secret),
                token_url,
                scopes: scopes.iter().cloned().collect(),
            }))
        }
        ServerCredential::Env { .. } => Err(format!(
            "the credential of `{principal}` for `{name}` is of type `env`, and a server at an address has no variables"
        )),
    }
}

/// A folder as servers are told of it.
fn root(path: &Path) -> Option<Root> {
    let uri = Url::from_file_path(path).ok()?.to_string();
    Some(Root { uri, name: path.file_name().map(|name| name.to_string_lossy().into_owned()) })
}
