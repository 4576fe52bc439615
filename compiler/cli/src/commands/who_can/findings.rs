//! The answers: for each of those a question is about, what they may and may not do, and why.

use std::collections::BTreeSet;

use pace_ir::Bundle;
use pace_ir::access::{Decision, Origin, Reason, Rules, Subject};
use pace_ir::program::{Access, AgentName, LoopName, Principal};

use super::question::{Question, Thing, Who, subjects, unnamed};

/// The answer to a question.
#[derive(Debug)]
pub(super) struct Answer {
    /// What was asked.
    pub(super) question: Question,
    /// One for each of those it is about; anyone first.
    pub(super) rows: Vec<Row>,
    /// What none of them may do, where everybody is asked about.
    pub(super) nobody: BTreeSet<(Thing, Verb)>,
    /// What may be wrong with the question.
    pub(super) note: Option<String>,
    /// Those whose rows are not there.
    pub(super) left_out: BTreeSet<Subject>,
}

/// What somebody may do.
#[derive(Debug)]
pub(super) struct Row {
    /// Who.
    pub(super) who: Who,
    /// What they may.
    pub(super) may: Vec<Finding>,
    /// What they may not.
    pub(super) may_not: Vec<Finding>,
}

/// One thing that is allowed or denied.
#[derive(Debug, Clone)]
pub(super) struct Finding {
    /// What is done.
    pub(super) verb: Verb,
    /// To what.
    pub(super) thing: Thing,
    /// The agents on the way, the one asked directly first; the last one calls.
    pub(super) through: Vec<AgentName>,
    /// One sentence, written only where it is shown: most are not.
    pub(super) reason: Reason,
}

/// What is done; in the order of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    /// An agent is invoked directly.
    Execute,
    /// An agent is called by others on somebody's behalf.
    Reach,
    /// A loop is fired now.
    Trigger,
    /// A loop is fired now with another instruction than its own.
    Instruct,
    /// A loop's firings are carried out under this account.
    Run,
    /// A tool is called and reads.
    Read,
    /// A tool is called and writes.
    Write,
    /// Traces and sessions of others are seen.
    SeeTraces,
}

impl Verb {
    /// As people read it, and with `_` for spaces as JSON has it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Execute => "execute",
            Self::Reach => "reach",
            Self::Trigger => "trigger",
            Self::Instruct => "instruct",
            Self::Run => "run",
            Self::Read => "read with",
            Self::Write => "write with",
            Self::SeeTraces => "see the traces of",
        }
    }
}

/// The most principals whose rows are shown at once: more are not read, and working them out takes principals times
/// things.
const SHOWN: usize = 200;

/// Why the operator's row is so short.
const OPERATOR: &str = "the operator runs commands on the machine itself: by that alone they may trigger loops that have \
                        no `acl`, and no more";

/// Answers a question.
pub(super) fn answer(bundle: &Bundle, question: Question) -> Answer {
    let rows = match &question {
        Question::Who(who) => vec![row(bundle, who.clone(), &question)],
        Question::Everything | Question::What(_) => everybody(bundle, &question),
    };
    let nobody = match &question {
        Question::Who(_) => BTreeSet::new(),
        Question::Everything | Question::What(_) => nobody(&rows, bundle, &question),
    };
    let note = match &question {
        Question::Who(Who::Subject(subject)) => unnamed(subject, bundle),
        Question::Who(Who::Operator) => Some(OPERATOR.to_owned()),
        Question::Who(_) | Question::Everything | Question::What(_) => None,
    };
    Answer { question, rows, nobody, note, left_out: BTreeSet::new() }
}

/// Answers a question as people can read it: where more than [`SHOWN`] principals are named, without their rows.
pub(super) fn short_answer(bundle: &Bundle, question: Question) -> Answer {
    let left_out = match &question {
        Question::Who(_) => BTreeSet::new(),
        Question::Everything | Question::What(_) => subjects(bundle),
    };
    if left_out.len() <= SHOWN {
        return answer(bundle, question);
    }
    let rows = [Who::Anyone, Who::Operator].map(|who| row(bundle, who, &question));
    // Who is not looked at may be allowed, so that nothing is known to be nobody's.
    Answer { question, rows: rows.into(), nobody: BTreeSet::new(), note: None, left_out }
}

fn everybody(bundle: &Bundle, question: &Question) -> Vec<Row> {
    let named = subjects(bundle).into_iter().map(Who::Subject);
    [Who::Anyone, Who::Operator].into_iter().chain(named).map(|who| row(bundle, who, question)).collect()
}

/// What a question asks of one row: the denials are shown unless everything is asked for.
fn row(bundle: &Bundle, who: Who, question: &Question) -> Row {
    let (may, may_not) = match &who {
        Who::Subject(subject) => of_subject(bundle, subject, question),
        Who::Operator => operator(bundle),
        Who::Anyone => anyone(bundle, question),
    };
    let row = Row { who, may, may_not };
    match question {
        Question::Everything => Row { may_not: Vec::new(), ..row },
        Question::What(things) => row.about(things),
        Question::Who(_) => row,
    }
}

/// Anyone may do what both a stranger with credentials and one without may.
fn anyone(bundle: &Bundle, question: &Question) -> (Vec<Finding>, Vec<Finding>) {
    let (mut may, mut may_not) = of_subject(bundle, &Subject::new(Principal::Anonymous), question);
    let (known_may, known_may_not) = of_subject(bundle, &Subject::new(Principal::Authenticated), question);
    let known_may: BTreeSet<_> = known_may.iter().map(Finding::result).collect();
    may.retain(|finding| known_may.contains(&finding.result()));
    let said: BTreeSet<_> = may_not.iter().map(Finding::result).collect();
    may_not.extend(known_may_not.into_iter().filter(|finding| !said.contains(&finding.result())));
    (may, may_not)
}

fn operator(bundle: &Bundle) -> (Vec<Finding>, Vec<Finding>) {
    let unlisted = bundle.auth.loops.iter().filter(|(_, access)| access.acl.is_none());
    let subject = Subject::new(Principal::Anonymous);
    let findings = unlisted.flat_map(|(name, _)| {
        let (rules, thing) = (Rules::of(bundle), Thing::Loop(name.clone()));
        let trigger = rules.execute_loop(&subject, name, Origin::Operator);
        // What they may besides, as somebody whom rules name, is asked for by that name.
        let instruct = rules.override_instruction(&subject, name, Origin::Operator);
        let instruct = instruct.is_allowed().then(|| Finding::new(Verb::Instruct, thing.clone(), &instruct));
        std::iter::once(Finding::new(Verb::Trigger, thing.clone(), &trigger)).chain(instruct)
    });
    let mut findings: Vec<_> = findings.collect();
    findings.sort_by(|one, other| one.key().cmp(&other.key()));
    (findings, Vec::new())
}

fn of_subject(bundle: &Bundle, subject: &Subject, question: &Question) -> (Vec<Finding>, Vec<Finding>) {
    let rules = Rules::of(bundle);
    let mut all = of_agents(bundle, subject, question);
    for name in bundle.program.loops.keys() {
        let thing = || Thing::Loop(name.clone());
        if !question.is_about(&thing()) {
            continue;
        }
        let trigger = rules.execute_loop(subject, name, Origin::Listener);
        all.push((trigger.is_allowed(), Finding::new(Verb::Trigger, thing(), &trigger)));
        let instruct = rules.override_instruction(subject, name, Origin::Listener);
        all.push((instruct.is_allowed(), Finding::new(Verb::Instruct, thing(), &instruct)));
        if is_account_of(bundle, subject, name) {
            let fire = rules.fire(name);
            all.push((fire.is_allowed(), Finding::new(Verb::Run, thing(), &fire)));
        }
        let read = rules.read_loop(subject, name);
        all.push((read.is_allowed(), Finding::new(Verb::SeeTraces, thing(), &read)));
    }
    all.sort_by(|(_, one), (_, other)| one.key().cmp(&other.key()));
    let (may, may_not): (Vec<_>, Vec<_>) = all.into_iter().partition(|(is_allowed, _)| *is_allowed);
    let findings = |all: Vec<(bool, Finding)>| all.into_iter().map(|(_, finding)| finding).collect();
    (findings(may), findings(may_not))
}

fn is_account_of(bundle: &Bundle, subject: &Subject, name: &LoopName) -> bool {
    let access = bundle.auth.loops.get(name);
    access.is_some_and(|access| subject.principal == Principal::ServiceAccount(access.run_as.clone()))
}

/// Agents and the tools of those that are reached.
fn of_agents(bundle: &Bundle, subject: &Subject, question: &Question) -> Vec<(bool, Finding)> {
    let rules = Rules::of(bundle);
    let reached = rules.reach(subject);
    let way = |agent: &AgentName| Rules::way(&reached, agent).into_iter().cloned().collect::<Vec<_>>();
    let mut all = Vec::new();
    for agent in bundle.program.agents.keys() {
        let thing = || Thing::Agent(agent.clone());
        if !question.is_about(&thing()) {
            continue;
        }
        let execute = rules.execute(subject, agent);
        match reached.get(agent).filter(|found| found.through.is_some()) {
            Some(found) => {
                let reason = found.reason.clone();
                all.push((true, Finding { verb: Verb::Reach, thing: thing(), through: way(agent), reason }));
            }
            None => all.push((execute.is_allowed(), Finding::new(Verb::Execute, thing(), &execute))),
        }
        let read = rules.read(subject, agent);
        all.push((read.is_allowed(), Finding::new(Verb::SeeTraces, thing(), &read)));
    }
    for used in rules.uses(subject, &reached) {
        let verb = verb(used.class);
        let through = way(&used.agent).into_iter().chain([used.agent.clone()]).collect();
        let finding = Finding { through, ..Finding::new(verb, Thing::Tool(used.tool.target()), &used.decision) };
        all.push((used.decision.is_allowed(), finding));
    }
    all
}

fn verb(class: Access) -> Verb {
    match class {
        Access::Read => Verb::Read,
        Access::Write => Verb::Write,
    }
}

/// What no row allows: agents that nobody reaches, loops that cannot run, tools that no agent can use for anybody.
fn nobody(rows: &[Row], bundle: &Bundle, question: &Question) -> BTreeSet<(Thing, Verb)> {
    let allowed: BTreeSet<_> =
        rows.iter().flat_map(|row| &row.may).map(|finding| (&finding.thing, finding.verb)).collect();
    let rules = Rules::of(bundle);
    let agents = bundle.program.agents.keys();
    let tools = agents.clone().flat_map(|agent| rules.tools(agent));
    let tools = tools.map(|(tool, class)| (Thing::Tool(tool.target()), verb(class)));
    let loops = bundle.program.loops.keys().map(|name| (Thing::Loop(name.clone()), Verb::Run));
    let agents = agents.map(|agent| (Thing::Agent(agent.clone()), Verb::Execute));
    let all = agents.chain(loops).chain(tools);
    let is_allowed = |thing: &Thing, verb: Verb| {
        allowed.contains(&(thing, verb)) || (verb == Verb::Execute && allowed.contains(&(thing, Verb::Reach)))
    };
    all.filter(|(thing, verb)| question.is_about(thing) && !is_allowed(thing, *verb)).collect()
}

impl Question {
    /// Whether what is done to a thing is a part of the answer.
    fn is_about(&self, thing: &Thing) -> bool {
        match self {
            Self::What(things) => things.contains(thing),
            Self::Everything | Self::Who(_) => true,
        }
    }
}

impl Row {
    fn about(mut self, things: &BTreeSet<Thing>) -> Self {
        self.may.retain(|finding| things.contains(&finding.thing));
        self.may_not.retain(|finding| things.contains(&finding.thing));
        self
    }
}

impl Finding {
    fn new(verb: Verb, thing: Thing, decision: &Decision) -> Self {
        Self { verb, thing, through: Vec::new(), reason: decision.reason().clone() }
    }

    /// The same deed of another subject, on whatever way: what is done to what, and for a tool the agent that does it.
    pub(super) fn key(&self) -> (Verb, &Thing, Option<&AgentName>) {
        let user = if matches!(self.thing, Thing::Tool(_)) { self.through.last() } else { None };
        (self.verb, &self.thing, user)
    }

    /// As [`Self::key`], where it does not matter whether an agent is asked directly.
    fn result(&self) -> (Verb, Thing, Option<AgentName>) {
        let (verb, thing, user) = self.key();
        let verb = if verb == Verb::Reach { Verb::Execute } else { verb };
        (verb, thing.clone(), user.cloned())
    }
}
