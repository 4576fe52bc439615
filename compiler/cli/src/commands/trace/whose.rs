//! Whose records are meant, and where they are: those of the project that the command runs in, or else those of a runner of this
//! machine, found as the runner finds them. Reads no record.

use std::path::{Path, PathBuf};

use clap::Args;
use pace_compiler::project_name;
use pace_ir::text::{printable, quoted};
use pace_runner::config::{StatePlace, StateSettings, Usual, state_settings};
use pace_runner::environment::Environment;
use pace_state::Scope;

use crate::arguments::Global;
use crate::exit::{self, Ended};
use crate::{bundle_file, project, state};

/// The most projects that are named.
const NAMED: usize = 8;

/// Which records are meant.
#[derive(Debug, Clone, Args)]
pub(super) struct Which {
    /// What the deployment is called; without it PACE_ENVIRONMENT, or development, as `pace chat` calls it; outside of a project
    /// production, as runners do
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Of this project; without it the one that the command runs in, or else the only one that there are records of
    #[arg(long, value_name = "NAME", conflicts_with = "bundle")]
    project: Option<String>,
    /// Of the project that this bundle was built of
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
}

/// Where to look, and for what.
pub(super) struct Meant {
    pub(super) settings: StateSettings,
    /// The project; nothing where nobody says which, and the only one is meant.
    pub(super) project: Option<String>,
    /// The folder that the command runs in, where it is no project's and nobody named a place for records.
    pub(super) nowhere: Option<String>,
}

impl Which {
    /// Where to look, and for what.
    ///
    /// # Errors
    /// A variable is wrong, or the project or the bundle cannot be read.
    pub(super) fn meant(&self, global: &Global, environment: &Environment) -> anyhow::Result<Meant> {
        let named = match (&self.project, &self.bundle) {
            (Some(name), _) => Some(name.clone()),
            (None, Some(path)) => {
                let verified = bundle_file::read(&project::start(global)?.join(path))?;
                Some(verified.bundle().meta.project.to_string())
            }
            (None, None) => None,
        };
        let mut meant = match project::find_any(global)? {
            Some(root) => of_project(&root, named, environment),
            None => of_machine(global, named, environment),
        }?;
        if let Some(name) = &self.environment {
            meant.settings.environment.clone_from(name);
        }
        Ok(meant)
    }
}

/// Those of the project in a folder, or of another one whose records are at the same place.
fn of_project(root: &Path, named: Option<String>, environment: &Environment) -> anyhow::Result<Meant> {
    let settings = state::settings(root, environment)?;
    let own = || -> anyhow::Result<String> {
        let name = project_name(&project::open(root)?).result;
        Ok(name.map_err(|failure| exit::environment(&failure))?.to_string())
    };
    Ok(Meant { settings, project: Some(named.map_or_else(own, Ok)?), nowhere: None })
}

/// Those of a runner of this machine, found as it finds them.
fn of_machine(global: &Global, named: Option<String>, environment: &Environment) -> anyhow::Result<Meant> {
    let settings = state_settings(environment, Usual::server())?;
    let is_usual =
        environment.text("PACE_STATE_DIR")?.is_none() && matches!(settings.place, Some(StatePlace::Folder(_)));
    let here = printable(&project::start(global)?.to_string_lossy());
    Ok(Meant { settings, project: named, nowhere: is_usual.then_some(here) })
}

/// The one project that there are records of, where nobody says which is meant.
///
/// # Errors
/// There are several.
pub(super) fn only(scopes: &[Scope], environment: &str) -> Result<Option<String>, Ended> {
    let mut projects = scopes.iter().filter(|scope| scope.environment == environment).map(|scope| &scope.project);
    match (projects.next(), projects.next()) {
        (None, _) => Ok(None),
        (Some(one), None) => Ok(Some(one.clone())),
        (Some(_), Some(_)) => Err(Ended::usage(
            format!("the store has records of several projects in the environment `{}`", quoted(environment)),
            format!("name one with `--project`: {}", listed(scopes)),
        )),
    }
}

/// `` `shop` in `production`, `till` in `staging` ``.
pub(super) fn listed(scopes: &[Scope]) -> String {
    let names = scopes.iter().take(NAMED);
    let names = names.map(|scope| format!("`{}` in `{}`", quoted(&scope.project), quoted(&scope.environment)));
    let more = if scopes.len() > NAMED { " and more" } else { "" };
    format!("{}{more}", names.collect::<Vec<_>>().join(", "))
}
