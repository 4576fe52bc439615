//! Where the demo happens: a temporary folder with the showcase in it, and a copy with one mistake.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use pace_compiler::{Built, Doors, Failure, NoServers, Outcome, PinMode};
use pace_runner::config::{self, StateSettings, Usual};
use pace_runner::environment::Environment;
use pace_runner::tool::Writes;
use pace_runner::{Runner, Scope, instantiate, load, state, verify};
use pace_state::Store;
use pace_tools::TypeScript;
use tempfile::TempDir;

use crate::commands::init::placing;
use crate::commands::init::template::Template;
use crate::exit::{self, Ended};
use crate::world::plain;
use crate::{bundle_file, manifest, project};

/// The account that the loop acts as, and what a hand slips to.
const SLIP: (&str, &str) = ("morning-job", "morning-jb");
const SLIPPED_FILE: &str = "loops/morning.yaml";

/// The temporary folder. Removed when dropped.
#[derive(Debug)]
pub(super) struct Stage {
    folder: TempDir,
}

/// What a build made, and how long it took.
#[derive(Debug)]
pub(super) struct Build {
    pub(super) built: Built,
    pub(super) bundle: PathBuf,
    pub(super) took: Duration,
}

impl Stage {
    /// A folder with the showcase in it.
    ///
    /// # Errors
    /// No temporary folder can be made.
    pub(super) fn new() -> Result<Self, Ended> {
        let place = std::env::temp_dir();
        let failed = |error: &std::io::Error| {
            let message = format!("cannot write to the temporary folder `{}`: {}", place.display(), plain(error));
            Ended::usage(message, "set TMPDIR to a folder that can be written")
        };
        let folder =
            tempfile::Builder::new().prefix("pace-demo-").tempdir_in(&place).map_err(|error| failed(&error))?;
        let stage = Self { folder };
        placing::place(&stage.root(), Template::Showcase.files()).map_err(|error| failed(&error))?;
        Ok(stage)
    }

    /// Removes the folder.
    ///
    /// # Errors
    /// Something of it is left.
    pub(super) fn remove(self) -> Result<(), Ended> {
        let path = self.folder.path().to_owned();
        self.folder
            .close()
            .map_err(|error| Ended::errors(format!("cannot remove `{}`: {}", path.display(), plain(&error)), None))
    }

    /// The project.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("showcase")
    }

    /// A file of the project.
    pub(super) fn text(&self, path: &str) -> anyhow::Result<String> {
        let text = std::fs::read_to_string(self.root().join(path));
        text.map_err(|error| anyhow::anyhow!("cannot read `{path}`: {}", plain(&error)))
    }

    /// Builds the project, as `pace build` does.
    pub(super) fn build(&self) -> anyhow::Result<Build> {
        let root = self.root();
        let begun = Instant::now();
        let outcome = pace_compiler::build(&project::open(&root)?, doors(&project::silent_tools(&root)?));
        let built = match outcome.result {
            Ok(built) => built,
            Err(Failure::Reported) => {
                let why = outcome.diagnostics.first().map_or("it does not say why", |first| first.message.as_str());
                return Err(Ended::errors(format!("the showcase does not build: {why}"), None).into());
            }
            Err(failure) => return Err(exit::environment(&failure)),
        };
        let written = bundle_file::write_build(&root, &built.emitted, &manifest::of(&built.emitted.verified))?;
        Ok(Build { built, bundle: root.join(written.bundle), took: begun.elapsed() })
    }

    /// Builds the project with a slip of the hand in it; how that is said is up to the caller.
    pub(super) fn build_with_a_slip(&self) -> anyhow::Result<Outcome<Built>> {
        let root = self.folder.path().join("slip");
        placing::place(&root, Template::Showcase.files())?;
        let text = self.text(SLIPPED_FILE)?;
        let slipped = text.replacen(SLIP.0, SLIP.1, 1);
        if slipped == text {
            return Err(Ended::errors(format!("`{SLIPPED_FILE}` has no `{}`", SLIP.0), None).into());
        }
        bundle_file::write_whole(&root.join(SLIPPED_FILE), slipped.as_bytes())?;
        let outcome = pace_compiler::build(&project::open(&root)?, doors(&project::silent_tools(&root)?));
        match outcome.result {
            Err(Failure::Reported) => Ok(outcome),
            _ => Err(Ended::errors(format!("`{}` in `{SLIPPED_FILE}` was not noticed", SLIP.1), None).into()),
        }
    }
}

/// What the showcase's server offers is pinned: it is not asked before it is called.
fn doors(tools: &TypeScript) -> Doors<'_> {
    Doors { tools, servers: &NoServers, pins: PinMode::Offline }
}

/// The steps of `pace-runner`: the bytes, whether they can be believed, and what they need.
pub(super) async fn open(root: &Path, bundle: &Path) -> anyhow::Result<Arc<Runner>> {
    let bytes = load(bundle)?;
    let verified = verify(bundle, &bytes, None)?;
    let environment = environment(root);
    let project = verified.bundle().meta.project.to_string();
    let state = state::open(&settings(root, &environment)?, &project, &environment).await?;
    Ok(instantiate(verified, &environment, Scope::All, &Writes::Stubbed, state)?)
}

/// The records that a runner of [`open`] has left.
pub(super) async fn records(root: &Path, project: &str) -> anyhow::Result<Store> {
    let environment = environment(root);
    let store = state::find_store(&settings(root, &environment)?, project, &environment).await?;
    store.context("the runner kept nothing")
}

/// Where records are: in the project, which is in the temporary folder.
fn settings(root: &Path, environment: &Environment) -> anyhow::Result<StateSettings> {
    let folder = root.join(crate::state::PLACE);
    Ok(config::state_settings(environment, Usual { folder: &folder, environment: "demo" })?)
}

fn environment(root: &Path) -> Environment {
    // No variable is looked at but `PATH`, where the server's program is: whatever is wrong with another must not matter here.
    let path = std::env::var_os("PATH").map(|path| ("PATH", path));
    Environment::from_pairs(path).in_project(root)
}
