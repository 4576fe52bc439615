//! `P0421`, lint `undelivered-group`: a rule names a group that no source under `authentication` can say anybody is in.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Diagnostic, Lints, Sink, code, nearest};
use pace_ir::program::Principal;
use pace_syntax::{Span, Spanned};

use crate::parse::field::Field;
use crate::parse::spec::authentication::{AuthenticationSpec, ClaimSpec, SourceSpec, TokensSpec};
use crate::resolve::Resolved;

/// The most places that are pointed at besides the first.
const MOST_PLACES: usize = 2;

/// Looks at every rule that names a group. Without sources there is nobody to have one, which is another matter.
pub(super) fn check(resolved: &Resolved<'_>, lints: &Lints, sink: &mut Sink) {
    let Some(settings) = resolved.parsed.settings() else { return };
    let (Some(AuthenticationSpec::Sources(sources)), Some(key)) =
        (settings.authentication.get(), settings.authentication.key())
    else {
        return;
    };
    let mut delivered = Delivered::default();
    // What a broken source would say is not known.
    let is_known = sources.complete && sources.items.iter().all(|source| delivered.add(&source.value).is_some());
    if !is_known {
        return;
    }
    for (group, places) in named(resolved) {
        let (false, [first, others @ ..]) = (delivered.has(group), places.as_slice()) else { continue };
        let message = format!("no source under `authentication` says that anybody is in the group `{group}`");
        let diagnostic = Diagnostic::new(&code::UNDELIVERED_GROUP, message)
            .at(*first, "nobody who asks over HTTP is ever in it")
            .also(key, "the sources give other groups, or none");
        let others = others.iter().take(MOST_PLACES);
        let diagnostic = others.fold(diagnostic, |said, place| said.also(*place, "here, too"));
        sink.lint(lints, diagnostic.help(delivered.help(group)));
    }
}

/// The groups that sources give.
#[derive(Default)]
struct Delivered<'p> {
    /// Those of tokens, each by its name.
    names: BTreeSet<&'p str>,
    /// How those begin that issuers and proxies name.
    prefixes: BTreeSet<&'p str>,
}

impl<'p> Delivered<'p> {
    /// Adds those of a source; nothing if it is broken.
    fn add(&mut self, source: &'p SourceSpec) -> Option<()> {
        match source {
            SourceSpec::Tokens(spec) => self.add_tokens(spec),
            SourceSpec::Jwt(spec) => match spec.groups.sound().ok()? {
                _ if !spec.algorithms.is_complete() => None,
                Some(ClaimSpec { prefix, .. }) => self.add_prefix(prefix),
                None => Some(()),
            },
            SourceSpec::Header(spec) => match spec.groups.sound().ok()? {
                Some(_) => self.add_prefix(&spec.groups_prefix),
                None => Some(()),
            },
        }
    }

    fn add_tokens(&mut self, spec: &'p TokensSpec) -> Option<()> {
        for token in spec.tokens.items() {
            let groups = &token.value.groups;
            self.names.extend(groups.items().iter().map(|group| group.value.0.as_str()));
            groups.is_complete().then_some(())?;
        }
        spec.tokens.is_complete().then_some(())
    }

    fn add_prefix(&mut self, prefix: &'p Field<crate::parse::scalar::Line>) -> Option<()> {
        let prefix = prefix.sound().ok()?;
        self.prefixes.insert(prefix.map_or("", |prefix| prefix.0.as_str()));
        Some(())
    }

    fn has(&self, group: &str) -> bool {
        self.names.contains(group) || self.prefixes.iter().any(|prefix| group.starts_with(prefix))
    }

    fn help(&self, group: &str) -> String {
        let behind: Vec<_> = self.prefixes.iter().map(|prefix| format!("{prefix}{group}")).collect();
        let near = nearest::nearest(group, self.names.iter().copied());
        match (near, behind.as_slice()) {
            (Some(near), _) => format!("did you mean `group:{near}`?"),
            (None, [behind]) => format!("write `group:{behind}` if the group of that source is meant"),
            (None, _) => {
                "give the group to a token under `groups`, or let a source take groups from a claim or a header"
                    .to_owned()
            }
        }
    }
}

/// The groups that rules name, each with its places in the order of the project.
fn named<'p>(resolved: &Resolved<'p>) -> BTreeMap<&'p str, Vec<Span>> {
    let mut named: BTreeMap<&str, Vec<Span>> = BTreeMap::new();
    let mut note = |principal: Option<&'p Spanned<Principal>>| {
        if let Some(Spanned { value: Principal::Group(group), span }) = principal {
            named.entry(group.as_str()).or_default().push(*span);
        }
    };
    if let Some(settings) = resolved.parsed.settings() {
        settings.acl.items().iter().for_each(|entry| note(entry.value.principal.spanned()));
        let credentials = settings.mcp_credentials.entries().iter();
        credentials
            .flat_map(|(_, of_server)| &of_server.value.entries)
            .for_each(|(principal, _)| note(Some(principal)));
    }
    for agent in resolved.agents.values() {
        agent.spec.acl.items().iter().for_each(|entry| note(entry.value.principal.spanned()));
    }
    for scheduled in resolved.loops.values() {
        scheduled.spec.acl.items().iter().for_each(|entry| note(entry.value.principal.spanned()));
    }
    for grant in &resolved.grants {
        grant.spec.grants.items().iter().for_each(|entry| note(entry.value.principal.spanned()));
    }
    named
}
