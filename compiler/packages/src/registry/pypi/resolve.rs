//! The tree of a package of PyPI: versions and hashes from the client, the program from the package's own wheel.

use std::path::Path;

use super::failure::Attempt;
use super::{Client, Wheels, pip, program, uv};
use crate::error::PackageError;
use crate::resolve::{Notice, Resolved};
use crate::settings::Settings;
use crate::tree::{Package, Registry, Tree, normalised};

/// What a client would install.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) packages: Vec<Package>,
    pub(super) notices: Vec<Notice>,
}

/// Where the wheel of the package itself is unpacked.
const ITSELF: &str = "itself";

/// Asks for the versions that would be installed.
pub(crate) fn resolve(
    name: &str,
    wanted: Option<&str>,
    scratch: &Path,
    settings: &Settings,
) -> Result<Resolved, PackageError> {
    let client = Client::here(scratch, settings)?;
    let name = normalised(name);
    let requirement = requirement(&name, wanted)?;
    let attempt = Attempt { client, name: &name, folder: scratch, settings };
    let found = match client {
        Client::Uv => uv::resolve(attempt, &requirement)?,
        Client::Pip => pip::resolve(attempt, &requirement)?,
    };
    let lost = || PackageError::failed("pip", "its answer lacks the package");
    let version = found.packages.iter().find(|one| one.path == name).map(|one| one.version.clone()).ok_or_else(lost)?;
    let output = client.install(Wheels::One(&format!("{name}=={version}")), ITSELF, scratch, settings)?;
    if !output.succeeded {
        return Err(attempt.error(&output));
    }
    let metadata = program::read(&name, &scratch.join(ITSELF))?;
    let tree = Tree {
        registry: Registry::PyPi,
        entry: metadata.entry,
        runtime: metadata.runtime,
        name,
        version,
        packages: found.packages,
    };
    Ok(Resolved { tree, notices: found.notices })
}

/// What follows the name in an address, as clients want it: `1.2` and `@1.2` are exact, comparisons are themselves.
fn requirement(name: &str, wanted: Option<&str>) -> Result<String, PackageError> {
    match wanted.filter(|wanted| *wanted != "latest") {
        None => Ok(name.to_owned()),
        Some(wanted) if wanted.starts_with(|first: char| first.is_ascii_digit()) => Ok(format!("{name}=={wanted}")),
        Some(wanted) if wanted.starts_with(['=', '<', '>', '!', '~']) => Ok(format!("{name}{wanted}")),
        Some(wanted) => Err(PackageError::Wanted { registry: Registry::PyPi, wanted: wanted.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::requirement;

    #[test]
    fn versions_become_requirements() {
        for (wanted, expected) in [
            (None, "x"),
            (Some("latest"), "x"),
            (Some("1.2"), "x==1.2"),
            (Some("==1.2"), "x==1.2"),
            (Some(">=1,<2"), "x>=1,<2"),
        ] {
            assert_eq!(requirement("x", wanted), Ok(expected.to_owned()));
        }
        assert!(requirement("x", Some("next")).is_err());
    }
}
