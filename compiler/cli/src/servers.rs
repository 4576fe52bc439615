//! The compiler's door to MCP servers, over the client that the runner has too: what a build asks of servers, the packages it
//! installs to be able to ask, and the lock that comes of it.

mod failure;
mod lock;
pub(crate) mod packages;
mod probe;

use std::path::{Path, PathBuf};

use pace_compiler::{Doors, PinMode};
use pace_packages::Network;
use pace_runner::environment::Environment;
use pace_tools::TypeScript;

use self::packages::Packages;
pub(crate) use lock::{keep, keep_some, left_out, words};
pub(crate) use probe::Prober;

use crate::arguments::Global;
use crate::credentials;
use crate::output::Output;
use crate::project;

/// What a build asks of its surroundings besides files, for one project.
#[derive(Debug)]
pub(crate) struct Surroundings {
    tools: TypeScript,
    servers: Prober,
    pins: PinMode,
}

impl Surroundings {
    /// As the options of the command say; who watches is told what takes so long.
    ///
    /// # Errors
    /// The project's credentials or folder cannot be read.
    pub(crate) fn new(root: &Path, global: &Global) -> anyhow::Result<Self> {
        let output = Output::new(global);
        Ok(Self { tools: project::tools(root, output)?, servers: prober(root, global)?, pins: mode(global) })
    }

    /// What the compiler is handed.
    pub(crate) fn doors(&self) -> Doors<'_> {
        Doors { tools: &self.tools, servers: &self.servers, pins: self.pins }
    }
}

/// What asks the servers of a project.
///
/// # Errors
/// The project's credentials cannot be read.
pub(crate) fn prober(root: &Path, global: &Global) -> anyhow::Result<Prober> {
    let environment = credentials::environment(root)?;
    let network = if global.offline { Network::Offline } else { Network::Online };
    let output = Output::new(global);
    let packages = Packages::new(root, folder(root, &environment), network, output);
    Ok(Prober::new(root, environment, packages, output))
}

/// Where the packages of a project's servers are.
pub(crate) fn folder(root: &Path, environment: &Environment) -> PathBuf {
    let named = environment.text("PACE_MCP_DIR").ok().flatten().map(PathBuf::from);
    named.unwrap_or_else(|| root.join(packages::PLACE))
}

/// Which servers a build asks. In CI nothing is pinned by the way: what is built there was reviewed.
fn mode(global: &Global) -> PinMode {
    let is_frozen = || global.frozen || std::env::var("CI").is_ok_and(|value| value == "true");
    if global.offline {
        // Who asks nobody pins nothing either.
        PinMode::Offline
    } else if is_frozen() {
        PinMode::Frozen
    } else {
        PinMode::Online
    }
}
