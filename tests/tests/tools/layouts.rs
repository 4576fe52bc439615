//! Where packages stand: beside the project, above it, in the store of pnpm, linked from a monorepo.

use std::os::unix::fs::symlink;
use std::path::Path;

use pace_ir::Digest;
use pace_tests::{Project, run};

use crate::{failed_with, latest, source, tool};

const PACKAGE: [(&str, &str); 3] = [
    (
        "package.json",
        r#"{"name": "words", "version": "1.2.3", "license": "MIT", "exports": {"import": "./words.mjs", "require": "./words.cjs"}}"#,
    ),
    ("words.mjs", "import { upper } from './upper.mjs';\nexport const shout = (text) => upper(text) + '!';\n"),
    ("upper.mjs", "export const upper = (text) => text.toUpperCase();\n"),
];

fn write(root: &Path, path: &str, text: &str) {
    let file = root.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

fn install(folder: &Path) {
    for (path, text) in PACKAGE {
        write(folder, path, text);
    }
}

/// A folder with a project below it.
fn nested() -> (Project, std::path::PathBuf) {
    let outer = Project::new(&[]);
    let root = outer.path().join("apps/desk");
    let spec = "name: helper\nmodel: gemini-3.5-flash\ndescription: x.\ntools:\n  - {name: tools/shout, access: read, net: []}\n";
    write(&root, "agents/helper/spec.yaml", spec);
    write(&root, "tools/shout.ts", &tool("shout", "import { shout } from \"words\";", "shout(\"hello\")"));
    (outer, root)
}

/// The program and the packages of a project that has to build.
fn build(root: &Path) -> (Digest, Vec<String>) {
    let built = run(root, &["build"]);
    assert_eq!(built.code, Some(0), "{}", built.err);
    let bundle = latest(root);
    assert!(source(bundle.bundle(), "tools/shout").contains("toUpperCase"));
    let packages = bundle.bundle().sbom.as_ref().unwrap().components.keys().cloned().collect();
    (bundle.program_digest(), packages)
}

#[test]
fn the_layout_of_packages_changes_no_program() {
    let (_beside, root) = nested();
    install(&root.join("node_modules/words"));
    let wanted = build(&root);
    assert_eq!(wanted.1, ["pkg:npm/words@1.2.3"]);

    let (above, root) = nested();
    install(&above.path().join("node_modules/words"));
    assert_eq!(build(&root), wanted);

    let (_stored, root) = nested();
    install(&root.join("node_modules/.pnpm/words@1.2.3/node_modules/words"));
    symlink(".pnpm/words@1.2.3/node_modules/words", root.join("node_modules/words")).unwrap();
    assert_eq!(build(&root), wanted);

    let (monorepo, root) = nested();
    install(&monorepo.path().join("packages/words"));
    std::fs::create_dir_all(monorepo.path().join("node_modules")).unwrap();
    symlink("../packages/words", monorepo.path().join("node_modules/words")).unwrap();
    assert_eq!(build(&root), wanted);
}

#[test]
fn another_package_under_a_link_is_noticed() {
    let (_keep, root) = nested();
    for version in ["1.2.3", "1.2.4"] {
        let folder = root.join(format!("node_modules/.pnpm/words@{version}/node_modules/words"));
        install(&folder);
        write(&folder, "upper.mjs", &format!("export const upper = (text) => text.toUpperCase() + '{version}';\n"));
    }
    let link = root.join("node_modules/words");
    symlink(".pnpm/words@1.2.3/node_modules/words", &link).unwrap();
    let first = build(&root);
    std::fs::remove_file(&link).unwrap();
    symlink(".pnpm/words@1.2.4/node_modules/words", &link).unwrap();
    assert_ne!(build(&root).0, first.0);
}

#[test]
fn a_nearer_package_is_noticed() {
    let (above, root) = nested();
    install(&above.path().join("node_modules/words"));
    let first = build(&root);
    install(&root.join("node_modules/words"));
    write(&root, "node_modules/words/upper.mjs", "export const upper = (text) => text.toUpperCase() + '?';\n");
    assert_ne!(build(&root).0, first.0);
}

#[test]
fn neither_project_nor_package_reaches_out() {
    let (outer, root) = nested();
    write(outer.path(), "secret.ts", "export const shout = () => \"secret\";\n");
    write(&root, "tools/shout.ts", &tool("shout", "import { shout } from \"../../../secret\";", "shout()"));
    failed_with(&run(&root, &["build"]), "P0521");

    // A link in the project leads to the same file, and is seen through.
    symlink(outer.path().join("secret.ts"), root.join("tools/linked.ts")).unwrap();
    write(&root, "tools/shout.ts", &tool("shout", "import { shout } from \"./linked\";", "shout()"));
    failed_with(&run(&root, &["build"]), "P0521");

    install(&root.join("node_modules/words"));
    write(&root, "node_modules/words/words.mjs", "export { shout } from '../../../../secret.ts';\n");
    write(&root, "tools/shout.ts", &tool("shout", "import { shout } from \"words\";", "shout()"));
    failed_with(&run(&root, &["build"]), "P0521");
}

#[test]
fn a_tool_that_is_a_link_out_of_the_project_is_pointed_at() {
    let (outer, root) = nested();
    write(outer.path(), "shout.ts", &tool("shout", "", "1"));
    std::fs::remove_file(root.join("tools/shout.ts")).unwrap();
    symlink(outer.path().join("shout.ts"), root.join("tools/shout.ts")).unwrap();
    for command in ["check", "build"] {
        let run = run(&root, &[command]);
        failed_with(&run, "error[P0521]: `tools/shout.ts` is a link that leads out of the project");
        assert!(run.err.contains("agents/helper/spec.yaml:5:12"), "{}", run.err);
        assert!(run.err.contains("help: put the file itself into the project"), "{}", run.err);
    }
}
