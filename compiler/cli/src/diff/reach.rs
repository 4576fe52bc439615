//! What follows for each principal: which agents it reaches, through delegation too, and what it may use there. The
//! decisions are those of [`pace_ir::access`], which the runner asks as well.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::Bundle;
use pace_ir::access::{Rules, Subject, Tool};
use pace_ir::program::authentication::{Source, Token};
use pace_ir::program::{Access, AgentName, Authentication, Principal, ServiceAccountName};

use super::changes::{Changes, paired};

const WHAT: &str = "reach";

/// Compares what every principal that a bundle names can get done, and everyone else.
pub(super) fn compare(changes: &mut Changes, a: &Bundle, b: &Bundle) {
    let people = People::of(named(a, b));
    let everything = |bundle| -> BTreeMap<Principal, Reach> {
        people.all.iter().map(|principal| (principal.clone(), Reach::of(bundle, principal))).collect()
    };
    let (old, new) = (everything(a), everything(b));
    let nothing = Reach::default();
    let before = |principal: &Principal| old.get(principal).unwrap_or(&nothing);
    let after = |principal: &Principal| new.get(principal).unwrap_or(&nothing);
    let agents = people.all.iter().flat_map(|who| different(&before(who).agents, &after(who).agents));
    for agent in agents.collect::<BTreeSet<_>>() {
        for (who, (a, b)) in people.differences(|who| (before(who).agents.get(agent), after(who).agents.get(agent))) {
            agent_reached(changes, &who, agent, a, b);
        }
    }
    let tools = people.all.iter().flat_map(|who| different(&before(who).tools, &after(who).tools));
    for key in tools.collect::<BTreeSet<_>>() {
        for (who, (a, b)) in people.differences(|who| (before(who).tools.get(key), after(who).tools.get(key))) {
            tool_reached(changes, &who, key, a, b);
        }
    }
}

/// The keys under which two maps differ: few in most comparisons, and only for these everybody is asked.
fn different<'m, K: Ord, V: PartialEq>(a: &'m BTreeMap<K, V>, b: &'m BTreeMap<K, V>) -> impl Iterator<Item = &'m K> {
    paired(a, b).filter(|(_, a, b)| a != b).map(|(key, _, _)| key)
}

/// Agents reached directly are told where the lists are compared; here those that others lead to.
fn agent_reached(changes: &mut Changes, who: &str, agent: &AgentName, a: Option<&Way>, b: Option<&Way>) {
    let most = |way: Option<&Way>| way.map(|way| way.most);
    let by = |way: Option<&Way>| way.map(Way::to_string).unwrap_or_default();
    let is_direct = |way: Option<&Way>| way.is_some_and(|way| way.through.is_empty());
    if is_direct(a) || is_direct(b) {
        return;
    }
    match most(b).cmp(&most(a)) {
        std::cmp::Ordering::Greater => {
            changes.grows(WHAT, may(who, "reach", &format!("the agent `{agent}`{}", by(b)), most(a), most(b)));
        }
        std::cmp::Ordering::Less => {
            changes.shrinks(WHAT, may(who, "reach", &format!("the agent `{agent}`{}", by(a)), most(a), most(b)));
        }
        std::cmp::Ordering::Equal => {}
    }
}

fn tool_reached(
    changes: &mut Changes,
    who: &str,
    (agent, tool): &(AgentName, Tool),
    a: Option<&Call>,
    b: Option<&Call>,
) {
    // The class of a server's tool is the server's word: another one changes how a call is guarded, told with the server
    // or the entry, and not whether the principal may make it.
    if matches!((tool, a, b), (Tool::Server(..), Some(_), Some(_))) {
        return;
    }
    let class = |call: Option<&Call>| call.map(|call| call.class);
    let by = |call: Option<&Call>| call.map(|call| call.way.to_string()).unwrap_or_default();
    let what = |call| format!("`{}` of the agent `{agent}`{}", tool.target(), by(call));
    match class(b).cmp(&class(a)) {
        std::cmp::Ordering::Greater => changes.grows(WHAT, may(who, "use", &what(b), class(a), class(b))),
        std::cmp::Ordering::Less => changes.shrinks(WHAT, may(who, "use", &what(a), class(a), class(b))),
        std::cmp::Ordering::Equal => {}
    }
}

/// What one principal can get done.
#[derive(Debug, Default)]
struct Reach {
    agents: BTreeMap<AgentName, Way>,
    tools: BTreeMap<(AgentName, Tool), Call>,
}

/// How an agent is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    most: Access,
    through: Vec<AgentName>,
}

/// A tool that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    class: Access,
    way: Way,
}

impl std::fmt::Display for Way {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.through.iter().map(|agent| format!("`{agent}`")).collect();
        if names.is_empty() { Ok(()) } else { write!(formatter, " through {}", names.join(", then ")) }
    }
}

impl Reach {
    fn of(bundle: &Bundle, principal: &Principal) -> Self {
        let rules = Rules::of(bundle);
        let subject = Subject { principal: principal.clone(), groups: groups(bundle, principal) };
        let reached = rules.reach(&subject);
        let way = |agent: &AgentName| Way {
            most: reached.get(agent).map_or(Access::Read, |way| way.most),
            through: Rules::way(&reached, agent).into_iter().cloned().collect(),
        };
        let mut tools = BTreeMap::new();
        for used in rules.uses(&subject, &reached).into_iter().filter(|used| used.decision.is_allowed()) {
            let call = Call { class: used.class, way: way(&used.agent) };
            let held = tools.entry((used.agent, used.tool)).or_insert_with(|| call.clone());
            // A tool that is listed twice may be used as the better entry says.
            held.class = held.class.max(call.class);
        }
        let agents = reached.keys().map(|agent| (agent.clone(), way(agent))).collect();
        Self { agents, tools }
    }
}

/// The people that a comparison asks for: everybody named, and two that stand for those who are not.
#[derive(Debug)]
pub(super) struct People {
    all: BTreeSet<Principal>,
}

impl People {
    /// Those named, somebody with a credential and somebody without.
    pub(super) fn of(named: impl IntoIterator<Item = Principal>) -> Self {
        let unnamed = [Principal::Authenticated, Principal::Anonymous];
        Self { all: named.into_iter().chain(unnamed).collect() }
    }

    /// For whom two answers differ, each kind of difference once: what goes for everybody with a credential is not told
    /// again for those named, and those without one are told together with them where nothing sets them apart.
    pub(super) fn differences<T: PartialEq>(&self, answers: impl Fn(&Principal) -> (T, T)) -> Vec<(String, (T, T))> {
        let known = answers(&Principal::Authenticated);
        let others = |principal: &&Principal| !matches!(principal, Principal::Authenticated | Principal::Anonymous);
        let is_apart = |principal: &&Principal| answers(principal) != known;
        let apart: Vec<&Principal> = self.all.iter().filter(others).filter(is_apart).collect();
        let is_anonymous_apart = answers(&Principal::Anonymous) != known;
        let everyone = match (is_anonymous_apart, apart.is_empty()) {
            (false, true) => "everyone",
            (true, true) => "everyone with a credential",
            (false, false) => "everyone else",
            (true, false) => "everyone else with a credential",
        };
        let mut found: Vec<(Vec<String>, (T, T))> = Vec::new();
        for principal in apart {
            let (who, answer) = (format!("`{principal}`"), answers(principal));
            match found.iter_mut().find(|(_, same)| *same == answer) {
                Some((people, _)) => people.push(who),
                None => found.push((vec![who], answer)),
            }
        }
        found.push((vec![everyone.to_owned()], known));
        if is_anonymous_apart {
            found.push((vec!["`anonymous`".to_owned()], answers(&Principal::Anonymous)));
        }
        let different = found.into_iter().filter(|(_, (a, b))| a != b);
        different.map(|(people, answer)| (people.join(", "), answer)).collect()
    }
}

/// ``who may use `x` (write), was read``.
pub(super) fn may(who: &str, verb: &str, what: &str, a: Option<Access>, b: Option<Access>) -> String {
    match (a, b) {
        (None, Some(class)) => format!("{who} may {verb} {what} ({})", class.as_str()),
        (Some(class), None) => format!("{who} may no longer {verb} {what} ({})", class.as_str()),
        (old, new) => {
            let show = |class: Option<Access>| class.map_or("nothing", Access::as_str);
            format!("{who} may {verb} {what} ({}, was {})", show(new), show(old))
        }
    }
}

/// Everybody whom a rule of either bundle names and who can ask for something. The accounts by which agents call each
/// other are none of those: nobody comes as one of them.
fn named(a: &Bundle, b: &Bundle) -> BTreeSet<Principal> {
    let mut named: BTreeSet<Principal> = [a, b].into_iter().flat_map(named_in).collect();
    let agents = [a, b].into_iter().flat_map(|bundle| bundle.auth.agents.values());
    let actors: BTreeSet<&ServiceAccountName> = agents.map(|access| &access.run_as).collect();
    named.retain(|principal| match principal {
        Principal::ServiceAccount(account) => !actors.contains(account),
        _ => true,
    });
    named
}

fn named_in(bundle: &Bundle) -> BTreeSet<Principal> {
    let auth = &bundle.auth;
    let lists = auth.agents.values().filter_map(|access| access.acl.as_ref());
    let lists = lists.chain(auth.loops.values().filter_map(|access| access.acl.as_ref())).flatten();
    let mut named: BTreeSet<Principal> = lists.map(|(principal, _)| principal.clone()).collect();
    named.extend(auth.project.iter().map(|(principal, _)| principal.clone()));
    named.extend(auth.grants.values().flat_map(|grants| grants.keys().cloned()));
    named.extend(auth.loops.values().map(|access| Principal::ServiceAccount(access.run_as.clone())));
    named.extend(tokens(&auth.authentication).map(|token| token.principal.clone()));
    named
}

/// The groups that a fixed token puts a principal in.
fn groups(bundle: &Bundle, principal: &Principal) -> BTreeSet<String> {
    let tokens = tokens(&bundle.auth.authentication).filter(|token| token.principal == *principal);
    tokens.flat_map(|token| token.groups.iter().cloned()).collect()
}

fn tokens(authentication: &Authentication) -> impl Iterator<Item = &Token> {
    let sources = match authentication {
        Authentication::Sources(sources) => sources.as_slice(),
        Authentication::Unset | Authentication::Nobody => &[],
    };
    sources.iter().flat_map(|source| match source {
        Source::Tokens(tokens) => tokens.as_slice(),
        Source::Jwt(_) | Source::Header(_) => &[],
    })
}
