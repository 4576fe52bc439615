//! Copies of a case in folders of their own, and runs of `pace` in them, each in surroundings that must not matter.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::case::{self, Case};
use crate::served::Served;

/// A copy of a project.
#[derive(Debug)]
pub(crate) struct Copy {
    /// Removed with the copy.
    parent: TempDir,
    /// The project's folder.
    pub(crate) root: PathBuf,
    /// What its servers answer, where the case brings some along.
    served: Option<Served>,
}

/// What must not change what `pace` says and builds.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The name of the project's folder.
    folder: &'static str,
    variables: &'static [(&'static str, &'static str)],
    umask: &'static str,
    start: Start,
}

/// From where `pace` is started.
#[derive(Debug)]
enum Start {
    /// From the project's folder.
    Inside,
    /// From elsewhere, the project named by `-C`.
    Elsewhere,
}

/// A usual machine.
pub(crate) const HERE: Surroundings = Surroundings {
    folder: "project",
    variables: &[("TZ", "UTC"), ("LANG", "en_GB.UTF-8"), ("HOME", "/nonexistent")],
    umask: "022",
    start: Start::Inside,
};

/// Another machine. Turkish, because its letter I has other lower and upper forms.
pub(crate) const THERE: Surroundings = Surroundings {
    folder: "another place with é",
    variables: &[("TZ", "Pacific/Chatham"), ("LC_ALL", "tr_TR.UTF-8"), ("LANG", "C"), ("HOME", "/")],
    umask: "077",
    start: Start::Elsewhere,
};

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; -1 if a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// The `pace` that was built beside this suite.
pub(crate) fn binary() -> Result<PathBuf, String> {
    let suite = std::env::current_exe().map_err(|error| format!("cannot find the suite itself: {error}"))?;
    let profile = suite.parent().and_then(Path::parent);
    let pace = profile.map(|folder| folder.join(format!("pace{}", std::env::consts::EXE_SUFFIX)));
    pace.filter(|pace| pace.is_file()).ok_or_else(|| "`pace` is not built; run `cargo build -p pace` first".to_owned())
}

impl Copy {
    /// Copies a case, without what is expected of it.
    pub(crate) fn new(case: &Case, surroundings: &Surroundings) -> io::Result<Self> {
        let parent = tempfile::tempdir()?;
        // The system's temporary folder may be a link, and `pace` may name the folder behind it.
        let root = parent.path().canonicalize()?.join(surroundings.folder);
        std::fs::create_dir(&root)?;
        for file in case.files() {
            let to = root.join(&file);
            to.parent().map_or(Ok(()), std::fs::create_dir_all)?;
            std::fs::copy(case.project.join(&file), to)?;
        }
        Ok(Self { parent, root, served: Served::start(&case.project)? })
    }

    /// Runs `pace` on the project.
    pub(crate) fn run(&self, pace: &Path, arguments: &[String], surroundings: &Surroundings) -> io::Result<Ran> {
        let mut command = Command::new("sh");
        command.args(["-c", "umask \"$0\" && exec \"$@\"", surroundings.umask]).arg(pace);
        let folder = match surroundings.start {
            Start::Inside => &self.root,
            Start::Elsewhere => {
                command.arg("-C").arg(&self.root);
                pace.parent().unwrap_or(Path::new("/"))
            }
        };
        command.args(arguments).current_dir(folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("XDG_STATE_HOME", pace_tests::state_home());
        command.envs(surroundings.variables.iter().copied());
        if let Some(served) = &self.served {
            command.envs(served.variables(self.parent.path()));
        }
        let output = command.output()?;
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(io::Error::other);
        Ok(Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout)?, stderr: text(output.stderr)? })
    }

    /// Everything that builds left, by path.
    pub(crate) fn built(&self) -> io::Result<BTreeMap<String, Vec<u8>>> {
        let folder = self.root.join(".pace");
        let mut files = Vec::new();
        case::walk(&folder, "", &mut files);
        files.into_iter().map(|file| Ok((file.clone(), std::fs::read(folder.join(&file))?))).collect()
    }
}
