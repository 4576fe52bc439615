//! The pages of `pace explain` whose rule speaks of what a server answers: their examples are built here, against servers
//! made of strings. `tests/tests/pages.rs` judges all others.

use std::collections::{BTreeMap, BTreeSet};

use pace_compiler::pins::PackagePin;
use pace_compiler::servers::{Offer, ProbeFailure, ServerAddress, Unreachable, WantedServer};
use pace_compiler::{PinMode, ServerProber};
use pace_diag::{Code, Severity};
use serde_json::json;

use super::{OfferedTool, said, tool};
use crate::world::Strings;

/// What stands before files that join those of the failing example.
const OVERLAY: &str = "Files not shown stay as they are.";

/// The rules, and what their servers do in the example that fails and in the one that does not.
const ROWS: &[(&str, Behaviour)] = &[
    ("P0301", |wanted| match wanted.address {
        ServerAddress::Http(_) => Err(ProbeFailure::Unreachable(Unreachable::Refused)),
        _ => Ok(sound(wanted)),
    }),
    ("P0305", |wanted| match wanted.args.as_slice() {
        [] => {
            Err(ProbeFailure::Ended { how: "exit code 2".to_owned(), stderr: "usage: mail-server --stdio".to_owned() })
        }
        _ => Ok(sound(wanted)),
    }),
    ("P0306", |wanted| match &wanted.address {
        ServerAddress::Program(program) if !program.contains('/') => Err(ProbeFailure::ProgramNotFound),
        _ => Ok(sound(wanted)),
    }),
    ("P0308", |wanted| match &wanted.address {
        ServerAddress::Npm(name, _) if name.starts_with("@anthropic-ai/") => Err(ProbeFailure::NoSuchPackage),
        _ => Ok(sound(wanted)),
    }),
    ("P0309", |wanted| {
        if wanted.credentials.is_empty() {
            return Err(ProbeFailure::NeedsCredential("unauthorized".to_owned()));
        }
        Ok(Offer { needs_credential: true, ..sound(wanted) })
    }),
    ("P0310", |wanted| match &wanted.package {
        Some(package) if package.tree[0].integrity == "sha512-AAAA" => Err(ProbeFailure::Tampered {
            package: package.tree[0].place.clone(),
            why: "its file is sha512-BBBB".to_owned(),
        }),
        _ => Ok(sound(wanted)),
    }),
    ("P0804", |wanted| {
        let mut offer = sound(wanted);
        offer.tools.push(described("send", None));
        Ok(offer)
    }),
    ("P0805", |wanted| {
        let is_down = wanted.key.ends_with("/mail");
        if is_down {
            Err(ProbeFailure::Unreachable(Unreachable::TimedOut(std::time::Duration::from_secs(20))))
        } else {
            Ok(sound(wanted))
        }
    }),
];

type Behaviour = fn(&WantedServer) -> Result<Offer, ProbeFailure>;

/// A tool as the examples pin it.
fn described(name: &str, read_only: Option<bool>) -> OfferedTool {
    OfferedTool { description: String::new(), input: json!({}), ..tool(name, read_only) }
}

/// What the servers of the examples offer.
fn sound(wanted: &WantedServer) -> Offer {
    let installed = |version: &Option<String>| super::package(version.as_deref().unwrap_or("1.0.0"));
    let package: Option<PackagePin> = match &wanted.address {
        ServerAddress::Npm(_, version) | ServerAddress::PyPi(_, version) => {
            Some(wanted.package.clone().unwrap_or_else(|| installed(version)))
        }
        _ => None,
    };
    Offer { name: "example".to_owned(), package, tools: vec![described("list", Some(true))], ..Offer::default() }
}

#[derive(Debug)]
struct Behaving(Behaviour);

impl ServerProber for Behaving {
    fn probe(&self, wanted: &[WantedServer]) -> Vec<Result<Offer, ProbeFailure>> {
        wanted.iter().map(self.0).collect()
    }
}

type Files = BTreeMap<String, String>;

fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    rest.split_once("\n## ").map_or(rest, |(section, _)| section)
}

fn files(section: &str) -> Files {
    let mut files = Files::new();
    let mut lines = section.lines();
    while let Some(info) = lines.find_map(|line| line.strip_prefix("```")) {
        let (_, path) = info.split_once(' ').unwrap();
        let content: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        files.insert(path.to_owned(), content.join("\n") + "\n");
    }
    assert!(!files.is_empty(), "{section}");
    files
}

fn world(files: &Files) -> Strings {
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    Strings::new(&files)
}

#[test]
fn failing_examples_fail_with_their_code_alone() {
    for (id, behaviour) in ROWS {
        let page = Code::find(id).unwrap().page;
        let outcome = world(&files(section(page, "Fails"))).build_asking(&Behaving(*behaviour), PinMode::Online);
        let errors = outcome.diagnostics.iter().filter(|one| one.severity == Severity::Error);
        let errors: BTreeSet<_> = errors.map(|one| one.code.id).collect();
        let spoke = outcome.diagnostics.iter().any(|one| one.code.id == *id);
        assert!(spoke && errors.iter().all(|code| code == id), "{id}: {:#?}", said(&outcome));
    }
}

#[test]
fn fixed_examples_have_nothing_left_to_say() {
    for (id, behaviour) in ROWS {
        let page = Code::find(id).unwrap().page;
        let fixed = section(page, "Fixed");
        let mut all = if fixed.contains(OVERLAY) { files(section(page, "Fails")) } else { Files::new() };
        all.extend(files(fixed));
        let outcome = if *id == "P0804" {
            // Fixed by what an update writes, which is what stands on the page.
            let fails = world(&files(section(page, "Fails")));
            let updated = pace_compiler::update_pins(&fails, &Behaving(*behaviour), &[]).result.unwrap();
            let on_page = pace_compiler::pins(&world(&all)).result.unwrap();
            let updated = Strings::new(&[("mcp.lock", &updated.lock.unwrap())]);
            assert_eq!(pace_compiler::pins(&updated).result.unwrap(), on_page);
            world(&all).build_asking(&Behaving(*behaviour), PinMode::Online)
        } else {
            world(&all).build_asking(&Behaving(*behaviour), PinMode::Online)
        };
        assert_eq!(said(&outcome), Vec::<String>::new(), "{id}");
        assert!(outcome.result.is_ok(), "{id}");
    }
}
