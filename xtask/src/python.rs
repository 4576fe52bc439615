//! Python environments in the cache, one for each list of pinned packages. The lists are ordinary requirements files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{self, Verdict};
use crate::{cache, needs};

/// Written last, so that an installation that was interrupted is not taken for a whole one.
const COMPLETE: &str = "complete";

/// The environment that holds what the requirements file at `list` (relative to the root) asks for, made on first use.
///
/// # Errors
/// Python is missing, or the packages cannot be installed.
pub(crate) fn environment(list: &str) -> Result<Environment> {
    needs::ensure(&[needs::PYTHON])?;
    let environment = place(list)?;
    if !environment.is_complete() {
        install(&environment.folder, &command::root()?.join(list))?;
    }
    Ok(environment)
}

/// The same, if it was made earlier.
///
/// # Errors
/// Python is missing, or the list cannot be read.
pub(crate) fn installed(list: &str) -> Result<Option<Environment>> {
    needs::ensure(&[needs::PYTHON])?;
    Ok(Some(place(list)?).filter(Environment::is_complete))
}

fn place(list: &str) -> Result<Environment> {
    let wanted = std::fs::read_to_string(command::root()?.join(list)).with_context(|| format!("cannot read {list}"))?;
    let version =
        command::capture(command::program("python3")?.args(["-c", "import sys; print(sys.prefix, sys.version)"]))?;
    let key = cache::key(&[&wanted, &String::from_utf8_lossy(&version)]);
    Ok(Environment { folder: cache::folder()?.join(format!("python-{key}")) })
}

/// An installed Python environment.
#[derive(Debug)]
pub(crate) struct Environment {
    folder: PathBuf,
}

impl Environment {
    /// The program `name` that the environment's packages brought, or its `python`.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    fn is_complete(&self) -> bool {
        self.folder.join(COMPLETE).exists()
    }
}

fn install(folder: &Path, list: &Path) -> Result<()> {
    let mut make = command::program("python3")?;
    passed(command::run(make.args(["-m", "venv", "--clear"]).arg(folder))?, "make a Python environment")?;
    let mut pip = command::program(folder.join("bin").join("python"))?;
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    // A list names all it needs: what pip would add by itself is not pinned, or is built for minutes and never used.
    pip.args(["--no-deps", "--requirement"]).arg(list);
    passed(command::run(&mut pip)?, "install Python packages")?;
    std::fs::write(folder.join(COMPLETE), "").context("cannot write to the cache")
}

fn passed(verdict: Verdict, what: &str) -> Result<()> {
    if verdict == Verdict::Failed {
        bail!("cannot {what}; is the network reachable?");
    }
    Ok(())
}
