//! Where installed packages of servers lie, and how one is started: what `pace mcp install` leaves and a runner starts from. No
//! registry, no client, no network; only files.
//!
//! ```text
//! <into>/<digest of the tree>/
//!     paceline.json     what this is; written last
//!     files.json        every file with its size and hash
//!     node_modules/     of npm
//!     site-packages/    of PyPI, and start.py, which starts from there
//! ```
//!
//! Nothing in a folder says where it lies, or how it is started: it may be copied into an image and started from any path, and
//! what starts is made from the pin alone. A folder is used while it holds what was installed and nothing else, and while
//! nobody but its owner may write to it.

mod files;
mod owners;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pace_ir::digest::Digest;
use pace_ir::program::tool::PackageRuntime;
use serde::{Deserialize, Serialize};

use owners::Owners;

/// Says what a folder is. A folder without it is an installation that was interrupted.
pub const MARKER: &str = "paceline.json";

/// The script that starts a package of `PyPI`, in its folder. It is handed `module:function`, then the server's arguments.
pub const PYTHON_SCRIPT: &str = "start.py";

/// What Python is told when it starts a package: `-I` listens to no variable and no folder but the package's, `-S` sees
/// nothing that is installed on the machine, `-B` writes nothing beside the sources.
const ISOLATED: [&str; 3] = ["-I", "-S", "-B"];

/// The version of this layout; others are not used.
const LAYOUT: u32 = 2;

/// The most bytes of a marker that are read.
const MOST: u64 = 64 << 10;

/// Where packages are looked for.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The folder of all packages.
    pub into: &'a Path,
    /// The project it belongs to, whose owner may write there as well.
    pub project: Option<&'a Path>,
}

/// A package as it is pinned.
#[derive(Debug, Clone, Copy)]
pub struct Pinned<'a> {
    /// The digest of its tree, which names its folder.
    pub tree: Digest,
    /// What runs it.
    pub runtime: PackageRuntime,
    /// Its name in its registry.
    pub name: &'a str,
    /// What is started: a path below the package, or `module:function`.
    pub entry: &'a str,
}

/// An installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Its folder, absolute.
    pub directory: PathBuf,
    /// What starts it: `node` or `python3`, to be looked up on the `PATH`, and its arguments, with absolute paths. Those of
    /// the server follow.
    pub program: Vec<OsString>,
    /// What the folder says of itself.
    pub marker: Marker,
}

/// Why a package is not started from where it is looked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Nobody installed it there, or not to the end, or another version of Paceline did.
    #[error("it is not there")]
    Absent,
    /// It is not what was installed: which file, and how it differs.
    #[error("{0}")]
    Changed(String),
    /// Others may write to it: to what of it, and why. Installing it again mends that.
    #[error("{0}")]
    Exposed(String),
    /// Others may write to the folder of all packages, and could put another one into its place: why.
    #[error("{0}")]
    Place(String),
}

/// What a folder says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// The version of the layout.
    layout: u32,
    /// The digest of the tree, 64 hexadecimal digits.
    tree: String,
    /// The package's name.
    pub package: String,
    /// Its version.
    pub version: String,
    /// The runtime and machine that it was installed for: `node linux x64`, `cpython-311 linux x86_64`.
    pub fits: String,
    /// The digest of the list of files.
    files: String,
}

/// The installed package, if it is whole: every file is read and held against the list that was made when it was installed, 10
/// to 100 ms for one of 20 MB. Called whenever somebody is about to start it.
///
/// The list lies in the folder itself. Whoever may write there may write a new list too: that nobody else may is looked at
/// first.
///
/// # Errors
/// Why it is not to be started.
pub fn find(place: Place<'_>, pinned: &Pinned<'_>) -> Result<Installed, Unusable> {
    let owners = Owners::of(place.project);
    owners.refuse_folder(place.into).map_or(Ok(()), |why| Err(Unusable::Place(why)))?;
    let directory = std::path::absolute(folder(place.into, pinned.tree)).map_err(|_| Unusable::Absent)?;
    let marker = Marker::read(&directory).ok_or(Unusable::Absent)?;
    if marker.layout != LAYOUT || marker.tree != pinned.tree.to_string() {
        return Err(Unusable::Absent);
    }
    let list = marker.files.parse().map_err(|_| Unusable::Absent)?;
    files::verify(&directory, list, owners)?;
    let program = program(&directory, pinned).ok_or(Unusable::Absent)?;
    Ok(Installed { directory, program, marker })
}

/// Where the package whose tree has this digest lies.
pub fn folder(into: &Path, tree: Digest) -> PathBuf {
    into.join(tree.to_string())
}

/// Makes the folder of all packages, where others may not write whatever the umask says.
///
/// # Errors
/// It cannot be made.
pub fn make_folder(into: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o755);
    builder.recursive(true).create(into)
}

/// The last step of an installation into `directory`: lists its files, makes them read-only, and says what the folder is.
///
/// # Errors
/// It cannot be read or written.
pub fn seal(directory: &Path, tree: Digest, package: [&str; 2], fits: &str) -> std::io::Result<()> {
    let [name, version] = package.map(str::to_owned);
    let marker = Marker {
        layout: LAYOUT,
        tree: tree.to_string(),
        package: name,
        version,
        fits: fits.to_owned(),
        files: files::list(directory)?.to_string(),
    };
    std::fs::write(directory.join(MARKER), serde_json::to_vec_pretty(&marker)?)
}

/// The path of what the runtime runs, relative to the folder; none that leads out of it.
pub fn script(pinned: &Pinned<'_>) -> Option<String> {
    let script = match pinned.runtime {
        PackageRuntime::Node => format!("node_modules/{}/{}", pinned.name, pinned.entry),
        PackageRuntime::Python => PYTHON_SCRIPT.to_owned(),
    };
    stays_inside(&script).then_some(script)
}

/// How a package is started: what its pin says, and where it lies. Nothing in the folder is asked.
fn program(directory: &Path, pinned: &Pinned<'_>) -> Option<Vec<OsString>> {
    let script = directory.join(script(pinned)?);
    if !script.is_file() {
        return None;
    }
    let script = script.into_os_string();
    Some(match pinned.runtime {
        PackageRuntime::Node => vec!["node".into(), script],
        PackageRuntime::Python => {
            let words = ["python3"].into_iter().chain(ISOLATED).map(OsString::from);
            words.chain([script, pinned.entry.into()]).collect()
        }
    })
}

impl Marker {
    fn read(directory: &Path) -> Option<Self> {
        serde_json::from_slice(&files::read(&directory.join(MARKER), MOST)?).ok()
    }
}

fn stays_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn installed(runtime: PackageRuntime, script: &str, entry: &str) -> (tempfile::TempDir, Digest, Vec<OsString>) {
        let into = tempfile::tempdir().unwrap();
        let tree = Digest::of(b"tree");
        let directory = folder(into.path(), tree);
        std::fs::create_dir_all(directory.join(script).parent().unwrap()).unwrap();
        std::fs::write(directory.join(script), "").unwrap();
        std::fs::set_permissions(&directory, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        seal(&directory, tree, ["@a/b", "1.0.0"], "here").unwrap();
        let place = Place { into: into.path(), project: None };
        let found = find(place, &Pinned { tree, runtime, name: "@a/b", entry }).unwrap();
        assert_eq!((&found.directory, found.marker.version.as_str()), (&directory, "1.0.0"));
        (into, tree, found.program)
    }

    #[test]
    fn what_is_started_is_made_of_the_pin() {
        let (into, tree, program) = installed(PackageRuntime::Node, "node_modules/@a/b/cli.js", "cli.js");
        let directory = folder(into.path(), tree);
        assert_eq!(program, ["node".into(), directory.join("node_modules/@a/b/cli.js").into_os_string()]);
        // A marker cannot say what is run; with other keys than its own it is none.
        let marker = directory.join(MARKER);
        let text = std::fs::read_to_string(&marker).unwrap();
        std::fs::write(&marker, text.replacen('{', r#"{"runtime": "/usr/bin/touch", "arguments": ["x"],"#, 1)).unwrap();
        let place = Place { into: into.path(), project: None };
        let pinned = |entry| Pinned { tree, runtime: PackageRuntime::Node, name: "@a/b", entry };
        assert_eq!(find(place, &pinned("cli.js")), Err(Unusable::Absent));
        std::fs::write(&marker, text).unwrap();
        assert_eq!(find(place, &pinned("../../../../bin/sh")), Err(Unusable::Absent));
        assert_eq!(find(place, &pinned("other.js")), Err(Unusable::Absent));

        let (into, tree, program) = installed(PackageRuntime::Python, PYTHON_SCRIPT, "a.b:main");
        let script = folder(into.path(), tree).join(PYTHON_SCRIPT);
        let words: [OsString; 6] =
            ["python3".into(), "-I".into(), "-S".into(), "-B".into(), script.into(), "a.b:main".into()];
        assert_eq!(program, words);
    }
}
