//! Opening the records of a project to read them. Nothing is made where there are none.

use clap::Args;
use pace_compiler::project_name;
use pace_ir::text::quoted;
use pace_runner::SetupError;
use pace_runner::config::StatePlace;
use pace_runner::environment::Environment;
use pace_runner::state::find_store;
use pace_state::{Store, StoreError};
use tokio::runtime::{Builder, Runtime};

use crate::arguments::Global;
use crate::exit::{self, Ended};
use crate::output::err;
use crate::{project, state};

/// Which records are meant.
#[derive(Debug, Clone, Args)]
pub(super) struct Which {
    /// What the deployment is called; without it PACE_ENVIRONMENT, or development, as `pace chat` calls it
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
}

/// The records of a project.
pub(super) struct Reading {
    pub(super) runtime: Runtime,
    pub(super) store: Store,
}

/// Opens them; says so where there are none yet.
///
/// # Errors
/// There is no project, none are kept, or they cannot be read.
pub(super) fn open(which: &Which, global: &Global) -> anyhow::Result<Option<Reading>> {
    let root = project::find(global)?;
    let environment = Environment::of_process();
    let mut settings = state::settings(&root, &environment)?;
    if let Some(name) = &which.environment {
        settings.environment.clone_from(name);
    }
    let name = project_name(&project::open(&root)?).result.map_err(|failure| exit::environment(&failure))?;
    let Some(place) = &settings.place else { return Err(nothing_kept().into()) };
    if matches!(place, StatePlace::Folder(folder) if !folder.join("state.db").exists()) {
        err("no invocation has left a trace yet\n");
        return Ok(None);
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let found = runtime.block_on(find_store(&settings, name.as_str(), &environment))?;
    if found.is_none() {
        let deployment = quoted(&settings.environment);
        err(&format!("no invocation of the environment `{deployment}` has left a trace yet\n"));
        look_elsewhere(&deployment);
    }
    Ok(found.map(|store| Reading { runtime, store }))
}

/// Says where else records may be.
fn look_elsewhere(environment: &str) {
    if environment == state::DEVELOPMENT {
        err("  help: servers keep theirs as `--environment production`, unless PACE_ENVIRONMENT says otherwise\n");
    }
}

fn nothing_kept() -> Ended {
    Ended::usage(
        "nothing is kept where `PACE_STATE_DIR` is `memory`",
        "unset it, or set it to the folder that the traces are in",
    )
}

impl Reading {
    /// Says that there is nothing to verify.
    pub(super) fn no_writes(&self) {
        let environment = quoted(&self.store.names().environment);
        err(&format!("no live write of the environment `{environment}` is on record\n"));
    }

    /// Says where else to look, where nothing was found.
    pub(super) fn nothing_found(&self) {
        let environment = quoted(&self.store.names().environment);
        err(&format!("no trace of the environment `{environment}` is like that\n"));
        look_elsewhere(&environment);
    }
}

/// What the store says, as the end of a command.
pub(super) fn failed(error: &StoreError) -> anyhow::Error {
    let help = "try again, and see whether the disk or the database works";
    SetupError::new(format!("the records cannot be read: {error}"), help).into()
}
