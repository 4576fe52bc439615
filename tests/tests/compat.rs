//! The bundles of `tests/compat/` are read as they always were, and there is one for each section and version.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use pace_ir::bundle::tool_module;
use pace_ir::{Digest, Policy, VerifiedBundle, verify};
use pace_tests::process::{Runner, command};
use pace_tests::{Project, http};
use serde_json::{Value, json};

/// What kept bundles require of a reader.
const FEATURES: &[&str] = &["stdio:node", "stdio:python", "tool-abi/1"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The folders with a kept bundle, by name.
fn kept() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root().join("tests/compat")).unwrap().map(|entry| entry.unwrap().path());
    let mut folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

fn read(folder: &Path) -> Result<VerifiedBundle, pace_ir::RejectReason> {
    let file = std::fs::read(folder.join("bundle.pace")).unwrap();
    verify(&file, &Policy { expect: None, features: FEATURES })
}

/// Everything a bundle says. Bytes are shown as the text they are; compiled tools, which are none, by their digest alone.
fn contents(kept: &VerifiedBundle) -> String {
    let bundle = kept.bundle();
    let mut text = format!("bundle {}\nprogram {}\n", kept.id(), kept.program_digest());
    for section in kept.sections() {
        let (id, version, need) = (section.id, section.version, section.need.as_str());
        let _infallible = writeln!(text, "{id} {version} {need}, {} bytes, {}", section.raw_length, section.raw_digest);
    }
    for (digest, bytes) in &bundle.blobs.blobs {
        let _infallible = match String::from_utf8(bytes.clone()) {
            Ok(words) => writeln!(text, "blob {digest} {words:?}"),
            Err(_) => writeln!(text, "blob {digest} {} bytes", bytes.len()),
        };
    }
    let (meta, program, auth, tools) = (&bundle.meta, &bundle.program, &bundle.auth, &bundle.tools);
    let (lock, source_map, sbom) = (&bundle.lock, &bundle.source_map, &bundle.sbom);
    let _infallible =
        write!(text, "{meta:#?}\n{program:#?}\n{auth:#?}\n{tools:#?}\n{lock:#?}\n{source_map:#?}\n{sbom:#?}\n");
    // Older bundles have none, and what is stored of them stays as it is.
    if let Some(tool_map) = &bundle.tool_map {
        let _infallible = writeln!(text, "{tool_map:#?}");
    }
    text
}

#[test]
fn kept_bundles_are_read_as_they_were() {
    for folder in kept() {
        let read = match read(&folder) {
            Ok(kept) => contents(&kept),
            Err(reason) => format!("{reason}\n"),
        };
        let path = folder.join("contents.txt");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &read).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(read, stored, "{}: if this is meant, BLESS=1 stores it", path.display());
    }
}

#[test]
fn a_refused_version_is_refused_by_name() {
    for folder in kept() {
        if let Err(reason) = read(&folder) {
            assert_eq!(reason.slug(), "section-version", "{}: {reason}", folder.display());
        }
    }
}

/// `ir/schema/` lists every section in every version there ever was.
#[test]
fn every_section_and_version_is_kept() {
    let listings = std::fs::read_dir(root().join("ir/schema")).unwrap().map(|entry| entry.unwrap().file_name());
    let listed: BTreeSet<String> =
        listings.map(|name| name.to_str().unwrap().strip_suffix(".txt").unwrap().to_owned()).collect();
    let found: BTreeSet<String> = kept().iter().flat_map(|folder| versions(folder)).collect();
    assert_eq!(found, listed, "left: bundles under tests/compat; right: listings under ir/schema");
}

/// `AUTH.1` and so on, from the table of a bundle that this reader may refuse: 96 bytes a section after the header of 64.
fn versions(folder: &Path) -> Vec<String> {
    let file = std::fs::read(folder.join("bundle.pace")).unwrap();
    let count = u32::from_le_bytes(file[12..16].try_into().unwrap()) as usize;
    let entries = file[64..].chunks_exact(96).take(count);
    let version = |entry: &[u8]| u16::from_le_bytes([entry[4], entry[5]]);
    entries.map(|entry| format!("{}.{}", std::str::from_utf8(&entry[..4]).unwrap(), version(entry))).collect()
}

#[test]
fn the_binaries_read_what_an_older_build_made() {
    let bundle = root().join("tests/compat/compiled-3/bundle.pace");
    let id = read(&root().join("tests/compat/compiled-3")).unwrap().id().to_string();
    for (binary, arguments) in [("pace", &["inspect"][..]), ("pace-runner", &["check", "--expect", &id])] {
        let mut command = Command::new(pace_tests::binary(binary));
        command.args(arguments).arg(&bundle).env("GOOGLE_API_KEY", "unused").env("PACE_STATE_DIR", "memory");
        let output = command.output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{binary}: {err}");
        assert!(out.contains(&id), "{binary}: {out}");
    }
}

/// What the tool of `compiled-2` answers to two calls, by a runner for these bytes; and what the runner logged.
#[cfg(unix)]
fn added_up(bundle: &[u8]) -> (Vec<Value>, Vec<String>) {
    let folder = Project::new(&[]);
    std::fs::write(folder.path().join("x.pace"), bundle).unwrap();
    let mut runner = Runner::of(command(&folder, &[]));
    let mut connection = http::Connection::to(runner.address);
    let request = http::stream("add").replace("/agents/helper/", "/agents/desk/");
    connection.send(request.as_bytes());
    assert_eq!(connection.head().map(|answer| answer.status), Some(200));
    let events = connection.events();
    assert_eq!(events.last().map(|event| event.data["response"].clone()), Some(json!("4.25.")), "{events:?}");
    let mut results: Vec<_> = events.into_iter().filter(|event| event.name == "tool_result").collect();
    results.sort_by_key(|event| event.data["id"].to_string());
    // What it has said is read to the end.
    assert_eq!(runner.stop(), Some(0));
    (results.into_iter().map(|event| event.data["content"].clone()).collect(), runner.lines())
}

#[cfg(unix)]
#[track_caller]
fn assert_added_up(results: &[Value]) {
    assert_eq!(results[0], json!({"total": 425}));
    assert_eq!(results[1]["error"], "RangeError: a price is below zero");
    assert_eq!(results[1]["stack"][0], "checked (lib/prices.ts:4:17)");
}

#[cfg(unix)]
#[test]
fn a_tool_of_an_older_build_runs() {
    let (results, _) = added_up(&std::fs::read(root().join("tests/compat/compiled-3/bundle.pace")).unwrap());
    assert_added_up(&results);
}

/// The bytecode of another engine is not for this one: the source beside it is. Here the bytecode is none at all, so that
/// whoever tried it would fail.
#[cfg(unix)]
#[test]
fn a_tool_of_another_engine_is_compiled_again() {
    let mut bundle = read(&root().join("tests/compat/compiled-3")).unwrap().into_bundle();
    bundle.meta.engine = Some(Digest::of(b"another engine"));
    let module = tool_module::wrap(b"for another engine");
    let digest = Digest::of(&module);
    let tool = bundle.tools.local.get_mut("tools/add-up").unwrap();
    bundle.blobs.blobs.remove(&std::mem::replace(&mut tool.module, digest)).unwrap();
    bundle.blobs.blobs.insert(digest, module);
    let (results, log) = added_up(&bundle.to_bytes().unwrap());
    assert_added_up(&results);
    let said = log.iter().filter(|line| line.contains("compiled again, because another version of the engine")).count();
    assert_eq!(said, 1, "{log:?}");
}
