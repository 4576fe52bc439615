//! What pip says.

use super::{Attempt, between, split};
use crate::error::PackageError;
use crate::process;
use crate::settings::Network;
use crate::tree::Registry;

/// The most versions that an author is shown.
const SHOWN: usize = 8;

/// Why an attempt failed, if pip's words are known.
pub(super) fn error(attempt: Attempt<'_>, said: &str) -> Option<PackageError> {
    if let Some((_, rest)) = said.split_once("DO NOT MATCH THE HASHES") {
        // The lines after it are `name==version from address:`, with the hashes below.
        let package = rest.lines().map(str::trim).find(|line| line.contains("=="));
        let package = package.and_then(|line| line.split([' ', ':']).next()).unwrap_or(attempt.name);
        return Some(PackageError::Integrity { registry: Registry::PyPi, name: package.replace("==", " ") });
    }
    if said.contains("Hashes are required in --require-hashes mode") {
        return Some(attempt.incomplete(first_line(said, " --hash=")));
    }
    if said.contains("must have their versions pinned with ==") {
        return Some(attempt.incomplete(first_line(said, " (from ")));
    }
    let missing = between(said, "satisfies the requirement ", " (from")?;
    Some(missing_version(attempt, said, missing))
}

/// Nothing satisfies `missing`.
fn missing_version(attempt: Attempt<'_>, said: &str, missing: &str) -> PackageError {
    let registry = Registry::PyPi;
    let (name, wanted) = split(missing);
    let known = between(said, "(from versions: ", ")").unwrap_or_default();
    let known = known.split([',', ' ']).filter(|one| !matches!(*one, "none" | ""));
    let known: Vec<String> = known.rev().take(SHOWN).map(str::to_owned).collect();
    if !known.is_empty() {
        return PackageError::NoVersion { registry, name, wanted, known };
    }
    if let Some(needed) = between(said, "Requires-Python ", "\n") {
        // pip lists the oldest version first, which asks for least.
        return Attempt { name: &name, ..attempt }.old_python(needed.split(';').next().unwrap_or(needed));
    }
    if attempt.settings.network == Network::Offline {
        return PackageError::Offline { registry, name };
    }
    // With sources counted, there may be some; and only when it is told to talk, pip tells what it could not reach.
    let arguments = ["-m", "pip", "index", "versions", "-vv", &name];
    match process::run("python3", &arguments, attempt.folder, attempt.settings) {
        Ok(output) if output.succeeded => PackageError::SourceOnly { name },
        Ok(output) => attempt.unfetched(&output).unwrap_or(PackageError::NoPackage { registry, name }),
        Err(error) => error,
    }
}

/// The start of the first line that holds `mark`, up to it.
fn first_line<'a>(said: &'a str, mark: &str) -> &'a str {
    said.lines().find_map(|line| line.split_once(mark)).map_or("one of them", |(start, _)| start)
}
