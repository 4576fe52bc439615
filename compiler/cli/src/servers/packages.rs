//! The packages that servers come as: pinned as `mcp.lock` spells it, installed below `.pace/cache/mcp`.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use pace_compiler::pins::{PackagePin, TreeLine};
use pace_compiler::servers::{MissingRuntime, ProbeFailure, ServerAddress, Unreachable};
use pace_ir::Digest;
use pace_ir::program::tool::PackageRuntime;
use pace_ir::text::printable;
use pace_packages::{Network, Package, PackageError, Registry, Settings, Tree, install, resolve};

use crate::bundle_file::write_whole;
use crate::output::Output;

/// Where packages are installed, relative to the project, unless `PACE_MCP_DIR` names another folder.
pub(crate) const PLACE: &str = ".pace/cache/mcp";

/// Resolves and installs the packages of one project.
#[derive(Debug)]
pub(crate) struct Packages {
    into: PathBuf,
    settings: Settings,
    output: Output,
}

impl Packages {
    /// Into a folder; who watches is told what takes so long.
    pub(crate) fn new(root: &Path, into: PathBuf, network: Network, output: Output) -> Self {
        let progress = move |line: &str| {
            if output.is_watched() {
                output.note(&format!("  {}\n", printable(line)));
            }
        };
        let settings =
            Settings { network, project: Some(root.to_owned()), progress: Arc::new(progress), ..Settings::default() };
        Self { into, settings, output }
    }

    /// Installs what is pinned, or else what the address asks for: how it is started, and its pin.
    ///
    /// # Errors
    /// As the author is told.
    pub(super) fn install(
        &self,
        address: &ServerAddress,
        pinned: Option<&PackagePin>,
    ) -> Result<(Vec<String>, PackagePin), ProbeFailure> {
        let Some((registry, name, version)) = of_registry(address) else {
            return Err(ProbeFailure::Protocol("it is no package".to_owned()));
        };
        let tree = pinned.map_or_else(|| self.resolve(registry, name, version), |pin| tree(registry, name, pin))?;
        let installed = install(&tree, &self.into, &self.settings).map_err(|error| failure(&error, registry))?;
        let program = installed.program.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Ok((program, pin(&tree)))
    }

    /// What the registry has, or had a moment ago: of a package that was resolved and whose server did not answer, the next
    /// build asks for the server alone.
    fn resolve(&self, registry: Registry, name: &str, version: Option<&str>) -> Result<Tree, ProbeFailure> {
        let kept = self.kept(registry, name, version);
        if let Some(tree) = read_kept(&kept).filter(|tree| tree.registry == registry && tree.name == name) {
            return Ok(tree);
        }
        let tree = self.resolve_anew(registry, name, version)?;
        // What cannot be kept is resolved again.
        let _made_for_it = pace_mcp::installed::make_folder(&self.into);
        let _resolved_again = write_whole(&kept, tree.to_text().as_bytes());
        Ok(tree)
    }

    /// Forgets what was resolved: the server answered, and is pinned.
    pub(super) fn forget(&self, address: &ServerAddress) {
        if let Some((registry, name, version)) = of_registry(address) {
            let _was_pinned_before = std::fs::remove_file(self.kept(registry, name, version));
        }
    }

    fn kept(&self, registry: Registry, name: &str, version: Option<&str>) -> PathBuf {
        let asked = format!("{registry} {name} {}", version.unwrap_or_default());
        self.into.join(format!(".resolved-{}", Digest::of(asked.as_bytes())))
    }

    fn resolve_anew(&self, registry: Registry, name: &str, version: Option<&str>) -> Result<Tree, ProbeFailure> {
        let resolved = resolve(registry, name, version, &self.settings).map_err(|error| failure(&error, registry))?;
        for notice in &resolved.notices {
            self.output.note(&format!("note: {}\n", printable(&notice.to_string())));
        }
        Ok(resolved.tree)
    }

    /// Installs a tree as a bundle has it.
    ///
    /// # Errors
    /// It cannot be installed.
    pub(crate) fn install_tree(&self, tree: &Tree) -> Result<PathBuf, PackageError> {
        install(tree, &self.into, &self.settings).map(|installed| installed.directory)
    }
}

/// How long what was resolved is good for a next try; the newest version may be another one later.
const KEPT_FOR: Duration = Duration::from_hours(1);

/// The package that an address names: its registry, its name, and the version that was asked for.
fn of_registry(address: &ServerAddress) -> Option<(Registry, &str, Option<&str>)> {
    match address {
        ServerAddress::Npm(name, version) => Some((Registry::Npm, name, version.as_deref())),
        ServerAddress::PyPi(name, version) => Some((Registry::PyPi, name, version.as_deref())),
        ServerAddress::Http(_) | ServerAddress::Program(_) | ServerAddress::Reference(_) => None,
    }
}

/// What was resolved less than an hour ago. What it names is held against its hashes when it is installed, as ever.
fn read_kept(path: &Path) -> Option<Tree> {
    let metadata = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    metadata.modified().ok()?.elapsed().ok().filter(|age| *age < KEPT_FOR)?;
    Tree::parse(&std::fs::read_to_string(path).ok()?).ok()
}

/// A tree as `mcp.lock` has it.
pub(crate) fn pin(tree: &Tree) -> PackagePin {
    let line = |package: &Package| TreeLine {
        place: package.path.clone(),
        version: package.version.clone(),
        integrity: package.integrity.join(","),
        rest: package.rest(),
    };
    PackagePin {
        version: tree.version.clone(),
        runtime: match tree.registry {
            Registry::Npm => PackageRuntime::Node,
            Registry::PyPi => PackageRuntime::Python,
        },
        needs: tree.runtime.clone(),
        entry: tree.entry.clone(),
        tree: tree.packages.iter().map(line).collect(),
    }
}

/// The tree that a pin is of.
fn tree(registry: Registry, name: &str, pin: &PackagePin) -> Result<Tree, ProbeFailure> {
    let scheme = match registry {
        Registry::Npm => "mcp://npx/",
        Registry::PyPi => "mcp://uvx/",
    };
    Tree::parse(&pin.tree_text(&format!("{scheme}{name}")))
        .map_err(|malformed| ProbeFailure::Tampered { package: name.to_owned(), why: malformed.to_string() })
}

/// What the compiler tells the author.
fn failure(error: &PackageError, registry: Registry) -> ProbeFailure {
    let runtime = |program: &str| match program {
        "node" => Some(MissingRuntime::Node),
        "npm" => Some(MissingRuntime::Npm),
        "uv" | "pip" => Some(MissingRuntime::Uv),
        "python3" => Some(MissingRuntime::Python),
        _ => None,
    };
    match error {
        PackageError::Missing { program } => match runtime(program) {
            Some(missing) => ProbeFailure::RuntimeNotFound(missing),
            None => ProbeFailure::Unreachable(Unreachable::Other(error.to_string())),
        },
        PackageError::NoPackage { .. } => ProbeFailure::NoSuchPackage,
        PackageError::NoVersion { known, .. } => ProbeFailure::NoSuchVersion(known.first().cloned()),
        PackageError::Integrity { name, .. } => ProbeFailure::Tampered {
            package: name.clone(),
            why: "what its registry delivers has another hash".to_owned(),
        },
        PackageError::Malformed(malformed) => {
            ProbeFailure::Tampered { package: registry.to_string(), why: malformed.to_string() }
        }
        _ => {
            let help = error.help().map(|help| format!("; {help}")).unwrap_or_default();
            ProbeFailure::Unreachable(Unreachable::Other(format!("{error}{help}")))
        }
    }
}

#[cfg(test)]
mod tests {
    use pace_packages::Need;

    use super::*;

    #[test]
    fn a_lock_says_what_a_tree_says() {
        let package = |path: &str, need| Package {
            path: path.to_owned(),
            version: "1.0.0".to_owned(),
            alias_of: None,
            integrity: vec![format!("sha512-{}==", "A".repeat(86))],
            need,
            os: vec!["linux".to_owned()],
            cpu: Vec::new(),
            libc: Vec::new(),
            marker: None,
        };
        let whole = Tree {
            registry: Registry::Npm,
            name: "@a/b".to_owned(),
            version: "1.0.0".to_owned(),
            runtime: ">=18".to_owned(),
            entry: "dist/index.js".to_owned(),
            packages: vec![package("node_modules/@a/b", Need::Required), package("node_modules/c", Need::Optional)],
        };
        let pin = pin(&whole);
        // The digest of this text is the folder's name, which a runner looks for.
        assert_eq!(pin.tree_text("mcp://npx/@a/b"), whole.to_text());
        assert_eq!(tree(Registry::Npm, "@a/b", &pin), Ok(whole));
        assert_eq!(PackagePin::parse_tree(&pin.tree_lines()), Ok(pin.tree));
    }
}
