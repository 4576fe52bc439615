//! Where a project's records are: traces of what its agents did, and the audit of live writes. In `.pace/state`, unless the
//! environment names another place.

use std::path::Path;
use std::time::Duration;

use pace_ir::Bundle;
use pace_runner::config::{StatePlace, StateSettings, Usual, state_settings};
use pace_runner::environment::Environment;
use pace_runner::{SetupError, State, state};
use tokio::runtime::Runtime;

use crate::output::err;
use crate::private_file;

/// Where they are kept, relative to the project.
pub(crate) const PLACE: &str = ".pace/state";
/// What a deployment on its author's machine is called.
pub(crate) const DEVELOPMENT: &str = "development";

/// How long is waited at the end of a command until everything is stored.
pub(crate) const STORED_WITHIN: Duration = Duration::from_secs(2);

/// Where the records of a project are that its author runs.
///
/// # Errors
/// A variable is wrong.
pub(crate) fn settings(root: &Path, environment: &Environment) -> Result<StateSettings, SetupError> {
    state_settings(environment, Usual { folder: &root.join(PLACE), environment: DEVELOPMENT })
}

/// Makes the folder of a project in which its state is usually kept, out of git. What cannot be made is told when it is opened.
pub(crate) fn prepare(root: &Path, settings: &StateSettings) {
    let usual = root.join(PLACE);
    if matches!(&settings.place, Some(StatePlace::Folder(folder)) if *folder == usual) {
        let _told_later = private_file::make_folder(root, &root.join(".pace"));
    }
}

/// Whether a command goes on without a place for its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// It does not.
    Needed,
    /// It does, and says so: somebody who tries an agent in a folder that cannot be written to wants its answer.
    WherePossible,
}

/// Opens the records of a project for a bundle that was built of it. Where they are not needed, and nobody named a place for them, nothing
/// is kept if they cannot be.
///
/// # Errors
/// They cannot be kept.
pub(crate) fn open(
    runtime: &Runtime,
    (root, environment): (&Path, &Environment),
    bundle: &Bundle,
    wanted: Wanted,
) -> Result<State, SetupError> {
    let settings = settings(root, environment)?;
    prepare(root, &settings);
    let opened = runtime.block_on(state::open(&settings, bundle.meta.project.as_str(), environment));
    let is_usual =
        environment.text("PACE_STATE_DIR")?.is_none() && matches!(settings.place, Some(StatePlace::Folder(_)));
    match opened {
        Err(error) if is_usual && wanted == Wanted::WherePossible => {
            err(&format!("note: nothing is kept of this, neither traces nor sessions: {}\n", error.message));
            Ok(State::default())
        }
        opened => opened,
    }
}

/// Waits until everything is stored; says what is lost, and does not fail for it.
pub(crate) fn end(runtime: &Runtime, state: &State) {
    if let Err(lost) = runtime.block_on(state.end(STORED_WITHIN)) {
        err(&format!("warning: {lost}\n"));
    }
}
