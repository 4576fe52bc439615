//! TypeScript tools, from a folder with real packages to the bundle: what is built does what Node does with the same
//! packages, the cache is never wrong, and types are what they should be.

#![cfg(unix)]

#[path = "tools/cache.rs"]
mod cache;
#[path = "tools/folding.rs"]
mod folding;
#[path = "tools/forged.rs"]
mod forged;
#[path = "tools/globals.rs"]
mod globals;
#[path = "tools/layouts.rs"]
mod layouts;
#[path = "tools/optional.rs"]
mod optional;
#[path = "tools/packages.rs"]
mod packages;
#[path = "tools/results.rs"]
mod results;
#[path = "tools/sealed.rs"]
mod sealed;
#[path = "tools/types.rs"]
mod types;

use std::path::{Path, PathBuf};

use pace_ir::bundle::verify::TOOL_ABI;
use pace_ir::{Bundle, Policy, VerifiedBundle, verify};
use pace_tests::{Project, Run};

/// A project with one agent that may call these tools: names and files.
fn project(tools: &[(&str, &str)]) -> Project {
    let project = Project::new(&[]);
    let entries = tools.iter().map(|(name, _)| format!("  - {{name: tools/{name}, access: read, net: []}}\n"));
    let spec = "name: helper\nmodel: gemini-3.5-flash\ndescription: Answer in two sentences.\ntools:\n".to_owned();
    project.write("agents/helper/spec.yaml", &entries.fold(spec, |spec, entry| spec + &entry));
    for (name, text) in tools {
        project.write(&format!("tools/{name}.ts"), text);
    }
    project
}

/// A tool without parameters that returns the value of an expression.
fn tool(name: &str, imports: &str, expression: &str) -> String {
    let name = name.replace('-', "_");
    format!(
        "import {{ defineTool }} from \"@paceline/runtime\";\n{imports}\n\nexport default defineTool({{\n  name: \
         \"{name}\",\n  description: \"A test\",\n  parameters: {{}},\n  execute: async () => ({expression}),\n}});\n"
    )
}

/// Builds, which has to succeed.
fn built(project: &Project) -> VerifiedBundle {
    let run = project.run(&["build"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    latest(project.path())
}

fn latest(root: &Path) -> VerifiedBundle {
    let builds = root.join(".pace/build");
    let name = std::fs::read_to_string(builds.join("latest")).unwrap();
    let bytes = std::fs::read(builds.join(name.trim())).unwrap();
    verify(&bytes, &Policy { expect: None, features: &[TOOL_ABI] }).unwrap()
}

/// The ES2022 module of a tool.
fn source(bundle: &Bundle, key: &str) -> String {
    let bytes = &bundle.blobs.blobs[&bundle.tools.local[key].source];
    String::from_utf8(bytes.clone()).unwrap()
}

/// The files of the cache.
fn cached(project: &Project) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(project.path().join(".pace/cache/tools")).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn failed_with(run: &Run, code: &str) {
    assert_eq!(run.code, Some(1), "{}", run.err);
    assert!(run.err.contains(code), "{}", run.err);
}
