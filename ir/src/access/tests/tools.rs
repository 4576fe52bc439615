//! Who may have which tool called, by whom and through whom.

use super::*;

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
