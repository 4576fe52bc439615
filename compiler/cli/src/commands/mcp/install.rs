//! `pace mcp install`: the packages of servers, exactly as they are pinned, for this project or for an image.

use std::path::{Path, PathBuf};

use clap::Args;
use pace_compiler::Failure;
use pace_diag::render::{Action, Warnings};
use pace_ir::text::quoted;
use pace_packages::{Network, Tree};

use crate::arguments::Global;
use crate::commands::inspect::bundle_path;
use crate::exit::{self, Ended, ExitCode};
use crate::output::{self, Output, out};
use crate::servers::packages::Packages;
use crate::{bundle_file, credentials, project, servers};

/// Install the packages of servers, exactly as they are pinned
///
/// Nothing of a package is run while it is installed, and every archive is held against its pinned hash. A runner starts servers
/// from this folder (`PACE_MCP_DIR`), asks no registry, and starts nothing from it that is not what was installed.
#[derive(Debug, Args)]
pub(super) struct Install {
    /// The bundle whose servers are installed; without it, what the project's mcp.lock pins
    #[arg(value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// The folder to install into; without it, the project's own
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(command: &Install, global: &Global) -> anyhow::Result<ExitCode> {
    let output = Output::new(global);
    let (root, into, trees) = if let Some(bundle) = &command.bundle {
        let into = command.into.clone().ok_or_else(|| {
            Ended::usage("a bundle's packages belong to no project", "say where to install them: `--into DIR`")
        })?;
        (project::start(global)?, into, of_bundle(&bundle_path(bundle, global))?)
    } else {
        let root = project::find(global)?;
        let environment = credentials::environment(&root)?;
        let into = command.into.clone().unwrap_or_else(|| servers::folder(&root, &environment));
        match of_lock(&root, output)? {
            Ok(trees) => (root, into, trees),
            Err(code) => return Ok(code),
        }
    };
    let into = if into.is_absolute() { into } else { project::start(global)?.join(into) };
    pace_mcp::installed::make_folder(&into).map_err(|error| {
        Ended::usage(
            format!("cannot make the folder `{}`: {error}", into.display()),
            "choose one that you may write to",
        )
    })?;
    let network = if global.offline { Network::Offline } else { Network::Online };
    let packages = Packages::new(&root, into, network, output);
    let mut installed = 0;
    for tree in &trees {
        let folder = packages.install_tree(tree).map_err(|error| {
            Ended::usage(
                error.to_string(),
                format!("`{}` is not installed; mend this and try again", quoted(&tree.name)),
            )
        })?;
        installed += 1;
        out(&format!("{} {} {}\n", quoted(&tree.name), quoted(&tree.version), folder.display()))?;
    }
    output.note(&format!("✓ Installed {installed} of {} packages\n", trees.len()));
    Ok(ExitCode::Success)
}

/// The packages of a bundle.
fn of_bundle(path: &Path) -> anyhow::Result<Vec<Tree>> {
    let verified = bundle_file::read_expected(path, None)?;
    let bundle = verified.bundle();
    let pinned = bundle.tools.servers.values().filter_map(|server| server.package.as_ref());
    let texts = pinned.filter_map(|package| bundle.blobs.blobs.get(&package.tree));
    texts.map(|text| read(&String::from_utf8_lossy(text))).collect()
}

fn read(text: &str) -> anyhow::Result<Tree> {
    let refuse = |error: pace_packages::Malformed| Ended::usage(error.to_string(), "build the bundle again");
    Ok(Tree::parse(text).map_err(refuse)?)
}

/// The packages that a project pins, or the exit code where its lock cannot be read.
fn of_lock(root: &Path, output: Output) -> anyhow::Result<Result<Vec<Tree>, ExitCode>> {
    let outcome = pace_compiler::pins(&project::open(root)?);
    match &outcome.result {
        Ok(lock) => {
            let pinned = lock.servers.iter().filter_map(|(key, pin)| Some((key, pin.package.as_ref()?)));
            pinned.map(|(key, package)| read(&package.tree_text(key))).collect::<anyhow::Result<_>>().map(Ok)
        }
        Err(Failure::Reported) => {
            output.report_aside(&output::report(&outcome, &outcome.shown(), Action::Check, Warnings::Allowed));
            Ok(Err(ExitCode::Errors))
        }
        Err(failure) => Err(exit::environment(failure)),
    }
}
