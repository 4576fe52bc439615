//! What npm says when it fails, as an error with words for authors.

use std::path::Path;

use serde_json::Value;

use super::run;
use crate::error::PackageError;
use crate::process::Output;
use crate::settings::{Network, Settings};
use crate::tree::{Registry, Tree};

/// The most versions that an author is shown.
const SHOWN: usize = 8;

/// Why `name` was not resolved.
pub(super) fn of(
    output: &Output,
    name: &str,
    wanted: Option<&str>,
    folder: &Path,
    settings: &Settings,
) -> PackageError {
    let said = Said::of(output);
    let registry = Registry::Npm;
    match said.code.as_str() {
        // The program that stands for git is not there.
        "ENOENT" if said.summary.contains("git") => from_repository(name),
        "E404" => PackageError::NoPackage { registry, name: said.not_found().unwrap_or_else(|| name.to_owned()) },
        "ETARGET" | "ENOVERSIONS" => {
            let (name, wanted) =
                said.target().unwrap_or_else(|| (name.to_owned(), wanted.unwrap_or_default().to_owned()));
            let known = versions(&name, folder, settings);
            PackageError::NoVersion { registry, name, wanted, known }
        }
        "ENOGIT" | "EALLOWGIT" => from_repository(name),
        "EBADENGINE" => PackageError::failed("npm", &said.summary),
        "EBADPLATFORM" => PackageError::OtherPlatform { name: name.to_owned() },
        "E401" | "E403" | "ENEEDAUTH" => PackageError::Denied { registry, name: name.to_owned() },
        "ENOTCACHED" => PackageError::Offline { registry, name: name.to_owned() },
        "ENOSPC" | "EDQUOT" => PackageError::DiskFull,
        _ if said.is_of_the_network() && settings.network == Network::Offline => {
            PackageError::Offline { registry, name: name.to_owned() }
        }
        _ if said.is_of_the_network() => PackageError::Unreachable { registry },
        _ => PackageError::failed("npm", if said.summary.is_empty() { &output.err } else { &said.summary }),
    }
}

fn from_repository(name: &str) -> PackageError {
    let origin = "it comes from a repository".to_owned();
    PackageError::NotFromRegistry { registry: Registry::Npm, name: name.to_owned(), origin }
}

/// Why `tree` was not installed.
pub(super) fn of_install(output: &Output, tree: &Tree, folder: &Path, settings: &Settings) -> PackageError {
    let said = Said::of(output);
    if said.code != "EINTEGRITY" {
        return of(output, &tree.name, Some(&tree.version), folder, settings);
    }
    // npm names the hash that it wanted, not the package.
    let is_meant = |integrity: &String| said.summary.contains(&format!("wanted {integrity} "));
    let meant = tree.packages.iter().find(|package| package.integrity.iter().any(is_meant));
    let name = meant.map_or_else(|| tree.name.clone(), |package| format!("{} {}", package.place().1, package.version));
    PackageError::Integrity { registry: Registry::Npm, name }
}

/// What npm says on standard output: `{"error": {code, summary, detail}}`.
struct Said {
    code: String,
    summary: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        let reply: Value = serde_json::from_str(&output.out).unwrap_or_default();
        let text =
            |key: &str| reply.pointer(&format!("/error/{key}")).and_then(Value::as_str).unwrap_or_default().to_owned();
        let mut code = text("code");
        if code.is_empty() {
            // It may fail before it knows that JSON is wanted.
            let line = output.err.lines().find_map(|line| line.split_once("error code ").map(|(_, code)| code));
            line.unwrap_or_default().trim().clone_into(&mut code);
        }
        Self { code, summary: text("summary") }
    }

    /// `Not Found - GET https://…/@a%2fb - …`: the package.
    fn not_found(&self) -> Option<String> {
        let address = self.summary.split(' ').find(|word| word.contains("://"))?;
        let path = address.replace("%2f", "/").replace("%2F", "/").replace("%40", "@");
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            [.., scope, name] if scope.starts_with('@') => Some(format!("{scope}/{name}")),
            [.., name] if !name.is_empty() => Some((*name).to_owned()),
            _ => None,
        }
    }

    /// `No matching version found for @a/b@9.9.9.`: the package and what was wanted.
    fn target(&self) -> Option<(String, String)> {
        let text = self.summary.strip_prefix("No matching version found for ")?;
        let text = text.split(" with a date before").next().unwrap_or(text).trim_end_matches('.');
        let (name, wanted) = text.rsplit_once('@').filter(|(name, _)| !name.is_empty())?;
        Some((name.to_owned(), wanted.to_owned()))
    }

    fn is_of_the_network(&self) -> bool {
        const CODES: &[&str] = &[
            "ENOTFOUND",
            "EAI_AGAIN",
            "ECONNREFUSED",
            "ECONNRESET",
            "ECONNABORTED",
            "ETIMEDOUT",
            "ESOCKETTIMEDOUT",
            "EHOSTUNREACH",
            "ENETUNREACH",
            "EPIPE",
            "ERR_SOCKET_TIMEOUT",
            "ENETDOWN",
            "E500",
            "E502",
            "E503",
            "E504",
            "E429",
        ];
        CODES.contains(&self.code.as_str()) || self.code.contains("CERT") || self.code.contains("SSL")
    }
}

/// The newest versions of a package, newest first; none if they cannot be had.
fn versions(name: &str, folder: &Path, settings: &Settings) -> Vec<String> {
    let Ok(output) = run(&["view", name, "versions"], folder, settings) else { return Vec::new() };
    let mut all: Vec<String> = match serde_json::from_str(&output.out) {
        Ok(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Ok(Value::String(only)) => vec![only],
        _ => Vec::new(),
    };
    all.reverse();
    all.truncate(SHOWN);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_in_what_npm_says() {
        let said = |summary: &str| Said { code: String::new(), summary: summary.to_owned() };
        let scoped = said("Not Found - GET https://registry.example/@a%2fserver-x - Not found");
        assert_eq!(scoped.not_found(), Some("@a/server-x".to_owned()));
        assert_eq!(said("404 Not Found - GET http://r/sub/server-x").not_found(), Some("server-x".to_owned()));
        let target = said("No matching version found for @a/b@^99.1.0.").target();
        assert_eq!(target, Some(("@a/b".to_owned(), "^99.1.0".to_owned())));
        assert_eq!(said("something else").target(), None);
    }
}
