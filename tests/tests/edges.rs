//! The dependency edges between the crates, and what the runner may not link: over `cargo metadata`, so that a
//! convenient `use` cannot add an edge unseen. The rules of crates that are still to come stand here already.

use std::collections::{BTreeMap, BTreeSet};
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
            "pace-studio",
            "pace-sandbox",
            "pace-mcp",
            "pace-runner",
        ],
    ),
    ("pace-sandbox", "runner/sandbox", &["pace-ir"]),
    ("pace-mcp", "runner/mcp", &["pace-ir"]),
    ("pace-runner", "runner/core", &["pace-ir", "pace-sandbox", "pace-mcp"]),
    // The suites judge binaries; what they read of the crates is the contract.
    ("pace-tests", "tests", &["pace-ir"]),
    // What the runner is measured with knows nothing of what is measured.
    ("pace-bench", "tests/bench", &[]),
    // The chores have to build while the crates do not.
    ("xtask", "xtask", &[]),
];

/// What the runner executes is a bundle: it reads no YAML, draws no frames, bundles no JavaScript and compiles no
/// machine code. A crate is out if its name holds one of these.
const NOT_IN_THE_RUNNER: &[&str] =
    &["yaml", "saphyr", "granit", "codespan", "rolldown", "oxc", "swc", "esbuild", "cranelift"];

/// The archived YAML library, an oracle and nothing more.
const ORACLE: &str = "serde_yaml";

#[test]
fn the_edges_between_crates_are_the_designed_ones() {
    assert_eq!(edge_violations(&metadata()), Vec::<String>::new());
}

#[test]
fn the_runner_links_no_compiler_parts() {
    let metadata = metadata();
    let linked = Graph::new(&metadata).linked_by("pace-runner");
    assert!(linked.contains("pace-ir") && linked.contains("blake3"), "the walk went nowhere: {linked:?}");
    assert_eq!(forbidden(&linked), Vec::<&str>::new());
}

#[test]
fn the_compiler_is_where_the_forbidden_parts_are() {
    let linked = Graph::new(&metadata()).linked_by("pace");
    let found = forbidden(&linked);
    assert!(found.contains(&"granit-parser") && found.contains(&"codespan-reporting"), "{found:?}");
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

#[test]
fn what_is_linked_leaves_out_tests_builds_and_macros() {
    let node = |id: &str, deps: &[(&str, Value)]| {
        let deps: Vec<Value> = deps
            .iter()
            .map(|(to, kind)| serde_json::json!({"pkg": to, "dep_kinds": [{"kind": kind, "target": null}]}))
            .collect();
        serde_json::json!({"id": id, "deps": deps})
    };
    let package = |id: &str, kind: &str| serde_json::json!({"id": id, "name": id, "targets": [{"kind": [kind]}]});
    let metadata = serde_json::json!({
        "packages": [package("a", "lib"), package("b", "lib"), package("m", "proc-macro"), package("t", "lib"),
                     package("c", "lib"), package("inside-m", "lib"), package("building", "lib")],
        "resolve": {"nodes": [
            node("a", &[("b", Value::Null), ("t", "dev".into()), ("building", "build".into()), ("m", Value::Null)]),
            node("b", &[("c", Value::Null)]),
            node("c", &[]),
            node("m", &[("inside-m", Value::Null)]),
            node("inside-m", &[]),
            node("t", &[]),
            node("building", &[]),
        ]},
    });
    assert_eq!(Graph::new(&metadata).linked_by("a"), BTreeSet::from(["a", "b", "c"].map(str::to_owned)));
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

/// The resolved packages by id, with the ids they link: normal dependencies only, since tests and build scripts run
/// elsewhere. Features are those of the whole workspace, so it may hold a little more than is linked, never less.
struct Graph<'a> {
    packages: BTreeMap<&'a str, &'a Value>,
    edges: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn new(metadata: &'a Value) -> Self {
        let id = |value: &'a Value| value["id"].as_str().expect("an id");
        let packages = metadata["packages"].as_array().expect("packages").iter().map(|one| (id(one), one)).collect();
        let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
        Self { packages, edges: nodes.iter().map(|node| (id(node), linked_ids(node))).collect() }
    }

    /// The names of everything that ends up in `name`, itself included.
    fn linked_by(&self, name: &str) -> BTreeSet<String> {
        let start = self.packages.iter().find(|(_, package)| package["name"] == name).expect("the crate is there").0;
        let mut seen = BTreeSet::from([*start]);
        let mut open = vec![*start];
        while let Some(id) = open.pop() {
            let next = self.edges[id].iter().copied().filter(|id| !self.is_macro(id));
            open.extend(next.filter(|id| seen.insert(id)));
        }
        seen.into_iter().map(|id| self.packages[id]["name"].as_str().expect("a name").to_owned()).collect()
    }

    /// A procedural macro runs in the compiler; nothing of it is linked.
    fn is_macro(&self, id: &str) -> bool {
        let targets = self.packages[id]["targets"].as_array().expect("targets");
        targets.iter().any(|target| target["kind"].as_array().is_some_and(|kinds| kinds.contains(&"proc-macro".into())))
    }
}

fn linked_ids(node: &Value) -> Vec<&str> {
    let deps = node["deps"].as_array().expect("deps").iter();
    let is_normal =
        |dep: &&Value| dep["dep_kinds"].as_array().expect("kinds").iter().any(|kind| kind["kind"].is_null());
    deps.filter(is_normal).map(|dep| dep["pkg"].as_str().expect("an id")).collect()
}
