//! What pip and uv say when they fail, as an error with words for authors. Both say it in English sentences only.

mod pip;
mod uv;

use std::path::Path;

use super::Client;
use crate::error::PackageError;
use crate::process::Output;
use crate::runtime;
use crate::settings::{Network, Settings};
use crate::tree::Registry;

/// What both say of a network that is not there.
const NETWORK: &[&str] = &[
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "Max retries exceeded",
    "ProxyError",
    "SSLError",
    "Connection aborted",
    "error sending request",
    "dns error",
    "Failed to fetch",
    "Connection refused",
];

/// What both say of an index that wants to know who asks.
const DENIED: &[&str] =
    &["401 Client Error", "401 Unauthorized", "403 Client Error", "403 Forbidden", "HTTP error 401"];

/// What failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) client: Client,
    /// The package that was asked for.
    pub(super) name: &'a str,
    /// Where the client ran.
    pub(super) folder: &'a Path,
    pub(super) settings: &'a Settings,
}

/// Why pip does nothing at all.
pub(super) fn of_pip(output: &Output) -> PackageError {
    if output.err.contains("No module named pip") {
        return PackageError::Missing { program: "pip" };
    }
    PackageError::failed("pip", &output.err)
}

impl Attempt<'_> {
    /// Why it failed.
    pub(super) fn error(self, output: &Output) -> PackageError {
        let own = match self.client {
            Client::Uv => uv::error,
            Client::Pip => pip::error,
        };
        self.common(&output.err).or_else(|| own(self, &output.err)).unwrap_or_else(|| match self.client {
            Client::Uv => PackageError::failed("uv", &without_greeting(&output.err)),
            Client::Pip => of_pip(output),
        })
    }

    /// What pip could not fetch, as it says among much else.
    fn unfetched(self, output: &Output) -> Option<PackageError> {
        self.common(&output.out.lines().filter(|line| line.contains("Could not fetch URL")).collect::<String>())
    }

    /// What both say in the same words.
    fn common(self, said: &str) -> Option<PackageError> {
        let holds = |text: &str| said.contains(text);
        let name = || self.name.to_owned();
        let registry = Registry::PyPi;
        if holds("No space left on device") || holds("Disk quota exceeded") {
            return Some(PackageError::DiskFull);
        }
        if DENIED.iter().any(|words| holds(words)) {
            return Some(PackageError::Denied { registry, name: name() });
        }
        NETWORK.iter().any(|words| holds(words)).then(|| match self.settings.network {
            Network::Online => PackageError::Unreachable { registry },
            Network::Offline => PackageError::Offline { registry, name: name() },
        })
    }

    fn old_python(self, needed: &str) -> PackageError {
        let here = runtime::here(Registry::PyPi, self.folder, self.settings);
        PackageError::OldRuntime {
            name: self.name.to_owned(),
            runtime: runtime::title(Registry::PyPi),
            needed: needed.trim().trim_end_matches([',', '.']).to_owned(),
            found: here.map_or_else(|_| "older".to_owned(), |here| here.version),
        }
    }

    fn incomplete(self, lacks: &str) -> PackageError {
        PackageError::Incomplete { name: self.name.to_owned(), lacks: lacks.trim().to_owned() }
    }
}

/// What uv says after the path of the Python that it uses.
fn without_greeting(said: &str) -> String {
    said.lines().filter(|line| !line.starts_with("Using ")).collect::<Vec<_>>().join("\n")
}

/// A requirement's name and the rest.
fn split(requirement: &str) -> (String, String) {
    let end = requirement.find(['=', '<', '>', '!', '~', '[', ' ', ';']).unwrap_or(requirement.len());
    let (name, wanted) = requirement.split_at(end);
    (name.to_owned(), wanted.trim_start_matches("==").trim().to_owned())
}

/// What stands after `before` and in front of `after`, or up to the end.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after).map_or(rest, |(found, _)| found))
}
