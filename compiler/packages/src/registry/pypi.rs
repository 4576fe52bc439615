//! PyPI, by the client there is: uv, which pins for all systems at once, or else pip.

mod failure;
mod install;
mod pip;
mod program;
mod resolve;
mod uv;

use std::path::Path;

pub(crate) use install::install;
pub(crate) use resolve::resolve;

use crate::error::PackageError;
use crate::process::{self, Output};
use crate::runtime;
use crate::settings::Settings;

/// The oldest pip that tells what it would install.
const OLDEST_PIP: &str = "22.2";

/// The programs that speak with an index of PyPI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    Uv,
    Pip,
}

impl Client {
    /// The one to use here.
    fn here(folder: &Path, settings: &Settings) -> Result<Self, PackageError> {
        match process::run("uv", &["--version"], folder, settings) {
            Ok(output) if output.succeeded => return Ok(Self::Uv),
            Ok(_) | Err(PackageError::Missing { .. }) => {}
            Err(error) => return Err(error),
        }
        let output = process::run("python3", &["-m", "pip", "--version"], folder, settings)?;
        if !output.succeeded {
            return Err(failure::of_pip(&output));
        }
        let found = output.out.split(' ').nth(1).unwrap_or_default().to_owned();
        if runtime::is_at_least(&found, OLDEST_PIP) {
            return Ok(Self::Pip);
        }
        Err(PackageError::OldClient { program: "pip", found, needed: OLDEST_PIP })
    }

    /// Installs what the requirements in `file` or `package==version` say into `target`, from wheels.
    fn install(
        self,
        what: Wheels<'_>,
        target: &str,
        folder: &Path,
        settings: &Settings,
    ) -> Result<Output, PackageError> {
        let mut arguments = match what {
            Wheels::One(requirement) => vec!["--no-deps", requirement],
            Wheels::Pinned(file) => vec!["--require-hashes", "-r", file],
        };
        arguments.extend(["--target", target]);
        match self {
            Self::Uv => uv::run(&["pip", "install"], &arguments, folder, settings),
            Self::Pip => pip::run(&arguments, folder, settings),
        }
    }
}

/// What is installed.
#[derive(Debug, Clone, Copy)]
enum Wheels<'a> {
    /// One package, without what it needs.
    One(&'a str),
    /// All of a requirements file, with hashes. What is needed and not listed is refused.
    Pinned(&'a str),
}
