//! `pace chat` for programs.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use pace_tests::Project;

use crate::{assert_run, ended, pace, project, say, start};

#[test]
fn the_answer_is_all_that_goes_to_standard_output() {
    let project = project();
    assert_run(&say(&project, &["chat", "helper"], "What's the capital of France?\n"), 0, "Paris.\n", "");
    // A line break more or less does not matter, and a program gets what the model said to the byte.
    assert_run(&say(&project, &["chat", "helper"], "one\r\ntwo\r\n".replace('\r', "").as_str()), 0, "Two lines.\n", "");
    let evil = "red \u{1b}[31mtext\u{1b}[2J\u{7}\u{9b}0m end\r\nnext\n";
    assert_run(&say(&project, &["chat", "helper"], "evil"), 0, evil, "");
    let note =
        "note: get_weather was not called: there is no tool `get_weather`: you have no tools, so answer without one\n";
    assert_run(&say(&project, &["chat", "helper"], "tool"), 0, "It rains.\n", note);
    // Nothing is left in the project by a conversation that nobody wanted kept.
    assert!(!project.path().join(".pace").exists());
}

#[test]
fn data_is_printed_as_json() {
    let project = project();
    assert_run(&say(&project, &["chat", "triage"], "sort"), 0, "{\"topic\":\"bills\",\"urgent\":true}\n", "");
}

#[test]
fn json_is_what_the_http_interface_answers() {
    let run = say(&project(), &["chat", "helper", "--json"], "What's the capital of France?");
    assert_eq!((run.code, run.err.as_str(), run.out.lines().count()), (Some(0), "", 1));
    let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(answer["response"], "Paris.");
    assert_eq!((&answer["usage"]["input_tokens"], &answer["usage"]["output_tokens"]), (&9.into(), &2.into()));
    for id in ["session", "invocation"] {
        assert_eq!(answer[id].as_str().map(str::len), Some(32), "{id}");
    }
    let run = say(&project(), &["chat", "triage", "--json"], "sort");
    let answer: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(answer["output"], serde_json::json!({"topic": "bills", "urgent": true}));
}

#[test]
fn a_cut_answer_says_so_aside() {
    let project = project();
    let why = "note: the answer is cut: the model reached its longest output\n";
    assert_run(&say(&project, &["chat", "helper"], "cut"), 0, "This is\n", why);
    let why = "note: the answer is cut: the model's service stopped it (SAFETY)\n";
    assert_run(&say(&project, &["chat", "helper"], "blocked"), 0, "This is\n", why);
}

#[test]
fn a_failure_prints_no_answer() {
    let run = say(&project(), &["chat", "helper"], "unheard of");
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(run.err.starts_with("error: no recorded turn of `recorded`"), "{}", run.err);
    assert!(run.err.contains("\n  help: "), "{}", run.err);
}

#[test]
fn without_a_key_it_names_the_variable_and_the_ways_without_one() {
    let project = Project::minimal();
    let run = say(&project, &["chat", "helper"], "Hello");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    for part in ["error: ", "`GOOGLE_API_KEY`", "https://aistudio.google.com/apikey", "replay"] {
        assert!(run.err.contains(part), "{part}: {}", run.err);
    }
}

#[test]
fn an_unknown_agent_gets_the_nearest_name_or_all() {
    let project = project();
    let run = say(&project, &["chat", "Helper"], "Hello");
    assert_run(&run, 2, "", "error: there is no agent `Helper`\n  help: did you mean `helper`?\n");
    let all = "the agents here are `helper`, `refunds` and `triage`";
    let run = say(&project, &["chat", "\u{1b}[31m"], "Hello");
    assert_run(&run, 2, "", &format!("error: there is no agent `\\u{{1b}}[31m`\n  help: {all}\n"));
    let run = say(&project, &["chat"], "Hello");
    assert_run(&run, 2, "", &format!("error: say which agent to talk to\n  help: {all}\n"));
}

#[test]
fn the_only_agent_needs_no_name() {
    let project = Project::new(&[
        ("agents/a/spec.yaml", "name: only\nmodel: recorded\ndescription: You help.\n"),
        ("paceline.yaml", "models: [{name: recorded, provider: replay, turns: t.json}]\n"),
        ("t.json", r#"[{"user": "Hello", "model": "Good day."}]"#),
    ]);
    assert_run(&say(&project, &["chat"], "Hello"), 0, "Good day.\n", "");
    let project = Project::new(&[("paceline.yaml", "version: 1\n")]);
    let run = say(&project, &["chat"], "Hello");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    let last = "error: the project has no agents\n  help: write one in `agents/<name>/spec.yaml`\n";
    assert!(run.err.ends_with(last), "{}", run.err);
}

#[test]
fn another_model_can_be_tried() {
    let project = project();
    assert_run(&say(&project, &["chat", "helper", "--model", "other"], "Hello"), 0, "Another model.\n", "");
    let run = say(&project, &["chat", "helper", "--model", "othr"], "Hello");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    let start = "error: unknown model `othr` in `--model`\n  help: did you mean `other`?\n";
    assert!(run.err.starts_with(start) && !run.err.contains("build failed"), "{}", run.err);
    // What the spec says is not asked for any more.
    project.write("agents/helper/spec.yaml", "name: helper\nmodel: no-such-model\ndescription: You help.\n");
    assert_run(&say(&project, &["chat", "helper", "--model", "other"], "Hello"), 0, "Another model.\n", "");
}

#[test]
fn who_asks_decides() {
    let project = project();
    let why = "error: no `acl` gives `user:ann` the role `execute` on the agent `refunds`\n  \
               help: ask as somebody else: `--as user:<name>,group:<name>`\n        \
               the agent admits `group:support`\n";
    assert_run(&say(&project, &["chat", "refunds"], "fox"), 1, "", why);
    let fox = "The quick brown fox jumps over the lazy dog.\n";
    assert_run(&say(&project, &["chat", "refunds", "--as", "group:support"], "fox"), 0, fox, "");
    assert_run(&say(&project, &["chat", "refunds", "--as", "user:ben, group:support"], "fox"), 0, fox, "");
    let run = say(&project, &["chat", "refunds", "--as", "ben"], "fox");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.contains("a principal begins with `user:`"), "{}", run.err);
    let run = say(&project, &["chat", "refunds", "--as", "user:ben,support"], "fox");
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.contains("`support` has no kind\n  help: write `group:support`\n"), "{}", run.err);
}

#[test]
fn without_a_login_name_somebody_asks_all_the_same() {
    let project = project();
    for (user, logname, asked) in [("", "ben", "user:ben"), ("a b,c\n", "x", "user:a-b-c")] {
        let mut command = pace(project.path(), &["chat", "refunds"]);
        let output = command.env("USER", user).env("LOGNAME", logname).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert!(err.starts_with(&format!("error: no `acl` gives `{asked}` the role")), "{err}");
    }
    let output = pace(project.path(), &["chat", "refunds"]).env_remove("USER").env_remove("LOGNAME").output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.starts_with("error: no `acl` gives `user:"), "{err}");
}

#[test]
fn an_empty_message_is_no_message() {
    let project = project();
    let why = "error: the message on standard input is empty\n  help: pipe one in: `echo Hello | pace chat helper`\n";
    for message in ["", "\n", " \t\n"] {
        assert_run(&say(&project, &["chat", "helper"], message), 2, "", why);
    }
    let run = ended(start(project.path(), &["chat", "helper"], b"caf\xe9"));
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    assert!(run.err.starts_with("error: the message is not UTF-8, from byte 3 on\n"), "{}", run.err);
    let run = ended(start(project.path(), &["chat", "helper"], &vec![b'x'; (8 << 20) + 1]));
    assert_run(&run, 2, "", "error: the message is longer than 8 MiB\n  help: send less of it\n");
}

#[test]
fn a_project_with_errors_does_not_talk() {
    let project = project();
    project.write("agents/triage/spec.yaml", "nam: triage\nmodel: recorded\ndescription: You sort.\n");
    for arguments in [&["chat", "helper"][..], &["chat", "helper", "--message-format", "json"]] {
        let run = say(&project, arguments, "Hello");
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
        assert!(run.err.contains("P0101"), "{}", run.err);
    }
    let built = project.run(&["build"]);
    assert_eq!(say(&project, &["chat", "helper"], "Hello").err, built.err);
}

#[test]
fn warnings_leave_the_answer_alone() {
    let project = project();
    project.write("loops/x.yml", "");
    for arguments in [&["chat", "helper"][..], &["chat", "helper", "--message-format", "github"]] {
        let run = say(&project, arguments, "fox");
        assert_eq!((run.code, run.out.lines().count()), (Some(0), 1));
        assert!(run.err.contains("loops/x.yml"), "{}", run.err);
    }
}

#[test]
fn a_reader_that_left_is_no_failure() {
    let project = project();
    let mut child = start(project.path(), &["chat", "helper"], b"fox");
    drop(child.stdout.take());
    assert_run(&ended(child), 0, "", "");
    let mut closed = pace(project.path(), &["chat", "helper"]);
    assert_eq!(closed.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap().code(), Some(2));
}

#[test]
fn the_project_need_not_be_writable() {
    let project = project();
    std::fs::set_permissions(project.path(), std::fs::Permissions::from_mode(0o555)).unwrap();
    let run = say(&project, &["chat", "helper"], "fox");
    std::fs::set_permissions(project.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
}
