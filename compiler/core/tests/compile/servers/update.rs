//! `pace mcp update`: what changes in the lock, and what stays as it stands, whatever else goes wrong.

use pace_compiler::pins::Lock;
use pace_compiler::servers::{Offer, ProbeFailure, Unreachable};
use pace_compiler::{PinMode, Updated, update_pins};

use super::{FILES, MAIL, Servers, files, mail, package, pinned, project, said, tool, with_mail};
use crate::world::Strings;

const THIRD: &str = "mcp://exec/clock";

fn all() -> Strings {
    project(&format!(
        "  - {{server: \"{MAIL}\", access: write}}\n  - {{server: \"{FILES}\", access: read, roots: [x]}}\n  - {{server: \"{THIRD}\", access: read}}\n"
    ))
}

fn clock() -> Offer {
    Offer { name: "clock".to_owned(), tools: vec![tool("now", Some(true))], ..Offer::default() }
}

/// All three, as they were when they were pinned.
fn before() -> Strings {
    pinned(&all(), &Servers::new(&[(MAIL, Ok(mail())), (FILES, Ok(files())), (THIRD, Ok(clock()))]))
}

fn lock(world: &Strings) -> Lock {
    pace_compiler::pins(world).result.unwrap()
}

fn text(world: &Strings) -> String {
    world.text("mcp.lock").to_owned()
}

fn updated(world: &Strings, servers: &Servers, only: &[&str]) -> Updated {
    let only: Vec<_> = only.iter().map(|&text| text.to_owned()).collect();
    update_pins(world, servers, &only).result.unwrap()
}

/// `mail`, its tools changed: `list` is gone, `send` says something else, `draft` is new.
fn changed_mail() -> Offer {
    let mut offer = mail();
    offer.tools.remove(0);
    "Sends to everybody.".clone_into(&mut offer.tools[0].description);
    offer.tools.push(tool("draft", None));
    offer
}

fn gone() -> ProbeFailure {
    ProbeFailure::Unreachable(Unreachable::Refused)
}

#[test]
fn all_are_adopted_added_and_forgotten() {
    let lock_before = text(&before());
    let servers = Servers::new(&[(MAIL, Ok(changed_mail()))]);
    let world = with_mail("").with("mcp.lock", lock_before);
    let after = updated(&world, &servers, &[]);
    assert_eq!(after.dropped, [THIRD, FILES]);
    assert_eq!(after.changed[MAIL][0].to_string(), "breaking: `list`: is no longer offered");
    let world = world.with("mcp.lock", after.lock.unwrap());
    assert_eq!(lock(&world).servers.keys().collect::<Vec<_>>(), [MAIL]);
    assert_eq!(lock(&world).servers[MAIL].tools.keys().collect::<Vec<_>>(), ["draft", "purge", "send"]);
    let again = updated(&world, &servers, &[]);
    assert_eq!(again, Updated { same: vec![MAIL.to_owned()], ..Updated::default() }, "nothing is left to be done");
}

/// A lock that was merged by hand, in another order than ours, with comments of its own.
fn by_hand() -> Strings {
    let text = text(&before());
    let [head, mail, clock, files] = *text.split("\n\n  ").collect::<Vec<_>>() else { panic!("{text}") };
    all().with(
        "mcp.lock",
        format!("{head}\n\n  # of the desk\n  {files}\n  {clock}\n    # ours, and right\n\n  # theirs\n  {mail}\n"),
    )
}

#[test]
fn what_is_not_named_stays_byte_for_byte() {
    let world = by_hand();
    let text = text(&world);
    assert!(text.contains("  # of the desk\n") && lock(&world) == lock(&before()), "{text}");
    let servers = Servers::new(&[(MAIL, Ok(changed_mail())), (FILES, Err(gone())), (THIRD, Err(gone()))]);
    for name in [MAIL, "mail", "mcp://mcp.example.com/mail"] {
        servers.asked.borrow_mut().clear();
        let after = updated(&world, &servers, &[name]);
        let asked: Vec<_> = servers.asked.borrow().iter().map(|wanted| wanted.key.clone()).collect();
        assert_eq!(asked, [MAIL], "{name}");
        let after = after.lock.unwrap();
        let (kept, _) = text.split_once("\n\n  # theirs").unwrap();
        assert!(after.starts_with(kept), "{name}: {after}");
        assert!(after.contains("Sends to everybody.") && !after.contains("Does list."), "{after}");
        assert_eq!(lock(&world.clone().with("mcp.lock", after)).servers.len(), 3);
    }
    // Nobody lists the clock any more, and it was not named.
    let fewer = with_mail("").with("mcp.lock", text.clone());
    let after = updated(&fewer, &servers, &["mail"]);
    assert!(after.dropped.is_empty() && after.lock.unwrap().contains("mcp://exec/clock:"), "it stays");
}

#[test]
fn a_new_server_takes_its_place_and_moves_no_other() {
    let servers = Servers::new(&[(MAIL, Ok(mail())), (FILES, Ok(files())), (THIRD, Ok(clock()))]);
    let two = pinned(&with_mail(""), &servers);
    let two = text(&two);
    let world = all().with("mcp.lock", two.clone());
    assert_eq!(updated(&world, &servers, &["clock"]).added[0].server, THIRD);
    let after = updated(&world, &servers, &[]).lock.unwrap();
    assert_eq!(after, text(&before()), "the same as if all had been pinned at once");
    // A build that meets a server leaves what is pinned as it stands, too.
    let commented = two.replace("  https:", "  # agreed on with the desk\n  https:");
    let built = all().with("mcp.lock", commented.clone()).build_asking(&servers, PinMode::Online);
    assert!(built.result.unwrap().pins.lock.unwrap().starts_with(commented.trim_end()));
}

#[test]
fn a_lock_in_one_line_is_written_anew() {
    let flow = "{version: 1, servers: {\"mcp://exec/clock\": {name: old, tools: {}}}}\n";
    let world = project(&format!("  - {{server: \"{THIRD}\", access: read}}\n")).with("mcp.lock", flow);
    let after = updated(&world, &Servers::new(&[(THIRD, Ok(clock()))]), &[]);
    let anew = pinned(
        &project(&format!("  - {{server: \"{THIRD}\", access: read}}\n")),
        &Servers::new(&[(THIRD, Ok(clock()))]),
    );
    assert_eq!(after.lock.unwrap(), text(&anew));
}

#[test]
fn one_that_fails_keeps_no_other_from_being_pinned() {
    let world = before();
    let moved = Offer { package: Some(package("2027.1.1")), ..files() };
    let servers = Servers::new(&[(MAIL, Err(gone())), (FILES, Ok(moved)), (THIRD, Ok(clock()))]);
    let outcome = update_pins(&world, &servers, &[]);
    assert_eq!(said(&outcome)[0], format!("P0301 the MCP server `{MAIL}` is unreachable: connection refused"));
    let after = outcome.result.unwrap();
    assert_eq!((after.failed.as_slice(), after.same.as_slice()), (&[MAIL.to_owned()][..], &[THIRD.to_owned()][..]));
    assert_eq!(after.moved[FILES], ("2026.8.31".to_owned(), "2027.1.1".to_owned()));
    let after = lock(&world.clone().with("mcp.lock", after.lock.unwrap()));
    assert_eq!(after.servers[MAIL], lock(&world).servers[MAIL], "the one that failed is as it was");
    let nobody = Servers::new(&[(MAIL, Err(gone())), (FILES, Err(gone())), (THIRD, Err(gone()))]);
    let after = updated(&world, &nobody, &[]);
    assert_eq!((after.lock, after.failed.len()), (None, 3));
}

#[test]
fn one_tool_is_adopted_alone() {
    let world = before();
    let servers = Servers::new(&[(MAIL, Ok(changed_mail()))]);
    let tools = |only: &[&str]| {
        let after = updated(&world, &servers, only);
        let changes: Vec<_> = after.changed[MAIL].iter().map(ToString::to_string).collect();
        let lock = lock(&world.clone().with("mcp.lock", after.lock.unwrap()));
        (changes, lock.servers[MAIL].tools.keys().cloned().collect::<Vec<_>>())
    };
    let (changes, names) = tools(&["mail/send"]);
    assert_eq!(changes, ["compatible: `send`: its description says `Sends to everybody.`, was `Does send.`"]);
    assert_eq!(names, ["list", "purge", "send"]);
    let (changes, names) = tools(&["https://mcp.example.com/mail/list", "mail/draft"]);
    assert_eq!(changes, ["breaking: `list`: is no longer offered", "compatible: `draft`: is new (write)"]);
    assert_eq!(names, ["draft", "purge", "send"]);
    assert_eq!(tools(&["mail/send", "mail"]).1, ["draft", "purge", "send"], "who names all of it means all");
}

#[test]
fn a_tool_of_a_package_is_asked_of_the_version_that_is_pinned() {
    let world = before();
    let mut other = files();
    other.tools[0].description = "Reads twice.".to_owned();
    let servers = Servers::new(&[(FILES, Ok(other))]);
    let after = updated(&world, &servers, &["filesystem/read_file"]);
    assert_eq!(servers.asked.borrow()[0].package, Some(package("2026.8.31")));
    assert!(after.moved.is_empty() && after.changed[FILES].len() == 1, "{after:?}");
}

#[test]
fn what_there_is_not_changes_nothing() {
    let servers = Servers::new(&[(MAIL, Ok(changed_mail())), (FILES, Ok(files())), (THIRD, Ok(clock()))]);
    let after = updated(&before(), &servers, &["mail", "nobody", "nobody/x", "mail/", "clock\n"]);
    assert_eq!(
        after,
        Updated { unknown: ["nobody", "nobody/x", "mail/", "clock\n"].map(str::to_owned).into(), ..Updated::default() }
    );
    assert!(servers.asked.borrow().is_empty(), "nobody was asked");
    let after = updated(&before(), &servers, &["mail/send", "mail/sned", "clock"]);
    assert_eq!(after.unknown_tools, [(MAIL.to_owned(), "sned".to_owned())]);
    assert_eq!(after.lock, None);
}

#[test]
fn of_a_server_that_is_not_pinned_one_tool_means_all() {
    let servers = Servers::new(&[(MAIL, Ok(mail()))]);
    let after = updated(&with_mail(""), &servers, &["mail/send"]);
    assert_eq!((after.added[0].tools, after.unknown_tools.len()), (3, 0));
}
