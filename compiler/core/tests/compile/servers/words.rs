//! What is said where a server does not answer as it should, and about what is pinned.

use pace_compiler::PinMode;
use pace_compiler::servers::{MissingRuntime, Offer, OfferedTool, ProbeFailure, Unreachable};
use serde_json::json;

use super::{FILES, MAIL, Servers, mail, pinned, project, said, tool, with_mail};

fn failing(world: &crate::world::Strings, key: &str, failure: ProbeFailure) -> Vec<String> {
    let outcome = world.build_asking(&Servers::new(&[(key, Err(failure))]), PinMode::Online);
    assert!(outcome.result.is_err());
    said(&outcome)
}

#[test]
fn each_failure_says_why_and_what_to_do() {
    let own = |text: &str| text.to_owned();
    let rows = [
        (
            ProbeFailure::Unreachable(Unreachable::UnknownHost),
            vec![
                "P0301 the MCP server `§` is unreachable: no such host",
                "help: start the server, or correct its address",
            ],
        ),
        (
            ProbeFailure::Unreachable(Unreachable::Tls(own("certificate has expired"))),
            vec![
                "P0301 the MCP server `§` is unreachable: no safe connection",
                "certificate has expired",
                "help: start the server, or correct its address",
            ],
        ),
        (
            ProbeFailure::NotMcp(own("404 Not Found\u{1b}[2J")),
            vec![
                "P0305 `§` is no MCP server: something else answers here",
                "it said: 404 Not Found\\u{1b}[2J",
                "help: name the address of its MCP endpoint; many end in `/mcp`",
            ],
        ),
        (
            ProbeFailure::Ended { how: own("exit code 1"), stderr: own("one\n\n two\n") },
            vec![
                "P0305 the MCP server `§` does not work: its program ended before it answered: exit code 1",
                "stderr: one",
                "stderr:  two",
                "help: start it by hand to see why; its arguments go into `args`, variables into `env`",
            ],
        ),
        (
            ProbeFailure::RuntimeNotFound(MissingRuntime::Uv),
            vec![
                "P0306 the MCP server `§` cannot be started here: it needs `uv`, which is not installed",
                "help: install uv: https://docs.astral.sh/uv",
            ],
        ),
        (
            ProbeFailure::NoSuchVersion(Some(own("2.1.0"))),
            vec![
                "P0308 unknown version of the package in `§`: the registry has no such version",
                "help: the newest is `2.1.0`",
            ],
        ),
        (
            ProbeFailure::NeedsCredential(own("who are you?")),
            vec![
                "P0309 the MCP server `§` needs a credential to say what it offers: it refuses whoever shows none, or the one that it was shown",
                "it said: who are you?",
                "help: `pace auth add §` adds one for this machine; for production, list it under `mcp_credentials`: `§: {<principal>: {type: bearer, token: \"${env:TOKEN}\"}}`",
            ],
        ),
        (
            ProbeFailure::VariablesNotSet(vec![own("A"), own("B")]),
            vec![
                "P0803 the server `§` is not pinned in `mcp.lock`: `A`, `B` are not set here, so nobody can ask what it offers",
                "help: set them and build once, which pins the server, and commit `mcp.lock`",
            ],
        ),
        (
            ProbeFailure::VariablesNotSet(vec![own("A")]),
            vec![
                "P0803 the server `§` is not pinned in `mcp.lock`: `A` is not set here, so nobody can ask what it offers",
                "help: set it and build once, which pins the server, and commit `mcp.lock`",
            ],
        ),
        (
            ProbeFailure::Status { status: 404, said: own("nothing \u{1b}[2Jhere") },
            vec![
                "P0301 the MCP server `§` answers with the status 404: there is nothing at this address",
                "it said: nothing \\u{1b}[2Jhere",
                "help: name the address of its MCP endpoint; many end in `/mcp`",
            ],
        ),
        (
            ProbeFailure::Status { status: 503, said: String::new() },
            vec![
                "P0301 the MCP server `§` answers with the status 503: it serves nobody now",
                "help: build again later, or find out there what is the matter",
            ],
        ),
        (
            ProbeFailure::Status { status: 405, said: String::new() },
            vec![
                "P0301 the MCP server `§` answers with the status 405: no MCP server answers so",
                "help: name the address of its MCP endpoint; many end in `/mcp`",
            ],
        ),
    ];
    for (failure, words) in rows {
        let words: Vec<_> = words.iter().map(|line| line.replace('§', MAIL)).collect();
        assert_eq!(failing(&with_mail(""), MAIL, failure), words);
    }
}

#[test]
fn what_to_do_depends_on_who_should_have_answered() {
    let late = || ProbeFailure::Unreachable(Unreachable::TimedOut(std::time::Duration::from_secs(20)));
    let entry = |server: &str| project(&format!("  - {{server: \"{server}\", access: read}}\n"));
    for (server, key, help) in [
        (MAIL, MAIL, "start the server, or correct its address"),
        (
            "mcp://npx/@example/server-shop@1.0.0",
            "mcp://npx/@example/server-shop",
            "build again: it is installed now; a longer `timeout` of the entry counts here too",
        ),
        (
            "mcp://exec/shop",
            "mcp://exec/shop",
            "start it by hand to see what it waits for; a longer `timeout` of the entry counts here too",
        ),
    ] {
        let first = format!("P0301 the MCP server `{key}` is unreachable: no answer within 20 s");
        assert_eq!(failing(&entry(server), key, late()), [first, format!("help: {help}")]);
    }
}

/// The prober is told the longest patience that an entry has, and entries that differ in nothing else are one.
#[test]
fn the_timeout_of_an_entry_counts_for_what_is_asked() {
    let world = with_mail(", timeout: 40s");
    let other = format!(
        "name: other\nmodel: gemini-2.5-flash\ndescription: Help.\ntools:\n  - {{server: \"{MAIL}\", access: read, timeout: 9s}}\n"
    );
    let servers = Servers::new(&[(MAIL, Ok(mail()))]);
    world.with("agents/other/spec.yaml", other).build_asking(&servers, PinMode::Online);
    let asked: Vec<_> = servers.asked.borrow().iter().map(|wanted| wanted.timeout).collect();
    assert_eq!(asked, [Some(std::time::Duration::from_secs(40))]);
}

#[test]
fn servers_that_many_use_are_suggested() {
    let agent = "name: file-reader\nmodel: gemini-2.5-flash\ndescription: Read.\ntools:\n  - server: mcp://localhost:9999/tools\n    access: read\n";
    let world = crate::world::Strings::new(&[("agents/file-reader/spec.yaml", agent)]);
    let refused = ProbeFailure::Unreachable(Unreachable::Refused);
    assert_eq!(
        failing(&world, "http://localhost:9999/tools", refused),
        [
            "P0301 the MCP server `http://localhost:9999/tools` is unreachable: connection refused".to_owned(),
            format!("help: did you mean `{FILES}`?"),
        ]
    );
    let fetch = "mcp://npx/@anthropic-ai/mcp-fetch";
    let world = project(&format!("  - {{server: \"{fetch}@1.0.0\", access: read}}\n"));
    let words = failing(&world, fetch, ProbeFailure::NoSuchPackage);
    assert_eq!(words[1], "help: did you mean `mcp://uvx/mcp-server-fetch`?");
}

#[test]
fn every_kind_of_drift_has_its_severity() {
    let input = |properties: serde_json::Value, required: &[&str]| json!({"type": "object", "properties": properties, "required": required});
    let was = OfferedTool {
        title: Some("T".to_owned()),
        output: Some(json!({"type": "object"})),
        input: input(
            json!({"a": {"type": "string"}, "b": {"type": "string", "description": "B"}, "c": {}, "d": {"enum": [1]}}),
            &["a"],
        ),
        destructive: Some(false),
        ..tool("x", Some(true))
    };
    let now = OfferedTool {
        output: Some(json!({"type": "array"})),
        input: input(
            json!({"a": {"type": "integer"}, "b": {"type": "string", "description": "other"}, "d": {"enum": [2]}, "e": {}, "f": {}}),
            &["a", "b", "f"],
        ),
        destructive: Some(true),
        open_world: Some(true),
        description: "Does more.".to_owned(),
        title: None,
        ..tool("x", None)
    };
    let offer = |tools: Vec<OfferedTool>| Offer { name: "mail".to_owned(), tools, ..Offer::default() };
    let (before, after) = (
        offer(vec![was, tool("gone", None), tool("y", None)]),
        offer(vec![now, tool("new", Some(true)), tool("y", Some(true))]),
    );
    let world = pinned(&with_mail(""), &Servers::new(&[(MAIL, Ok(before))]));
    let lock = world.files["mcp.lock"].clone();
    let servers = Servers::new(&[(MAIL, Ok(after))]);
    let changes = pace_compiler::update_pins(&world, &servers, &[]).result.unwrap().changed.remove(MAIL).unwrap();
    let changes: Vec<_> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "unsafe: `x`: lost its read-only hint",
            "unsafe: `x`: says now that it may destroy",
            "breaking: `gone`: is no longer offered",
            "breaking: `x`: describes its results in another way",
            "breaking: `x`: needs the argument `b`, which could be left out",
            "breaking: `x`: needs the new argument `f`",
            "breaking: `x`: no longer takes the argument `c`",
            "breaking: `x`: takes other values for the argument `d`",
            "breaking: `x`: the argument `a` is integer, was string",
            "compatible: `new`: is new (read)",
            "compatible: `x`: describes the argument `b` in other words",
            "compatible: `x`: its description says `Does more.`, was `Does x.`",
            "compatible: `x`: its open-world hint says true, was nothing",
            "compatible: `x`: its title is none, was `T`",
            "compatible: `x`: takes the new argument `e`, which may be left out",
            "compatible: `y`: gained a read-only hint",
        ]
    );
    let outcome = world.with("mcp.lock", lock).build_asking(&servers, PinMode::Online);
    let words = said(&outcome);
    assert_eq!(words.len(), 11, "eight changes, how many more, and what to do: {words:#?}");
    assert_eq!(words[9], "and 8 more");
    assert_eq!(
        words[10],
        format!("help: pin what it offers now with `pace mcp update {MAIL}`, and review the difference")
    );
}

#[test]
fn an_order_of_keys_is_no_difference() {
    let offer = |input| Offer { tools: vec![OfferedTool { input, ..tool("x", None) }], ..mail() };
    let world = pinned(&with_mail(""), &Servers::new(&[(MAIL, Ok(offer(json!({"type": "object", "a": 1}))))]));
    let servers = Servers::new(&[(MAIL, Ok(offer(json!({"a": 1, "type": "object"}))))]);
    assert_eq!(said(&world.build_asking(&servers, PinMode::Frozen)), Vec::<String>::new());
}

#[test]
fn two_names_that_meet_are_an_error() {
    let offer = Offer { tools: vec![tool("a.b", None), tool("a/b", None), tool("c", None)], ..mail() };
    let servers = Servers::new(&[
        (MAIL, Ok(offer)),
        ("https://x.example.com/mail_a", Ok(Offer { tools: vec![tool("b", None)], ..mail() })),
    ]);
    let outcome = with_mail("").build_asking(&servers, PinMode::Online);
    assert_eq!(
        said(&outcome)[0],
        "P0304 two tools have the name `mail_a_b` for the model: `a/b` of this server, and `a.b` of this server"
    );
    assert!(with_mail(", tools: [a.b, c]").build_asking(&servers, PinMode::Online).result.is_ok());
    let both = project(&format!(
        "  - {{server: \"{MAIL}\", access: write, tools: [a.b]}}\n  - {{server: \"https://x.example.com/mail_a\", access: write}}\n"
    ));
    let outcome = both.build_asking(&servers, PinMode::Online);
    assert_eq!(said(&outcome)[1], "help: give one of the entries another `alias`, or leave one of the tools out");
}

#[test]
fn whoever_is_granted_needs_a_credential() {
    let settings = |credentials: &str| {
        format!(
            "service_accounts: [{{name: bot}}]\ntool_grants:\n  - tool: {MAIL}\n    grants: [{{principal: group:ops, access: write}}, {{principal: user:ann, access: read}}]\n  - tool: {MAIL}#send\n    grants: [{{principal: serviceaccount:bot, access: write}}]\n{credentials}"
        )
    };
    let credentials = |who: &str| {
        settings(&format!("mcp_credentials:\n  {MAIL}:\n    {who}: {{type: bearer, token: \"${{env:T}}\"}}\n"))
    };
    let offer = Offer { needs_credential: true, ..mail() };
    let servers = Servers::new(&[(MAIL, Ok(offer))]);
    let lacking = |text: String| {
        let outcome = with_mail("").with("paceline.yaml", text).build_asking(&servers, PinMode::Online);
        let lacking = outcome.diagnostics.iter().filter(|one| one.code.id == "P0415");
        lacking.map(|one| (one.message.split('`').nth(1).unwrap().to_owned(), one.notes.clone())).collect::<Vec<_>>()
    };
    let who = |text: String| lacking(text).into_iter().map(|(who, _)| who).collect::<Vec<_>>();
    assert_eq!(who(settings("")), ["group:ops", "user:ann", "serviceaccount:bot"]);
    assert_eq!(who(credentials("user:ann")), ["group:ops", "serviceaccount:bot"]);
    assert_eq!(who(credentials("group:ops")), Vec::<String>::new(), "the others may be in the group");
    assert_eq!(who(credentials("authenticated")), Vec::<String>::new());
    let notes: Vec<_> = lacking(settings("")).into_iter().map(|(_, notes)| notes[0].clone()).collect();
    assert_eq!(notes[0], "through the agent `helper`: `list`, `purge` and `send`");
    assert_eq!(notes[2], "through the agent `helper`: `send`");
    assert_eq!(who("version: 1\n".to_owned()), [MAIL], "nobody has one");
}
