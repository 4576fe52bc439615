//! Where installed packages of servers lie, and how one is started: what `pace mcp install` leaves and a runner starts from. No
//! registry, no client, no network; only files.
//!
//! ```text
//! <into>/<digest of the tree>/
//!     paceline.json     what this is, and how it is started; written last
//!     files.json        every file with its size and hash
//!     node_modules/     of npm
//!     site-packages/    of PyPI, and start.py, which starts from there
//! ```
//!
//! Nothing in a folder says where it lies: it may be copied into an image, and started from any path.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use pace_ir::digest::Digest;
use serde::{Deserialize, Serialize};

/// Says what a folder is. A folder without it is an installation that was interrupted.
pub const MARKER: &str = "paceline.json";

/// The version of this layout; others are not used.
const LAYOUT: u32 = 1;

/// The most bytes of a marker that are read.
const MOST: u64 = 64 << 10;

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
    /// `node` or `python3`.
    pub runtime: String,
    /// Arguments of the runtime before the script.
    pub arguments: Vec<String>,
    /// What the runtime runs, relative to the folder.
    pub script: String,
    /// PyPI: the function that the script calls, `module:function`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// The digest of the list of files.
    files: String,
}

/// How a package is started; see [`Marker`].
#[derive(Debug, Clone)]
pub struct Start {
    /// `node` or `python3`.
    pub runtime: &'static str,
    /// Arguments of the runtime before the script.
    pub arguments: &'static [&'static str],
    /// What the runtime runs, relative to the folder.
    pub script: String,
    /// `PyPI`: the function that the script calls.
    pub function: Option<String>,
}

/// The installed package whose tree has this digest, if `into` has it whole. Reads one small file; what it starts is looked at
/// when it is started.
pub fn find(into: &Path, tree: Digest) -> Option<Installed> {
    let directory = std::path::absolute(folder(into, tree)).ok()?;
    let marker = Marker::read(&directory)?;
    if marker.layout != LAYOUT || marker.tree != tree.to_string() || !stays_inside(&marker.script) {
        return None;
    }
    let script = directory.join(&marker.script);
    if !script.is_file() {
        return None;
    }
    let mut program = vec![OsString::from(&marker.runtime)];
    program.extend(marker.arguments.iter().map(OsString::from));
    program.push(script.into_os_string());
    Some(Installed { directory, program, marker })
}

/// Where the package whose tree has this digest lies.
pub fn folder(into: &Path, tree: Digest) -> PathBuf {
    into.join(tree.to_string())
}

impl Marker {
    /// Of a folder that is being made: the tree's digest, the package's name and version, what it is installed for, how it is
    /// started, and the digest of the list of its files.
    pub fn new(tree: Digest, package: [&str; 2], fits: &str, start: Start, files: Digest) -> Self {
        let [name, version] = package.map(str::to_owned);
        Self {
            layout: LAYOUT,
            tree: tree.to_string(),
            package: name,
            version,
            fits: fits.to_owned(),
            runtime: start.runtime.to_owned(),
            arguments: start.arguments.iter().map(|&word| word.to_owned()).collect(),
            script: start.script,
            function: start.function,
            files: files.to_string(),
        }
    }

    /// The digest of the list of files.
    pub fn files(&self) -> Option<Digest> {
        self.files.parse().ok()
    }

    fn read(directory: &Path) -> Option<Self> {
        let path = directory.join(MARKER);
        if std::fs::metadata(&path).ok()?.len() > MOST {
            return None;
        }
        serde_json::from_slice(&std::fs::read(path).ok()?).ok()
    }

    /// Says what a folder is, as the last thing that is done to it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, directory: &Path) -> std::io::Result<()> {
        std::fs::write(directory.join(MARKER), serde_json::to_vec_pretty(self)?)
    }
}

fn stays_inside(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, std::path::Component::Normal(_)))
}
