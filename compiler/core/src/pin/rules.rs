//! The rules about what is pinned, one a file. Some need only the lock ([`before`]), the others each server's tools.

mod closed;
mod credential;
mod granted_tool;
mod left_out;
mod name_clash;
mod read_only;
mod schema;
mod unknown_tool;
mod version;

use std::collections::BTreeMap;

use pace_diag::Sink;

use super::used::Server;
use super::{LeftOut, PinnedUse};
use crate::check::Checked;

pub(super) use credential::way_to_show;
pub(super) use version::one_each;

/// What is known before any server is asked.
pub(super) fn before(servers: &BTreeMap<&str, Server<'_>>, checked: &Checked<'_>, sink: &mut Sink) {
    version::one_each(servers, sink);
    version::check(servers, checked, sink);
}

/// What packages are told that have no version, but for servers that something worse was said of.
pub(super) fn unversioned(
    servers: &BTreeMap<&str, Server<'_>>,
    checked: &Checked<'_>,
    has_failed: impl Fn(&str) -> bool,
    sink: &mut Sink,
) {
    version::unversioned(servers, checked, has_failed, sink);
}

/// What follows from the tools that servers offer. Gives what nobody is warned of, and should be told.
pub(super) fn after(servers: &BTreeMap<&str, PinnedUse<'_>>, checked: &Checked<'_>, sink: &mut Sink) -> Vec<LeftOut> {
    let left_out = of_entries(servers, checked, sink);
    if checked.is_whole() {
        closed::check(servers, checked, sink);
        credential::check(servers, checked, sink);
    }
    left_out
}

/// What the entries alone tell of a server that nothing is known of.
pub(super) fn unpinned(key: &str, server: &Server<'_>, checked: &Checked<'_>, sink: &mut Sink) {
    if checked.is_whole() {
        closed::unpinned(key, server, checked, sink);
    }
}

/// What is wrong with an entry or a grant by itself, whatever became of the others.
fn of_entries(servers: &BTreeMap<&str, PinnedUse<'_>>, checked: &Checked<'_>, sink: &mut Sink) -> Vec<LeftOut> {
    for server in servers.values() {
        for used in &server.uses {
            unknown_tool::check(used, &server.pin, checked, sink);
            read_only::check(used, &server.pin, checked, sink);
        }
    }
    name_clash::check(servers, checked, sink);
    schema::check(servers, checked, sink);
    granted_tool::check(servers, checked, sink);
    left_out::check(servers, checked, sink)
}
