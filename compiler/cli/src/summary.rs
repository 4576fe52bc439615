//! Who may do what, in the few lines that follow a successful build. Read off the rules one by one, so that its cost is
//! that of reading them; `pace who-can` works out what follows from them for each principal.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::nearest;
use pace_ir::Bundle;
use pace_ir::access::{Decision, Reason, Rules};
use pace_ir::program::{
    Access, AgentName, Authentication, GrantTarget, Principal, ProjectRole, Role, ServiceAccountName, Target,
};
use pace_runner::printable;

/// The most lines about principals: a summary that fills the screen is not read.
const LINES: usize = 10;

/// Whom a line is about, in the order of the lines: what is open first, then what is shut, then by principal.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Anyone,
    Callers,
    CallersOf(AgentName),
    Nobody,
    Operator,
    Principal(Principal),
}

/// By whom, what they may do, and what with.
#[derive(Debug, Default)]
struct Lines(BTreeMap<Who, BTreeMap<&'static str, BTreeSet<String>>>);

/// The summary, each line indented as the build's own; nothing for a bundle with nothing in it.
pub(crate) fn who_can(bundle: &Bundle) -> String {
    let mut lines = Lines::default();
    agents(bundle, &mut lines);
    loops(bundle, &mut lines);
    project(bundle, &mut lines);
    grants(bundle, &mut lines);
    let broken = broken_loops(bundle);
    lines.print(&bundle.auth.authentication, &broken)
}

/// What a listener lets in, where that is not decided by credentials.
pub(crate) fn authentication_note(authentication: &Authentication) -> Option<&'static str> {
    match authentication {
        Authentication::Unset => Some("`authentication` is not set: the runner listens on this machine only"),
        Authentication::Nobody => Some("`authentication` is `none`: every request is anonymous"),
        Authentication::Sources(_) => None,
    }
}

fn agents(bundle: &Bundle, lines: &mut Lines) {
    let has_admin = bundle.auth.project.iter().any(|(_, role)| *role == ProjectRole::Admin);
    let callers = callers(bundle);
    for (agent, access) in &bundle.auth.agents {
        let Some(acl) = &access.acl else {
            lines.add(Who::Anyone, "execute", agent);
            continue;
        };
        for (principal, role) in acl {
            lines.add(Who::Principal(principal.clone()), verb(*role), agent);
            let Principal::ServiceAccount(account) = principal else { continue };
            let through = callers.get(&(account, agent)).into_iter().flatten();
            for caller in through.filter(|_| *role == Role::Execute) {
                lines.add(Who::CallersOf((*caller).clone()), "reach", agent);
            }
        }
        if !has_admin && !acl.iter().any(|(_, role)| *role == Role::Execute) {
            lines.add(Who::Nobody, "execute", agent);
        }
    }
}

fn verb(role: Role) -> &'static str {
    match role {
        Role::Execute => "execute",
        Role::Read => "see the traces of",
    }
}

fn loops(bundle: &Bundle, lines: &mut Lines) {
    for (name, access) in &bundle.auth.loops {
        let Some(acl) = &access.acl else {
            lines.add(Who::Operator, "trigger", name);
            continue;
        };
        for (principal, role) in acl {
            let verb = if *role == Role::Execute { "trigger" } else { verb(*role) };
            lines.add(Who::Principal(principal.clone()), verb, name);
        }
    }
}

fn project(bundle: &Bundle, lines: &mut Lines) {
    for (principal, role) in &bundle.auth.project {
        let verb = match role {
            ProjectRole::Read => "see the traces of everything",
            ProjectRole::Admin => "execute, trigger, cancel and see the traces of everything",
        };
        lines.open(Who::Principal(principal.clone()), verb);
    }
}

/// Grants, and the tools that none mentions.
fn grants(bundle: &Bundle, lines: &mut Lines) {
    for (target, given) in &bundle.auth.grants {
        for (principal, access) in given {
            lines.add(Who::Principal(principal.clone()), access.as_str(), target);
        }
    }
    let rules = Rules::of(bundle);
    let most = most_given(bundle);
    let mut seen = BTreeSet::new();
    for (tool, class) in bundle.program.agents.keys().flat_map(|agent| rules.tools(agent)) {
        if !seen.insert((tool.clone(), class)) {
            continue;
        }
        let given = mentions(&tool.target()).filter_map(|target| most.get(&target).copied()).max();
        let Some(given) = given else {
            let is_open = class == Access::Read || bundle.auth.grants.is_empty();
            let who = if is_open { Who::Callers } else { Who::Nobody };
            lines.add(who, class.as_str(), tool.target());
            continue;
        };
        if given < Some(class) {
            lines.add(Who::Nobody, class.as_str(), tool.target());
        }
    }
}

/// What a grant on a tool can be on: itself, or its server.
fn mentions(tool: &GrantTarget) -> impl Iterator<Item = GrantTarget> {
    let server = match tool {
        GrantTarget::ServerTool(server, _) => Some(GrantTarget::Server(server.clone())),
        GrantTarget::Local(_) | GrantTarget::Server(_) => None,
    };
    std::iter::once(tool.clone()).chain(server)
}

/// The most that each grant gives to anybody; nothing where it names nobody.
fn most_given(bundle: &Bundle) -> BTreeMap<&GrantTarget, Option<Access>> {
    bundle.auth.grants.iter().map(|(target, given)| (target, given.values().copied().max())).collect()
}

/// Loops whose account may not execute their agent: each firing would be denied.
fn broken_loops(bundle: &Bundle) -> Vec<(String, Reason)> {
    let rules = Rules::of(bundle);
    let denied = bundle.program.loops.keys().filter_map(|name| match rules.fire(name) {
        Decision::Denied(reason) => Some((name.to_string(), reason)),
        Decision::Allowed(_) => None,
    });
    denied.collect()
}

/// The agents that call others, by the account they act under and the agent they call.
fn callers(bundle: &Bundle) -> BTreeMap<(&ServiceAccountName, &AgentName), BTreeSet<&AgentName>> {
    let mut callers: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (agent, access) in &bundle.auth.agents {
        for called in calls(bundle, agent) {
            callers.entry((&access.run_as, called)).or_default().insert(agent);
        }
    }
    callers
}

fn calls<'b>(bundle: &'b Bundle, agent: &AgentName) -> impl Iterator<Item = &'b AgentName> + use<'b> {
    let entries = bundle.program.agents.get(agent).into_iter().flat_map(|agent| &agent.tools);
    entries.filter_map(|entry| match &entry.target {
        Target::Agent(called) => Some(&called.agent),
        Target::Local(_) | Target::Server(_) => None,
    })
}

impl Lines {
    fn open(&mut self, who: Who, verb: &'static str) -> &mut BTreeSet<String> {
        self.0.entry(who).or_default().entry(verb).or_default()
    }

    fn add(&mut self, who: Who, verb: &'static str, what: impl std::fmt::Display) {
        self.open(who, verb).insert(printable(&what.to_string()));
    }

    fn print(&self, authentication: &Authentication, broken: &[(String, Reason)]) -> String {
        let title = match authentication_note(authentication) {
            Some(note) => format!("  Who can do what ({note}):\n"),
            None => "  Who can do what:\n".to_owned(),
        };
        let broken = broken.iter().map(|(name, reason)| {
            let reason = printable(&reason.to_string());
            format!("    the loop `{name}` cannot run: {reason}\n")
        });
        let lines: Vec<_> = broken.chain(self.0.iter().map(|(who, may)| line(who, may))).collect();
        if lines.is_empty() {
            return String::new();
        }
        let rest = match lines.len().saturating_sub(LINES) {
            0 => String::new(),
            more => format!("    … and {more} more: `pace who-can`\n"),
        };
        lines.into_iter().take(LINES).fold(title, |text, line| text + &line) + &rest
    }
}

fn line(who: &Who, may: &BTreeMap<&'static str, BTreeSet<String>>) -> String {
    let who = match who {
        Who::Anyone => "anyone the listener admits may".to_owned(),
        Who::Callers => "whoever may execute an agent that lists it may".to_owned(),
        Who::CallersOf(agent) => format!("whoever may execute `{agent}` may, through it,"),
        Who::Nobody => "nobody may".to_owned(),
        Who::Operator => "the operator of the machine may".to_owned(),
        Who::Principal(principal) => format!("`{}` may", printable(&principal.to_string())),
    };
    let deed = |(verb, names): (&&str, &BTreeSet<String>)| {
        if names.is_empty() {
            return (*verb).to_owned();
        }
        format!("{verb} {}", nearest::listing(names.iter().map(String::as_str)))
    };
    format!("    {who} {}\n", may.iter().map(deed).collect::<Vec<_>>().join("; "))
}
