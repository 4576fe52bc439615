//! The dependency edges between the crates, and what the runner may not link: over `cargo metadata`, so that a
//! convenient `use` cannot add an edge unseen. The rules of crates that are still to come stand here already.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// For each crate its folder and the crates of the workspace it may depend on, in any way.
///
/// `ir` is the contract and the bottom. Nothing under `runner/` knows the compiler. Of the compiler, only `tools` and
/// `cli` may depend on the sandbox.
const RULES: &[(&str, &str, &[&str])] = &[
    ("pace-ir", "ir", &[]),
    ("pace-syntax", "compiler/syntax", &[]),
    ("pace-diag", "compiler/diag", &["pace-syntax"]),
    ("pace-compiler", "compiler/core", &["pace-ir", "pace-syntax", "pace-diag"]),
    ("pace-tools", "compiler/tools", &["pace-ir", "pace-syntax", "pace-diag", "pace-compiler", "pace-sandbox"]),
    // Its tests skip as the suites do.
    ("pace-packages", "compiler/packages", &["pace-ir", "pace-mcp", "pace-tests"]),
    ("pace-studio", "compiler/studio", &["pace-ir"]),
    (
        "pace",
        "compiler/cli",
        &[
            "pace-ir",
            "pace-syntax",
            "pace-diag",
            "pace-compiler",
            "pace-tools",
            "pace-packages",
            "pace-studio",
            "pace-sandbox",
            "pace-mcp",
            "pace-runner",
            "pace-state",
        ],
    ),
    ("pace-redact", "runner/redact", &[]),
    ("pace-sandbox", "runner/sandbox", &["pace-ir", "pace-redact"]),
    ("pace-web", "runner/web", &["pace-ir"]),
    // Its tests skip as the suites do, and so do those of the store.
    ("pace-mcp", "runner/mcp", &["pace-ir", "pace-redact", "pace-web", "pace-tests"]),
    // Rows, whatever they mean.
    ("pace-state", "runner/state", &["pace-tests"]),
    ("pace-runner", "runner/core", &["pace-ir", "pace-redact", "pace-web", "pace-sandbox", "pace-mcp", "pace-state"]),
    // The suites judge binaries; what they read of the crates is the contract.
    ("pace-tests", "tests", &["pace-ir"]),
    // What the runner is measured with knows nothing of what is measured.
    ("pace-bench", "tests/bench", &[]),
    // The chores have to build while the crates do not.
    ("xtask", "xtask", &[]),
];

/// What the runner executes is a bundle: it reads no YAML, draws no frames, bundles no JavaScript and compiles no
/// machine code. A crate is out if its name holds one of these. Of Cranelift, wasmtime's runtime shares three crates of data
/// structures (`cranelift-bforest`, `-bitset`, `-entity`); what makes code needs `cranelift-codegen`.
const NOT_IN_THE_RUNNER: &[&str] = &[
    "yaml",
    "saphyr",
    "granit",
    "codespan",
    "rolldown",
    "oxc",
    "swc",
    "esbuild",
    "cranelift-codegen",
    "cranelift-frontend",
    "internal-cranelift",
    "winch",
];

/// The archived YAML library, an oracle and nothing more.
const ORACLE: &str = "serde_yaml";

#[test]
fn the_edges_between_crates_are_the_designed_ones() {
    assert_eq!(edge_violations(&metadata()), Vec::<String>::new());
}

#[test]
fn the_runner_links_no_compiler_parts() {
    for name in ["pace-runner", "pace-sandbox", "pace-mcp"] {
        let linked = linked_by(name);
        assert!(linked.contains("pace-ir") && linked.contains("blake3"), "the walk went nowhere: {linked:?}");
        assert_eq!(forbidden(&linked), Vec::<&str>::new(), "{name}");
    }
}

#[test]
fn the_compiler_is_where_the_forbidden_parts_are() {
    let linked = linked_by("pace");
    let found = forbidden(&linked);
    assert!(found.contains(&"granit-parser") && found.contains(&"codespan-reporting"), "{found:?}");
    // The sandbox has its engine compiled when it is built, and only then.
    let built_by = tree("pace-sandbox", "normal,build");
    assert!(built_by.contains("cranelift-codegen") && built_by.contains("wasmtime"), "{built_by:?}");
}

#[test]
fn the_archived_yaml_library_is_an_oracle_only() {
    let metadata = metadata();
    for (name, dependency) in members(&metadata).flat_map(dependencies).filter(|(_, one)| one["name"] == ORACLE) {
        assert_eq!(dependency["kind"], "dev", "{name} ships {ORACLE}");
    }
}

#[test]
fn a_wrong_edge_is_found() {
    let wrong = serde_json::json!({
        "workspace_root": "/p",
        "workspace_members": ["runner", "new"],
        "packages": [
            {"id": "runner", "name": "pace-runner", "manifest_path": "/p/runner/core/Cargo.toml", "dependencies": [
                {"name": "pace-ir", "kind": null, "path": "/p/ir"},
                {"name": "pace-diag", "kind": "dev", "path": "/p/compiler/diag"},
                {"name": "serde", "kind": null},
            ]},
            {"id": "new", "name": "pace-new", "manifest_path": "/p/new/Cargo.toml", "dependencies": []},
        ],
    });
    let expected = ["pace-runner may not depend on pace-diag", "pace-new has no rules: add them to RULES"];
    assert_eq!(edge_violations(&wrong), expected);
}

/// What cargo knows of the workspace, for the machine the tests run on.
fn metadata() -> Value {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", &host()]);
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo prints JSON")
}

/// The target triple of this machine.
fn host() -> String {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8(output.stdout).expect("rustc prints UTF-8");
    text.lines().find_map(|line| line.strip_prefix("host: ")).expect("rustc names its host").to_owned()
}

/// Every edge, crate and folder that the rules do not know.
fn edge_violations(metadata: &Value) -> Vec<String> {
    let root = metadata["workspace_root"].as_str().expect("a root");
    let names: BTreeSet<&str> = RULES.iter().map(|(name, ..)| *name).collect();
    let mut violations = Vec::new();
    for package in members(metadata) {
        let name = package["name"].as_str().expect("a name");
        let Some((_, folder, allowed)) = RULES.iter().find(|(known, ..)| *known == name) else {
            violations.push(format!("{name} has no rules: add them to RULES"));
            continue;
        };
        if package["manifest_path"] != format!("{root}/{folder}/Cargo.toml") {
            violations.push(format!("{name} does not live in {folder}"));
        }
        for (_, dependency) in dependencies(package) {
            let target = dependency["name"].as_str().expect("a name");
            let is_own = names.contains(target) || dependency["path"].is_string();
            if is_own && target != name && !allowed.contains(&target) {
                violations.push(format!("{name} may not depend on {target}"));
            }
        }
    }
    violations
}

fn members(metadata: &Value) -> impl Iterator<Item = &Value> {
    let ids = metadata["workspace_members"].as_array().expect("members");
    metadata["packages"].as_array().expect("packages").iter().filter(|package| ids.contains(&package["id"]))
}

fn dependencies(package: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let name = package["name"].as_str().expect("a name");
    package["dependencies"].as_array().expect("dependencies").iter().map(move |one| (name, one))
}

fn forbidden(linked: &BTreeSet<String>) -> Vec<&str> {
    let is_out = |name: &&str| NOT_IN_THE_RUNNER.iter().any(|part| name.contains(part));
    linked.iter().map(String::as_str).filter(is_out).collect()
}

/// The names of everything that ends up in `name`, itself included: tests, build scripts and procedural macros run
/// elsewhere.
fn linked_by(name: &str) -> BTreeSet<String> {
    tree(name, "normal,no-proc-macro")
}

/// The packages that `name` leads to over edges of some kinds. Asked of `cargo tree`, which unlike `cargo metadata` knows that
/// a build script's features are not those of the crate.
fn tree(name: &str, edges: &str) -> BTreeSet<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).args(["tree", "--locked", "--package", name]);
    command.args(["--edges", edges, "--target", &host(), "--prefix", "none", "--format", "{p}"]);
    let output = command.output().expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    text.lines().filter_map(|line| line.split(' ').next()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
