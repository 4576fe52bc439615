//! What is asked: a word of the command line becomes a principal, an agent, a loop or a tool of the bundle.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;
use pace_diag::nearest;
use pace_ir::Bundle;
use pace_ir::access::{Rules, Subject};
use pace_ir::program::authentication::Source;
use pace_ir::program::{AgentName, Authentication, GrantTarget, LoopName, Principal, ServiceAccountName};

use pace_runner::printable;

use crate::subject::{subject, tightened};

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    /// Everything.
    Everything,
    /// What somebody may do.
    Who(Who),
    /// Who may do something with these.
    What(BTreeSet<Thing>),
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Every request, with credentials or without.
    Anyone,
    /// Whoever runs commands where the runner is.
    Operator,
    /// A principal.
    Subject(Subject),
}

/// Something rules are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Thing {
    /// An agent.
    Agent(AgentName),
    /// A loop.
    Loop(LoopName),
    /// A tool.
    Tool(GrantTarget),
}

/// Reads the argument.
pub(super) fn parse(argument: Option<&str>, bundle: &Bundle) -> anyhow::Result<Question> {
    let Some(argument) = argument else { return Ok(Question::Everything) };
    let argument = &tightened(argument);
    if argument == "anyone" {
        return Ok(Question::Who(Who::Anyone));
    }
    let things = things(bundle);
    let named: BTreeSet<_> = things.into_iter().filter(|thing| is_called(thing, argument)).collect();
    if !named.is_empty() {
        return Ok(Question::What(named));
    }
    if argument == "operator" {
        return Ok(Question::Who(Who::Operator));
    }
    match subject(argument) {
        Ok(subject) if is_possible(&subject, bundle) => Ok(Question::Who(Who::Subject(subject))),
        Err(why) if is_meant_as_principal(argument) => bail!("`{argument}` is not a principal\n  help: {why}"),
        _ => bail!("{}", unknown(argument, bundle)),
    }
}

/// Everything rules are about, in this bundle.
pub(super) fn things(bundle: &Bundle) -> BTreeSet<Thing> {
    let rules = Rules::of(bundle);
    let agents = bundle.program.agents.keys();
    let tools = agents.clone().flat_map(|agent| rules.tools(agent)).map(|(tool, _)| Thing::Tool(tool.target()));
    let loops = bundle.program.loops.keys().cloned().map(Thing::Loop);
    agents.cloned().map(Thing::Agent).chain(loops).chain(tools).collect()
}

/// Everybody a rule or a token names, with the groups a token gives.
pub(super) fn subjects(bundle: &Bundle) -> BTreeSet<Subject> {
    let auth = &bundle.auth;
    let agents = auth.agents.values().filter_map(|access| access.acl.as_ref());
    let lists = agents.chain(auth.loops.values().filter_map(|access| access.acl.as_ref())).flatten();
    let principals = lists.map(|(principal, _)| principal).chain(auth.project.iter().map(|(principal, _)| principal));
    let principals = principals.chain(auth.grants.values().flat_map(BTreeMap::keys));
    let principals = principals.chain(auth.credentials.values().flat_map(BTreeMap::keys));
    let accounts = auth.service_accounts.iter().chain(auth.loops.values().map(|access| &access.run_as));
    let mut subjects: BTreeSet<_> =
        principals.cloned().map(Subject::new).chain(accounts.map(Subject::account)).collect();
    for subject in tokens(&auth.authentication) {
        subjects.remove(&Subject::new(subject.principal.clone()));
        subjects.insert(subject);
    }
    subjects
}

/// Says so if no rule names the principal: users and groups are not declared, so that a typing error looks like a stranger.
pub(super) fn unnamed(subject: &Subject, bundle: &Bundle) -> Option<String> {
    let principals: Vec<_> = subjects(bundle).into_iter().map(|subject| subject.principal).collect();
    if principals.contains(&subject.principal)
        || matches!(subject.principal, Principal::Authenticated | Principal::Anonymous)
    {
        return None;
    }
    let principal = subject.principal.to_string();
    let names: Vec<_> = principals.iter().map(ToString::to_string).collect();
    Some(match near_principal(&principal, &names) {
        Some(near) => format!("no rule names `{principal}`; did you mean `{near}`?"),
        None => format!("no rule names `{principal}`"),
    })
}

/// The principal that was meant: one of the same kind with a near name, else the same name of another kind. The kind
/// itself is not compared, since it would make every short name near.
fn near_principal<'n>(principal: &str, names: &'n [String]) -> Option<&'n str> {
    let (kind, name) = principal.split_once(':')?;
    let split = names.iter().filter_map(|other| Some((other.as_str(), other.split_once(':')?)));
    let (same, others): (Vec<_>, Vec<_>) = split.partition(|(_, (other, _))| *other == kind);
    let near = nearest::nearest(name, same.iter().map(|(_, (_, other))| *other));
    let same = same.iter().find(|(_, (_, other))| Some(*other) == near);
    same.or_else(|| others.iter().find(|(_, (_, other))| *other == name)).map(|(whole, _)| *whole)
}

fn tokens(authentication: &Authentication) -> BTreeSet<Subject> {
    let sources = match authentication {
        Authentication::Sources(sources) => sources.as_slice(),
        Authentication::Unset | Authentication::Nobody => &[],
    };
    let tokens = sources.iter().flat_map(|source| match source {
        Source::Tokens(tokens) => tokens.as_slice(),
        Source::Jwt(_) | Source::Header(_) => &[],
    });
    tokens.map(|token| Subject { principal: token.principal.clone(), groups: token.groups.clone() }).collect()
}

/// Whether `argument` names a thing: as it is, as `agent:x` or `loop:x`, or as the server of a tool.
fn is_called(thing: &Thing, argument: &str) -> bool {
    match thing {
        Thing::Agent(name) => [argument, argument.strip_prefix("agent:").unwrap_or(argument)].contains(&name.as_str()),
        Thing::Loop(name) => [argument, argument.strip_prefix("loop:").unwrap_or(argument)].contains(&name.as_str()),
        Thing::Tool(GrantTarget::ServerTool(server, tool)) => {
            server == argument
                || argument.strip_prefix(server.as_str()).and_then(|rest| rest.strip_prefix('#')) == Some(tool)
        }
        Thing::Tool(GrantTarget::Local(name) | GrantTarget::Server(name)) => name == argument,
    }
}

fn is_meant_as_principal(argument: &str) -> bool {
    ["user:", "group:", "serviceaccount:"].iter().any(|kind| argument.starts_with(kind))
}

/// Users and groups live elsewhere, so that any may exist; accounts live in the bundle.
fn is_possible(subject: &Subject, bundle: &Bundle) -> bool {
    match &subject.principal {
        Principal::ServiceAccount(account) => accounts(bundle).contains(account),
        Principal::User(_) | Principal::Group(_) | Principal::Authenticated | Principal::Anonymous => true,
    }
}

fn accounts(bundle: &Bundle) -> BTreeSet<ServiceAccountName> {
    let own = bundle.program.agents.keys().map(ServiceAccountName::from);
    bundle.auth.service_accounts.iter().cloned().chain(own).collect()
}

fn unknown(argument: &str, bundle: &Bundle) -> String {
    let things = things(bundle).into_iter().map(|thing| thing.to_string());
    let subjects = subjects(bundle).into_iter().map(|subject| subject.principal.to_string());
    let accounts = accounts(bundle).into_iter().map(|account| format!("serviceaccount:{account}"));
    let things: Vec<_> = things.map(|name| printable(&name)).collect();
    let principals: Vec<_> = subjects.chain(accounts).map(|name| printable(&name)).collect();
    let help = if is_meant_as_principal(argument) {
        match near_principal(argument, &principals) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the bundle has {}", nearest::listing(accounts_of(&principals))),
        }
    } else {
        completed(argument, &things, &principals)
    };
    format!("the bundle has no principal, agent, loop or tool `{argument}`\n  help: {help}")
}

/// Advice for a word that names nothing and has no kind: principals are compared without theirs.
fn completed(argument: &str, things: &[String], principals: &[String]) -> String {
    let bare = |whole| (str::split_once(whole, ':').map_or(whole, |(_, bare)| bare), whole);
    // An agent's own account has the agent's name, and the agent is what was meant.
    let principals = principals.iter().map(|whole| bare(whole.as_str()));
    let taken: BTreeSet<_> = things.iter().map(String::as_str).collect();
    let principals = principals.filter(|(bare, _)| !taken.contains(bare));
    let others = things.iter().map(String::as_str).chain(["anyone", "operator"]).map(|whole| (whole, whole));
    let known: Vec<(&str, &str)> = others.chain(principals).collect();
    let is_exact = known.iter().any(|(bare, _)| *bare == argument);
    let near = if is_exact { Some(argument) } else { nearest::nearest(argument, known.iter().map(|(bare, _)| *bare)) };
    let meant: BTreeSet<_> = known.iter().filter(|(bare, _)| Some(*bare) == near).map(|(_, whole)| *whole).collect();
    if meant.is_empty() {
        let listing = nearest::listing(known.iter().map(|(_, whole)| *whole));
        return format!("the bundle has {listing}; write people as `user:<id>` and groups as `group:<name>`");
    }
    let meant: Vec<_> = meant.into_iter().map(|whole| format!("`{whole}`")).collect();
    format!("did you mean {}?", meant.join(" or "))
}

fn accounts_of(principals: &[String]) -> impl Iterator<Item = &str> {
    principals.iter().map(String::as_str).filter(|name| name.starts_with("serviceaccount:"))
}

impl std::fmt::Display for Thing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Agent(name) => name.fmt(formatter),
            Self::Loop(name) => name.fmt(formatter),
            Self::Tool(target) => target.fmt(formatter),
        }
    }
}

impl Thing {
    /// The kind of thing, as JSON and headings call it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Agent(_) => "agent",
            Self::Loop(_) => "loop",
            Self::Tool(_) => "tool",
        }
    }
}

impl std::fmt::Display for Who {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anyone => formatter.write_str("anyone the listener admits"),
            Self::Operator => formatter.write_str("the operator of the machine"),
            Self::Subject(subject) => {
                subject.principal.fmt(formatter)?;
                subject.groups.iter().try_for_each(|group| write!(formatter, ",group:{group}"))
            }
        }
    }
}
