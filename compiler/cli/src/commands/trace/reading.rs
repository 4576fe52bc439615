//! Opening the records of a project to read them. Nothing is made where there are none.

use pace_ir::text::{printable, quoted};
use pace_runner::SetupError;
use pace_runner::config::StatePlace;
use pace_runner::environment::Environment;
use pace_runner::state::{find_store, scopes};
use pace_state::{Scope, Store, StoreError, TraceFilter};
use tokio::runtime::{Builder, Runtime};

use super::whose::{Meant, Which, listed, only};
use crate::arguments::Global;
use crate::exit::Ended;
use crate::output::err;
use crate::state;

/// The records of a project.
pub(super) struct Reading {
    pub(super) runtime: Runtime,
    pub(super) store: Store,
    pub(super) looked: Looked,
}

/// Where was looked, for those who find nothing there.
pub(super) struct Looked {
    environment: String,
    /// With what stands before it: ``in `/srv/state` ``.
    place: String,
    /// Whose records are there, where those that are meant are not.
    others: Vec<Scope>,
}

/// Opens them; says so where there are none yet.
///
/// # Errors
/// There is no project, none are kept, or they cannot be read.
pub(super) fn open(which: &Which, global: &Global) -> anyhow::Result<Option<Reading>> {
    match find(which, global)? {
        Ok(reading) => Ok(Some(reading)),
        Err(looked) => {
            looked.no_traces();
            Ok(None)
        }
    }
}

/// Opens them, or gives where none are.
///
/// # Errors
/// As [`open`].
pub(super) fn find(which: &Which, global: &Global) -> anyhow::Result<Result<Reading, Looked>> {
    let environment = Environment::of_process();
    let Meant { settings, project, nowhere } = which.meant(global, &environment)?;
    let Some(place) = &settings.place else { return Err(nothing_kept().into()) };
    let mut looked = Looked { environment: settings.environment.clone(), place: named(place), others: Vec::new() };
    if let StatePlace::Folder(folder) = place
        && !folder.join("state.db").exists()
    {
        return nowhere.map_or(Ok(Err(looked)), |here| Err(no_place(&here, &folder.to_string_lossy()).into()));
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let project = match project {
        Some(project) => Some(project),
        None => only(&runtime.block_on(scopes(&settings, &environment))?, &settings.environment)?,
    };
    let found = match &project {
        Some(project) => runtime.block_on(find_store(&settings, project, &environment))?,
        None => None,
    };
    if let Some(store) = found {
        return Ok(Ok(Reading { runtime, store, looked }));
    }
    looked.others = runtime.block_on(scopes(&settings, &environment))?;
    Ok(Err(looked))
}

/// A place for people. The address of a database may hold a password, so that its variable stands for it.
fn named(place: &StatePlace) -> String {
    match place {
        StatePlace::Database(_) => "in the database at DATABASE_URL".to_owned(),
        StatePlace::Folder(folder) => {
            let missing = if folder.exists() { "" } else { ", which does not exist" };
            format!("in `{}`{missing}", printable(&folder.to_string_lossy()))
        }
    }
}

/// Outside of a project, where nobody says where else to look.
fn no_place(here: &str, folder: &str) -> Ended {
    Ended::usage(
        format!("there is no project in `{here}` or any folder above it, and no store in `{}`", printable(folder)),
        "set PACE_STATE_DIR or DATABASE_URL as the runner has it, or name the project's folder with `-C <dir>`",
    )
}

fn nothing_kept() -> Ended {
    Ended::usage(
        "nothing is kept where `PACE_STATE_DIR` is `memory`",
        "unset it, or set it to the folder that the traces are in",
    )
}

impl Looked {
    /// Says that an environment that is known has nothing to verify.
    pub(super) fn no_writes(&self) {
        let Self { environment, place, .. } = self;
        err(&format!("no live write of the environment `{}` is on record {place}\n", quoted(environment)));
        self.elsewhere();
    }

    /// Says that an environment is not known, so that there is nothing to verify.
    pub(super) fn unknown(&self) {
        let Self { environment, place, .. } = self;
        err(&format!("nothing to verify: nothing of the environment `{}` is on record {place}\n", quoted(environment)));
        self.or_in_another_store();
    }

    /// Says that there are no traces at all.
    fn no_traces(&self) {
        let Self { environment, place, .. } = self;
        err(&format!("no invocation of the environment `{}` has left a trace {place}\n", quoted(environment)));
        self.or_in_another_store();
    }

    /// Says that nothing was found, and where else to look.
    pub(super) fn nothing_found(&self, filter: &TraceFilter) {
        if *filter == TraceFilter::default() {
            return self.no_traces();
        }
        err(&format!("no trace of the environment `{}` is like that\n", quoted(&self.environment)));
        self.elsewhere();
    }

    /// Says in which environment else records may be.
    fn elsewhere(&self) {
        if self.environment == state::DEVELOPMENT {
            err("  help: servers keep theirs as `--environment production`, unless PACE_ENVIRONMENT says otherwise\n");
        }
    }

    /// Says where else records may be, where there are none at all.
    fn or_in_another_store(&self) {
        if !self.others.is_empty() {
            err(&format!(
                "  help: the store has records of {}; choose with `--project` and `--environment`\n",
                listed(&self.others)
            ));
            return;
        }
        self.elsewhere();
        err(
            "  help: a runner keeps its records where its PACE_STATE_DIR or DATABASE_URL says; set the same here to read them\n",
        );
    }
}

/// What the store says, as the end of a command.
pub(super) fn failed(error: &StoreError) -> anyhow::Error {
    let help = "try again, and see whether the disk or the database works";
    SetupError::new(format!("the records cannot be read: {error}"), help).into()
}
