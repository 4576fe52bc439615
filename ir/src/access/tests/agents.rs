//! Who may ask, read, cancel and trigger.

use super::*;

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
