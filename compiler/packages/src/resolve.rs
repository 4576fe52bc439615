//! Resolution: a name and what is wanted of it become a [`Tree`]. Versions are chosen by the registry's own client, as `npx`
//! and `uvx` would choose them now.

use crate::error::PackageError;
use crate::registry::{npm, pypi};
use crate::runtime;
use crate::settings::Settings;
use crate::tree::{Registry, Tree, is_name};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The package and all it needs.
    pub tree: Tree,
    /// What the author should know of it, sorted.
    pub notices: Vec<Notice>,
}

/// Something that an author should know of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notice {
    /// Its makers ask not to use this version any more.
    Deprecated {
        /// The package, with its version.
        package: String,
        /// Their words.
        says: String,
    },
    /// Its makers took this version back; it was asked for by its number.
    Yanked {
        /// The package, with its version.
        package: String,
    },
    /// It wants to run a script when it is installed, which is not run.
    InstallScript {
        /// The package, with its version.
        package: String,
    },
    /// The client could not be asked for the wheels of other systems: the lock holds on this kind of machine only.
    ThisPlatformOnly,
}

impl std::fmt::Display for Notice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use pace_ir::text::{quoted, shortened};
        match self {
            Self::Deprecated { package, says } => {
                write!(formatter, "`{}` is deprecated: {}", quoted(package), shortened(says, 200))
            }
            Self::Yanked { package } => write!(formatter, "`{}` was taken back by its makers", quoted(package)),
            Self::InstallScript { package } => {
                write!(formatter, "`{}` has an install script, which is not run", quoted(package))
            }
            Self::ThisPlatformOnly => formatter.write_str("the packages are pinned for this kind of machine only"),
        }
    }
}

/// Finds the newest version of the package `name` that is `wanted`, and all it needs. `wanted` is what follows the name in the
/// address: npm takes versions, ranges and tags, PyPI versions and comparisons; nothing and `latest` mean the newest.
///
/// # Errors
/// The client is missing, the registry cannot be reached or has no such package or version, or something of what the package
/// needs cannot be pinned.
pub fn resolve(
    registry: Registry,
    name: &str,
    wanted: Option<&str>,
    settings: &Settings,
) -> Result<Resolved, PackageError> {
    if !is_name(registry, name) {
        return Err(PackageError::Name { registry, name: name.to_owned() });
    }
    let wanted = wanted.map(str::trim).filter(|wanted| !wanted.is_empty());
    if let Some(wanted) = wanted.filter(|wanted| !is_wanted(wanted)) {
        return Err(PackageError::Wanted { registry, wanted: wanted.to_owned() });
    }
    (settings.progress)(&format!("resolving `{name}`"));
    let made = tempfile::tempdir();
    let scratch = made.map_err(|error| PackageError::file("cannot make a folder", &std::env::temp_dir(), &error))?;
    let here = runtime::here(registry, scratch.path(), settings)?;
    let mut resolved = match registry {
        Registry::Npm => npm::resolve(name, wanted, scratch.path(), settings)?,
        Registry::PyPi => pypi::resolve(name, wanted, scratch.path(), settings)?,
    };
    resolved.tree.packages.sort();
    resolved.notices.sort();
    resolved.tree.check()?;
    runtime::check(&resolved.tree, &here)?;
    Ok(resolved)
}

/// Versions, ranges and tags; no addresses, folders, other packages or options.
fn is_wanted(wanted: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+!~^<>=|*, -".contains(&byte);
    wanted.len() <= 200 && wanted.bytes().all(plain) && !wanted.starts_with('-')
}
