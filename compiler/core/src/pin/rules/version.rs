//! Versions of packages: one a project (`P0317`), the one that is pinned (`P0806`), and some version at all before a build
//! takes the newest (`unpinned-package`, `P0316`).

use std::collections::BTreeMap;

use pace_diag::{Diagnostic, Sink, code};
use pace_syntax::Span;

use crate::check::Checked;
use crate::pin::used::{Server, Variant};
use crate::pin::{locked, place};
use crate::pins::{PATH, Pin};
use crate::resolve::Destination;
use crate::servers::ServerAddress;

/// Whether each package is asked for in one version.
pub(in crate::pin) fn one_each(servers: &BTreeMap<&str, Server<'_>>, sink: &mut Sink) {
    for (key, server) in servers {
        if let Some((one, other)) = two(&asked(server)) {
            sink.error(two_versions(key, one, other));
        }
    }
}

/// Looks at the version of every package that is pinned.
pub(super) fn check(servers: &BTreeMap<&str, Server<'_>>, checked: &Checked<'_>, sink: &mut Sink) {
    for (key, server) in servers {
        if !server.variants.iter().any(is_package) {
            continue;
        }
        let asked = asked(server);
        if two(&asked).is_some() {
            continue;
        }
        let Some(pin) = locked(checked).and_then(|lock| lock.servers.get(*key)) else { continue };
        for asked in asked.iter().filter(|(version, _)| is_exact(version)) {
            outdated(key, *asked, pin, checked, sink);
        }
    }
}

/// Tells of packages that are neither pinned nor asked for in a version, unless something worse was said of them.
pub(super) fn unversioned(
    servers: &BTreeMap<&str, Server<'_>>,
    checked: &Checked<'_>,
    has_failed: impl Fn(&str) -> bool,
    sink: &mut Sink,
) {
    for (key, server) in servers {
        let Some(first) = server.variants.iter().find(|variant| is_package(variant)) else { continue };
        let is_pinned = locked(checked).is_some_and(|lock| lock.servers.contains_key(*key));
        if is_pinned || has_failed(key) || asked(server).iter().any(|(version, _)| is_exact(version)) {
            continue;
        }
        let message = format!("the package of `{key}` has no version");
        let diagnostic = Diagnostic::new(&code::UNPINNED_PACKAGE, message)
            .at(first.named_at, "the next build takes the newest there is, and pins it")
            .help(format!("add `@<version>`, or build once and commit `{PATH}`"));
        sink.lint(&checked.lints, diagnostic);
    }
}

fn is_package(variant: &Variant) -> bool {
    matches!(variant.wanted.address, ServerAddress::Npm(..) | ServerAddress::PyPi(..))
}

/// Whether a version is one, and not a range or the name of a channel.
fn is_exact(version: &str) -> bool {
    version.starts_with(|first: char| first.is_ascii_digit()) && !version.contains(['*', ' ', '|', '<', '>'])
}

/// The versions that entries name, each where the first that names it stands: an entry without one takes that of the others,
/// and is not to blame for it.
fn asked<'s>(server: &'s Server<'_>) -> Vec<Asked<'s>> {
    let mut asked: Vec<Asked<'s>> = Vec::new();
    for used in &server.uses {
        let Destination::Package(_, _, Some(version)) = &used.address.destination else { continue };
        if !asked.iter().any(|(other, _)| *other == version) {
            asked.push((version, used.named_at()));
        }
    }
    asked
}

type Asked<'s> = (&'s str, Span);

/// Two versions that cannot both be had.
fn two<'s>(asked: &[Asked<'s>]) -> Option<(Asked<'s>, Asked<'s>)> {
    let first = asked.first()?;
    asked.iter().find(|(version, _)| version != &first.0).map(|other| (*first, *other))
}

fn two_versions(key: &str, one: Asked<'_>, other: Asked<'_>) -> Diagnostic {
    Diagnostic::new(&code::DIFFERENT_OFFERS, format!("two entries ask for two versions of `{key}`"))
        .at(other.1, format!("`{}` here", other.0))
        .also(one.1, format!("`{}` here", one.0))
        .help("ask for one of them everywhere: a server is pinned once for its address")
}

fn outdated(key: &str, (version, named_at): Asked<'_>, pin: &Pin, checked: &Checked<'_>, sink: &mut Sink) {
    let pinned = pin.package.as_ref().map(|package| package.version.as_str());
    if pinned == Some(version) {
        return;
    }
    let is = pinned.map_or("no package".to_owned(), |pinned| format!("`{pinned}`"));
    let message = format!("`{PATH}` pins another version of `{key}` than is asked for");
    let diagnostic = Diagnostic::new(&code::OUTDATED_PIN, message).at(named_at, format!("`{version}` is asked for"));
    let places = place(checked, key);
    let diagnostic = match places.map(|places| places.version.unwrap_or(places.server)) {
        Some(pinned) => diagnostic.also(pinned, format!("{is} is pinned")),
        None => diagnostic,
    };
    sink.error(diagnostic.help(format!("pin the new version with `pace mcp update {key}`, or ask for {is}")));
}
