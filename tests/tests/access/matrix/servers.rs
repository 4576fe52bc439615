//! The matrix of servers: what they say of their tools, what entries make of it, and grants on a server, on a tool of it and on both,
//! against tables that were worked out by hand.

use super::{PEOPLE, Row, arrived, hold, project, runner};
use crate::evaluate::{Access, Agent, Entry, Table};

fn entry(server: &'static str, access: Access) -> Entry {
    Entry { server, alias: None, access, tools: None, read_only: Vec::new() }
}

/// Of the shop's tools, `browse` alone says that it reads, and of the bank's `pay` alone does not. Anybody may talk to all agents:
/// `clerk` may do everything and says that `count` reads, too; `viewer` is for reading; `till` has the shop in two entries with one tool
/// each; `boss` calls `clerk` for reading.
fn table() -> Table {
    use Access::{Read, Write};
    let agent = |servers| Agent { servers, ..Agent::default() };
    let one = |alias, tool, access| Entry { alias: Some(alias), tools: Some(vec![tool]), ..entry("shop", access) };
    let counting = Entry { read_only: vec!["count"], ..entry("shop", Write) };
    Table {
        agents: [
            ("clerk", agent(vec![counting, entry("bank", Write)])),
            ("viewer", agent(vec![entry("shop", Read), entry("bank", Read)])),
            ("till", agent(vec![one("shelf", "browse", Read), one("desk", "order", Write)])),
            ("boss", Agent { calls: vec![("clerk", Read)], ..Agent::default() }),
        ]
        .into(),
        servers: [
            ("shop", vec![("browse", Some(true)), ("count", None), ("order", Some(false)), ("refund", None)]),
            ("bank", vec![("balance", Some(true)), ("rates", Some(true)), ("pay", None)]),
        ]
        .into(),
        grants: vec![
            ("mcp://exec/servers/shop".into(), vec![("group:g1", Read), ("serviceaccount:s1", Write)]),
            ("mcp://exec/servers/shop#order".into(), vec![("group:g2", Write)]),
            ("mcp://exec/servers/shop#refund".into(), vec![("user:u3", Write)]),
            ("mcp://exec/servers/bank#balance".into(), vec![("authenticated", Read)]),
        ],
        ..Table::default()
    }
}

/// What somebody may do with a tool of the shop is the most that the grants on both give. A grant on one tool of the bank closes that one
/// and leaves the others as they were: `rates` is open, and nobody writes with `pay`.
const WANTED: &[Row] = &[
    //                                anonymous  u1 (g1)    u2 (g1 g2)  u3         s1
    ("clerk", "shop_browse", ["denied", "done", "done", "denied", "done"]),
    ("clerk", "shop_count", ["denied", "done", "done", "denied", "done"]),
    ("clerk", "shop_order", ["denied", "denied", "done", "denied", "done"]),
    ("clerk", "shop_refund", ["denied", "denied", "denied", "done", "done"]),
    ("clerk", "bank_balance", ["denied", "done", "done", "done", "done"]),
    ("clerk", "bank_rates", ["done", "done", "done", "done", "done"]),
    ("clerk", "bank_pay", ["denied", "denied", "denied", "denied", "denied"]),
    // Where an entry is for reading, what does not say that it reads is not there.
    ("viewer", "shop_browse", ["denied", "done", "done", "denied", "done"]),
    ("viewer", "shop_count", ["invalid", "invalid", "invalid", "invalid", "invalid"]),
    ("viewer", "shop_order", ["invalid", "invalid", "invalid", "invalid", "invalid"]),
    ("viewer", "bank_pay", ["invalid", "invalid", "invalid", "invalid", "invalid"]),
    // Each entry gives what it names, and nothing of the other.
    ("till", "shelf_browse", ["denied", "done", "done", "denied", "done"]),
    ("till", "shelf_order", ["invalid", "invalid", "invalid", "invalid", "invalid"]),
    ("till", "desk_order", ["denied", "denied", "done", "denied", "done"]),
    ("till", "desk_browse", ["invalid", "invalid", "invalid", "invalid", "invalid"]),
    // Below a call for reading nobody writes; what counts as reading by the entry alone is reading here, too.
    ("boss", "clerk: shop_browse", ["denied", "done", "done", "denied", "done"]),
    ("boss", "clerk: shop_count", ["denied", "done", "done", "denied", "done"]),
    ("boss", "clerk: shop_order", ["denied", "denied", "denied", "denied", "denied"]),
    ("boss", "clerk: bank_rates", ["done", "done", "done", "done", "done"]),
];

/// While the project grants nothing at all, writes are as open as reads, and entries are all that keeps anybody from anything.
const UNGRANTED: &[Row] = &[
    ("clerk", "shop_browse", ["done", "done", "done", "done", "done"]),
    ("clerk", "shop_order", ["done", "done", "done", "done", "done"]),
    ("clerk", "bank_pay", ["done", "done", "done", "done", "done"]),
    ("viewer", "shop_order", ["invalid", "invalid", "invalid", "invalid", "invalid"]),
    ("boss", "clerk: shop_order", ["denied", "denied", "denied", "denied", "denied"]),
];

#[test]
fn every_cell_of_servers_is_as_worked_out_by_hand() {
    holds(&table(), WANTED);
    holds(&Table { grants: Vec::new(), ..table() }, UNGRANTED);
}

/// The cells, and that the servers saw the calls that were made and no others.
fn holds(table: &Table, rows: &[Row]) {
    let project = project(table);
    hold(&runner(table, &project), rows);
    let arrived = arrived(table, &project);
    for (server, tool) in
        table.servers.iter().flat_map(|(server, tools)| tools.iter().map(move |tool| (server, tool.0)))
    {
        let made = rows.iter().filter(|(_, said, _)| said.ends_with(&format!("_{tool}")));
        let made: usize = made.map(|(.., row)| row.iter().filter(|cell| **cell == "done").count()).sum();
        let seen = arrived.get(&(*server, tool.to_owned())).copied().unwrap_or_default();
        assert_eq!(seen, made, "{tool} of {server}, asked by {} people", PEOPLE.len());
    }
}
