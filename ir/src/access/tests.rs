//! Decisions against a table worked out by hand from the rules, not by running them.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::digest::Digest;
use crate::program::authorization::{AgentAccess, LoopAccess};
use crate::program::scheduled_loop::{CatchUp, Concurrency};
use crate::program::template::{Json, Template};
use crate::program::tool::{AgentTarget, LocalTarget, LocalTool, Net, PinnedServer, PinnedTool, ServerTarget};
use crate::program::{
    Access, Agent, AuthSection, BlobSection, Generation, GrantTarget, Limits, LockSection, Loop, Meta, ProgramSection,
    Target, ToolEntry, ToolSection,
};
use crate::schedule::{Schedule, Timezone};

const SLACK: &str = "https://integrations.example.com/slack";
const DISK: &str = "npm:disk";

fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// `user:ann,group:ops`.
fn who(text: &str) -> Subject {
    let mut words = text.split(',');
    let principal = name(words.next().unwrap());
    Subject { principal, groups: words.map(|word| word.strip_prefix("group:").unwrap().to_owned()).collect() }
}

#[expect(clippy::unnecessary_wraps, reason = "as the field it stands in")]
fn acl(entries: &[(&str, Role)]) -> Option<BTreeSet<(Principal, Role)>> {
    Some(entries.iter().map(|(principal, role)| (name(principal), *role)).collect())
}

fn grants(entries: &[(&str, Access)]) -> BTreeMap<Principal, Access> {
    entries.iter().map(|(principal, access)| (name(principal), *access)).collect()
}

fn agent(tools: Vec<ToolEntry>) -> Agent {
    Agent {
        model: name("m"),
        prompt: String::new(),
        summary: String::new(),
        tools,
        skills: vec![],
        generation: Generation::default(),
        output: None,
        limits: Limits::default(),
    }
}

fn entry(target: Target, access: Access) -> ToolEntry {
    ToolEntry { target, access, env: BTreeMap::new(), timeout: None }
}

fn local(tool: &str, access: Access) -> ToolEntry {
    entry(Target::Local(LocalTarget { tool: tool.into(), net: Net::AnyPublic, memory: None }), access)
}

fn server(server: &str, tools: Option<&[&str]>, read_only: &[&str], access: Access) -> ToolEntry {
    let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
    let target = ServerTarget {
        server: server.into(),
        alias: name("s"),
        tools: tools.map(words),
        read_only: words(read_only),
        args: vec![],
        roots: vec![],
    };
    entry(Target::Server(target), access)
}

fn calls(target: &str, access: Access) -> ToolEntry {
    entry(Target::Agent(AgentTarget { agent: name(target), alias: name("a") }), access)
}

fn pinned(tools: &[(&str, Access)]) -> PinnedServer {
    let tool = |access| PinnedTool::new("", Json("{}".into()), access);
    PinnedServer {
        address: Template::literal("x"),
        name: String::new(),
        package: None,
        needs_credential: false,
        tools: tools.iter().map(|(name, access)| ((*name).to_owned(), tool(*access))).collect(),
    }
}

/// `front` is open and calls `desk`, which admits ops and `front`'s identity and calls `vault` for reading only; `vault`
/// admits `desk`'s identity alone; `shut` admits nobody.
fn bundle() -> Bundle {
    use Access::{Read, Write};
    let front = vec![
        calls("desk", Write),
        local("tools/clock", Read),
        server(SLACK, Some(&["post", "list"]), &[], Read),
        server(DISK, None, &["stat"], Write),
    ];
    let desk = vec![calls("vault", Read), server(SLACK, None, &[], Write)];
    let vault = vec![local("tools/open", Write), local("tools/clock", Write)];
    let agents = [("front", front), ("desk", desk), ("vault", vault), ("shut", vec![])];
    let access = [
        ("front", None),
        ("desk", acl(&[("group:ops", Role::Execute), ("serviceaccount:front", Role::Execute)])),
        ("vault", acl(&[("serviceaccount:desk", Role::Execute), ("user:ann", Role::Read)])),
        ("shut", acl(&[])),
    ];
    let auth = AuthSection {
        service_accounts: BTreeSet::from([name("bot")]),
        project: BTreeSet::from([(name("user:root"), ProjectRole::Admin), (name("group:audit"), ProjectRole::Read)]),
        agents: access
            .into_iter()
            .map(|(agent, acl)| (name(agent), AgentAccess { run_as: name(agent), acl }))
            .collect(),
        loops: BTreeMap::from([
            (name("nightly"), LoopAccess { run_as: name("bot"), acl: None }),
            (name("hourly"), LoopAccess { run_as: name("bot"), acl: acl(&[("group:ops", Role::Execute)]) }),
        ]),
        grants: BTreeMap::from([
            (GrantTarget::Server(SLACK.into()), grants(&[("group:viewers", Read), ("serviceaccount:bot", Write)])),
            (GrantTarget::ServerTool(SLACK.into(), "post".into()), grants(&[("group:ops", Write)])),
            (GrantTarget::ServerTool(DISK.into(), "format".into()), grants(&[("authenticated", Write)])),
            (GrantTarget::Local("tools/open".into()), grants(&[])),
        ]),
        ..AuthSection::default()
    };
    let scheduled = |agent: &str| Loop {
        schedule: Schedule::parse("@daily").unwrap(),
        timezone: Timezone::UTC,
        agent: name(agent),
        instruction: String::new(),
        concurrency: Concurrency::Forbid,
        catch_up: CatchUp::default(),
        timeout: None,
        enabled: true,
    };
    let tool = LocalTool {
        name: name("t"),
        description: String::new(),
        parameters: Json("{}".into()),
        module: Digest::of(b""),
        source: Digest::of(b""),
    };
    Bundle {
        meta: Meta { project: name("p"), compiler: String::new(), engine: None, required_features: BTreeSet::new() },
        program: ProgramSection {
            agents: agents.into_iter().map(|(agent_name, tools)| (name(agent_name), agent(tools))).collect(),
            loops: BTreeMap::from([(name("nightly"), scheduled("front")), (name("hourly"), scheduled("desk"))]),
            models: BTreeMap::new(),
        },
        auth,
        tools: ToolSection {
            local: BTreeMap::from([("tools/clock".into(), tool.clone()), ("tools/open".into(), tool)]),
            servers: BTreeMap::from([
                (SLACK.into(), pinned(&[("list", Read), ("post", Write), ("purge", Write)])),
                (DISK.into(), pinned(&[("stat", Write), ("format", Write), ("sync", Write)])),
            ]),
            skills: BTreeMap::new(),
        },
        blobs: BlobSection::default(),
        lock: LockSection::default(),
        source_map: None,
        sbom: None,
        tool_map: None,
    }
}

/// `yes` or `no`, then the sentence.
fn said(decision: &Decision) -> String {
    let answer = if decision.is_allowed() { "yes" } else { "no" };
    format!("{answer}: {}", decision.reason())
}

fn tool(text: &str) -> Tool {
    match text.split_once('#') {
        Some((server, tool)) => Tool::Server(server.into(), tool.into()),
        None => Tool::Local(text.into()),
    }
}

#[test]
fn authenticated_is_everyone_but_anonymous() {
    let rules = ["user:ann", "group:ops", "serviceaccount:bot", "authenticated", "anonymous"];
    let table = [
        ("user:ann", [true, false, false, true, false]),
        ("user:ann,group:ops", [true, true, false, true, false]),
        ("user:ops", [false, false, false, true, false]),
        ("serviceaccount:bot", [false, false, true, true, false]),
        ("anonymous", [false, false, false, false, true]),
        ("anonymous,group:ops", [false, false, false, false, true]),
        ("group:ops", [false, true, false, true, false]),
        ("authenticated", [false, false, false, true, false]),
    ];
    for (subject, wanted) in table {
        let found = rules.map(|rule| who(subject).matches(&name(rule)));
        assert_eq!(found, wanted, "{subject} against {rules:?}");
    }
}

#[test]
fn agents_are_executed_and_read_by_their_lists() {
    let bundle = bundle();
    let rules = Rules::of(&bundle);
    //                      execute: front desk  vault  shut   read: front desk  vault  shut
    let table = [
        ("anonymous", [true, false, false, false], [false, false, false, false]),
        ("user:ann", [true, false, false, false], [false, false, true, false]),
        ("user:ann,group:ops", [true, true, false, false], [false, false, true, false]),
        ("user:ann,group:audit", [true, false, false, false], [true, true, true, true]),
        ("user:root", [true, true, true, true], [true, true, true, true]),
        ("serviceaccount:desk", [true, false, true, false], [false, false, false, false]),
    ];
    for (subject, execute, read) in table {
        let agents = ["front", "desk", "vault", "shut"];
        let subject = who(subject);
        assert_eq!(agents.map(|agent| rules.execute(&subject, &name(agent)).is_allowed()), execute, "{subject:?}");
        assert_eq!(agents.map(|agent| rules.read(&subject, &name(agent)).is_allowed()), read, "{subject:?}");
    }
    assert_eq!(
        said(&rules.execute(&who("user:ann"), &name("desk"))),
        "no: no `acl` gives `user:ann` the role `execute` on the agent `desk`"
    );
    assert_eq!(said(&rules.execute(&who("user:ann"), &name("desc"))), "no: the bundle does not have the agent `desc`");
}

#[test]
fn own_traces_are_ones_own_but_anonymous_is_nobody_in_particular() {
    let bundle = bundle();
    let rules = Rules::of(&bundle);
    let of = |subject: &str, scheduled: Option<&str>, owner: Option<&str>| {
        let (scheduled, owner) = (scheduled.map(name), owner.map(name));
        rules.read_of(&who(subject), &name("front"), scheduled.as_ref(), owner.as_ref()).is_allowed()
    };
    let read = |subject: &str, owner: &str| of(subject, None, Some(owner));
    assert!(read("user:bob", "user:bob"));
    assert!(!read("user:bob", "user:ann"));
    assert!(!read("anonymous", "anonymous"));
    assert!(read("user:x,group:audit", "anonymous"));
    for (subject, wanted) in [
        ("user:root", "yes: the project's `acl` gives `user:root` the role `admin`"),
        ("user:x,group:audit", "yes: the project's `acl` gives `group:audit` the role `read`"),
        ("user:ann", "no: no `acl` gives `user:ann` the role `read` on the project"),
        ("anonymous,group:audit", "no: no `acl` gives `anonymous` the role `read` on the project"),
    ] {
        assert_eq!(said(&rules.read_project(&who(subject))), wanted);
    }
    // What belongs to nobody, such as a request with a wrong credential, is for those alone who read the agent.
    assert!(!of("user:bob", None, None) && of("user:x,group:audit", None, None));
}

#[test]
fn invocations_are_cancelled_by_whom_they_run_for_and_by_admins() {
    let bundle = bundle();
    let rules = Rules::of(&bundle);
    for (subject, owner, wanted) in [
        ("user:bob", "user:bob", "yes: it belongs to `user:bob`"),
        ("anonymous", "anonymous", "yes: it belongs to `anonymous`"),
        ("user:root", "user:bob", "yes: the project's `acl` gives `user:root` the role `admin`"),
        ("user:root", "anonymous", "yes: the project's `acl` gives `user:root` the role `admin`"),
        // To read the project, or an agent, is not enough.
        (
            "user:x,group:audit",
            "user:bob",
            "no: it belongs to somebody else, and no `acl` gives `user:x` or `group:audit` the role `admin` on the project",
        ),
        (
            "anonymous,group:ops",
            "user:bob",
            "no: it belongs to somebody else, and no `acl` gives `anonymous` the role `admin` on the project",
        ),
        (
            "user:ann",
            "anonymous",
            "no: it belongs to somebody else, and no `acl` gives `user:ann` the role `admin` on the project",
        ),
    ] {
        assert_eq!(said(&rules.cancel(&who(subject), &name(owner))), wanted);
    }
}

#[test]
fn who_reads_a_loop_reads_its_runs_and_nothing_else_of_the_agent() {
    let mut bundle = bundle();
    let access = bundle.auth.loops.get_mut(&name::<LoopName>("nightly")).unwrap();
    access.acl = acl(&[("user:lea", Role::Read), ("user:tom", Role::Execute)]);
    let rules = Rules::of(&bundle);
    let (nightly, hourly, bot) = (name("nightly"), name("hourly"), name("serviceaccount:bot"));
    let read = |subject: &str, scheduled| rules.read_of(&who(subject), &name("front"), scheduled, Some(&bot));
    let by_the_loop = read("user:lea", Some(&nightly));
    assert_eq!(said(&by_the_loop), "yes: the `acl` of the loop `nightly` gives `user:lea` the role `read`");
    for (subject, scheduled) in [("user:lea", Some(&hourly)), ("user:lea", None), ("user:tom", Some(&nightly))] {
        let denied = read(subject, scheduled);
        assert!(said(&denied).ends_with("the role `read` on the agent `front`"), "{}", denied.reason());
    }
    assert!(read("serviceaccount:bot", Some(&nightly)).is_allowed());
}

#[test]
fn loops_are_triggered_by_their_list_or_by_the_operator() {
    let bundle = bundle();
    let rules = Rules::of(&bundle);
    let table = [
        ("nightly", "user:ann", Origin::Operator, true),
        ("nightly", "user:ann", Origin::Listener, false),
        ("nightly", "user:root", Origin::Listener, true),
        ("hourly", "user:ann", Origin::Operator, false),
        ("hourly", "user:ann,group:ops", Origin::Listener, true),
        ("weekly", "user:root", Origin::Operator, false),
    ];
    for (scheduled, subject, origin, wanted) in table {
        let decision = rules.execute_loop(&who(subject), &name(scheduled), origin);
        assert_eq!(decision.is_allowed(), wanted, "{scheduled} {subject} {origin:?}: {}", decision.reason());
    }
    assert!(rules.read_loop(&who("user:x,group:audit"), &name("nightly")).is_allowed());
    assert!(!rules.read_loop(&who("user:x,group:ops"), &name("hourly")).is_allowed());
    // `front` is open; `desk` does not name the account `bot`.
    assert!(rules.fire(&name("nightly")).is_allowed());
    assert_eq!(
        said(&rules.fire(&name("hourly"))),
        "no: no `acl` gives `serviceaccount:bot` the role `execute` on the agent `desk`"
    );
}

#[test]
fn an_instruction_of_ones_own_needs_the_agent_too() {
    let mut bundle = bundle();
    let ask = |bundle: &Bundle, subject: &str| {
        Rules::of(bundle).override_instruction(&who(subject), &name("hourly"), Origin::Listener).is_allowed()
    };
    assert!(!ask(&bundle, "user:x,group:ops"), "`bot` may not execute `desk`");
    let desk = bundle.auth.agents.get_mut(&name::<AgentName>("desk")).unwrap();
    desk.acl = acl(&[("serviceaccount:bot", Role::Execute)]);
    assert!(!ask(&bundle, "user:x,group:ops"), "ops may not execute `desk` any more");
    assert!(ask(&bundle, "user:root"));
}

#[test]
fn capability_is_the_agents_list_at_this_class() {
    let bundle = bundle();
    let rules = Rules::of(&bundle);
    let slack = |tool: &str| format!("{SLACK}#{tool}");
    let disk = |tool: &str| format!("{DISK}#{tool}");
    //                                                   read   write
    let table = [
        ("front", "tools/clock".to_owned(), [true, false]),
        ("vault", "tools/clock".to_owned(), [true, true]),
        ("front", "tools/open".to_owned(), [false, false]),
        // Exposed for reading only: `list` reads, `post` writes and is left out, `purge` is filtered out.
        ("front", slack("list"), [true, false]),
        ("front", slack("post"), [false, false]),
        ("front", slack("purge"), [false, false]),
        ("desk", slack("post"), [true, true]),
        ("desk", slack("gone"), [false, false]),
        // Listed under `read_only`.
        ("front", disk("stat"), [true, false]),
        ("front", disk("format"), [true, true]),
        ("desk", disk("stat"), [false, false]),
    ];
    for (agent, text, wanted) in table {
        let ask = |class| rules.capability(&name(agent), &tool(&text), class).is_allowed();
        assert_eq!([ask(Access::Read), ask(Access::Write)], wanted, "{agent} {text}");
    }
    assert_eq!(
        said(&rules.capability(&name("front"), &tool(&slack("post")), Access::Write)),
        format!("no: the agent `front` may use `{SLACK}#post` only for reading")
    );
}

#[test]
fn privilege_is_the_most_that_grants_on_server_and_tool_give() {
    let bundle = bundle();
    let rules = Rules::of(&bundle);
    let slack = |tool: &str| format!("{SLACK}#{tool}");
    let disk = |tool: &str| format!("{DISK}#{tool}");
    //                                                                read   write
    let table = [
        ("user:x,group:viewers", slack("post"), [true, false]),
        ("user:x,group:ops", slack("post"), [true, true]),
        ("user:x,group:ops", slack("list"), [false, false]),
        ("user:x,group:ops,group:viewers", slack("post"), [true, true]),
        ("serviceaccount:bot", slack("purge"), [true, true]),
        ("user:root", slack("list"), [false, false]),
        // A grant on one tool of the server leaves the others as if unmentioned.
        ("user:x", disk("format"), [true, true]),
        ("anonymous", disk("format"), [false, false]),
        ("anonymous", disk("stat"), [true, false]),
        ("user:x", disk("sync"), [true, false]),
        // Mentioned and given to nobody; not mentioned.
        ("user:root", "tools/open".to_owned(), [false, false]),
        ("anonymous", "tools/clock".to_owned(), [true, false]),
    ];
    for (subject, text, wanted) in table {
        let ask = |class| rules.privilege(&who(subject), &tool(&text), class).is_allowed();
        assert_eq!([ask(Access::Read), ask(Access::Write)], wanted, "{subject} {text}");
    }
}

#[test]
fn without_any_grant_writes_are_open_too() {
    let mut bundle = bundle();
    bundle.auth.grants.clear();
    let rules = Rules::of(&bundle);
    let decision = rules.privilege(&who("anonymous"), &tool("tools/open"), Access::Write);
    assert_eq!(said(&decision), "yes: the project has no `tool_grants`, which leaves `tools/open` open");
}

#[test]
fn delegation_admits_the_actor_by_name_or_the_subject() {
    let mut bundle = bundle();
    let ask = |bundle: &Bundle, subject: &str, caller: &str, target: &str| {
        said(&Rules::of(bundle).delegate(&Chain::direct(who(subject)), &name(caller), &name(target)))
    };
    let by_actor = "yes: the `acl` of the agent `desk` gives `serviceaccount:front` the role `execute`";
    assert_eq!(ask(&bundle, "anonymous", "front", "desk"), by_actor);
    assert_eq!(
        ask(&bundle, "user:root", "front", "vault"),
        "no: the `tools` of the agent `front` do not list the agent `vault`"
    );
    // An agent's identity is no credential: `authenticated` admits the subject or nobody.
    bundle.auth.agents.get_mut(&name::<AgentName>("desk")).unwrap().acl = acl(&[("authenticated", Role::Execute)]);
    assert!(ask(&bundle, "anonymous", "front", "desk").starts_with("no: "));
    assert!(ask(&bundle, "user:x", "front", "desk").starts_with("yes: "));
    // Nobody is named: the subject's own right decides, and the project's admins have it.
    bundle.auth.agents.get_mut(&name::<AgentName>("desk")).unwrap().acl = acl(&[]);
    assert!(ask(&bundle, "user:x", "front", "desk").starts_with("no: "));
    assert!(ask(&bundle, "user:root", "front", "desk").starts_with("yes: "));
}

#[test]
fn grants_ask_for_the_subject_and_for_who_changed_the_instruction() {
    let bundle = bundle();
    let rules = Rules::of(&bundle);
    let post = tool(&format!("{SLACK}#post"));
    let call = |chain: &Chain| rules.call(chain, &name("desk"), &post, Access::Write).is_allowed();
    let bot = name("bot");
    assert!(call(&Chain::direct(Subject::account(&bot))));
    assert!(!call(&Chain::direct(who("user:ann"))), "the account of `desk` lends its callers nothing");
    assert!(!call(&Chain::overridden(&bot, who("user:ann"))));
    assert!(call(&Chain::overridden(&bot, who("user:ann,group:ops"))));
    let below = Chain::direct(Subject::account(&bot)).through(&name("front"), Access::Read);
    assert_eq!(
        said(&rules.call(&below, &name("desk"), &post, Access::Write)),
        format!("no: the calling agent asked for reading only, and this call of `{SLACK}#post` would write")
    );
    assert_eq!(below.through(&name("desk"), Access::Write).most, Access::Read, "what was taken is not given back");
}

#[test]
fn reach_goes_through_delegation() {
    let bundle = bundle();
    let rules = Rules::of(&bundle);
    let reached = rules.reach(&who("anonymous"));
    let seen: Vec<_> = reached
        .iter()
        .map(|(agent, way)| {
            let path: Vec<_> = Rules::way(&reached, agent).into_iter().map(AgentName::as_str).collect();
            (agent.as_str(), path, way.most)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("desk", vec!["front"], Access::Write),
            ("front", vec![], Access::Write),
            ("vault", vec!["front", "desk"], Access::Read),
        ]
    );
    let uses = rules.uses(&who("anonymous"), &reached);
    let allowed: Vec<_> = uses
        .iter()
        .filter(|found| found.decision.is_allowed())
        .map(|found| (found.agent.as_str(), found.tool.target().to_string(), found.class))
        .collect();
    let stat = format!("{DISK}#stat");
    assert_eq!(allowed, [("front", "tools/clock".into(), Access::Read), ("front", stat, Access::Read)]);
}

#[test]
fn reach_prefers_the_way_on_which_more_can_be_done() {
    let mut bundle = bundle();
    let admit = |bundle: &mut Bundle, agent: &str, by: &str| {
        let access = bundle.auth.agents.get_mut(&name::<AgentName>(agent)).unwrap();
        access.acl = acl(&[(by, Role::Execute)]);
    };
    admit(&mut bundle, "shut", "serviceaccount:desk");
    let agents = &mut bundle.program.agents;
    // `front` calls `desk` for reading, and for writing further down its list; `desk` calls `shut`.
    agents.get_mut(&name::<AgentName>("front")).unwrap().tools.insert(0, calls("desk", Access::Read));
    agents.get_mut(&name::<AgentName>("desk")).unwrap().tools.push(calls("shut", Access::Write));
    let reached = Rules::of(&bundle).reach(&who("anonymous"));
    assert_eq!(reached[&name::<AgentName>("shut")].most, Access::Write);
    assert_eq!(reached[&name::<AgentName>("vault")].most, Access::Read);
}

#[test]
fn refusals_name_the_groups_that_were_looked_for() {
    let asked = |text: &str, role| {
        let resource = Resource::Agent(name("desk"));
        Reason::NotListed { resource, subject: who(text), role }.to_string()
    };
    for (text, wanted) in [
        ("user:ann", "no `acl` gives `user:ann` the role `execute` on the agent `desk`"),
        ("user:ann,group:a", "no `acl` gives `user:ann` or `group:a` the role `execute` on the agent `desk`"),
        (
            "user:ann,group:a,group:b",
            "no `acl` gives `user:ann`, `group:a` or `group:b` the role `execute` on the agent `desk`",
        ),
        (
            "user:ann,group:a,group:b,group:c,group:d",
            "no `acl` gives `user:ann` or any of their 4 groups the role `execute` on the agent `desk`",
        ),
        ("anonymous,group:a", "no `acl` gives `anonymous` the role `execute` on the agent `desk`"),
    ] {
        assert_eq!(asked(text, Role::Execute), wanted);
    }
    assert!(asked("user:ann", Role::Read).contains("the role `read` on"));
    let (tool, subject) = (GrantTarget::Local("tools/x".into()), who("user:ann,group:a"));
    assert_eq!(
        Reason::NotGranted { tool: tool.clone(), subject: subject.clone() }.to_string(),
        "`tool_grants` closes `tools/x` to all it does not name, and gives `user:ann` and `group:a` nothing"
    );
    assert_eq!(
        Reason::OnlyRead { tool, subject }.to_string(),
        "`tool_grants` gives `user:ann` and `group:a` only the access `read` on `tools/x`"
    );
}
