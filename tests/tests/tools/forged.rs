//! A cache that somebody else wrote to: what is in a bundle is what its own source gives, and a cache others may reach is not
//! used.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pace_ir::{Digest, VerifiedBundle};
use pace_tests::Project;
use serde_json::Value;

use crate::sealed::Entry;
use crate::{built, cached, project, source, tool};

fn saying(expression: &str) -> Project {
    project(&[("first", &tool("first", "", expression))])
}

/// Changes what was bundled in the one entry of the cache, and gives it its digest as `pace` would. What the engine had made of
/// the other stays, and the seal.
fn forge(project: &Project, change: impl Fn(&mut Value)) {
    Entry::of(project).with_source(change).write(project);
}

/// Replaces a part of the kept source.
fn replace(entry: &mut Value, from: &str, to: &str) {
    let code = &mut entry["bundle"]["code"];
    let text = code.as_str().unwrap();
    assert!(text.contains(from), "{text}");
    *code = text.replace(from, to).into();
}

/// The digests of a tool's module and of its source.
fn parts(bundle: &VerifiedBundle) -> (Digest, Digest) {
    let tool = &bundle.bundle().tools.local["tools/first"];
    (tool.module, tool.source)
}

#[test]
fn the_bytecode_is_always_that_of_the_source() {
    let (honest, forged) = (saying("\"three\""), saying("\"two\""));
    let (honest, before) = (built(&honest), built(&forged));
    forge(&forged, |entry| replace(entry, "\"two\"", "\"three\""));
    let after = built(&forged);
    // Nobody but the bundler could tell that this is not what the project says; it shows in the source of the bundle.
    assert!(source(after.bundle(), "tools/first").contains("three"));
    assert_eq!(parts(&after), parts(&honest));
    assert_ne!(parts(&after), parts(&before));
}

#[test]
fn bytecode_and_definitions_beside_the_source_are_not_read() {
    let project = saying("\"two\"");
    let first = built(&project);
    forge(&project, |entry| {
        for part in ["bytecode", "name", "description", "parameters"] {
            entry[part] = "forged".into();
            entry["bundle"][part] = "forged".into();
        }
    });
    assert_eq!(built(&project).id(), first.id());
}

#[test]
fn a_kept_source_that_is_no_such_tool_is_bundled_again() {
    let project = saying("\"two\"");
    let first = built(&project);
    let forgeries = [
        ("name: \"first\"", "name: \"second\""),
        ("name: \"first\"", "name: 1"),
        ("description: \"A test\"", "description: \"\""),
        ("parameters: {}", "parameters: { city: { type: \"text\" } }"),
        ("execute:", "executes:"),
        ("\"two\"", "}"),
        ("\"two\"", "1)}); throw new Error(\"no\"); ((a"),
    ];
    for (from, to) in forgeries {
        forge(&project, |entry| replace(entry, from, to));
        assert_eq!(built(&project).id(), first.id(), "{to}");
    }
    forge(&project, |entry| entry["bundle"]["code"] = "while (true);".into());
    assert_eq!(built(&project).id(), first.id());
}

#[test]
fn a_cache_that_others_may_reach_is_not_used() {
    let project = saying("\"two\"");
    let first = built(&project);
    let folder = project.path().join(".pace/cache/tools");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let set = |mode: u32| std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
    assert_eq!((mode(&folder), mode(&cached(&project)[0])), (0o700, 0o600));

    forge(&project, |entry| replace(entry, "\"two\"", "\"three\""));
    let entry = std::fs::read(&cached(&project)[0]).unwrap();
    for open in [0o770, 0o702, 0o755] {
        set(open);
        let run = project.run(&["build"]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        let told = format!("warning: `.pace/cache/tools` is not used: its mode {open:o} lets others in\n");
        assert_eq!(run.err.matches(&told).count(), 1, "{}", run.err);
        assert_eq!(crate::latest(project.path()).id(), first.id());
        assert_eq!(std::fs::read(&cached(&project)[0]).unwrap(), entry);
    }
    set(0o700);
    assert_ne!(built(&project).id(), first.id());
    // An entry that git or somebody else has put there.
    std::fs::set_permissions(&cached(&project)[0], std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(built(&project).id(), first.id());
}
