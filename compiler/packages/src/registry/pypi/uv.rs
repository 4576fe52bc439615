//! uv: resolves for all systems and newer versions of Python at once, with hashes and markers.

use std::path::Path;

use super::failure::Attempt;
use super::resolve::Found;
use crate::error::PackageError;
use crate::process::{self, Output};
use crate::resolve::Notice;
use crate::settings::{Network, Settings};
use crate::tree::{Need, Package, Registry, normalised};

/// Runs uv in `folder` with the Python that will start the package, from wheels only.
pub(super) fn run(
    command: &[&str],
    arguments: &[&str],
    folder: &Path,
    settings: &Settings,
) -> Result<Output, PackageError> {
    let mut all = command.to_vec();
    all.extend(arguments);
    all.extend(["--no-build", "--no-progress", "--no-python-downloads", "--python", "python3"]);
    if command.last() == Some(&"install") {
        // Links would share files with uv's cache.
        all.extend(["--link-mode", "copy"]);
    }
    if settings.network == Network::Offline {
        all.push("--offline");
    }
    process::run("uv", &all, folder, settings)
}

/// What uv would install for `requirement`, anywhere.
pub(super) fn resolve(attempt: Attempt<'_>, requirement: &str) -> Result<Found, PackageError> {
    let Attempt { name, folder, settings, .. } = attempt;
    let failed = |error: std::io::Error| PackageError::file("cannot write", folder, &error);
    std::fs::write(folder.join("requirements.in"), requirement).map_err(failed)?;
    let arguments = ["requirements.in", "--universal", "--generate-hashes", "--no-header", "--no-annotate"];
    let output = run(&["pip", "compile"], &arguments, folder, settings)?;
    if !output.succeeded {
        return Err(attempt.error(&output));
    }
    let mut found = Found::default();
    // A line goes on where it ends in a backslash.
    for line in output.out.replace("\\\n", " ").lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
    {
        found.packages.push(package(name, line)?);
    }
    for package in &found.packages {
        let is_meant =
            |line: &str| line.contains("yanked") && line.contains(&format!("{}=={}", package.path, package.version));
        if output.err.lines().any(is_meant) {
            found.notices.push(Notice::Yanked { package: format!("{}=={}", package.path, package.version) });
        }
    }
    Ok(found)
}

/// `name==version ; marker --hash=sha256:… --hash=sha256:…`
fn package(asked: &str, line: &str) -> Result<Package, PackageError> {
    let registry = Registry::PyPi;
    let mut parts = line.split(" --hash=");
    let requirement = parts.next().unwrap_or_default();
    let (pin, marker) = match requirement.split_once(';') {
        Some((pin, marker)) => (pin, Some(marker.trim().to_owned())),
        None => (requirement, None),
    };
    let Some((name, version)) = pin.trim().split_once("==") else {
        // `name @ address`
        let origin = pin.split([' ', '@']).next().unwrap_or_default().to_owned();
        return Err(PackageError::NotFromRegistry { registry, name: asked.to_owned(), origin });
    };
    let name = normalised(name);
    let mut integrity: Vec<String> =
        parts.map(|hash| hash.trim().to_owned()).filter(|hash| hash.starts_with("sha256:")).collect();
    integrity.sort();
    integrity.dedup();
    if integrity.is_empty() {
        return Err(PackageError::NoIntegrity { registry, name });
    }
    Ok(Package {
        path: name,
        version: version.trim().to_owned(),
        alias_of: None,
        integrity,
        need: Need::Required,
        os: Vec::new(),
        cpu: Vec::new(),
        libc: Vec::new(),
        marker,
    })
}

#[cfg(test)]
mod tests {
    use super::package;

    #[test]
    fn a_line_of_a_requirements_file_is_a_package() {
        let hash = |digit: &str| format!("sha256:{}", digit.repeat(64));
        let line =
            format!("Colorama_X==0.4.6 ; sys_platform == 'win32'     --hash={}     --hash={}", hash("b"), hash("a"));
        let read = package("x", &line).unwrap();
        assert_eq!((read.path.as_str(), read.version.as_str()), ("colorama-x", "0.4.6"));
        assert_eq!(read.marker.as_deref(), Some("sys_platform == 'win32'"));
        assert_eq!(read.integrity, [hash("a"), hash("b")]);
        assert!(package("x", "y @ git+https://example.com/y").is_err());
        assert!(package("x", "y==1.0").is_err());
    }
}
