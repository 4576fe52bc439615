//! Servers made of strings: what a build asks, what it pins, and what it says about what has changed.

mod lock;
mod pages;
mod update;
mod words;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use pace_compiler::pins::{PackagePin, TreeLine};
use pace_compiler::servers::{Offer, OfferedTool, ProbeFailure, ServerAddress, WantedServer};
use pace_compiler::{Built, Outcome, PinMode, ServerProber};
use pace_ir::access::{Rules, Tool};
use pace_ir::program::Access;
use pace_ir::program::tool::PackageRuntime;
use serde_json::{Value, json};

use crate::world::Strings;

pub(crate) const FILES: &str = "mcp://npx/@modelcontextprotocol/server-filesystem";
pub(crate) const MAIL: &str = "https://mcp.example.com/mail";

/// Servers by key, and what was asked of them.
#[derive(Debug, Default)]
pub(crate) struct Servers {
    answers: BTreeMap<String, Result<Offer, ProbeFailure>>,
    pub(crate) asked: RefCell<Vec<WantedServer>>,
}

impl Servers {
    pub(crate) fn new(answers: &[(&str, Result<Offer, ProbeFailure>)]) -> Self {
        let answers = answers.iter().map(|(key, answer)| ((*key).to_owned(), answer.clone()));
        Self { answers: answers.collect(), asked: RefCell::default() }
    }
}

impl ServerProber for Servers {
    fn probe(&self, wanted: &[WantedServer]) -> Vec<Result<Offer, ProbeFailure>> {
        self.asked.borrow_mut().extend_from_slice(wanted);
        wanted.iter().map(|server| self.answers[&server.key].clone()).collect()
    }
}

pub(crate) fn tool(name: &str, read_only: Option<bool>) -> OfferedTool {
    OfferedTool {
        name: name.to_owned(),
        description: format!("Does {name}."),
        input: json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}),
        read_only,
        ..OfferedTool::default()
    }
}

pub(crate) fn package(version: &str) -> PackagePin {
    let line = |place: &str, version: &str| TreeLine {
        place: place.to_owned(),
        version: version.to_owned(),
        integrity: format!("sha512-{version}=="),
        rest: String::new(),
    };
    PackagePin {
        version: version.to_owned(),
        runtime: PackageRuntime::Node,
        needs: ">=18".to_owned(),
        entry: "node_modules/@modelcontextprotocol/server-filesystem/dist/index.js".to_owned(),
        tree: vec![
            line("node_modules/@modelcontextprotocol/server-filesystem", version),
            line("node_modules/zod", "4.6.7"),
        ],
    }
}

pub(crate) fn files() -> Offer {
    Offer {
        name: "secure-filesystem-server".to_owned(),
        package: Some(package("2026.8.31")),
        tools: vec![tool("read_file", Some(true)), tool("list_directory", Some(true)), tool("write_file", None)],
        ..Offer::default()
    }
}

pub(crate) fn mail() -> Offer {
    let purge = OfferedTool { destructive: Some(true), ..tool("purge", Some(false)) };
    Offer {
        name: "mail".to_owned(),
        tools: vec![tool("list", Some(true)), tool("send", None), purge],
        ..Offer::default()
    }
}

/// A project of one agent with these tool entries.
pub(crate) fn project(entries: &str) -> Strings {
    let agent = format!("name: helper\nmodel: gemini-2.5-flash\ndescription: Help.\ntools:\n{entries}");
    Strings::new(&[("agents/helper/spec.yaml", &agent)])
}

pub(crate) fn with_files() -> Strings {
    project(&format!("  - {{server: \"{FILES}\", access: read, roots: [data]}}\n"))
}

pub(crate) fn with_mail(rest: &str) -> Strings {
    project(&format!("  - {{server: \"{MAIL}\", access: write{rest}}}\n"))
}

/// Everything said: code, message, label, notes and help, a line each.
pub(crate) fn said<T>(outcome: &Outcome<T>) -> Vec<String> {
    let lines = outcome.diagnostics.iter().flat_map(|one| {
        let first = format!("{} {}", one.code.id, one.concise());
        let help = one.help.iter().map(|help| format!("help: {}", help.text));
        std::iter::once(first).chain(one.notes.clone()).chain(help)
    });
    lines.collect()
}

#[track_caller]
pub(crate) fn built(outcome: Outcome<Built>) -> Built {
    let said = said(&outcome);
    outcome.result.unwrap_or_else(|failure| panic!("{failure}: {said:#?}"))
}

/// Asking a dozen servers takes a while: one that is down is no reason to ask the others again.
#[test]
fn what_answered_is_kept_when_another_failed() {
    let entries =
        format!("  - {{server: \"{MAIL}\", access: read}}\n  - {{server: \"mcp://exec/shop\", access: read}}\n");
    let world = project(&entries);
    let servers = Servers::new(&[(MAIL, Ok(mail())), ("mcp://exec/shop", Err(ProbeFailure::ProgramNotFound))]);
    let failed = world.build_asking(&servers, PinMode::Online);
    assert!(failed.result.is_err());
    let kept = failed.kept.unwrap();
    assert_eq!(kept.added.iter().map(|added| added.server.as_str()).collect::<Vec<_>>(), [MAIL]);
    let lock = kept.lock.unwrap();
    assert!(lock.contains(MAIL) && !lock.contains("shop"), "{lock}");
    // What two entries do not agree about is not kept.
    assert!(world.build_asking(&servers, PinMode::Frozen).kept.is_none());
}

/// The project with the lock that a first build writes.
pub(crate) fn pinned(world: &Strings, servers: &Servers) -> Strings {
    let first = built(world.build_asking(servers, PinMode::Online));
    world.clone().with("mcp.lock", first.pins.lock.expect("something new is pinned"))
}

#[test]
fn a_first_build_pins_and_a_second_one_changes_nothing() {
    let (world, servers) = (with_files(), Servers::new(&[(FILES, Ok(files()))]));
    let outcome = world.build_asking(&servers, PinMode::Online);
    assert_eq!(
        said(&outcome)[0],
        format!("P0316 the package of `{FILES}` has no version: the next build takes the newest there is, and pins it")
    );
    let first = built(outcome);
    let added = &first.pins.added[0];
    assert_eq!((added.server.as_str(), added.version.as_deref(), added.tools), (FILES, Some("2026.8.31"), 3));
    let left_out = &first.pins.left_out[0];
    assert_eq!((left_out.agent.as_str(), left_out.tools.as_slice()), ("helper", &["write_file".to_owned()][..]));

    let world = world.with("mcp.lock", first.pins.lock.clone().unwrap());
    let outcome = world.build_asking(&servers, PinMode::Online);
    assert_eq!(said(&outcome), Vec::<String>::new());
    let second = built(outcome);
    assert_eq!(second.emitted.bytes, first.emitted.bytes, "what is built with a new lock is what it builds");
    assert_eq!((second.pins.lock, second.pins.added), (None, Vec::new()));
    assert_eq!(servers.asked.borrow()[1].package, Some(package("2026.8.31")), "what is pinned is what is installed");
}

#[test]
fn a_bundle_says_what_is_pinned_and_what_it_needs() {
    let first = built(with_files().build_asking(&Servers::new(&[(FILES, Ok(files()))]), PinMode::Online));
    let bundle = first.emitted.verified.bundle();
    let server = &bundle.tools.servers[FILES];
    let pinned = server.package.as_ref().unwrap();
    assert_eq!(bundle.meta.required_features.iter().collect::<Vec<_>>(), ["stdio:node"]);
    assert_eq!(bundle.blobs.blobs[&pinned.tree], package("2026.8.31").tree_text(FILES).as_bytes());
    assert_eq!((server.name.as_str(), pinned.version.as_str()), ("secure-filesystem-server", "2026.8.31"));
    let agent = "helper".parse().unwrap();
    let tool = |name: &str| (Tool::Server(FILES.to_owned(), name.to_owned()), Access::Read);
    assert_eq!(Rules::of(bundle).tools(&agent), [tool("list_directory"), tool("read_file")]);
}

#[test]
fn checking_asks_nobody_and_needs_no_lock() {
    let world = with_mail(", tools: [sned]");
    assert_eq!(said(&world.check()), Vec::<String>::new());
    let pinned = pinned(&with_mail(""), &Servers::new(&[(MAIL, Ok(mail()))]));
    let world = world.with("mcp.lock", pinned.files["mcp.lock"].clone());
    let said = said(&world.check());
    assert_eq!(
        said[0],
        format!("P0311 the server `{MAIL}` has no tool `sned`: not among those it offered when it was pinned")
    );
    assert_eq!(said[1], "help: did you mean `send`?");
}

#[test]
fn offline_builds_what_is_pinned_and_asks_nobody() {
    let servers = Servers::new(&[(MAIL, Ok(mail()))]);
    let world = pinned(&with_mail(""), &servers);
    servers.asked.borrow_mut().clear();
    let (offline, online) = (PinMode::Offline, PinMode::Online);
    let bytes = |mode| built(world.build_asking(&servers, mode)).emitted.bytes;
    assert_eq!(bytes(offline), bytes(online));
    assert_eq!(servers.asked.borrow().len(), 1, "only the one online");
    let outcome = with_mail("").build_asking(&servers, offline);
    assert_eq!(
        said(&outcome)[0],
        format!("P0803 the server `{MAIL}` is not pinned in `mcp.lock`: nobody was asked what it offers")
    );
    assert!(outcome.result.is_err());
}

#[test]
fn frozen_starts_nothing_new_and_takes_no_difference() {
    let servers = Servers::new(&[(MAIL, Ok(mail())), (FILES, Ok(files()))]);
    let world = pinned(&with_mail(""), &servers);
    servers.asked.borrow_mut().clear();
    let both = format!(
        "  - {{server: \"{MAIL}\", access: write}}\n  - {{server: \"{FILES}@2026.8.31\", access: read, roots: [x]}}\n"
    );
    let both = project(&both).with("mcp.lock", world.files["mcp.lock"].clone());
    let outcome = both.build_asking(&servers, PinMode::Frozen);
    assert_eq!(
        said(&outcome)[0],
        format!(
            "P0803 the server `{FILES}` is not pinned in `mcp.lock`: frozen, a build starts no server that is not pinned"
        )
    );
    let asked: Vec<_> = servers.asked.borrow().iter().map(|wanted| wanted.key.clone()).collect();
    assert_eq!(asked, [MAIL]);

    let mut changed = mail();
    changed.tools[1].description = "Sends everything to everybody.".to_owned();
    let servers = Servers::new(&[(MAIL, Ok(changed))]);
    let (warned, refused) =
        (world.build_asking(&servers, PinMode::Online), world.build_asking(&servers, PinMode::Frozen));
    assert_eq!(said(&warned), said(&refused));
    assert_eq!(
        said(&warned)[1],
        "compatible: `send`: its description says `Sends everything to everybody.`, was `Does send.`"
    );
    assert!(refused.result.is_err());
    let kept = built(warned);
    let kept = &kept.emitted.verified.bundle().tools.servers[MAIL].tools["send"];
    assert_eq!(kept.description, "Does send.", "a pin is not changed by a build");
}

#[test]
fn a_pinned_server_that_is_gone_is_built_as_it_was() {
    let world = pinned(&with_mail(""), &Servers::new(&[(MAIL, Ok(mail()))]));
    let gone = ProbeFailure::Unreachable(pace_compiler::servers::Unreachable::Refused);
    let outcome = world.build_asking(&Servers::new(&[(MAIL, Err(gone))]), PinMode::Online);
    assert_eq!(
        said(&outcome),
        [format!("P0805 the server `{MAIL}` could not be asked, and is built as it is pinned: connection refused")]
    );
    assert!(outcome.result.is_ok());
    let unset = Servers::new(&[(MAIL, Err(ProbeFailure::VariablesNotSet(vec!["X".to_owned()])))]);
    assert_eq!(said(&world.build_asking(&unset, PinMode::Frozen)), Vec::<String>::new());
    let refused = || ProbeFailure::NeedsCredential(String::new());
    let outcome = world.build_asking(&Servers::new(&[(MAIL, Err(refused()))]), PinMode::Online);
    assert_eq!(outcome.diagnostics[0].code.id, "P0805", "it needed none before");
    let closed = Servers::new(&[(MAIL, Ok(Offer { needs_credential: true, ..mail() }))]);
    let held = format!("mcp_credentials: {{\"{MAIL}\": {{authenticated: {{type: bearer, token: \"${{env:T}}\"}}}}}}\n");
    let closed = pinned(&with_mail("").with("paceline.yaml", held), &closed);
    let outcome = closed.build_asking(&Servers::new(&[(MAIL, Err(refused()))]), PinMode::Frozen);
    assert_eq!(said(&outcome), Vec::<String>::new(), "who builds needs no credential");
    let tampered = ProbeFailure::Tampered { package: "node_modules/zod".to_owned(), why: "another digest".to_owned() };
    let outcome = world.build_asking(&Servers::new(&[(MAIL, Err(tampered))]), PinMode::Online);
    assert_eq!(outcome.diagnostics[0].code.id, "P0310");
    assert!(outcome.result.is_err(), "what is not what was pinned is never built");
}

#[test]
fn a_server_is_asked_once_for_each_way_it_is_started() {
    let entry = |agent: &str, args: &str| {
        let text = format!(
            "name: {agent}\nmodel: gemini-2.5-flash\ndescription: Help.\ntools:\n  - {{server: \"{FILES}@1.0.0\", access: read, args: [{args}]}}\n"
        );
        (format!("agents/{agent}/spec.yaml"), text)
    };
    let specs = [entry("a", "one"), entry("b", "two"), entry("c", "one")];
    let specs: Vec<_> = specs.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let world = Strings::new(&specs);
    let offer = Offer { package: Some(package("1.0.0")), ..files() };
    let servers = Servers::new(&[(FILES, Ok(offer))]);
    assert!(world.build_asking(&servers, PinMode::Online).result.is_ok());
    let args: BTreeSet<_> = servers.asked.borrow().iter().map(|wanted| wanted.args[0].to_string()).collect();
    assert_eq!((servers.asked.borrow().len(), args.len()), (2, 2));
}

#[test]
fn an_entry_without_a_version_takes_that_of_the_others() {
    let world = project(&format!(
        "  - {{server: \"{FILES}\", access: read, roots: [x]}}\n  - {{server: \"{FILES}@1.0.0\", access: read, roots: [x], alias: other}}\n"
    ));
    let servers = Servers::new(&[(FILES, Ok(Offer { package: Some(package("1.0.0")), ..files() }))]);
    let outcome = world.build_asking(&servers, PinMode::Online);
    assert_eq!(said(&outcome), Vec::<String>::new());
    let asked: Vec<_> = servers.asked.borrow().iter().map(|wanted| wanted.address.clone()).collect();
    let name = FILES.strip_prefix("mcp://npx/").unwrap().to_owned();
    assert_eq!(asked, [ServerAddress::Npm(name, Some("1.0.0".to_owned()))]);
}

/// Only who asks for another version than the pinned one is told so, and an entry without a version asks for none.
#[test]
fn another_version_is_told_where_it_is_asked_for() {
    let entries = |version: &str| {
        project(&format!(
            "  - {{server: \"{FILES}\", access: read, roots: [x]}}\n  - {{server: \"{FILES}{version}\", access: read, roots: [x], alias: other}}\n"
        ))
    };
    let servers = Servers::new(&[(FILES, Ok(Offer { package: Some(package("1.0.0")), ..files() }))]);
    let lock = pinned(&entries("@1.0.0"), &servers).files["mcp.lock"].clone();
    let outcome = entries("@99.0.0").with("mcp.lock", lock).check();
    let places: Vec<_> = outcome
        .diagnostics
        .iter()
        .map(|diagnostic| {
            let place = diagnostic.primary.as_ref().map(|label| outcome.sources.line_column(label.span).line);
            (diagnostic.code.id, place)
        })
        .collect();
    assert_eq!(places, [("P0806", Some(6))], "{:?}", outcome.diagnostics);
}

/// Offers one tool by its first argument.
#[derive(Debug)]
struct ByArgument;

impl ServerProber for ByArgument {
    fn probe(&self, wanted: &[WantedServer]) -> Vec<Result<Offer, ProbeFailure>> {
        let offer = |wanted: &WantedServer| Offer {
            tools: vec![tool(&wanted.args[0].to_string(), Some(true))],
            ..Offer::default()
        };
        wanted.iter().map(|wanted| Ok(offer(wanted))).collect()
    }
}

#[test]
fn two_entries_that_start_two_servers_are_an_error() {
    let world = project(
        "  - {server: \"mcp://exec/serve\", access: read, args: [one]}\n  - {server: \"mcp://exec/serve\", access: read, args: [two], alias: other}\n",
    );
    let outcome = world.build_asking(&ByArgument, PinMode::Online);
    assert_eq!(outcome.diagnostics[0].code.id, "P0317");
    assert_eq!(said(&outcome)[1], "breaking: `one`: is no longer offered");
}

#[test]
fn an_update_takes_a_new_version_and_a_build_does_not() {
    let (one, two) =
        (Offer { package: Some(package("1.0.0")), ..files() }, Offer { package: Some(package("2.0.0")), ..files() });
    let spec = |version: &str| project(&format!("  - {{server: \"{FILES}@{version}\", access: read, roots: [x]}}\n"));
    let lock = pinned(&spec("1.0.0"), &Servers::new(&[(FILES, Ok(one))])).files["mcp.lock"].clone();
    let world = spec("2.0.0").with("mcp.lock", lock);
    assert_eq!(
        said(&world.check())[0],
        format!("P0806 `mcp.lock` pins another version of `{FILES}` than is asked for: `2.0.0` is asked for")
    );
    let servers = Servers::new(&[(FILES, Ok(two))]);
    let updated = pace_compiler::update_pins(&world, &servers, &[]).result.unwrap();
    assert_eq!(servers.asked.borrow()[0].package, None);
    assert_eq!(updated.moved[FILES], ("1.0.0".to_owned(), "2.0.0".to_owned()));
    let world = world.with("mcp.lock", updated.lock.unwrap());
    assert_eq!(said(&world.build_asking(&servers, PinMode::Online)), Vec::<String>::new());
}

/// A server that answers for another than it was asked for is as good as none.
#[test]
fn what_is_started_is_what_is_pinned() {
    let servers = Servers::new(&[(FILES, Ok(files()))]);
    let world = pinned(&with_files(), &servers);
    let other = Servers::new(&[(FILES, Ok(Offer { package: Some(package("6.6.6")), ..files() }))]);
    let outcome = world.build_asking(&other, PinMode::Online);
    assert_eq!(said(&outcome)[1], "what was started is not the package that is pinned");
}

/// Whoever lists the tools they want need not mind that another one could not be pinned.
#[test]
fn a_tool_that_cannot_be_pinned_matters_to_those_who_take_it() {
    let mut offer = mail();
    offer.tools.push(tool("no name", None));
    let servers = Servers::new(&[(MAIL, Ok(offer))]);
    let listed = built(with_mail(", tools: [list, send]").build_asking(&servers, PinMode::Online));
    assert_eq!(listed.pins.added[0].tools, 3);
    let all = with_mail("").build_asking(&servers, PinMode::Online);
    assert!(said(&all)[1].starts_with("it offers a tool of the name `no name`"), "{:?}", said(&all));
}

#[test]
fn hostile_offers_are_refused_by_name() {
    let offers = |tools: Vec<OfferedTool>| Offer { tools, ..mail() };
    let with_input = |input: Value| OfferedTool { input, ..tool("x", None) };
    let rows = [
        (offers(vec![tool("x", None), tool("x", None)]), "it offers two tools of the name `x`"),
        (offers(vec![tool("", None)]), "it offers a tool without a name"),
        (
            offers(vec![tool("a b", None)]),
            "it offers a tool of the name `a b`; a name has at most 128 bytes and neither spaces nor invisible characters",
        ),
        (offers(vec![with_input(json!(true))]), "the schema of the arguments of `x` is no object"),
        (offers((0..1001).map(|at| tool(&at.to_string(), None)).collect()), "it offers 1001 tools, of at most 1000"),
        (
            offers(vec![OfferedTool { description: "x".repeat(1 << 20), ..tool("x", None) }]),
            "it describes its tools in 1048658 bytes, of at most 1048576",
        ),
    ];
    for (offer, why) in rows {
        let outcome = with_mail("").build_asking(&Servers::new(&[(MAIL, Ok(offer))]), PinMode::Online);
        assert_eq!(
            said(&outcome)[0],
            format!("P0305 the MCP server `{MAIL}` does not work: it answers in a way that is not understood")
        );
        assert_eq!(said(&outcome)[1], why);
    }
}
