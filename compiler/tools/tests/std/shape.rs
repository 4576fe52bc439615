//! What all tools have in common: what a model is told of them is short, their modules are small, what is inside is listed,
//! and their sources have the types they say.

use std::process::Command;

use serde_json::Value;

use crate::Test;
use crate::node;
use crate::tool::{NAMES, compiled};

pub(crate) const TESTS: &[Test] = &[
    ("shape/all_folders_are_tested", all_folders_are_tested),
    ("shape/models_are_told_little", models_are_told_little),
    ("shape/modules_are_small", modules_are_small),
    ("shape/packages_are_listed", packages_are_listed),
    ("shape/types", types),
];

fn all_folders_are_tested() {
    let folder = format!("{}/../../stdlib-tools", env!("CARGO_MANIFEST_DIR"));
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut tools: Vec<String> = entries
        .filter(|entry| entry.path().join("index.ts").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    tools.sort();
    assert_eq!(tools, NAMES);
}

fn models_are_told_little() {
    for name in NAMES {
        let tool = compiled(name);
        assert_eq!(tool.name.to_string(), name.replace('-', "_"));
        // All of it is sent with every request.
        let told = tool.description.len() + tool.parameters.0.len();
        assert!(told < 2600, "{name}: {told}");
        let schema: Value = serde_json::from_str(&tool.parameters.0).unwrap();
        for (parameter, schema) in schema["properties"].as_object().unwrap() {
            let is_told =
                schema["description"].as_str().is_some_and(|words| !words.is_empty() && !words.ends_with('.'));
            assert!(is_told && schema["type"].is_string(), "{name} {parameter}: {schema}");
        }
    }
}

fn modules_are_small() {
    for name in NAMES {
        let length = compiled(name).source.len();
        assert!(length < 150_000, "{name}: {length} bytes");
    }
}

fn packages_are_listed() {
    let names = |name| -> Vec<&str> {
        compiled(name).packages.keys().filter_map(|purl| purl.strip_prefix("pkg:npm/")?.split('@').next()).collect()
    };
    assert_eq!(names("calc"), ["decimal.js"]);
    assert_eq!(names("csv"), ["papaparse"]);
    assert_eq!(names("html-to-markdown"), ["entities", "htmlparser2"]);
    assert_eq!(names("json-query"), Vec::<&str>::new());
    assert_eq!(names("text-diff"), ["diff"]);
    assert!(compiled("rss").packages.values().all(|component| component.licence.is_some()));
}

/// By the native TypeScript of the tests' packages, strict, with the types of the runtime and nothing else.
fn types() {
    let Some(packages) = node::packages() else { return };
    let platform = format!(
        "node_modules/@typescript/typescript-{}-{}/lib/tsc",
        std::env::consts::OS,
        if cfg!(target_arch = "x86_64") { "x64" } else { "arm64" }
    );
    let config = format!("{}/../../stdlib-tools/tsconfig.json", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(packages.join(platform)).args(["-p", &config]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
