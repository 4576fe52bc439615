//! Why a package is not resolved or installed, in words for the author: one line each, and what to do. What registries and their
//! clients say is foreign text, and names hosts: neither reaches a message as it came.

use std::path::PathBuf;
use std::time::Duration;

use pace_ir::text::quoted;

use crate::tree::{Malformed, Registry};

/// The most versions or programs that a message lists.
const LISTED: usize = 8;

/// The most characters of what a client said.
const SAID: usize = 300;

/// Why a package is not resolved or installed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// A program is not installed.
    #[error("`{program}` is not installed, or not on the `PATH`")]
    Missing {
        /// `npm`, `node`, `python3`, `pip`.
        program: &'static str,
    },
    /// A client lacks what is needed of it.
    #[error("`{program}` is version {found}, which is too old: {needed} or newer is needed", found = quoted(.found))]
    OldClient {
        /// Its name.
        program: &'static str,
        /// Its version.
        found: String,
        /// The oldest that does.
        needed: &'static str,
    },
    /// Not a name that the registry could know.
    #[error("`{name}` is no name of a package of {registry}", name = quoted(.name))]
    Name {
        /// Where it was looked for.
        registry: Registry,
        /// The name.
        name: String,
    },
    /// Not a version, range or tag.
    #[error("`{wanted}` is no version of a package of {registry}", wanted = quoted(.wanted))]
    Wanted {
        /// Where it was looked for.
        registry: Registry,
        /// What was asked for.
        wanted: String,
    },
    /// The registry does not know it.
    #[error("{registry} has no package `{name}`", name = quoted(.name))]
    NoPackage {
        /// Where it was looked for.
        registry: Registry,
        /// The name.
        name: String,
    },
    /// The registry knows it, but not this version.
    #[error("{registry} has no version `{wanted}` of `{name}`", name = quoted(.name), wanted = quoted(.wanted))]
    NoVersion {
        /// Where it was looked for.
        registry: Registry,
        /// The name.
        name: String,
        /// What was asked for.
        wanted: String,
        /// Versions there are, newest first.
        known: Vec<String>,
    },
    /// Building means running somebody's code on the author's machine, with results that no hash pins.
    #[error("`{name}` is published as source only, or not for this machine: nothing is built here", name = quoted(.name))]
    SourceOnly {
        /// The name.
        name: String,
    },
    /// A dependency that comes from a repository, address or folder.
    #[error("`{name}` needs a package that is not from {registry}, so that it cannot be pinned: {origin}", name = quoted(.name), origin = quoted(.origin))]
    NotFromRegistry {
        /// Where it should be from.
        registry: Registry,
        /// The package that was asked for.
        name: String,
        /// The dependency, or what was said of it.
        origin: String,
    },
    /// The registry gives no hash that is strong enough.
    #[error("{registry} gives no {} of `{name}`, so that it cannot be pinned", if *.registry == Registry::Npm { "SHA-512" } else { "SHA-256" }, name = quoted(.name))]
    NoIntegrity {
        /// Where it is from.
        registry: Registry,
        /// The package.
        name: String,
    },
    /// A library, not a server.
    #[error("`{name}` has no program to start", name = quoted(.name))]
    NoProgram {
        /// The package.
        name: String,
    },
    /// None of its programs is named like it.
    #[error("`{name}` has several programs, and none is named like it", name = quoted(.name))]
    SeveralPrograms {
        /// The package.
        name: String,
        /// Their names, sorted.
        programs: Vec<String>,
    },
    /// Its program is not for Node.js.
    #[error("the program of `{name}` is started by `{interpreter}`, not by Node.js", name = quoted(.name), interpreter = quoted(.interpreter))]
    OtherInterpreter {
        /// The package.
        name: String,
        /// What its first line names.
        interpreter: String,
    },
    /// Node.js or Python here is too old for it.
    #[error("`{name}` needs {runtime} {needed}, and this is {found}", name = quoted(.name), needed = quoted(.needed), found = quoted(.found))]
    OldRuntime {
        /// The package.
        name: String,
        /// `Node.js` or `Python`.
        runtime: &'static str,
        /// What it asks for, in its own words.
        needed: String,
        /// What is here.
        found: String,
    },
    /// A package that is not for this system or processor.
    #[error("`{name}` is not for this system", name = quoted(.name))]
    OtherPlatform {
        /// The package.
        name: String,
    },
    /// What the registry delivers is not what was pinned.
    #[error("`{name}` is not what was pinned: {registry} delivers something else", name = quoted(.name))]
    Integrity {
        /// Where it is from.
        registry: Registry,
        /// The package, with its version where it is known.
        name: String,
    },
    /// The tree was made on another kind of machine, which needs fewer packages.
    #[error("the pinned packages of `{name}` are not all that this machine needs: {lacks} is not among them", name = quoted(.name), lacks = quoted(.lacks))]
    Incomplete {
        /// The package that is installed.
        name: String,
        /// What is not pinned.
        lacks: String,
    },
    /// A tree that cannot be right.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Offline, and not in the caches.
    #[error("`{name}` is not in the cache, and {registry} is not asked when offline", name = quoted(.name))]
    Offline {
        /// Where it would be from.
        registry: Registry,
        /// The package.
        name: String,
    },
    /// The network, a proxy or the registry does not answer.
    #[error("{registry} cannot be reached")]
    Unreachable {
        /// Which.
        registry: Registry,
    },
    /// It wants to know who asks.
    #[error("{registry} gives `{name}` only to those it knows", name = quoted(.name))]
    Denied {
        /// Which.
        registry: Registry,
        /// The package.
        name: String,
    },
    /// No space.
    #[error("the disk is full")]
    DiskFull,
    /// What is installed could be somebody else's.
    #[error("packages are not started from where others may write: {why}")]
    Exposed {
        /// To what, and why.
        why: String,
    },
    /// Not ours to write.
    #[error("cannot write to `{}`", .path.display())]
    NotWritable {
        /// The folder.
        path: PathBuf,
    },
    /// Something else about a file.
    #[error("{doing}: {reason}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// What the system says.
        reason: String,
    },
    /// A run took too long.
    #[error("`{program}` was ended: it took longer than {} s", .limit.as_secs())]
    Late {
        /// The client.
        program: &'static str,
        /// The limit.
        limit: Duration,
    },
    /// Whoever asked does not want it any more.
    #[error("cancelled")]
    Cancelled,
    /// A client failed in a way that has no words here.
    #[error("`{program}` failed: {said}")]
    Failed {
        /// The client.
        program: &'static str,
        /// What it said, made fit for a terminal, without addresses.
        said: String,
    },
}

impl PackageError {
    /// What to do about it, in the imperative, where there is something.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::Missing { program } => missing(program).to_owned(),
            Self::OldClient { program: "pip", .. } => {
                "run `python3 -m pip install --upgrade pip`, or install `uv`".to_owned()
            }
            Self::OldClient { program, .. } => format!("install a newer `{program}`"),
            Self::Wanted { registry: Registry::Npm, .. } => {
                "write a version (`1.2.3`), a range (`^1.2`) or a tag".to_owned()
            }
            Self::Wanted { .. } => "write a version (`1.2.3`) or comparisons (`>=1.2,<2`)".to_owned(),
            Self::NoPackage { .. } => "check the name; a private package needs the registry that has it".to_owned(),
            Self::NoVersion { known, .. } if !known.is_empty() => format!("the newest are {}", listed(known)),
            Self::SourceOnly { .. } => "choose another version, or start the program by `mcp://exec/`".to_owned(),
            Self::NotFromRegistry { .. } | Self::OtherInterpreter { .. } => {
                "install it yourself, and start the program by `mcp://exec/`".to_owned()
            }
            Self::SeveralPrograms { programs, .. } => {
                format!("install it yourself, and start one of {} by `mcp://exec/`", listed(programs))
            }
            Self::NoProgram { .. } => "check the name: this package is a library".to_owned(),
            Self::OldRuntime { runtime, .. } => {
                format!("install a {runtime} that fits, or choose another version of the package")
            }
            Self::Integrity { .. } => {
                "find out who changed it before anything else; `pace mcp update` pins what there is now".to_owned()
            }
            Self::Incomplete { .. } => "run `pace mcp update` on such a machine; with `uv`, it pins for all".to_owned(),
            Self::Malformed(_) => "run `pace mcp update` to pin it anew".to_owned(),
            Self::Offline { .. } => "run once without `--offline`".to_owned(),
            Self::Unreachable { .. } => "check the network, and what the registry and proxy are set to".to_owned(),
            Self::Denied { registry: Registry::Npm, .. } => {
                "log in by `npm login`, or set a token in `.npmrc`".to_owned()
            }
            Self::Denied { .. } => "set a name and password for the index, as pip or uv reads them".to_owned(),
            Self::Exposed { .. } => {
                "make it yours alone to write (`chmod go-w`, `chown`), or choose another folder".to_owned()
            }
            Self::DiskFull => "make room, and try again".to_owned(),
            _ => return None,
        })
    }

    /// The client failed in a way that has no words here: the end of what it said.
    pub(crate) fn failed(program: &'static str, said: &str) -> Self {
        let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines.iter().rev().take(3).rev().copied().collect::<Vec<_>>().join(" ");
        let said = pace_ir::text::shortened(&without_addresses(&last), SAID);
        Self::Failed { program, said: if said.is_empty() { "it said nothing".to_owned() } else { said } }
    }

    /// An operation on a file or folder failed.
    pub(crate) fn file(doing: &'static str, path: &std::path::Path, error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path: path.to_owned() },
            _ => Self::File { doing, reason: error.to_string() },
        }
    }
}

fn missing(program: &str) -> &'static str {
    match program {
        "npm" | "node" => "install Node.js 18 or newer, which brings `npm`",
        "python3" => "install Python 3.10 or newer",
        _ => "install `uv`, or pip (`python3 -m ensurepip`, or `python3-pip` of the system)",
    }
}

fn listed(words: &[String]) -> String {
    let shown: Vec<_> = words.iter().take(LISTED).map(|word| format!("`{}`", quoted(word))).collect();
    shown.join(", ")
}

/// A text without the addresses of registries, which may hold passwords.
fn without_addresses(text: &str) -> String {
    let word = |word: &str| if word.contains("://") { "(address)".to_owned() } else { word.to_owned() };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_clients_say_is_short_and_holds_no_address() {
        let said = "first\n\n  second\nGET https://user:secret@registry.example/x failed\n\u{1b}[31mred";
        let failed = PackageError::failed("npm", said).to_string();
        assert_eq!(failed, "`npm` failed: second GET (address) failed \\u{1b}[31mred");
        assert_eq!(PackageError::failed("npm", "\n").to_string(), "`npm` failed: it said nothing");
    }
}
