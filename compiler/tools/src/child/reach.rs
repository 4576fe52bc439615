//! What a tool may be made of. Its own imports stay in the project's folder; a package is found as Node.js finds it, in a
//! `node_modules` of the project or of a folder above, and its own imports stay in the package. Nothing else is read.

use std::path::{Component, Path, PathBuf};

/// Where a file belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Home {
    /// In the project, and not in one of its packages.
    Project,
    /// In the package whose folder this is.
    Package(PathBuf),
    /// In neither.
    Outside,
}

/// Where a file belongs, by its path without links. A file above the project that is in no `node_modules` belongs to the
/// nearest folder with a named `package.json`: a monorepo links its own packages so.
pub(crate) fn home(root: &Path, file: &Path) -> Home {
    let inside = file.strip_prefix(root).ok();
    if let Some(package) = package_in_node_modules(inside.unwrap_or(file)) {
        return Home::Package(inside.map_or_else(|| package.clone(), |_| root.join(&package)));
    }
    if inside.is_some() {
        return Home::Project;
    }
    let named = file.ancestors().skip(1).find(|folder| is_named(folder));
    named.map_or(Home::Outside, |folder| Home::Package(folder.to_owned()))
}

/// The folder of a package: what follows the last `node_modules`, a scope and a name or a name.
fn package_in_node_modules(path: &Path) -> Option<PathBuf> {
    let parts: Vec<Component<'_>> = path.components().collect();
    let at = parts.iter().rposition(|part| part.as_os_str() == "node_modules")?;
    let scope = parts.get(at + 1)?.as_os_str().to_string_lossy().starts_with('@');
    let end = at + if scope { 3 } else { 2 };
    Some(parts.get(..end)?.iter().collect())
}

/// Whether a folder has a `package.json` with a name. One without is no package, only a setting for a part of one.
fn is_named(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join("package.json")).unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    json.get("name").is_some_and(serde_json::Value::is_string)
}

/// Whether an import may lead from one file to another.
///
/// A path stays where it is; a name may lead to any package, and to the project itself (`imports` and `exports` of its own
/// `package.json`).
pub(crate) fn may_import(root: &Path, specifier: &str, from: &Path, to: &Path) -> bool {
    let (here, there) = (home(root, from), home(root, to));
    match there {
        Home::Outside => false,
        _ if here == there => true,
        Home::Package(_) if is_path(specifier) => here == Home::Project && to.starts_with(root),
        Home::Package(_) => true,
        Home::Project => false,
    }
}

/// Whether an import is a path rather than a package's name.
pub(crate) fn is_path(specifier: &str) -> bool {
    specifier == "."
        || specifier == ".."
        || ["./", "../", "/", "file:", "\\"].iter().any(|start| specifier.starts_with(start))
        || specifier.as_bytes().get(1) == Some(&b':')
}

/// A path as messages and maps show it: in the project relative to it; of a package from its last `node_modules` on, which
/// is the same whatever the package manager's layout; else with `..`.
pub(crate) fn shown(root: &Path, file: &Path) -> String {
    let text = slashes(file.strip_prefix(root).unwrap_or(file));
    match (text.rfind("node_modules/"), file.starts_with(root)) {
        (Some(at), _) => text.get(at..).unwrap_or_default().to_owned(),
        (None, true) => text,
        (None, false) => relative(root, file),
    }
}

/// The path of a file from the project's folder, with `..` where it leads out of it.
pub(crate) fn relative(root: &Path, file: &Path) -> String {
    if let Ok(inside) = file.strip_prefix(root) {
        return slashes(inside);
    }
    let common = root.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let up = root.components().skip(common).map(|_| Component::ParentDir);
    slashes(&up.chain(file.components().skip(common)).collect::<PathBuf>())
}

/// A path without `.` and `..`, by its text alone.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

fn slashes(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        for (path, text) in [
            ("package.json", r#"{"name": "repo"}"#),
            ("packages/shared/package.json", r#"{"name": "@acme/shared"}"#),
            ("packages/shared/dist/package.json", r#"{"type": "module"}"#),
            ("apps/desk/tools/a.ts", ""),
        ] {
            std::fs::create_dir_all(base.join(path).parent().unwrap()).unwrap();
            std::fs::write(base.join(path), text).unwrap();
        }
        (folder, base)
    }

    #[test]
    fn files_belong_to_the_project_or_to_a_package() {
        let (_keep, base) = project();
        let root = base.join("apps/desk");
        let of = |path: &str| home(&root, &base.join(path));
        let package = |path: &str| Home::Package(base.join(path));
        assert_eq!(of("apps/desk/tools/a.ts"), Home::Project);
        assert_eq!(of("apps/desk/node_modules/ms/index.js"), package("apps/desk/node_modules/ms"));
        assert_eq!(of("node_modules/@a/b/x/y.js"), package("node_modules/@a/b"));
        let stored = "node_modules/.pnpm/zod@4.0.0/node_modules/zod";
        assert_eq!(of(&format!("{stored}/v4/index.js")), package(stored));
        assert_eq!(of("packages/shared/dist/index.js"), package("packages/shared"));
        assert_eq!(home(&root, Path::new("/etc/passwd")), Home::Outside);
    }

    #[test]
    fn paths_stay_where_they_are_and_names_may_leave() {
        let (_keep, base) = project();
        let root = base.join("apps/desk");
        let may =
            |specifier: &str, from: &str, to: &str| may_import(&root, specifier, &base.join(from), &base.join(to));
        let tool = "apps/desk/tools/a.ts";
        assert!(may("../lib/b", tool, "apps/desk/lib/b.ts"));
        assert!(may("ms", tool, "node_modules/ms/index.js"));
        assert!(may("@acme/shared", tool, "packages/shared/dist/index.js"));
        assert!(may("../x.js", "packages/shared/dist/index.js", "packages/shared/x.js"));
        assert!(may("../node_modules/ms/index.js", tool, "apps/desk/node_modules/ms/index.js"));
        assert!(!may("../../../packages/shared/x.js", tool, "packages/shared/x.js"));
        assert!(!may("../../other/x.js", "packages/shared/x.js", "packages/other/x.js"));
        assert!(!may("../../apps/desk/lib/b.ts", "packages/shared/x.js", "apps/desk/lib/b.ts"));
    }

    #[test]
    fn paths_are_shown_without_the_layout_of_a_package_manager() {
        let root = Path::new("/repo/apps/desk");
        assert_eq!(shown(root, Path::new("/repo/apps/desk/tools/a.ts")), "tools/a.ts");
        let stored = Path::new("/repo/node_modules/.pnpm/zod@4.0.0/node_modules/zod/index.js");
        assert_eq!(shown(root, stored), "node_modules/zod/index.js");
        assert_eq!(relative(root, stored), "../../node_modules/.pnpm/zod@4.0.0/node_modules/zod/index.js");
        assert_eq!(shown(root, Path::new("/repo/packages/shared/x.ts")), "../../packages/shared/x.ts");
    }
}
