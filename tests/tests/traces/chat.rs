//! Conversations on their author's machine, and the commands that show what became of them.

use serde_json::{Value, json};

use super::{SECRET, exported, holds, kept, pace, project, serving};

#[test]
fn what_happened_is_listed_shown_and_exported() {
    let project = project("");
    for (agent, message, code) in [
        ("lead", "look", 0),
        ("lead", "pay", 0),
        ("lead", "ask", 0),
        ("lead", "nobody recorded this", 1),
        ("closed", "told", 1),
    ] {
        let run = pace(&project, &["chat", agent, "--as", "user:ann"], message);
        assert_eq!(run.code, Some(code), "{message}: {run:?}");
    }
    let list = pace(&project, &["trace", "list"], "");
    assert_eq!(list.code, Some(0), "{list:?}");
    let line = |begin: &str| {
        list.out.lines().position(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(begin))
    };
    let (denied, failed) = (line("✗ closed user:ann denied").unwrap(), line("✗ lead user:ann err").unwrap());
    let below = |at: usize| list.out.lines().nth(at + 1).unwrap().to_owned();
    assert!(below(denied).starts_with("  └─ ") && below(denied).contains("execute"), "{}", list.out);
    assert!(below(failed).starts_with("  └─ ") && line("✓ guide user:ann").is_some(), "{}", list.out);
    assert_eq!(list.out.lines().filter(|line| line.starts_with("✓ lead")).count(), 3, "{}", list.out);
    let all = exported(&project, "development", &[]);
    assert_eq!(all.len(), 6);
    let of = |is_it: &dyn Fn(&Value) -> bool| all.iter().find(|trace| is_it(trace)).unwrap();
    assert_eq!(of(&|trace| trace["status"] == "denied")["error"]["code"], "not-allowed");
    assert_eq!(of(&|trace| trace["status"] == "failed")["error"]["code"], "no-recorded-turn");
    let (guide, lead) =
        (of(&|trace| trace["agent"] == "guide"), of(&|trace| trace["message"] == json!({"text": "ask"})));
    let pay = of(&|trace| trace["message"] == json!({"text": "pay"}));
    assert_eq!((&guide["parent"], &guide["root"], &guide["actors"]), (&lead["id"], &lead["id"], &json!(["lead"])));
    assert_eq!(pay["steps"][1]["tool"]["status"], "stubbed");
    assert_eq!(pay["steps"][1]["tool"]["arguments"], json!({"json": {"to": "the piper"}}));

    let show = pace(&project, &["trace", "show", lead["id"].as_str().unwrap()], "");
    assert_eq!(show.code, Some(0), "{show:?}");
    for part in [
        "✓ lead  user:ann  ok",
        "asked: ask",
        "call of guide (paceline://guide), read: done",
        "    ✓ guide",
        "answered: south",
    ] {
        assert!(show.out.contains(part), "no `{part}`:\n{}", show.out);
    }
    let tree = pace(&project, &["trace", "show", lead["id"].as_str().unwrap(), "--json"], "");
    let tree: Value = serde_json::from_str(&tree.out).unwrap();
    assert_eq!(tree["children"][0]["id"], guide["id"]);
    assert_eq!(tree["children"][0]["response"], json!({"text": "south"}));
}

#[test]
fn filters_say_which() {
    let project = project("");
    for (agent, who, message) in
        [("lead", "user:ann", "look"), ("guide", "user:bob", "where to?"), ("lead", "user:bob", "no")]
    {
        pace(&project, &["chat", agent, "--as", who], message);
    }
    let count = |more: &[&str]| exported(&project, "development", more).len();
    for (flags, wanted) in [
        (&["--agent", "lead"][..], 2),
        (&["--principal", "user:bob"], 2),
        (&["--status", "failed"], 1),
        (&["--agent", "lead", "--status", "ok"], 1),
        (&["--loop", "nightly"], 0),
        (&["--since", "1h"], 3),
        (&["--until", "1h"], 0),
        (&["--limit", "2"], 2),
    ] {
        assert_eq!(count(flags), wanted, "{flags:?}");
    }
    for (flag, value, words) in
        [("--status", "bad", "is no status"), ("--since", "soon", "how long ago"), ("--principal", "ann", "user:ann")]
    {
        let run = pace(&project, &["trace", "list", flag, value], "");
        assert!(run.code == Some(2) && run.err.contains(words), "{run:?}");
    }
    let json = pace(&project, &["trace", "list", "--json", "--limit", "1"], "");
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&json[0]["agent"], &json[0]["subject"], &json[0]["error"]),
        (&json!("lead"), &json!("user:bob"), &json!("no-recorded-turn"))
    );
    let elsewhere = pace(&project, &["trace", "list", "--environment", "staging"], "");
    assert!(
        elsewhere.code == Some(0) && elsewhere.out.is_empty() && elsewhere.err.contains("`staging`"),
        "{elsewhere:?}"
    );
}

#[test]
fn no_secret_is_kept() {
    let project = project("");
    project.write(".pace/credentials.local", r#"{"version": 1, "values": {"OTHER": "cred-77aa-also-never-kept"}}"#);
    std::fs::set_permissions(
        project.path().join(".pace/credentials.local"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let long = format!("I was told {SECRET} and cred-77aa-also-never-kept. {}{SECRET}", "x".repeat((16 << 10) - 90));
    let run = pace(&project, &["chat", "lead"], &long);
    assert_eq!(run.code, Some(0), "{run:?}");
    let bytes = kept(&project.path().join(".pace/state"));
    assert!(holds(&bytes, "I was told [redacted:SHOP_TOKEN] and [redacted:OTHER]."));
    for part in [SECRET, "cred-77aa", "tok-4f8a2c91"] {
        assert!(!holds(&bytes, part), "`{part}` is kept");
    }
}

#[test]
fn where_nothing_is_kept_that_is_said() {
    let project = project("");
    let none = pace(&project, &["trace", "list"], "");
    assert_eq!((none.code, none.out.as_str()), (Some(0), ""));
    for part in [
        "no invocation of the environment `development` has left a trace in `",
        "/.pace/state`, which does not exist\n",
        "PACE_STATE_DIR or DATABASE_URL",
    ] {
        assert!(none.err.contains(part), "{}", none.err);
    }
    let unverified = pace(&project, &["trace", "verify", "--json"], "");
    assert_eq!((unverified.code, unverified.out.as_str()), (Some(1), "[]\n"));
    assert!(!project.path().join(".pace/state").exists());
    let output = project.pace(&["trace", "list"]).env("PACE_STATE_DIR", "memory").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let unknown = pace(&project, &["trace", "show", &"0".repeat(32)], "");
    assert!(unknown.code == Some(1) && unknown.err.contains("there is no trace"), "{unknown:?}");
    let wrong = pace(&project, &["trace", "show", "x"], "");
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    let chat = project.pace(&["chat", "guide"]).env("PACE_STATE_DIR", "/proc/none").output().unwrap();
    let err = String::from_utf8(chat.stderr).unwrap();
    assert!(chat.status.code() == Some(2) && err.contains("the store cannot be kept at `/proc/none`"), "{err}");
}

#[test]
fn what_is_not_found_is_told_as_what_it_is() {
    let project = project("");
    assert_eq!(pace(&project, &["chat", "lead"], "look\n").code, Some(0));
    for command in ["list", "export"] {
        let other = pace(&project, &["trace", command, "--agent", "guide"], "");
        let told = "no trace of the environment `development` is like that\n";
        assert!(other.code == Some(0) && other.out.is_empty() && other.err.starts_with(told), "{other:?}");
        let found = pace(&project, &["trace", command], "");
        assert!(!found.out.is_empty() && found.err.is_empty(), "{found:?}");
    }
    let none = pace(&project, &["trace", "export", "--limit", "0"], "");
    assert_eq!((none.code, none.out.as_str(), none.err.as_str()), (Some(0), "", ""));
    // A runner that nobody asked anything: it is known to the store, and has no traces.
    assert_eq!(serving(&project, &[]).stop(), Some(0));
    for environment in ["production", "typo"] {
        let nobody = pace(&project, &["trace", "list", "--environment", environment], "");
        let told = format!("no invocation of the environment `{environment}` has left a trace in `");
        assert!(nobody.code == Some(0) && nobody.err.starts_with(&told), "{nobody:?}");
    }
    // So it is with live writes: that a known environment has none is an answer, and that one is not known is none.
    for (environment, code, told) in [
        ("production", 0, "no live write of the environment `production` is on record in `"),
        ("typo", 1, "nothing to verify: nothing of the environment `typo` is on record in `"),
    ] {
        let unverified = pace(&project, &["trace", "verify", "--environment", environment], "");
        assert!(unverified.code == Some(code) && unverified.err.starts_with(told), "{unverified:?}");
        let json = pace(&project, &["trace", "verify", "--environment", environment, "--json"], "");
        assert_eq!((json.code, json.out.as_str()), (Some(code), "[]\n"));
    }
}

#[test]
fn tail_prints_what_ends_meanwhile() {
    use std::process::Stdio;
    use std::sync::atomic::{AtomicBool, Ordering};

    use pace_tests::process::SetAtEnd;
    use pace_tests::program::{Said, end_of};
    let project = project("");
    pace(&project, &["chat", "guide"], "where to?");
    let mut command = project.pace(&["trace", "tail", "--agent", "lead"]);
    let mut tail = command.env_remove("PACE_STATE_DIR").stdout(Stdio::piped()).spawn().unwrap();
    let said = Said::on(tail.stdout.take());
    // Whatever ended before it looked for the first time is not printed, so that this is asked until it is.
    let is_printed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_printed.load(Ordering::Relaxed) {
                pace(&project, &["chat", "lead"], "look");
            }
        });
        let _printed = SetAtEnd(&is_printed);
        let line = said.lines(1).remove(0);
        assert!(line.starts_with("✓ lead"), "{line}");
    });
    let _ended = std::process::Command::new("kill").args(["-INT", &tail.id().to_string()]).status();
    assert_eq!(end_of(&mut tail).code(), Some(0));
}
