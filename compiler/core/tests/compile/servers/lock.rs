//! What is written is what is read, whatever servers say; and what is broken is told once, where it stands.

use std::collections::BTreeMap;

use pace_compiler::PinMode;
use pace_compiler::pins::{Lock, PackagePin, Pin, ToolPin, TreeLine, write};
use pace_ir::program::tool::PackageRuntime;
use pace_ir::program::{Access, Json};
use proptest::prelude::*;
use serde_json::json;

use super::{FILES, MAIL, Servers, files, mail, pinned, said, with_files, with_mail};
use crate::world::Strings;

fn read(text: &str) -> Lock {
    let outcome = pace_compiler::pins(&Strings::new(&[("mcp.lock", text)]));
    let said = said(&outcome);
    outcome.result.unwrap_or_else(|failure| panic!("{failure}: {said:#?}\n{text}"))
}

fn described(description: &str) -> Lock {
    let tool = ToolPin {
        title: Some(description.to_owned()),
        description: description.to_owned(),
        access: Access::Write,
        destructive: Some(true),
        idempotent: None,
        open_world: Some(false),
        input: Json(json!({"type": "object", "description": description}).to_string()),
        output: Some(Json("{}".to_owned())),
    };
    let pin = Pin { name: description.to_owned(), tools: BTreeMap::from([("x".to_owned(), tool)]), ..Pin::default() };
    Lock { servers: BTreeMap::from([(MAIL.to_owned(), pin)]) }
}

#[track_caller]
fn goes_round(lock: &Lock) {
    let text = write(lock);
    assert_eq!(read(&text), *lock, "{text}");
    assert_eq!(write(&read(&text)), text);
}

#[test]
fn hostile_texts_survive_byte_for_byte() {
    let long = "0123456789abcdef\n".repeat(6_400);
    for text in [
        "",
        " ",
        "\n",
        "\n\n",
        "a\n",
        "a\n\n",
        "a\n\n\nb",
        " a",
        "a ",
        "a \nb",
        "\ta",
        "a\tb",
        "a\r\nb",
        "\r",
        "a\u{b}b",
        "\0",
        "---",
        "---\nb",
        "a\n---\nb: c\n...\n",
        "# no comment",
        "a # b",
        "- a",
        "a: b",
        "&a *b !c",
        "%YAML 1.1",
        "\"",
        "'",
        "\\",
        "\\n",
        "`${env:X}`",
        "{{x}}",
        "null",
        "true",
        "~",
        "1",
        "2026.8.31",
        "a\u{85}b",
        "a\u{2028}b\u{2029}c",
        "\u{feff}a",
        "a\u{feff}",
        "\u{202e}evil",
        "a\u{200b}b",
        "\u{e0041}\u{e0042}",
        "🟢 你好 grüße",
        "a\u{a0}b",
        "\u{3000}a",
        "\u{1f600}\n  indented\n    more\nless",
        "\u{fffe}\u{ffff}\u{10ffff}\u{1fffe}",
        "\u{1b}[2J",
        "\u{7f}",
        "a\n b\n  c\n",
        "<<<<<<< HEAD\n=======\n>>>>>>> x",
        &long,
        " \n \n",
        "\n a",
        "a\n\n ",
        "x:\n  - y\n",
        "|\n  a",
        "? a",
        ": a",
        "a:",
        "key: |-",
        "\u{d7ff}\u{e000}",
    ] {
        goes_round(&described(text));
    }
}

#[test]
fn what_is_not_seen_is_spelled_out() {
    let text = write(&described("Reads.\u{e0041}\u{202e}\n\u{1b}[2J"));
    assert!(text.chars().all(|c| c == '\n' || (!c.is_control() && !pace_ir::text::is_invisible(c))), "{text}");
    assert!(text.contains(r#"description: "Reads.\U000E0041\u202E\n\"#), "{text}");
    assert!(text.contains(r#""description": "Reads.\udb40\udc41\u202e\n\u001b[2J""#), "{text}");
}

/// A picture of the whole, so that a change of the spelling is seen.
#[test]
fn a_lock_reads_well() {
    let world = super::with_files();
    let servers = Servers::new(&[(super::FILES, Ok(super::files()))]);
    let text = String::from_utf8(pinned(&world, &servers).files["mcp.lock"].clone()).unwrap();
    let (_, body) = text.split_once("\nversion: 1\n").unwrap();
    let expected = r#"servers:

  mcp://npx/@modelcontextprotocol/server-filesystem:
    name: secure-filesystem-server
    package:
      version: "2026.8.31"
      runtime: node
      needs: ">=18"
      entry: node_modules/@modelcontextprotocol/server-filesystem/dist/index.js
      tree: |
        node_modules/@modelcontextprotocol/server-filesystem 2026.8.31 sha512-2026.8.31==
        node_modules/zod 4.6.7 sha512-4.6.7==
    tools:
      list_directory:
        class: read
        description: |-
          Does list_directory.
        input: |-
          {
            "type": "object",
            "properties": {
              "path": {
                "type": "string"
              }
            },
            "required": [
              "path"
            ]
          }
"#;
    assert!(body.starts_with(expected), "{body}");
}

#[test]
fn numbers_and_the_order_of_keys_are_the_servers_own() {
    let mut lock = described("x");
    let schema = r#"{"z":1,"a":123456789012345678901234567890,"e":1e+400,"f":1.10}"#;
    lock.servers.get_mut(MAIL).unwrap().tools.get_mut("x").unwrap().input = Json(schema.to_owned());
    goes_round(&lock);
    assert_eq!(read(&write(&lock)).servers[MAIL].tools["x"].input.0, schema);
}

#[test]
fn what_is_broken_is_told_once_and_where() {
    let sound =
        String::from_utf8(pinned(&with_mail(""), &Servers::new(&[(MAIL, Ok(mail()))])).files["mcp.lock"].clone())
            .unwrap();
    let rows = [
        (
            "version: 1",
            "version: 2",
            "P0802 `mcp.lock` has the version `2`, and this `pace` reads version 1: another version of `pace` wrote this",
        ),
        ("version: 1\n", "", "P0801 `mcp.lock` lacks the key `version`: not whole"),
        ("    name: mail\n", "", "P0801 the pin of `https://mcp.example.com/mail` lacks the key `name`: not whole"),
        (
            "    name: mail\n",
            "    nmae: mail\n    name: mail\n",
            "P0801 unknown key `nmae` in `mcp.lock`: a lock of version 1 has `name` here",
        ),
        ("    name: mail\n", "    name: [mail]\n", "P0801 `name` must be a text, not a list: this is a list"),
        (
            "        class: read\n",
            "        class: reed\n",
            "P0801 `class` cannot be `reed`: expected `read` or `write`",
        ),
        ("destructive: true", "destructive: yes", "P0801 `destructive` must be `true` or `false`: neither"),
        (
            "      list:\n",
            "<<<<<<< mine\n      list:\n",
            "P0801 `mcp.lock` holds both sides of a merge: a merge left this",
        ),
    ];
    for (from, to, words) in rows {
        assert!(sound.contains(from), "{from}");
        let outcome = pace_compiler::pins(&Strings::new(&[("mcp.lock", &sound.replacen(from, to, 1))]));
        let codes: Vec<_> =
            outcome.diagnostics.iter().map(|one| format!("{} {}", one.code.id, one.concise())).collect();
        assert_eq!(codes, [words]);
        assert!(outcome.result.is_err());
    }
    let json = sound.replacen("\"type\": \"object\"", "\"type\": object", 1);
    let outcome = pace_compiler::pins(&Strings::new(&[("mcp.lock", &json)]));
    assert_eq!(outcome.diagnostics[0].message, "`input` is not the JSON of a schema");
    let span = outcome.diagnostics[0].primary.as_ref().unwrap().span;
    assert_eq!(outcome.sources.text(span), "o", "{:?}", outcome.sources.line_column(span));
}

#[test]
fn no_text_breaks_the_reader() {
    for text in [
        "",
        "x",
        "version: 1",
        "version: 1\nservers:",
        "version: 1\nservers: []",
        "[]",
        "version: {}\nservers: 1",
        "version: 1\nservers: {a: {}}",
    ] {
        let outcome = pace_compiler::pins(&Strings::new(&[("mcp.lock", text)]));
        assert!(outcome.result.is_err() && !outcome.diagnostics.is_empty(), "{text}");
    }
    assert_eq!(read("version: 1\nservers: {}\n"), Lock::default());
    assert_eq!(read(&write(&Lock::default())), Lock::default());
}

#[test]
fn no_damage_breaks_the_reader() {
    let servers = Servers::new(&[(super::FILES, Ok(super::files()))]);
    let sound = String::from_utf8(pinned(&super::with_files(), &servers).files["mcp.lock"].clone()).unwrap();
    let whole = read(&sound);
    let damaged = (0..sound.len()).step_by(4).flat_map(|at| {
        let (before, after) = (&sound[..at], &sound[at + 1..]);
        let changed = ["", "\n", ":", "\"", "\t", "{"].map(|with| format!("{before}{with}{after}"));
        changed.into_iter().chain([before.to_owned()])
    });
    for text in damaged.filter(|text| *text != sound) {
        let outcome = pace_compiler::pins(&Strings::new(&[("mcp.lock", &text)]));
        // Read as something else, or told: never in silence as nothing.
        match outcome.result {
            Ok(lock) => assert!(outcome.diagnostics.is_empty() && lock.servers.len() == whole.servers.len(), "{text}"),
            Err(_) => assert!(!outcome.diagnostics.is_empty(), "{text}"),
        }
    }
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let long = format!("https://mcp.example.com/{}", "x".repeat(1_100));
    let world = super::project(&format!("  - {{server: \"{long}\", alias: mail, access: write}}\n"));
    let outcome = world.build_asking(&Servers::new(&[(&long, Ok(mail()))]), pace_compiler::PinMode::Online);
    assert_eq!(said(&outcome)[0], "P0113 `mcp.lock` would hold more than can be read again");
    assert!(outcome.result.is_err());
}

fn text() -> impl Strategy<Value = String> {
    // Mostly what YAML might stumble over; anything at all besides.
    prop_oneof![
        "[ \t\r\n#:\\-\"'\\\\|>&*!%@`{}\\[\\],?a-c0-9~\u{85}\u{a0}\u{2028}\u{feff}\u{200b}\u{1b}é🟢]{0,40}",
        any::<String>(),
        "[a-z]{1,12}",
    ]
}

fn word() -> impl Strategy<Value = String> {
    "[!-~]{1,20}"
}

prop_compose! {
    fn tool_pin()(
        title in proptest::option::of(text()),
        description in text(),
        is_read in any::<bool>(),
        destructive in any::<Option<bool>>(),
        idempotent in any::<Option<bool>>(),
        open_world in any::<Option<bool>>(),
        keys in proptest::collection::vec((text(), text(), any::<f64>().prop_filter("JSON", |n| n.is_finite())), 0..4),
        has_output in any::<bool>(),
    ) -> ToolPin {
        let schema: serde_json::Map<_, _> = keys.into_iter().map(|(key, text, number)| (key, json!([text, number]))).collect();
        let schema = Json(serde_json::Value::Object(schema).to_string());
        ToolPin {
            title, description, destructive, idempotent, open_world,
            access: if is_read { Access::Read } else { Access::Write },
            output: has_output.then(|| schema.clone()),
            input: schema,
        }
    }
}

prop_compose! {
    fn pin()(
        name in text(),
        needs_credential in any::<bool>(),
        package in proptest::option::of((word(), any::<bool>(), proptest::collection::vec((word(), word(), word()), 1..5))),
        tools in proptest::collection::btree_map(text().prop_filter("a key", |key| key.len() < 512), tool_pin(), 0..4),
    ) -> Pin {
        let package = package.map(|(version, is_node, tree)| PackagePin {
            version,
            runtime: if is_node { PackageRuntime::Node } else { PackageRuntime::Python },
            needs: if is_node { ">=18 <22".to_owned() } else { String::new() },
            entry: "bin/x".to_owned(),
            tree: tree.into_iter().map(|(place, version, integrity)| {
                let rest = if is_node { String::new() } else { format!("optional ; {place} < \"3\"") };
                TreeLine { place, version, integrity, rest }
            }).collect(),
        });
        Pin { name, needs_credential, package, tools }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_read(servers in proptest::collection::btree_map(text(), pin(), 0..3)) {
        let lock = Lock { servers };
        let written = write(&lock);
        let outcome = pace_compiler::pins(&Strings::new(&[("mcp.lock", &written)]));
        prop_assert_eq!(outcome.diagnostics.len(), 0, "{}\n{:?}", written, outcome.diagnostics);
        let found = outcome.result.unwrap();
        prop_assert_eq!(&found, &lock, "{}", written);
        prop_assert_eq!(write(&found), written);
    }
}

/// A slip anywhere in the project makes nobody forget what is pinned, nor ask for it again.
#[test]
fn what_is_pinned_stays_so_whatever_else_is_wrong() {
    let servers = Servers::new(&[(FILES, Ok(files()))]);
    let world = pinned(&with_files(), &servers);
    let other = "name: other\nmodel: gemini-2.5-flash\ndescripton: Help.\n";
    let broken_settings = "project: x\nacl: [{principal: \"user:ann\", role: exec}]\n";
    for world in [
        world.clone().with("agents/other/spec.yaml", other),
        world.clone().with("agents/other/spec.yaml", "name: [\n"),
        world.clone().with("paceline.yaml", broken_settings),
    ] {
        servers.asked.take();
        let outcome = world.build_asking(&servers, PinMode::Online);
        assert!(outcome.result.is_err() && outcome.kept.is_none(), "{:#?}", said(&outcome));
        assert!(servers.asked.borrow().is_empty());
        for said in [said(&outcome), said(&world.check())] {
            assert!(!said.iter().any(|line| line.starts_with("P0316")), "{said:#?}");
        }
    }
}

/// Nobody knows what a lock says that cannot be read: nothing is pinned over it.
#[test]
fn a_lock_that_cannot_be_read_is_not_written_over() {
    let servers = Servers::new(&[(FILES, Ok(files()))]);
    let world = pinned(&with_files(), &servers);
    let text = world.text("mcp.lock").replacen("tools:", "tolls:", 1);
    let world = world.with("mcp.lock", text);
    servers.asked.take();
    let outcome = world.build_asking(&servers, PinMode::Online);
    assert!(outcome.kept.is_none() && servers.asked.borrow().is_empty());
    for said in [said(&outcome), said(&world.check())] {
        assert!(said.iter().all(|line| !line.starts_with('P') || line.starts_with("P0801")), "{said:#?}");
    }
}
