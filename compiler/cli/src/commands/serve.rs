//! `pace serve`: a bundle over HTTP, exactly as `pace-runner` serves it. What it adds is what only a project can know: which
//! bundle was built last, and whether the sources say something else by now.

use std::io::{IsTerminal, stderr};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use pace_ir::{BundleId, Digest};
use pace_runner::SetupError;
use pace_runner::config::{self, AgentFlags, StandardError, Usual, WriteFlags};
use pace_runner::environment::Environment;
use pace_runner::serve::Ended;
use pace_runner::service::{self, Choices, Service};

use super::inspect::bundle_path;
use crate::arguments::Global;
use crate::exit::ExitCode;
use crate::output::{Output, err};
use crate::{bundle_file, credentials, project, state};

/// Serve a bundle's agents over HTTP
///
/// Does what `pace-runner` does, by the same code, until SIGTERM or Ctrl-C. The environment says where it listens and what it
/// needs; `pace-runner --help` lists the variables.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The bundle; without it, the project's newest build
    #[arg(value_name = "BUNDLE")]
    bundle: Option<PathBuf>,
    /// Refuse every bundle but this one (`b3:` and 64 digits, as `pace build` prints it)
    #[arg(long, value_name = "ID")]
    expect: Option<BundleId>,
    #[command(flatten)]
    agents: AgentFlags,
    #[command(flatten)]
    writes: WriteFlags,
}

/// Runs the command.
pub(crate) fn run(command: &Serve, global: &Global) -> anyhow::Result<ExitCode> {
    let path = match &command.bundle {
        Some(path) => bundle_path(path, global),
        None => bundle_file::latest(&project::find(global)?)?,
    };
    let environment = match project_of(&path) {
        Some(root) => credentials::serving(&root)?,
        None => config::with_credentials(Environment::of_process(), None)?,
    };
    let standard_error = if stderr().is_terminal() { StandardError::Terminal } else { StandardError::Elsewhere };
    let root = project_of(&path).map_or_else(|| project::start(global), Ok)?;
    let folder = root.join(state::PLACE);
    let usual = Usual { folder: &folder, environment: "production" };
    let settings = service::configure(&environment, standard_error, usual);
    let overruled = config::overruled(&command.writes, &environment);
    let (settings, writes) = SetupError::both(settings, config::writes(&command.writes, &environment))?;
    if let Some(overruled) = overruled {
        settings.warn(&overruled, || Output::new(global).note(&format!("warning: {overruled}\n")));
    }
    state::prepare(&root, &config::state_settings(&environment, usual)?);
    let verified = bundle_file::read_expected(&path, command.expect)?;
    if let Some(root) = project_of(&path) {
        let inputs = &verified.bundle().lock.inputs;
        let differing = differing(&root, |path| inputs.get(path).copied(), inputs.keys().map(String::as_str));
        if let Some(warning) = warning(&differing) {
            let words = format!("warning: {warning}\n  help: {HELP}\n");
            settings.warn(&format!("{warning}; {HELP}"), || Output::new(global).note(&words));
        }
    }
    let agents = config::agents(&command.agents, verified.bundle())?;
    let service = Service::new(verified, &environment, &settings, Choices { writes, agents })?;
    match service.run(|listing| err(&format!("{listing}\n"))).context("cannot serve")? {
        Ended::Drained(_) => Ok(ExitCode::Success),
        Ended::AtOnce => Ok(ExitCode::Interrupted),
    }
}

/// The project that a bundle lies in; a bundle that lies elsewhere has no sources here.
fn project_of(bundle: &Path) -> Option<PathBuf> {
    let real = bundle.canonicalize().ok()?;
    real.ancestors().skip(1).find(|folder| project::is_project(folder)).map(Path::to_owned)
}

/// The sources that are not what the bundle was made from: changed, gone, or new.
fn differing<'i>(
    root: &Path,
    built_from: impl Fn(&str) -> Option<Digest>,
    inputs: impl Iterator<Item = &'i str>,
) -> Vec<String> {
    let mut paths: Vec<String> = inputs.map(str::to_owned).chain(sources(root)).collect();
    paths.sort();
    paths.dedup();
    paths.retain(|path| std::fs::read(root.join(path)).ok().map(|bytes| Digest::of(&bytes)) != built_from(path));
    paths
}

/// The files that a build would read whatever others say.
fn sources(root: &Path) -> Vec<String> {
    let names = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().into_string().ok()).filter(|name| !name.starts_with('.'))
    };
    let agents = names("agents").map(|name| format!("agents/{name}/spec.yaml"));
    let loops = names("loops")
        .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "yaml"))
        .map(|name| format!("loops/{name}"));
    let all = agents.chain(loops).chain(["paceline.yaml".to_owned()]);
    all.filter(|path| root.join(path).is_file()).collect()
}

/// How many files are named; whoever reads three has understood.
const NAMED: usize = 3;

/// What to do about it.
const HELP: &str = "run `pace build` and serve again, unless this is meant";

fn warning(differing: &[String]) -> Option<String> {
    let (first, others) = differing.split_first()?;
    let named = others.iter().take(NAMED - 1).fold(format!("`{first}`"), |named, path| format!("{named}, `{path}`"));
    let more = match others.len().saturating_sub(NAMED - 1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("the bundle is not what the sources say now: {named}{more}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_gone_and_new_sources_differ() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            std::fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
            std::fs::write(folder.path().join(path), text).unwrap();
        };
        write("agents/same/spec.yaml", "same");
        write("agents/new/spec.yaml", "new");
        write("agents/notes.txt", "no source");
        write("loops/changed.yaml", "new");
        write("loops/other.txt", "no source");
        let built_from = |path: &str| match path {
            "agents/same/spec.yaml" => Some(Digest::of(b"same")),
            "loops/changed.yaml" | "turns.json" => Some(Digest::of(b"old")),
            _ => None,
        };
        let inputs = ["agents/same/spec.yaml", "loops/changed.yaml", "turns.json"];
        let found = differing(folder.path(), built_from, inputs.into_iter());
        assert_eq!(found, ["agents/new/spec.yaml", "loops/changed.yaml", "turns.json"]);
    }

    #[test]
    fn three_are_named() {
        let names = |count: usize| (0..count).map(|number| number.to_string()).collect::<Vec<_>>();
        assert_eq!(warning(&[]), None);
        assert!(warning(&names(1)).unwrap().ends_with("now: `0`"));
        assert!(warning(&names(5)).unwrap().ends_with("now: `0`, `1`, `2` and 2 more"));
    }
}
