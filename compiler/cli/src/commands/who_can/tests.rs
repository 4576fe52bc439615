//! Answers and summary of one project with everything: delegation, a server, grants, a loop that cannot run.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::program::authorization::{AgentAccess, LoopAccess};
use pace_ir::program::model::{Model, Provider};
use pace_ir::program::scheduled_loop::{CatchUp, Concurrency};
use pace_ir::program::tool::{AgentTarget, PinnedServer, PinnedTool, ServerTarget};
use pace_ir::program::{
    Access, Agent, AuthSection, Authentication, BlobSection, Generation, GrantTarget, Json, Limits, LockSection, Loop,
    Meta, Principal, ProgramSection, ProjectRole, Role, Target, Template, ToolEntry, ToolSection,
};
use pace_ir::schedule::{Schedule, Timezone};
use pace_ir::{Bundle, VerifiedBundle};

use super::{findings, json, question, text};
use crate::summary;

const SERVER: &str = "https://tools.example.com/mail";

fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn entry(target: Target, access: Access) -> ToolEntry {
    ToolEntry { target, access, env: BTreeMap::new(), timeout: None }
}

fn agent(tools: Vec<ToolEntry>) -> Agent {
    Agent {
        model: name("m"),
        prompt: "You help.".into(),
        summary: "Helps".into(),
        tools,
        skills: vec![],
        generation: Generation::default(),
        output: None,
        limits: Limits::default(),
    }
}

/// `front` is open and calls `desk`; `desk` admits ops and `front`, and has a mail server; `shut` admits nobody. The loop
/// `hourly` asks `desk` as `bot`, which `desk` does not admit.
fn bundle() -> Bundle {
    let mail = ServerTarget {
        server: SERVER.into(),
        alias: name("mail"),
        tools: None,
        read_only: BTreeSet::new(),
        args: vec![],
        roots: vec![],
    };
    let front =
        agent(vec![entry(Target::Agent(AgentTarget { agent: name("desk"), alias: name("desk") }), Access::Write)]);
    let desk = agent(vec![entry(Target::Server(mail), Access::Write)]);
    let acl = |who: &[&str]| Some(who.iter().map(|who| (name(who), Role::Execute)).collect());
    let access = |agent: &str, acl| (name(agent), AgentAccess { run_as: name(agent), acl });
    let tool = |access| PinnedTool::new("", Json("{}".into()), access);
    let tools = [("list", Access::Read), ("purge", Access::Write), ("send", Access::Write)];
    let hourly = Loop {
        schedule: Schedule::parse("@hourly").unwrap(),
        timezone: Timezone::UTC,
        agent: name("desk"),
        instruction: "Work.".into(),
        concurrency: Concurrency::Forbid,
        catch_up: CatchUp::default(),
        timeout: None,
        enabled: true,
    };
    let model = Model {
        provider: Provider::Gemini,
        model: "m".into(),
        base_url: None,
        api_key: None,
        price: None,
        turns: None,
    };
    Bundle {
        meta: Meta {
            project: name("shop"),
            compiler: "0.1.0".into(),
            engine: None,
            required_features: BTreeSet::new(),
        },
        program: ProgramSection {
            agents: BTreeMap::from([(name("front"), front), (name("desk"), desk), (name("shut"), agent(vec![]))]),
            loops: BTreeMap::from([(name("hourly"), hourly)]),
            models: BTreeMap::from([(name("m"), model)]),
        },
        auth: AuthSection {
            authentication: Authentication::Nobody,
            service_accounts: BTreeSet::from([name("bot")]),
            agents: BTreeMap::from([
                access("front", None),
                access("desk", acl(&["group:ops", "serviceaccount:front"])),
                access("shut", acl(&[])),
            ]),
            loops: BTreeMap::from([(name("hourly"), LoopAccess { run_as: name("bot"), acl: None })]),
            grants: BTreeMap::from([(
                GrantTarget::ServerTool(SERVER.into(), "send".into()),
                BTreeMap::from([(Principal::Group("ops".into()), Access::Write)]),
            )]),
            ..AuthSection::default()
        },
        tools: ToolSection {
            servers: BTreeMap::from([(
                SERVER.into(),
                PinnedServer {
                    address: Template::literal(SERVER),
                    name: String::new(),
                    package: None,
                    needs_credential: false,
                    tools: tools.into_iter().map(|(name, access)| (name.to_owned(), tool(access))).collect(),
                },
            )]),
            ..ToolSection::default()
        },
        blobs: BlobSection::default(),
        lock: LockSection::default(),
        source_map: None,
        sbom: None,
        tool_map: None,
    }
}

fn verified() -> VerifiedBundle {
    bundle().emit().unwrap().verified
}

/// The answer without its first line, which names the bundle.
fn ask(argument: Option<&str>) -> String {
    let verified = verified();
    let question = question::parse(argument, verified.bundle()).unwrap();
    let answer = findings::answer(verified.bundle(), question);
    let text = text::render(&verified, &answer);
    text.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn the_summary_says_what_is_open_shut_and_broken() {
    let wanted = "  Who can do what (`authentication` is `none`: every request is anonymous):
    the loop `hourly` cannot run: no `acl` gives `serviceaccount:bot` the role `execute` on the agent `desk`
    anyone the listener admits may execute `front`
    whoever may execute an agent that lists it may read `https://tools.example.com/mail#list`
    whoever may execute `front` may, through it, reach `desk`
    nobody may execute `shut`; write `https://tools.example.com/mail#purge`
    the operator of the machine may trigger `hourly`
    `group:ops` may execute `desk`; write `https://tools.example.com/mail#send`
    `serviceaccount:front` may execute `desk`
";
    assert_eq!(summary::who_can(&bundle()), wanted);
}

#[test]
fn a_long_summary_ends_in_a_count() {
    let mut bundle = bundle();
    let user = |number: u8| (Principal::User(format!("u{number:02}")), Role::Execute);
    bundle.auth.agents.get_mut(&name::<pace_ir::program::AgentName>("desk")).unwrap().acl =
        Some((0..20).map(user).collect());
    let summary = summary::who_can(&bundle);
    let lines: Vec<_> = summary.lines().collect();
    assert_eq!(lines.len(), 12, "{summary}");
    // Of 26 lines ten are shown: one loop, four of what is open, shut or the operator's, the rest users.
    assert_eq!(lines[11], "    … and 16 more: `pace who-can`");
}

#[test]
fn nothing_is_said_of_nothing() {
    let empty = Bundle { program: ProgramSection::default(), auth: AuthSection::default(), ..bundle() };
    assert_eq!(summary::who_can(&empty), "");
}

/// With lists that are searched instead of looked up, or a row for each, this takes minutes.
#[test]
fn many_principals_are_counted() {
    let mut bundle = bundle();
    let users = (0..10_000).map(|number| Principal::User(format!("u{number}")));
    let desk = bundle.auth.agents.get_mut(&name::<pace_ir::program::AgentName>("desk")).unwrap();
    desk.acl.as_mut().unwrap().extend(users.clone().map(|user| (user, Role::Execute)));
    bundle.auth.project = users.take(3_000).map(|user| (user, ProjectRole::Admin)).collect();
    for number in 0..300 {
        bundle.program.agents.insert(name(&format!("a{number}")), agent(vec![]));
        let access = AgentAccess { run_as: name(&format!("a{number}")), acl: Some(BTreeSet::new()) };
        bundle.auth.agents.insert(name(&format!("a{number}")), access);
    }
    let started = std::time::Instant::now();
    let verified = bundle.emit().unwrap().verified;
    let ask = |argument| {
        let question = question::parse(argument, verified.bundle()).unwrap();
        text::render(&verified, &findings::short_answer(verified.bundle(), question))
    };
    let more = "\nthe rules name 10003 principals, too many to show (1 group, 2 service accounts, 10000 users)\n  \
                help: ask for one: `pace who-can <principal>`\n";
    for argument in [None, Some("desk"), Some(SERVER)] {
        let text = ask(argument);
        assert!(text.ends_with(more) && text.lines().count() < 40, "{text}");
    }
    assert!(ask(Some("user:u2999")).contains("\n  execute a299: the project's `acl` gives `user:u2999` the role"));
    assert!(summary::who_can(verified.bundle()).contains(" more: `pace who-can`"));
    assert!(started.elapsed().as_secs() < 60, "took {:?}", started.elapsed());
}

#[test]
fn hidden_characters_are_shown() {
    let mut bundle = bundle();
    let target = GrantTarget::Server("https://a\u{200b}.example".into());
    bundle.auth.grants.insert(target, BTreeMap::from([(Principal::Group("ops".into()), Access::Read)]));
    let summary = summary::who_can(&bundle);
    assert!(summary.contains("https://a\\u{200b}.example") && !summary.contains('\u{200b}'), "{summary}");
}

#[test]
fn the_matrix_shows_what_each_has_beyond_anyone() {
    let wanted = "`authentication` is `none`: every request is anonymous
no runner of this version fires loops or has them triggered yet: of loops, this is what the rules allow

anyone the listener admits
  execute            front
  reach              desk (through front)
  read with          https://tools.example.com/mail#list (through front → desk)

the operator of the machine
  trigger            hourly

group:ops
  execute            desk
  write with         https://tools.example.com/mail#send (through desk)

serviceaccount:bot
  nothing beyond what anyone may

serviceaccount:front
  execute            desk

nobody
  execute            shut
  run                hourly
  write with         https://tools.example.com/mail#purge
";
    assert_eq!(ask(None), wanted);
}

#[test]
fn a_principal_is_told_why() {
    let wanted = "`authentication` is `none`: every request is anonymous
no rule names `group:opt`; did you mean `group:ops`?

group:opt may
  execute front: the agent `front` has no `acl`, which opens it to whoever the listener admits
  reach desk (through front): the `acl` of the agent `desk` gives `serviceaccount:front` the role `execute`
";
    assert!(ask(Some("group:opt")).starts_with(wanted), "{}", ask(Some("group:opt")));
    let found = ask(Some("user:ann,group:ops"));
    let sends = "  write with https://tools.example.com/mail#send (through desk): `tool_grants` gives `group:ops` the access \
                 `write` on `https://tools.example.com/mail#send`\n";
    assert!(found.contains("\nuser:ann,group:ops may\n") && found.contains(sends), "{found}");
}

#[test]
fn a_tool_and_an_agent_are_asked_about() {
    let found = ask(Some(&format!("{SERVER}#send")));
    let may = "who may write with the tool `https://tools.example.com/mail#send`
  group:ops through desk: `tool_grants` gives `group:ops` the access `write` on `https://tools.example.com/mail#send`
";
    assert!(found.contains(may), "{found}");
    let may_not = "  anyone the listener admits through front → desk: `tool_grants` closes \
                   `https://tools.example.com/mail#send` to all it does not name, and gives `anonymous` nothing\n";
    assert!(found.contains(may_not), "{found}");
    // The server stands for all its tools; a name may carry its kind.
    let server = ask(Some(SERVER));
    assert!(server.contains("mail#list`") && server.contains("mail#purge`"), "{server}");
    assert_eq!(ask(Some("agent:shut")), ask(Some("shut")));
    assert!(ask(Some("shut")).contains("who may execute the agent `shut`\n  nobody\n"), "{}", ask(Some("shut")));
}

#[test]
fn what_there_is_not_has_a_neighbour_or_a_list() {
    let fails = |argument: &str| question::parse(Some(argument), &bundle()).unwrap_err().to_string();
    let wanted = "the bundle has no principal, agent, loop or tool `fornt`\n  help: did you mean `front`?";
    assert_eq!(fails("fornt"), wanted);
    assert!(fails("serviceaccount:bit").ends_with("help: did you mean `serviceaccount:bot`?"));
    let wanted = "`user:` is not a principal\n  help: 1 to 255 printable characters without spaces follow the colon";
    assert_eq!(fails("user:"), wanted);
    // The kind does not count as a part of the name that is near.
    let wanted = "the bundle has no principal, agent, loop or tool `serviceaccount:nosuch`\n  help: the bundle has \
                  `serviceaccount:bot`, `serviceaccount:desk`, `serviceaccount:front` and `serviceaccount:shut`";
    assert_eq!(fails("serviceaccount:nosuch"), wanted);
    assert!(fails("zzz").contains("\n  help: the bundle has `anyone`, `desk`, `front`, "), "{}", fails("zzz"));
    assert!(fails("zzz").ends_with("; write people as `user:<id>` and groups as `group:<name>`"), "{}", fails("zzz"));
}

#[test]
fn names_without_their_kind_are_completed() {
    let mut bundle = bundle();
    let desk = bundle.auth.agents.get_mut(&name::<pace_ir::program::AgentName>("desk")).unwrap();
    for who in ["user:ann", "user:finance", "group:finance"] {
        desk.acl.as_mut().unwrap().insert((name(who), Role::Execute));
    }
    let fails = |argument: &str| question::parse(Some(argument), &bundle).unwrap_err().to_string();
    assert!(fails("ann").ends_with("help: did you mean `user:ann`?"), "{}", fails("ann"));
    let wanted = "help: did you mean `group:finance` or `user:finance`?";
    assert!(fails("finance").ends_with(wanted), "{}", fails("finance"));
    assert!(fails("fnance").ends_with(wanted), "{}", fails("fnance"));
    assert!(fails("ops").ends_with("help: did you mean `group:ops`?"), "{}", fails("ops"));
}

#[test]
fn spaces_after_commas_are_no_part_of_names() {
    assert_eq!(ask(Some("user:ann, group:ops")), ask(Some("user:ann,group:ops")));
    assert!(ask(Some("user:ann,group:ops")).contains("user:ann,group:ops may\n"));
}

#[test]
fn reasons_name_the_groups_that_were_looked_for() {
    let wanted =
        "  execute shut: no `acl` gives `user:ann`, `group:a` or `group:b` the role `execute` on the agent `shut`\n";
    let found = ask(Some("user:ann,group:a,group:b"));
    assert!(found.contains(wanted), "{found}");
}

#[test]
fn near_is_said_of_the_name_alone() {
    assert!(ask(Some("user:on")).contains("no rule names `user:on`\n"));
    assert!(ask(Some("user:ops")).contains("no rule names `user:ops`; did you mean `group:ops`?\n"));
}

#[test]
fn the_operator_can_be_asked_about() {
    let wanted = "`authentication` is `none`: every request is anonymous
the operator runs commands on the machine itself: by that alone they may trigger loops that have no `acl`, and no more
no runner of this version fires loops or has them triggered yet: of loops, this is what the rules allow

the operator of the machine may
  trigger hourly: the loop `hourly` has no `acl`, which leaves it to the operator of the machine
";
    assert_eq!(ask(Some("operator")), wanted);
}

#[test]
fn who_may_do_nothing_is_told_so_in_one_line() {
    let mut bundle = bundle();
    let front = bundle.auth.agents.get_mut(&name::<pace_ir::program::AgentName>("front")).unwrap();
    front.acl = Some(BTreeSet::new());
    let verified = bundle.emit().unwrap().verified;
    let question = question::parse(Some("user:zed"), verified.bundle()).unwrap();
    let answer = findings::answer(verified.bundle(), question);
    let text = text::render(&verified, &answer);
    assert!(text.ends_with("no rule names `user:zed`\n\nuser:zed may do nothing\n"), "{text}");
    assert!(json::render(&verified, &answer).unwrap().contains("\"may_not\""));
}

#[test]
fn what_only_one_kind_of_stranger_may_is_not_open_to_anyone() {
    let mut bundle = bundle();
    let desk = bundle.auth.agents.get_mut(&name::<pace_ir::program::AgentName>("desk")).unwrap();
    desk.acl.as_mut().unwrap().insert((Principal::Authenticated, Role::Execute));
    let send = GrantTarget::ServerTool(SERVER.into(), "send".into());
    bundle.auth.grants.get_mut(&send).unwrap().insert(Principal::Anonymous, Access::Write);
    let question = question::parse(Some("anyone"), &bundle).unwrap();
    let answer = findings::answer(&bundle, question);
    let verbs = |findings: &[findings::Finding]| -> Vec<_> {
        findings.iter().map(|finding| (finding.verb.as_str(), finding.thing.to_string())).collect()
    };
    let may = verbs(&answer.rows[0].may);
    // Strangers with credentials ask `desk` themselves, those without through `front`: both get there.
    assert!(may.contains(&("reach", "desk".into())), "{may:?}");
    assert!(!may.iter().any(|(_, thing)| thing.ends_with("#send")), "{may:?}");
    assert!(verbs(&answer.rows[0].may_not).contains(&("write with", format!("{SERVER}#send"))));
}

#[test]
fn programs_get_the_same_answers() {
    let verified = verified();
    let question = question::parse(Some("group:ops"), verified.bundle()).unwrap();
    let answer = findings::answer(verified.bundle(), question);
    let document: serde_json::Value = serde_json::from_str(&json::render(&verified, &answer).unwrap()).unwrap();
    assert_eq!(document["project"], "shop");
    assert_eq!(document["authentication"], "none");
    let who = &document["who"][0];
    assert_eq!(who["who"], "group:ops");
    let may: Vec<_> = who["may"].as_array().unwrap().iter().map(|deed| (&deed["verb"], &deed["name"])).collect();
    let send = format!("{SERVER}#send");
    let list = format!("{SERVER}#list");
    let wanted = [("execute", "desk"), ("execute", "front"), ("read_with", &list), ("write_with", &send)];
    assert_eq!(may.len(), wanted.len(), "{may:?}");
    for ((verb, name), wanted) in may.into_iter().zip(wanted) {
        assert_eq!((verb.as_str().unwrap(), name.as_str().unwrap()), wanted);
    }
    assert_eq!(who["may"][3]["through"][0], "desk");
    assert!(!who["may_not"].as_array().unwrap().is_empty());
}
