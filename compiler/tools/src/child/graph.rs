//! What the bundler went through on its way: which file imports which, and all that was read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use pace_ir::digest::Digest;

use super::reach::{self, Home};
use super::script::{self, Script};
use super::{is_json, near, optional};
use crate::embedded::{self, Vendored};
use crate::protocol::{self, Finding, Package, Place, Problem, Read};

/// The endings under which an import without one is looked for, in the bundler's order.
pub(super) const ENDINGS: [&str; 10] =
    [".tsx", ".ts", ".jsx", ".js", ".json", "/index.tsx", "/index.ts", "/index.jsx", "/index.js", "/index.json"];

/// How many modules are read again for the names that a package exports.
const MOST_PASSED: usize = 2_000;

/// Filled by the plugin while the bundler works, from several threads.
#[derive(Debug)]
pub(super) struct Graph {
    /// The project's folder, without links.
    pub(super) root: PathBuf,
    /// The id of the tool's own file.
    pub(super) tool: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By importer and specifier: what was found.
    edges: BTreeMap<String, BTreeMap<String, String>>,
    /// Every module that was loaded, by id.
    loaded: BTreeMap<String, Loaded>,
    /// Imports that came to nothing: importer, and what is wrong.
    failed: BTreeSet<(String, Problem)>,
    /// By importer: what it can do without. Only of those that were asked about.
    tried: BTreeMap<String, BTreeSet<String>>,
    read: Read,
}

#[derive(Debug)]
struct Loaded {
    text: String,
    digest: Digest,
    script: Option<Script>,
    /// What is wrong with JSON, and where.
    fault: Option<(Place, String)>,
}

impl Graph {
    pub(super) fn new(root: PathBuf, tool: String) -> Self {
        Self { root, tool, state: Mutex::default() }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // A thread that panicked ends the child; what it left is of no use to anybody.
        act(&mut self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// An import was found.
    pub(super) fn found(&self, importer: &str, specifier: &str, id: &str) {
        let (absent, link) = self.around(Path::new(importer), specifier, Path::new(id));
        self.with(|state| {
            state.edges.entry(importer.to_owned()).or_default().insert(specifier.to_owned(), id.to_owned());
            state.read.absent.extend(absent);
            state.read.links.extend(link);
        });
    }

    /// An import came to nothing.
    pub(super) fn failed(&self, importer: &str, problem: Problem) {
        self.with(|state| state.failed.insert((importer.to_owned(), problem)));
    }

    /// A module was read.
    pub(super) fn loaded(&self, id: &str, bytes: &[u8], text: &str) {
        let script = is_own(&self.root, Path::new(id)).then(|| script::read(Path::new(id), text));
        let fault = is_json(id).then(|| fault(bytes)).flatten();
        let loaded = Loaded { text: text.to_owned(), digest: Digest::of(bytes), script, fault };
        self.with(|state| {
            if !id.starts_with('\0') {
                let path = reach::relative(&self.root, Path::new(id));
                state.read.files.insert(path, loaded.digest.to_string());
            }
            state.loaded.insert(id.to_owned(), loaded);
        });
    }

    /// A file besides the modules decided something: a `package.json`.
    pub(super) fn also_read(&self, path: &Path) {
        if let Ok(bytes) = std::fs::read(path) {
            let path = reach::relative(&self.root, path);
            self.with(|state| state.read.files.insert(path, Digest::of(&bytes).to_string()));
        }
    }

    /// Whether a module asks for something only where it can do without. It is read for that once, whatever it asks for.
    pub(super) fn is_tried(&self, importer: &str, specifier: &str) -> bool {
        let known = self.with(|state| state.tried.get(importer).map(|tried| tried.contains(specifier)));
        known.unwrap_or_else(|| {
            let text = self.text(importer).unwrap_or_default();
            let tried = optional::tried(Path::new(importer), &text);
            let is_tried = tried.contains(specifier);
            self.with(|state| state.tried.insert(importer.to_owned(), tried));
            is_tried
        })
    }

    /// An import leads nowhere and the tool is built without it: what would be found if it were there.
    pub(super) fn missed(&self, importer: &str, specifier: &str) {
        let importer = Path::new(importer);
        let (mut absent, link) = self.around(importer, specifier, importer);
        let manifests = importer.ancestors().skip(1).map(|above| above.join("package.json"));
        for manifest in manifests {
            if manifest.is_file() {
                self.also_read(&manifest);
                break;
            }
            absent.push(reach::relative(&self.root, &manifest));
        }
        let is_led_on = near::is_led_on(importer, specifier);
        self.with(|state| {
            state.read.absent.extend(absent);
            state.read.links.extend(link);
            state.read.unwatched |= is_led_on;
        });
    }

    /// Where something would be found instead, and the link that was followed.
    fn around(&self, importer: &Path, specifier: &str, found: &Path) -> (Vec<String>, Option<(String, String)>) {
        let Some(folder) = importer.parent().filter(|_| found.is_absolute() && importer.is_absolute()) else {
            return (Vec::new(), None);
        };
        let relative = |path: &Path| reach::relative(&self.root, path);
        if reach::is_path(specifier) {
            let base = reach::normal(&folder.join(specifier));
            let stem = base.with_extension("");
            let written = ENDINGS.iter().map(|ending| with_ending(&base, ending));
            let renamed = [".ts", ".tsx", ".mts", ".cts"].iter().map(|ending| with_ending(&stem, ending));
            let all = [base.clone()].into_iter().chain(written).chain(renamed);
            let absent = all.filter(|path| !path.is_file()).map(|path| relative(&path)).collect();
            return (absent, None);
        }
        let package = package_name(specifier);
        let mut absent = Vec::new();
        for above in folder.ancestors() {
            let place = above.join("node_modules").join(package);
            let Ok(real) = place.canonicalize() else {
                absent.push(relative(&place));
                continue;
            };
            let link = (real != place).then(|| (relative(&place), relative(&real)));
            return (absent, link);
        }
        (absent, None)
    }

    /// Whether a file is JSON by its name alone.
    pub(super) fn is_faulty(&self, id: &str) -> bool {
        self.with(|state| state.loaded.get(id).is_some_and(|loaded| loaded.fault.is_some()))
    }

    /// The text of a module, for what is said of it.
    pub(super) fn text(&self, id: &str) -> Option<String> {
        self.with(|state| state.loaded.get(id).map(|loaded| loaded.text.clone()))
    }

    /// The modules that are the author's own, by id.
    pub(super) fn own(&self) -> Vec<String> {
        self.with(|state| {
            let own = state.loaded.iter().filter(|(_, loaded)| loaded.script.is_some());
            own.map(|(id, _)| id.clone()).collect()
        })
    }

    /// Looks into the author's reading of a module.
    pub(super) fn script<T>(&self, id: &str, look: impl FnOnce(&Script) -> T) -> Option<T> {
        self.with(|state| state.loaded.get(id).and_then(|loaded| loaded.script.as_ref()).map(look))
    }

    /// The names that a module exports, those included that it passes on whole from others: a default is not.
    pub(super) fn exports(&self, id: &str) -> BTreeSet<String> {
        let own = id;
        let (mut names, mut seen, mut left) = (BTreeSet::new(), BTreeSet::new(), vec![id.to_owned()]);
        while let Some(id) = left.pop().filter(|_| seen.len() < MOST_PASSED) {
            let Some(text) = self.text(&id).filter(|_| seen.insert(id.clone())) else { continue };
            let read = script::read(Path::new(&id), &text);
            names.extend(read.exports.into_iter().filter(|name| id == own || name != "default"));
            self.with(|state| {
                let edges = state.edges.get(&id);
                left.extend(read.passed.iter().filter_map(|specifier| edges?.get(specifier).cloned()));
            });
        }
        names
    }

    /// All that was read, to be compared before the module is used again.
    pub(super) fn read(&self) -> Read {
        self.with(|state| state.read.clone())
    }

    /// The packages inside the vendored modules that a tool of Paceline's own was made of.
    pub(super) fn vendored(&self) -> Vec<Package> {
        let of = |(id, loaded): (&String, &Loaded)| {
            let inside = id.strip_prefix(super::EMBEDDED).map(embedded::vendored).unwrap_or_default();
            let digest = loaded.digest.to_string();
            inside.into_iter().map(move |Vendored { name, version, licence }| Package {
                name,
                version,
                licence: Some(licence),
                digest: digest.clone(),
            })
        };
        self.with(|state| state.loaded.iter().flat_map(of).collect())
    }

    /// The packages whose files were read: folder, and the digest over those files.
    pub(super) fn packages(&self) -> BTreeMap<PathBuf, Digest> {
        let mut files: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
        self.with(|state| {
            for (id, loaded) in &state.loaded {
                if let Home::Package(folder) = reach::home(&self.root, Path::new(id)) {
                    let inside = reach::relative(&folder, Path::new(id));
                    files.entry(folder).or_default().push(format!("{inside} {}\n", loaded.digest));
                }
            }
        });
        files.into_iter().map(|(folder, lines)| (folder, Digest::of(lines.concat().as_bytes()))).collect()
    }

    /// Everything found wrong so far, in the project's own files and in imports.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let own: Vec<(String, Place, Problem)> = self.with(|state| {
            let scripts = state.loaded.iter().filter_map(|(id, loaded)| Some((id, loaded.script.as_ref()?)));
            let problems = scripts.flat_map(|(id, script)| {
                script.problems.iter().map(|(place, problem)| (id.clone(), *place, problem.clone()))
            });
            problems.collect()
        });
        let failed = self.with(|state| state.failed.clone());
        let own = own.into_iter().map(|(id, place, problem)| Finding {
            file: reach::shown(&self.root, Path::new(&id)),
            place: Some(place),
            chain: Vec::new(),
            problem,
        });
        let failed = failed.into_iter().map(|(importer, problem)| {
            let specifier = specifier(&problem).map(str::to_owned);
            self.finding(&importer, problem, |script| {
                let imports = script.imports.iter();
                imports.filter(|(name, _)| Some(name) == specifier.as_ref()).map(|(_, place)| *place).next()
            })
        });
        let all: Vec<Finding> = own.chain(self.faults()).chain(failed).collect();
        // What the bundler itself imports for JSX, or for an `import()` it could compute, was told of with its place.
        let told: BTreeSet<String> = all
            .iter()
            .filter(|finding| matches!(finding.problem, Problem::DynamicImport | Problem::Jsx))
            .map(|finding| finding.file.clone())
            .collect();
        let is_echo =
            |finding: &Finding| finding.place.is_none() && finding.chain.is_empty() && told.contains(&finding.file);
        all.into_iter().filter(|finding| !is_echo(finding)).collect()
    }

    /// What is wrong with JSON: said where it stands in a file of the project, else where the way into the package begins.
    fn faults(&self) -> Vec<Finding> {
        let faults: Vec<_> = self.with(|state| {
            let loaded = state.loaded.iter();
            loaded.filter_map(|(id, loaded)| Some((id.clone(), loaded.fault.clone()?))).collect()
        });
        let faults = faults.into_iter().map(|(id, (place, message))| {
            let problem = |imported| Problem::NotJson { message, imported };
            let is_packed = is_packed(&self.root, Path::new(&id));
            let finding = self.finding(&id, Problem::NoDefault, |_| None);
            if is_packed {
                return Finding { problem: problem(None), ..finding };
            }
            let imported = finding.place.map(|place| (finding.file, place));
            let file = reach::shown(&self.root, Path::new(&id));
            Finding { file, place: Some(place), chain: Vec::new(), problem: problem(imported) }
        });
        faults.collect()
    }

    /// Whether a file of the project was found to be broken, so that whatever follows from it is not worth a word.
    pub(super) fn is_broken(&self, id: &str) -> bool {
        let syntax = |problem: &Problem| matches!(problem, Problem::Syntax { .. } | Problem::Jsx);
        self.script(id, |script| script.problems.iter().any(|(_, problem)| syntax(problem))).unwrap_or(false)
            || self.is_faulty(id)
            || self
                .with(|state| state.failed.iter().any(|(importer, _)| importer == id) && !state.loaded.contains_key(id))
    }

    /// Something wrong in a module: said where it stands in a file of the project, or else where the project's own files
    /// begin the way to it.
    pub(super) fn finding(
        &self,
        module: &str,
        problem: Problem,
        place: impl FnOnce(&Script) -> Option<Place>,
    ) -> Finding {
        let path = self.path_to(module);
        let own = path.iter().rposition(|id| self.script(id, |_| ()).is_some());
        let (at, beyond) = match own {
            Some(at) => (path.get(at).cloned().unwrap_or_default(), path.get(at..).unwrap_or_default()),
            None => (module.to_owned(), [].as_slice()),
        };
        let shown = |id: &String| reach::shown(&self.root, Path::new(id.trim_start_matches(super::EMBEDDED)));
        let place = match beyond.get(1) {
            None => self.script(&at, place).flatten(),
            Some(next) => self.import_of(&at, next),
        };
        let chain = if beyond.len() > 1 { beyond.iter().map(shown).collect() } else { Vec::new() };
        Finding { file: shown(&at), place, chain, problem }
    }

    /// Where the project's own files begin the shortest way to each file of a package, by that file's path.
    pub(super) fn doors(&self) -> BTreeMap<String, protocol::Door> {
        let shown = |id: &str| reach::shown(&self.root, Path::new(id));
        let mut doors: BTreeMap<String, Option<protocol::Door>> = BTreeMap::from([(self.tool.clone(), None)]);
        let mut left = VecDeque::from([self.tool.clone()]);
        while let Some(id) = left.pop_front() {
            let next: BTreeSet<String> =
                self.with(|state| state.edges.get(&id).into_iter().flat_map(BTreeMap::values).cloned().collect());
            for next in next.into_iter().filter(|next| next.starts_with('/')) {
                if doors.contains_key(&next) {
                    continue;
                }
                let door = match doors.get(&id).cloned().flatten() {
                    Some(door) => Some(door),
                    None if is_packed(&self.root, Path::new(&next)) => {
                        self.import_of(&id, &next).map(|place| protocol::Door { file: shown(&id), place })
                    }
                    None => None,
                };
                doors.insert(next.clone(), door);
                left.push_back(next);
            }
        }
        doors.into_iter().filter_map(|(id, door)| Some((shown(&id), door?))).collect()
    }

    /// Where a module imports another.
    fn import_of(&self, from: &str, to: &str) -> Option<Place> {
        let specifiers: Vec<String> = self.with(|state| {
            let edges = state.edges.get(from).into_iter().flatten();
            edges.filter(|(_, id)| id.as_str() == to).map(|(specifier, _)| specifier.clone()).collect()
        });
        self.script(from, |script| {
            script.imports.iter().find(|(name, _)| specifiers.contains(name)).map(|(_, place)| *place)
        })?
    }

    /// The shortest way from the tool's own file to a module, both ends included.
    fn path_to(&self, module: &str) -> Vec<String> {
        self.with(|state| {
            let mut before: BTreeMap<&str, &str> = BTreeMap::new();
            let mut left = VecDeque::from([self.tool.as_str()]);
            while let Some(id) = left.pop_front().filter(|id| *id != module) {
                for next in state.edges.get(id).into_iter().flat_map(BTreeMap::values) {
                    if next != &self.tool && !before.contains_key(next.as_str()) {
                        before.insert(next, id);
                        left.push_back(next);
                    }
                }
            }
            let mut way = vec![module.to_owned()];
            let mut at = module;
            while let Some(previous) = before.get(at) {
                way.push((*previous).to_owned());
                at = previous;
            }
            way.reverse();
            way
        })
    }
}

/// Whether a module is the author's own: TypeScript or JavaScript outside of every `node_modules`.
fn is_own(root: &Path, file: &Path) -> bool {
    let is_script = file.extension().is_some_and(|ending| ending != "json");
    is_script && !is_packed(root, file)
}

/// Whether a file is inside of a `node_modules`.
fn is_packed(root: &Path, file: &Path) -> bool {
    reach::relative(root, file).split('/').any(|part| part == "node_modules")
}

/// What is wrong with JSON, as the bundler will find.
fn fault(bytes: &[u8]) -> Option<(Place, String)> {
    let fault = pace_ir::json::read::<serde_json::Value>(bytes).err()?;
    let bound = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Some((Place { start: bound(fault.at.start), end: bound(fault.at.end) }, fault.message))
}

fn specifier(problem: &Problem) -> Option<&str> {
    match problem {
        Problem::Unresolved { specifier, .. }
        | Problem::NodeBuiltin { specifier }
        | Problem::Outside { specifier }
        | Problem::FileType { specifier } => Some(specifier),
        _ => None,
    }
}

pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut text = path.as_os_str().to_owned();
    text.push(ending);
    PathBuf::from(text)
}

/// `@scope/name` of `@scope/name/path`, `name` of `name/path`.
pub(crate) fn package_name(specifier: &str) -> &str {
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
    specifier.get(..end).unwrap_or(specifier)
}
