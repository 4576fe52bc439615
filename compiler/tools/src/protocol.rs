//! What the two processes say to each other: one line of JSON each way for a tool. The parent asks, the child bundles.
//!
//! Bundling is done in a child because the bundler's parser recurses without a bound: a file nested deep enough ends its
//! process. Here it ends the child, and the parent says which tool it was (docs/decisions/013).

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use pace_ir::program::ToolMap;
use serde::{Deserialize, Serialize};

/// One tool to bundle.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Request {
    /// The project's folder, without links.
    pub(crate) root: PathBuf,
    /// What the tool is called: `tools/<name>` or `std/<name>`.
    pub(crate) key: String,
}

/// What became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reply {
    /// The module, or what is wrong.
    pub(crate) result: Result<Bundle, Vec<Finding>>,
    /// The texts of the files that findings point into and of the tool's own file, by path in the project.
    pub(crate) texts: BTreeMap<String, String>,
    /// Where things stand in the tool's own file.
    pub(crate) outline: Outline,
    /// Where the project's own files begin the way to a file of a package, by that file's path: what fails there when the
    /// module is run is said here.
    pub(crate) doors: BTreeMap<String, Door>,
}

/// An import in a file of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Door {
    /// The path of the file in the project.
    pub(crate) file: String,
    /// The import in it.
    pub(crate) place: Place,
}

/// One module made of a tool and all it imports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bundle {
    /// An ES2022 module.
    pub(crate) code: String,
    /// Where its code was written.
    pub(crate) map: StoredMap,
    /// Every file read.
    pub(crate) read: Read,
    /// The packages inside.
    pub(crate) packages: Vec<Package>,
}

/// What the module was made from: as long as it is so, the module is the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Read {
    /// Digests by path: in the project, or leading out of it with `..` to a `node_modules` above.
    pub(crate) files: BTreeMap<String, String>,
    /// Paths where nothing stood. Something there would be found instead of what was.
    pub(crate) absent: BTreeSet<String>,
    /// Where links led that were followed.
    pub(crate) links: BTreeMap<String, String>,
    /// Whether something else decides too, which cannot be listed: such a module is made anew each time.
    pub(crate) unwatched: bool,
}

/// [`ToolMap`], as JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredMap {
    /// Paths in the project.
    pub(crate) sources: Vec<String>,
    /// `mappings` of a source map.
    pub(crate) mappings: String,
}

impl From<StoredMap> for ToolMap {
    fn from(map: StoredMap) -> Self {
        Self { sources: map.sources, mappings: map.mappings }
    }
}

/// A package inside a tool.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Package {
    /// As on the registry.
    pub(crate) name: String,
    /// As its `package.json` says.
    pub(crate) version: String,
    /// SPDX expression, where it states one.
    pub(crate) licence: Option<String>,
    /// Digest over the digests of the files taken from it.
    pub(crate) digest: String,
}

/// Where things stand in the tool's own file, as byte ranges: what is found out when the tool is run is said there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outline {
    /// What follows `export default`.
    pub(crate) exported: Option<Place>,
    /// What kind of expression that is.
    pub(crate) shape: Shape,
    /// The call of `defineTool` that makes the tool, where there is no doubt which one does.
    pub(crate) call: Option<Place>,
    /// Whether `defineTool` is called with an object that stands there.
    pub(crate) defined: bool,
    /// The properties of the object given to `defineTool`, key and value, by path: `parameters`, `parameters/city`.
    pub(crate) properties: BTreeMap<String, (Place, Place)>,
}

/// What an expression gives, as far as can be told by looking at it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Shape {
    /// A Promise.
    Promise,
    /// What a function returns, `defineTool` apart.
    Call,
    /// Anything else.
    #[default]
    Other,
}

/// Bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    /// The first.
    pub(crate) start: u32,
    /// One past the last.
    pub(crate) end: u32,
}

/// Something that is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Finding {
    /// The path of the file in the project.
    pub(crate) file: String,
    /// Where in it; the whole file where absent.
    pub(crate) place: Option<Place>,
    /// The way from the tool's own file to the file where it went wrong, where that is in a package: paths.
    pub(crate) chain: Vec<String>,
    /// What.
    pub(crate) problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Problem {
    /// The parser's words, what it says of the place, and its advice.
    Syntax { message: String, label: String, help: Option<String>, others: Vec<(Place, String)> },
    /// A `.json` file that is not JSON: what is wrong, and where the project's own files import it.
    NotJson { message: String, imported: Option<(String, Place)> },
    /// An import that leads nowhere, and what may have been meant.
    Unresolved { specifier: String, near: Near },
    /// An import of what only Node.js has.
    NodeBuiltin { specifier: String },
    /// An import that leads out of the project.
    Outside { specifier: String },
    /// An import of a file that is no code and no data a tool can use.
    FileType { specifier: String },
    /// A name that a module does not export, and those that it does where it belongs to a package.
    MissingExport { name: String, exporter: Exporter, is_type: bool, near: Option<String> },
    /// A name that modules pass on to each other and none defines.
    Circle { name: String },
    /// No `export default`.
    NoDefault,
    /// No `export default`, but a tool: the constant that holds it, where that is needed besides. Where it is not, the place
    /// is what `export default defineTool` would replace.
    Undelivered { held: Option<String> },
    /// `import()` of something only known when the tool runs.
    DynamicImport,
    /// A decorator or an `accessor`, which the engine does not know.
    Decorator { what: String },
    /// JSX, which there is nothing to render with.
    Jsx,
    /// A regular expression with the flag `v`.
    UnicodeSets,
    /// Bytes that are no text.
    NotUtf8 { byte: u8 },
    /// More than a file may hold.
    TooLarge { bytes: u64 },
    /// The system would not let it be read.
    Unreadable { why: String },
    /// Anything else, in the bundler's words, and our advice where we have some.
    Other { message: String, help: Option<String> },
}

/// What an import that leads nowhere may have meant.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Near {
    /// The specifier that leads somewhere and looks most like it.
    pub(crate) instead: Option<String>,
    /// Name and version of the package it names, where that is installed.
    pub(crate) package: Option<String>,
    /// All that could be imported of there.
    pub(crate) offered: BTreeSet<String>,
}

/// A module that lacks an export.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Exporter {
    /// A file of the project, or a module of Paceline.
    Own(String),
    /// A package, with its version, and the names it exports.
    Package { package: String, exports: BTreeSet<String> },
}

impl From<std::ops::Range<u32>> for Place {
    fn from(range: std::ops::Range<u32>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

impl From<oxc_span::Span> for Place {
    fn from(span: oxc_span::Span) -> Self {
        Self { start: span.start, end: span.end }
    }
}
