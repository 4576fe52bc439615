//! What the runner may show to others: named values, which bundles refer to as `${credential:NAME}`, and what single servers
//! are shown on behalf of single principals. Read once, from the file or folder that `PACE_CREDENTIALS` names; `pace` keeps
//! the same kind of file in a project's `.pace/credentials.local`.
//!
//! The file is a JSON object:
//! `{"version": 1, "values": {"NAME": "…"}, "servers": {"<address>": {"<principal>": {"type": "bearer", "token": "…"}}}}`.
//! The kinds of a server's credentials and their keys are those of `mcp_credentials` in `paceline.yaml`. A folder holds
//! values alone, one a file, as Kubernetes mounts secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pace_ir::program::Principal;
use serde::{Deserialize, Serialize};

use crate::environment::Secret;
use crate::setup::SetupError;

/// The longest file that is read, bytes.
pub const LONGEST: u64 = 4 << 20;
/// The version of the file that this is.
const VERSION: u32 = 1;

/// Named values, and what servers are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// By the name that `${credential:NAME}` uses.
    pub values: BTreeMap<String, Secret>,
    /// By the server's canonical address, then by whose it is.
    pub servers: BTreeMap<String, BTreeMap<Principal, ServerCredential>>,
}

/// What a server is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ServerCredential {
    /// `Authorization: Bearer …`.
    Bearer {
        /// The token.
        token: Secret,
    },
    /// A header of the server's own.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// The OAuth 2.1 client-credentials grant (RFC 6749, section 4.4).
    OauthClient {
        /// The token endpoint; found by the server's metadata (RFC 9728) where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token_url: Option<String>,
        /// The client.
        client_id: Secret,
        /// Its secret.
        client_secret: Secret,
        /// Asked for.
        #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
        scopes: BTreeSet<String>,
    },
    /// Environment variables of a server's program.
    Env {
        /// By name.
        env: BTreeMap<String, Secret>,
    },
}

impl ServerCredential {
    fn secrets(&self) -> Vec<(&str, &Secret)> {
        match self {
            Self::Bearer { token } => vec![("token", token)],
            Self::Header { name, value } => vec![(name, value)],
            // A client's id is shown to people who log in; it is no secret.
            Self::OauthClient { client_secret, .. } => vec![("client_secret", client_secret)],
            Self::Env { env } => env.iter().map(|(name, value)| (name.as_str(), value)).collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    version: u32,
    #[serde(default)]
    values: BTreeMap<String, Secret>,
    #[serde(default)]
    servers: BTreeMap<String, BTreeMap<String, ServerCredential>>,
}

/// Why a text holds no credentials. Repeats nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// No such JSON object.
    #[error("it is no such JSON as is expected, at line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Another version wrote it.
    #[error("its version is {0}, and this version reads {VERSION}")]
    Version(u32),
    /// What a credential is held for is nobody.
    #[error("it names somebody who is no principal: {0}")]
    Principal(String),
}

impl Credentials {
    /// Everything in them that is secret, with the name it is told by.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = (&str, &Secret)> {
        let values = self.values.iter().map(|(name, value)| (name.as_str(), value));
        values.chain(self.servers.values().flat_map(BTreeMap::values).flat_map(ServerCredential::secrets))
    }

    /// Reads a file, or a folder of values.
    ///
    /// # Errors
    /// It cannot be read, or is not such a file.
    pub fn read(path: &Path) -> Result<Self, SetupError> {
        let shown = crate::load::shown(path);
        let unreadable = |error: &dyn std::fmt::Display| {
            SetupError::new(
                format!("the credentials in `{shown}` cannot be read: {error}"),
                "name a file that the user who starts the runner may read, or a folder with a file for each value",
            )
        };
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(&error))?;
        if metadata.is_dir() {
            return folder(path).map_err(|error| unreadable(&error));
        }
        if metadata.len() > LONGEST {
            return Err(unreadable(&format!("it is longer than {LONGEST} bytes")));
        }
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
        Self::parse(&text).map_err(|why| {
            let help = "write {\"version\": 1, \"values\": {\"NAME\": \"…\"}}, or let `pace auth add` write the file";
            SetupError::new(format!("the credentials in `{shown}` cannot be used: {why}"), help)
        })
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let stored: Stored = serde_json::from_str(text)
            .map_err(|error| Malformed::Json { line: error.line(), column: error.column() })?;
        if stored.version != VERSION {
            return Err(Malformed::Version(stored.version));
        }
        let mut servers = BTreeMap::new();
        for (server, held) in stored.servers {
            let held = held.into_iter().map(|(principal, credential)| match principal.parse() {
                Ok(principal) => Ok((principal, credential)),
                Err(why) => Err(Malformed::Principal(format!("{why}"))),
            });
            servers.insert(server, held.collect::<Result<_, _>>()?);
        }
        Ok(Self { values: stored.values, servers })
    }

    /// The text of a file, secrets and all.
    ///
    /// # Errors
    /// Never for what [`Credentials::parse`] gave.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let servers = self.servers.iter().map(|(server, held)| {
            let held = held.iter().map(|(principal, credential)| (principal.to_string(), credential.clone()));
            (server.clone(), held.collect())
        });
        let stored = Stored { version: VERSION, values: self.values.clone(), servers: servers.collect() };
        Ok(serde_json::to_string_pretty(&stored)? + "\n")
    }
}

impl ServerCredential {
    /// Its word in files and lists.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bearer { .. } => "bearer",
            Self::Header { .. } => "header",
            Self::OauthClient { .. } => "oauth_client",
            Self::Env { .. } => "env",
        }
    }
}

/// The values of a folder. What begins with a dot is none: Kubernetes keeps its versions in such folders.
fn folder(path: &Path) -> std::io::Result<Credentials> {
    let mut values = BTreeMap::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let is_file =
            std::fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LONGEST);
        if !name.starts_with('.') && is_file {
            values.insert(name, Secret::new(std::fs::read_to_string(entry.path())?.trim()));
        }
    }
    Ok(Credentials { values, servers: BTreeMap::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"{
  "version": 1,
  "values": {
    "SLACK_TOKEN": "s3cret"
  },
  "servers": {
    "https://a.example/mcp": {
      "group:ops": {
        "type": "header",
        "name": "x-key",
        "value": "s3cret-2"
      },
      "user:ann": {
        "type": "bearer",
        "token": "s3cret-3"
      }
    },
    "mcp://npx/x": {
      "authenticated": {
        "type": "env",
        "env": {
          "KEY": "s3cret-4"
        }
      },
      "serviceaccount:bot": {
        "type": "oauth_client",
        "client_id": "id",
        "client_secret": "s3cret-5",
        "scopes": [
          "read"
        ]
      }
    }
  }
}
"#;

    #[test]
    fn what_is_read_is_written_again_and_never_shown() {
        let read = Credentials::parse(WHOLE).unwrap();
        assert_eq!(read.to_json().unwrap(), WHOLE);
        assert_eq!(read.servers["https://a.example/mcp"].len(), 2);
        assert!(!format!("{read:?}").contains("s3cret"), "{read:?}");
    }

    #[test]
    fn mistakes_are_told_without_what_stands_there() {
        let said = |text: &str| Credentials::parse(text).unwrap_err().to_string();
        for (text, wanted) in [
            ("{", "it is no such JSON as is expected, at line 1, column 1"),
            (r#"{"version": 1, "values": {"A": 12345678}}"#, "it is no such JSON as is expected, at line 1, column 39"),
            (r#"{"version": 1, "valeus": {"A": "s3cret"}}"#, "it is no such JSON as is expected, at line 1, column 23"),
            (r#"{"version": 2}"#, "its version is 2, and this version reads 1"),
            (
                r#"{"version": 1, "servers": {"x": {"s3cret": {"type": "bearer", "token": "t"}}}}"#,
                "it names somebody who is no principal: a principal begins with `user:`, `group:` or `serviceaccount:`, or \
                 is `authenticated` or `anonymous`",
            ),
        ] {
            assert_eq!(said(text), wanted);
        }
        let unknown = said(r#"{"version": 1, "servers": {"x": {"user:a": {"type": "s3cret"}}}}"#);
        assert!(unknown.starts_with("it is no such JSON") && !unknown.contains("s3cret"), "{unknown}");
    }

    #[test]
    fn a_folder_holds_values() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("TOKEN"), "s3cret\n").unwrap();
        std::fs::create_dir(folder.path().join("..data")).unwrap();
        std::fs::write(folder.path().join(".hidden"), "x").unwrap();
        let read = Credentials::read(folder.path()).unwrap();
        assert_eq!(read.values, BTreeMap::from([("TOKEN".to_owned(), Secret::new("s3cret"))]));
        let missing = Credentials::read(&folder.path().join("nowhere")).unwrap_err();
        assert!(missing.message.contains("nowhere` cannot be read"), "{}", missing.message);
    }
}
