//! `mcp.lock`: what each MCP server offered when it was pinned, as reviewable text. [`read`] gives every part its place, so
//! that what is said about a pin can point at it; [`write`] is the one way it is spelled. What is read and written again is
//! the same text, whatever a server put into its descriptions.

mod drift;
mod read;
mod scalar;
mod splice;
mod write;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use pace_ir::program::tool::PackageRuntime;
use pace_ir::program::{Access, Json};
use pace_syntax::Span;

pub use drift::{Change, Severity, compare};
pub(crate) use read::read;
pub(crate) use splice::spliced;
pub use write::write;

/// Where the lock lies in a project.
pub const PATH: &str = "mcp.lock";

/// The one version of the format there is.
pub const VERSION: i64 = 1;

/// Everything that is pinned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    /// By the server's key: its canonical address, a package without its version.
    pub servers: BTreeMap<String, Pin>,
}

/// What one server offered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pin {
    /// What it calls itself.
    pub name: String,
    /// Whether it answers nobody without a credential.
    pub needs_credential: bool,
    /// Of a package, what exactly is installed.
    pub package: Option<PackagePin>,
    /// By the name the server gives them.
    pub tools: BTreeMap<String, ToolPin>,
}

/// A package with all it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagePin {
    /// The exact version.
    pub version: String,
    /// What runs it.
    pub runtime: PackageRuntime,
    /// The versions of the runtime it asks for, in its own words (`>=18`); empty for any.
    pub needs: String,
    /// The program to start: a path within the package, with `/`, or `module:function` of Python.
    pub entry: String,
    /// Everything that is installed, the package itself too, in the installer's order. Never empty.
    pub tree: Vec<TreeLine>,
}

/// One package of a tree: three words without spaces, and what else there is to say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeLine {
    /// Where it is installed (npm: `node_modules/a/node_modules/b`), or its name (PyPI).
    pub place: String,
    /// Its exact version.
    pub version: String,
    /// What its file must hash to (npm: `sha512-…`; PyPI: `sha256:…`, several joined by `,` where platforms differ).
    pub integrity: String,
    /// Where it is installed: `optional`, `os=linux`, `cpu=x64`, `libc=glibc`, `of=<name>` for an alias, and after a `;` a
    /// marker of Python (PEP 508). Printable ASCII, mostly empty.
    pub rest: String,
}

/// A tool as its server described it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolPin {
    /// What people are shown instead of its name.
    pub title: Option<String>,
    /// What the model is told.
    pub description: String,
    /// Read if it is annotated as read-only, else write.
    pub access: Access,
    /// Whether its writes may destroy, where the server says so.
    pub destructive: Option<bool>,
    /// Whether doing it twice is as good as once, where the server says so.
    pub idempotent: Option<bool>,
    /// Whether it deals with the world outside of the server, where the server says so.
    pub open_world: Option<bool>,
    /// JSON Schema of its arguments, compact, keys in the server's order.
    pub input: Json,
    /// JSON Schema of its structured result.
    pub output: Option<Json>,
}

impl PackagePin {
    /// The tree as it stands in the lock: a line for each package, each ended by a line break.
    pub fn tree_lines(&self) -> String {
        let mut text = String::new();
        for TreeLine { place, version, integrity, rest } in &self.tree {
            let rest = if rest.is_empty() { String::new() } else { format!(" {rest}") };
            let _infallible = writeln!(text, "{place} {version} {integrity}{rest}");
        }
        text
    }

    /// The tree as it stands in a bundle, for the server of this key: what is installed, and what of it is started. Its digest
    /// is the name of the folder that it is installed into (`pace_packages::Tree::to_text` writes the same).
    pub fn tree_text(&self, key: &str) -> String {
        let name = key.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map_or(key, |(_, name)| name);
        let (runtime, version, needs, entry) = (self.runtime.as_str(), &self.version, &self.needs, &self.entry);
        format!("{runtime} {name} {version}\nneeds {needs}\nentry {entry}\n{}", self.tree_lines())
    }

    /// Reads what [`Self::tree_lines`] writes.
    ///
    /// # Errors
    /// The number of the first line, from 0, that does not begin with three words.
    pub fn parse_tree(text: &str) -> Result<Vec<TreeLine>, usize> {
        let line = |(at, line): (usize, &str)| {
            let mut words = line.splitn(4, ' ');
            let (place, version, integrity) = (words.next(), words.next(), words.next());
            match (place, version, integrity, words.next()) {
                (Some(place), Some(version), Some(integrity), rest)
                    if [place, version, integrity].iter().all(|word| is_word(word)) && rest.is_none_or(is_words) =>
                {
                    Ok(TreeLine {
                        place: place.to_owned(),
                        version: version.to_owned(),
                        integrity: integrity.to_owned(),
                        rest: rest.unwrap_or_default().to_owned(),
                    })
                }
                _ => Err(at),
            }
        };
        text.lines().enumerate().map(line).collect()
    }
}

/// Whether a text can stand at the end of a line: printable ASCII with a space here and there.
pub(crate) fn is_words(text: &str) -> bool {
    !text.is_empty() && text.split(' ').all(is_word)
}

/// Whether a text can stand in a tree: printable ASCII without spaces.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The lock of a project, and where its parts were written.
#[derive(Debug)]
pub(crate) struct LockFile {
    /// What it says.
    pub(crate) lock: Lock,
    /// Its text.
    pub(crate) text: String,
    /// Where, by server.
    pub(crate) places: BTreeMap<String, Places>,
}

/// Where the parts of a pin were written.
#[derive(Debug)]
pub(crate) struct Places {
    /// The server's key.
    pub(crate) server: Span,
    /// The version of its package.
    pub(crate) version: Option<Span>,
    /// The names of its tools.
    pub(crate) tools: BTreeMap<String, Span>,
}
