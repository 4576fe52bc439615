//! What an import that leads nowhere may have meant: a file with nearly that name, another way to that file, or something
//! else of a package that is installed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use pace_diag::nearest::nearest;

use super::graph::{ENDINGS, package_name, with_ending};
use super::plugin::is_code;
use super::reach::{self, is_path};
use crate::protocol::Near;

/// How many files of a package are looked at: no package that is meant for a tool has more.
const MOST_FILES: usize = 5_000;

/// Looks for it. Called once for each import that leads nowhere.
pub(super) fn find(root: &Path, importer: &Path, specifier: &str) -> Near {
    let Some(folder) = importer.parent().filter(|_| !specifier.is_empty()) else { return Near::default() };
    if specifier.contains('\\') {
        return backslashed(root, importer, &specifier.replace('\\', "/"));
    }
    if is_path(specifier) {
        let instead = near_path(root, folder, specifier).or_else(|| other_way(root, folder, specifier));
        return Near { instead, ..Near::default() };
    }
    if let Some(rest) = specifier.strip_prefix("@/").or_else(|| specifier.strip_prefix("~/")) {
        return Near { instead: mapped(root, folder, rest), ..Near::default() };
    }
    if specifier.starts_with('#') {
        return own_import(root, folder, specifier);
    }
    let installed = folder.ancestors().map(|above| above.join("node_modules").join(package_name(specifier)));
    installed
        .map(|place| (manifest(&place), place))
        .find_map(|(manifest, place)| Some(offered(&manifest?, &place, specifier)))
        .unwrap_or_else(|| Near { instead: bare(root, folder, specifier), ..Near::default() })
}

/// A path as Windows has it, written as imports are.
fn backslashed(root: &Path, importer: &Path, path: &str) -> Near {
    let there = importer.parent().map(|folder| reach::normal(&folder.join(path)));
    if is_path(path) && there.is_some_and(|there| there.starts_with(root) && is_module(&there)) {
        return Near { instead: Some(path.to_owned()), ..Near::default() };
    }
    find(root, importer, path)
}

/// The path of a file that is named without its beginning. A single word without an ending is rather a package.
fn bare(root: &Path, folder: &Path, specifier: &str) -> Option<String> {
    let is_file = !specifier.starts_with('@') && (specifier.contains('/') || has_ending(specifier));
    is_file.then(|| other_way(root, folder, specifier).or_else(|| mapped(root, folder, specifier)))?
}

/// Whether the way of an import that leads nowhere goes on from a `package.json`. Where it may end is not told from there.
pub(super) fn is_led_on(importer: &Path, specifier: &str) -> bool {
    let folders = || importer.ancestors().skip(1);
    let own = folders().find_map(manifest).unwrap_or_default();
    let mut browser = own.get("browser").and_then(serde_json::Value::as_object).into_iter().flatten();
    if browser.any(|(key, leads)| leads.is_string() && (is_path(specifier) || key == specifier)) {
        return true;
    }
    if is_path(specifier) {
        return folders().next().is_some_and(|folder| folder.join(specifier).is_dir());
    }
    let package = package_name(specifier);
    let is_own = own.get("name").and_then(serde_json::Value::as_str) == Some(package);
    is_own || specifier.starts_with('#') || folders().any(|above| above.join("node_modules").join(package).is_dir())
}

/// The path with its first part that is not there written right, if the rest is there then.
fn near_path(root: &Path, folder: &Path, specifier: &str) -> Option<String> {
    let parts: Vec<&str> = specifier.split('/').collect();
    let there = |end: usize| reach::normal(&folder.join(parts.get(..end).unwrap_or_default().join("/")));
    let wrong = (0..parts.len()).find(|at| !there(at + 1).is_dir())?;
    let beside = there(wrong);
    if !beside.starts_with(root) {
        return None;
    }
    let written = *parts.get(wrong)?;
    let is_last = wrong + 1 == parts.len();
    let wanted = if is_last { Wanted::Module { with_ending: has_ending(written) } } else { Wanted::Folder };
    let names = names(&beside, wanted);
    let name = likely(written, &names)?;
    let before = parts.iter().take(wrong).copied();
    let after = parts.iter().skip(wrong + 1).copied();
    let path = before.chain([name]).chain(after).collect::<Vec<_>>().join("/");
    is_module(&reach::normal(&folder.join(&path))).then_some(path)
}

/// The same file, from a folder above or below the one that was counted from.
fn other_way(root: &Path, folder: &Path, specifier: &str) -> Option<String> {
    let bare = specifier.trim_start_matches("./").trim_start_matches("../").trim_start_matches('/');
    let ways = ["./", "../", "../../"].map(|start| format!("{start}{bare}"));
    let mut ways = ways.into_iter().filter(|way| way != specifier);
    ways.find(|way| {
        let path = reach::normal(&folder.join(way));
        path.starts_with(root) && is_module(&path)
    })
}

/// The path of a file that is named from the project's folder or its sources', as many a `tsconfig.json` maps it.
fn mapped(root: &Path, folder: &Path, rest: &str) -> Option<String> {
    let mut places = ["", "src"].into_iter().map(|start| reach::normal(&root.join(start).join(rest)));
    let place = places.find(|place| place.starts_with(root) && is_module(place))?;
    let path = reach::relative(folder, &place);
    Some(if path.starts_with("../") { path } else { format!("./{path}") })
}

/// What a name in a folder has to be.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Module { with_ending: bool },
    Folder,
}

/// The names in a folder that an import could go on with, by themselves without an ending.
fn names(folder: &Path, wanted: Wanted) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().take(MOST_FILES).filter_map(Result::ok);
    let name = |entry: std::fs::DirEntry| {
        let (name, path) = (entry.file_name().into_string().ok()?, entry.path());
        if name.starts_with('.') || ["node_modules", "package.json"].contains(&name.as_str()) {
            return None;
        }
        match wanted {
            Wanted::Folder => path.is_dir().then(|| (name.clone(), name)),
            Wanted::Module { .. } if path.is_dir() => is_module(&path).then(|| (name.clone(), name)),
            Wanted::Module { with_ending } => {
                let stem = stem(&name).to_owned();
                let is_module = is_code(&path) && !name.contains(".d.");
                is_module.then(|| (stem.clone(), if with_ending { name } else { stem }))
            }
        }
    };
    entries.filter_map(name).collect()
}

/// The name that was likely meant: the same with another ending, or one that looks like it.
fn likely<'n>(written: &str, names: &'n BTreeMap<String, String>) -> Option<&'n str> {
    let written = if has_ending(written) { stem(written) } else { written };
    let key = if names.contains_key(written) { written } else { nearest(written, names.keys().map(String::as_str))? };
    names.get(key).map(String::as_str)
}

fn has_ending(name: &str) -> bool {
    is_code(Path::new(name))
}

fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Whether an import of this path leads to a module.
fn is_module(path: &Path) -> bool {
    (path.is_file() && is_code(path)) || ENDINGS.iter().any(|ending| with_ending(path, ending).is_file())
}

/// What a `package.json` says; nothing where there is none, or one that is no object.
fn manifest(folder: &Path) -> Option<serde_json::Map<String, serde_json::Value>> {
    let text = std::fs::read_to_string(folder.join("package.json")).ok()?;
    match serde_json::from_str(&text).ok()? {
        serde_json::Value::Object(manifest) => Some(manifest),
        _ => None,
    }
}

/// The name and version of the package in a folder.
pub(super) fn named(folder: &Path) -> Option<String> {
    let manifest = manifest(folder)?;
    let word = |key: &str| manifest.get(key).and_then(serde_json::Value::as_str);
    let name = word("name")?;
    Some(word("version").map_or_else(|| name.to_owned(), |version| format!("{name}@{version}")))
}

/// What of an installed package can be imported.
fn offered(manifest: &serde_json::Map<String, serde_json::Value>, place: &Path, specifier: &str) -> Near {
    let package = package_name(specifier);
    let offered = match manifest.get("exports") {
        Some(serde_json::Value::Object(exports)) if exports.keys().any(|key| key.starts_with('.')) => {
            let keys = exports.iter().filter(|(_, leads)| !leads.is_null()).map(|(key, _)| key.as_str());
            keys.filter(|key| *key != "./package.json")
                .filter_map(|key| Some(format!("{package}{}", key.strip_prefix('.')?)))
                .collect()
        }
        Some(_) => BTreeSet::from([package.to_owned()]),
        None => files(place, package, specifier),
    };
    let instead = instead(specifier, &offered);
    Near { instead, package: named(place).or_else(|| Some(package.to_owned())), offered }
}

/// The modules of a package without `exports`, in the folder that the import names, or else in its own.
fn files(place: &Path, package: &str, specifier: &str) -> BTreeSet<String> {
    let inside = specifier.strip_prefix(package).unwrap_or_default().trim_start_matches('/');
    let (folder, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    let folder = if place.join(folder).is_dir() { folder } else { "" };
    let start = if folder.is_empty() { package.to_owned() } else { format!("{package}/{folder}") };
    let names = names(&place.join(folder), Wanted::Module { with_ending: has_ending(name) });
    names.into_values().map(|name| format!("{start}/{name}")).collect()
}

/// The `imports` of the project's own `package.json`.
fn own_import(root: &Path, folder: &Path, specifier: &str) -> Near {
    let above = folder.ancestors().take_while(|above| above.starts_with(root)).map(Path::to_owned);
    let manifest = above.collect::<Vec<PathBuf>>().iter().find_map(|above| manifest(above));
    let imports = manifest.as_ref().and_then(|manifest| manifest.get("imports")?.as_object());
    let offered: BTreeSet<String> = imports.into_iter().flat_map(|imports| imports.keys().cloned()).collect();
    Near { instead: instead(specifier, &offered), package: None, offered }
}

/// What is offered and looks like it, the beginning that both have left aside: it would make anything look alike. What is
/// itself offered, and leads nowhere, is not mended by another name.
fn instead(specifier: &str, offered: &BTreeSet<String>) -> Option<String> {
    if offered.contains(specifier) {
        return None;
    }
    let folder = specifier.rfind('/').map_or(0, |at| at + 1);
    let package = package_name(specifier).len() + 1;
    [folder, package].into_iter().find_map(|end| {
        let (before, wanted) = specifier.split_at_checked(end)?;
        let names = offered.iter().filter(|name| !name.contains('*')).filter_map(|name| name.strip_prefix(before));
        nearest(wanted, names).map(|name| format!("{before}{name}"))
    })
}
