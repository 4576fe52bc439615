//! That the projects which are looked at by default have everything in them that rules on servers decide differently. Chance is not to
//! leave a rule without a case.

use std::collections::BTreeSet;

use super::super::evaluate::{Access, Asker, Offered, Table};
use super::{FIRST, PROJECTS, askers, tables};

/// What has to come about.
const SITUATIONS: [&str; 9] = [
    "a tool reads by its hint",
    "a tool reads by its entry alone",
    "an entry leaves out what it does not name",
    "an entry for reading leaves out what writes",
    "a grant on the server gives what one on the tool does not",
    "a grant on the tool gives what one on the server does not",
    "a grant on another tool leaves reads open",
    "a write is closed because others are granted",
    "a write is open because nothing is granted",
];

#[test]
fn every_situation_is_met() {
    let mut met = BTreeSet::new();
    for table in (FIRST..FIRST + PROJECTS).map(tables::table) {
        for agent in table.agents.keys() {
            entries(&table, agent, &mut met);
            // What an agent has is a case only for those who come to it.
            let coming: Vec<_> =
                askers().into_iter().filter(|asker| table.reached(asker).contains_key(agent)).collect();
            let of_servers = table.offered(agent).into_iter().filter(|tool| tool.server.is_some());
            of_servers.for_each(|tool| grants(&table, &tool, &coming, &mut met));
        }
    }
    assert_eq!(met, BTreeSet::from(SITUATIONS));
}

fn entries(table: &Table, agent: &str, met: &mut BTreeSet<&'static str>) {
    for entry in &table.agents[agent].servers {
        let given = table.given(entry);
        for (tool, hint) in &table.servers[entry.server] {
            let has = given.iter().any(|given| given.server == Some((entry.server, *tool)));
            let is_named = entry.tools.as_ref().is_none_or(|tools| tools.contains(tool));
            let by_entry = entry.read_only.contains(tool);
            met.extend((has && *hint == Some(true)).then_some(SITUATIONS[0]));
            met.extend((has && *hint != Some(true) && by_entry).then_some(SITUATIONS[1]));
            met.extend((!is_named).then_some(SITUATIONS[2]));
            met.extend((is_named && !has).then_some(SITUATIONS[3]));
        }
    }
}

fn grants(table: &Table, tool: &Offered, coming: &[Asker], met: &mut BTreeSet<&'static str>) {
    let [server, itself] = tool.granted_on.as_slice() else { panic!("{tool:?}") };
    let is_granted = |on: &str| table.grants.iter().any(|(granted, _)| granted == on);
    let gives =
        |on: &str, asker: &Asker| table.is_granted(asker, &Offered { granted_on: vec![on.to_owned()], ..tool.clone() });
    match (is_granted(server), is_granted(itself)) {
        (true, true) => {
            let differs = |one: &str, other: &str| coming.iter().any(|asker| gives(one, asker) && !gives(other, asker));
            met.extend(differs(server, itself).then_some(SITUATIONS[4]));
            met.extend(differs(itself, server).then_some(SITUATIONS[5]));
        }
        (false, false) if !coming.is_empty() => {
            let is_other = table.grants.iter().any(|(on, _)| on.starts_with(&format!("{server}#")));
            met.extend(match tool.class {
                Access::Read => is_other.then_some(SITUATIONS[6]),
                Access::Write if table.grants.is_empty() => Some(SITUATIONS[8]),
                Access::Write => Some(SITUATIONS[7]),
            });
        }
        _ => {}
    }
}
