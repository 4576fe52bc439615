//! Service accounts: which there are (`P0106`), and every place that names one (`P0401`, `P0403`).

use std::collections::BTreeMap;

use pace_diag::{Applicability, Diagnostic, Sink, code, nearest};
use pace_ir::program::{Principal, ServiceAccountName};
use pace_syntax::{Span, Spanned};

use super::duplicate_name;
use crate::parse::Parsed;
use crate::parse::field::Field;
use crate::parse::spec::authentication::{AuthenticationSpec, SourceSpec};

/// Every service account there is: the declared ones, and one for each agent.
#[derive(Debug)]
pub(crate) struct Accounts<'p> {
    /// Declared under `service_accounts`, and where.
    pub(crate) declared: BTreeMap<&'p ServiceAccountName, Span>,
    /// The agents' own, by name.
    agents: BTreeMap<ServiceAccountName, Span>,
    /// The key `service_accounts`.
    list: Option<Span>,
    /// Whether every account is known.
    complete: bool,
}

/// Finds the accounts.
pub(super) fn collect<'p>(parsed: &'p Parsed, sink: &mut Sink) -> Accounts<'p> {
    let settings = parsed.settings();
    let entries = settings.map_or(&[][..], |settings| settings.service_accounts.items());
    let mut declared = BTreeMap::new();
    let mut complete = parsed.complete && settings.is_none_or(|settings| settings.service_accounts.is_complete());
    for entry in entries {
        match entry.value.name.spanned() {
            Some(name) => {
                let why = "grants refer to accounts by this name";
                // Both places are the same account to everything that follows.
                let _reported = duplicate_name::claim(&mut declared, name, "service account", why, sink);
            }
            None => complete = false,
        }
    }
    let names = parsed.agents.iter().map(|file| file.spec.as_ref().and_then(|spec| spec.value.name.spanned()));
    let agents: BTreeMap<_, _> = names.clone().flatten().map(|name| ((&name.value).into(), name.span)).collect();
    complete &= names.clone().all(|name| name.is_some());
    for (name, place) in &declared {
        if let Some(agent) = agents.get(*name) {
            sink.error(named_as_agent(name, *place, *agent));
        }
    }
    let list = settings.and_then(|settings| settings.service_accounts.key());
    Accounts { declared, agents, list, complete }
}

/// Two identities of one name would be one: whoever brings the account's token could act as the agent.
fn named_as_agent(name: &ServiceAccountName, declared: Span, agent: Span) -> Diagnostic {
    Diagnostic::new(&code::DUPLICATE_NAME, format!("the service account `{name}` has the name of an agent"))
        .at(declared, "declared here")
        .also(agent, "this agent has that account without declaring it")
        .help("rename the account, or remove it if the agent's own is meant")
}

impl Accounts<'_> {
    /// Whether there is such an account.
    pub(crate) fn has(&self, account: &ServiceAccountName) -> bool {
        self.declared.contains_key(account) || self.agents.contains_key(account)
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.declared.keys().copied().chain(self.agents.keys()).map(ServiceAccountName::as_str)
    }
}

/// Reports a principal that is an account nobody declared. `written` is the place of the whole principal.
pub(super) fn check(principal: &Principal, written: Span, accounts: &Accounts<'_>, sink: &mut Sink) -> bool {
    let Principal::ServiceAccount(name) = principal else { return true };
    if accounts.has(name) || !accounts.complete {
        return accounts.has(name);
    }
    sink.error(undeclared(name, written, accounts));
    false
}

fn undeclared(name: &ServiceAccountName, written: Span, accounts: &Accounts<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::UNDECLARED_ACCOUNT, format!("undeclared service account `{name}`"))
        .at(written, "not in `service_accounts`, and no agent has this name");
    let diagnostic = match accounts.list {
        Some(list) => diagnostic.also(list, "this project may use only the accounts listed here, and its agents' own"),
        None => diagnostic.note("`paceline.yaml` lists no `service_accounts`"),
    };
    let declare = match accounts.list {
        Some(_) => format!("add `- name: {name}` under `service_accounts`"),
        None => format!("declare it: `service_accounts: [{{name: {name}}}]` in `paceline.yaml`"),
    };
    let near = nearest::nearest(name.as_str(), accounts.names()).map(|near| format!("serviceaccount:{near}"));
    match near {
        Some(near) => diagnostic
            .fix(format!("did you mean `{near}`?"), Applicability::Unsafe, written, near)
            .help(format!("or {declare}")),
        None => diagnostic.help(declare),
    }
}

/// The account of a `run_as`, which can be nothing else.
pub(super) fn of_run_as(
    run_as: &Field<Principal>,
    accounts: &Accounts<'_>,
    sink: &mut Sink,
) -> Option<Spanned<ServiceAccountName>> {
    let written = run_as.spanned()?;
    let Principal::ServiceAccount(name) = &written.value else {
        let message = format!("`run_as` must be a service account, not `{}`", written.value);
        let diagnostic = Diagnostic::new(&code::PRINCIPAL_NOT_ALLOWED, message)
            .at(written.span, "expected `serviceaccount:<name>`")
            .note("a program acts under an identity of its own, so that what it did is never taken for a person's deed")
            .help("declare a service account for it in `paceline.yaml`");
        sink.error(diagnostic);
        return None;
    };
    check(&written.value, written.span, accounts, sink).then(|| Spanned::new(name.clone(), written.span))
}

/// Checks every list of principals in the project.
pub(super) fn check_lists(parsed: &Parsed, accounts: &Accounts<'_>, sink: &mut Sink) {
    let agents = parsed.agents.iter().filter_map(|file| file.spec.as_ref()).map(|spec| &spec.value.acl);
    let loops = parsed.loops.iter().filter_map(|file| file.spec.as_ref()).map(|spec| &spec.value.acl);
    for entry in agents.chain(loops).flat_map(Field::items) {
        check_field(&entry.value.principal, accounts, sink);
    }
    let Some(settings) = parsed.settings() else { return };
    for entry in settings.acl.items() {
        check_field(&entry.value.principal, accounts, sink);
    }
    for grant in settings.tool_grants.items().iter().flat_map(|entry| entry.value.grants.items()) {
        check_field(&grant.value.principal, accounts, sink);
    }
    for (_, of_server) in settings.mcp_credentials.entries() {
        for (principal, _) in &of_server.value.entries {
            check(&principal.value, principal.span, accounts, sink);
        }
    }
    if let Some(AuthenticationSpec::Sources(sources)) = settings.authentication.get() {
        for source in &sources.items {
            check_source(&source.value, accounts, sink);
        }
    }
}

fn check_source(source: &SourceSpec, accounts: &Accounts<'_>, sink: &mut Sink) {
    match source {
        SourceSpec::Tokens(tokens) => {
            for token in tokens.tokens.items() {
                check_field(&token.value.principal, accounts, sink);
            }
        }
        SourceSpec::Jwt(jwt) => {
            let mapped = jwt.principal.get().map_or(&[][..], |claim| claim.service_accounts.entries());
            for (_, account) in mapped {
                check(&Principal::ServiceAccount(account.value.clone()), account.span, accounts, sink);
            }
        }
        SourceSpec::Header(_) => {}
    }
}

fn check_field(principal: &Field<Principal>, accounts: &Accounts<'_>, sink: &mut Sink) {
    if let Some(principal) = principal.spanned() {
        check(&principal.value, principal.span, accounts, sink);
    }
}
