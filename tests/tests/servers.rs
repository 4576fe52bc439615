//! MCP servers through the command line: what is pinned, what becomes of a server that changes, and whose credential it sees. The
//! server is a program of a few lines, whose offer is a file that tests change.

use std::fmt::Write as _;

use pace_tests::{Project, SHOP};
use serde_json::{Value, json};

fn tool(name: &str, parameter: &str, is_read: bool) -> Value {
    json!({
        "name": name,
        "description": format!("{name} it"),
        "inputSchema": {"type": "object", "properties": {parameter: {"type": "string"}}},
        "annotations": {"readOnlyHint": is_read},
    })
}

fn offer() -> Vec<Value> {
    vec![tool("look", "what", true), tool("buy", "what", false), tool("whoami", "x", true), tool("die", "x", true)]
}

fn project(settings: &str) -> Project {
    let spec = "name: clerk\nmodel: recorded\ndescription: You sell.\ntools:\n  - server: mcp://exec/python3\n    alias: shop\n    \
                access: write\n    args: [server.py]\n";
    let models = "models: [{name: recorded, provider: replay, turns: turns.json}]\n";
    let project = Project::new(&[
        ("agents/clerk/spec.yaml", spec),
        ("paceline.yaml", &format!("{models}{settings}")),
        ("turns.json", "[{\"user\": {\"contains\": \"\"}, \"model\": \"Good day.\"}]"),
        ("server.py", SHOP),
    ]);
    change(&project, &offer());
    project
}

fn change(project: &Project, offer: &[Value]) {
    project.write("offer.json", &Value::from(offer.to_vec()).to_string());
}

/// Calls a tool; the result, or what was said instead.
fn called(project: &Project, arguments: &[&str]) -> Result<Value, String> {
    let ran = project.run(&[&["mcp", "call", "shop"], arguments].concat());
    match ran.code {
        Some(0) => Ok(serde_json::from_str(&ran.out).unwrap()),
        _ => Err(ran.err),
    }
}

#[test]
fn what_is_met_is_pinned_and_never_asked_again_offline() {
    let project = project("");
    let frozen = project.run(&["build", "--frozen"]);
    assert_eq!(frozen.code, Some(1));
    assert!(frozen.err.contains("error[P0803]"), "{}", frozen.err);
    let first = project.run(&["build", "--output", "first.pace"]);
    assert_eq!(first.code, Some(0), "{}", first.err);
    assert!(first.err.contains("note: pinned the 4 tools of `mcp://exec/python3` in `mcp.lock`"), "{}", first.err);
    let lock = std::fs::read(project.path().join("mcp.lock")).unwrap();
    std::fs::remove_file(project.path().join("server.py")).unwrap();
    for how in ["--offline", "--frozen"] {
        let again = project.run(&["build", how, "--output", "again.pace"]);
        assert_eq!(again.code, Some(0), "{how}: {}", again.err);
        let read = |file: &str| std::fs::read(project.path().join(file)).unwrap();
        assert_eq!((read("mcp.lock"), read("again.pace")), (lock.clone(), read("first.pace")), "{how}");
    }
}

#[test]
fn a_server_that_changed_can_only_do_less() {
    let project = project("");
    assert_eq!(called(&project, &["look", r#"{"what": "tea"}"#]), Ok(json!({"what": "tea"})));
    let mut offer = offer();
    offer[0] = tool("look", "which", true);
    offer[2] = tool("whoami", "x", false);
    offer[3] = tool("new", "x", true);
    change(&project, &offer);
    let probed = project.run(&["mcp", "probe"]);
    assert_eq!(probed.code, Some(1), "{}", probed.err);
    for said in ["unsafe: `whoami`", "breaking: `die`: is no longer offered", "compatible: `new`: is new"] {
        assert!(probed.out.contains(said), "{said}: {}", probed.out);
    }
    let refused = |tool: &str| called(&project, &[tool, "{}"]).unwrap_err();
    assert!(refused("look").contains("takes other arguments than when it was pinned"), "{}", refused("look"));
    assert!(refused("whoami").contains("no longer says that it does"), "{}", refused("whoami"));
    assert!(refused("die").contains("is no longer offered by its server"), "{}", refused("die"));
    assert!(refused("new").contains("offers no tool `new` here"), "{}", refused("new"));
    assert_eq!(called(&project, &["buy", r#"{"what": "tea"}"#, "--live-writes"]), Ok(json!({"what": "tea"})));

    let updated = project.run(&["mcp", "update", "shop"]);
    assert_eq!(updated.code, Some(0), "{}", updated.err);
    assert!(updated.err.contains("Wrote `mcp.lock`"), "{}", updated.err);
    assert_eq!(called(&project, &["look", r#"{"which": "tea"}"#]), Ok(json!({"which": "tea"})));
    assert_eq!(project.run(&["mcp", "probe"]).code, Some(0));
}

/// What is told as compatible goes on as it was.
#[test]
fn a_compatible_change_leaves_calls_as_they_were() {
    let project = project("");
    assert_eq!(called(&project, &["look", r#"{"what": "tea"}"#]), Ok(json!({"what": "tea"})));
    let mut offer = offer();
    offer[0]["inputSchema"]["properties"]["where"] = json!({"type": "string"});
    offer[0]["inputSchema"]["properties"]["what"]["description"] = "Other words.".into();
    offer[0]["description"] = "Looks elsewhere, too".into();
    change(&project, &offer);
    let probed = project.run(&["mcp", "probe"]);
    assert!(probed.out.contains("compatible: `look`: takes the new argument `where`"), "{}", probed.out);
    assert!(!probed.out.contains("breaking"), "{}", probed.out);
    assert_eq!(called(&project, &["look", r#"{"what": "tea"}"#]), Ok(json!({"what": "tea"})));
    // One that is needed is none of these.
    offer[0]["inputSchema"]["required"] = json!(["where"]);
    change(&project, &offer);
    let refused = called(&project, &["look", r#"{"what": "tea"}"#]).unwrap_err();
    assert!(refused.contains("takes other arguments than when it was pinned"), "{refused}");
}

/// A server that does not answer keeps no other from being pinned.
#[test]
fn what_answered_is_pinned_though_another_failed() {
    let project = project("");
    let more = "name: other\nmodel: recorded\ndescription: You sell.\ntools:\n  - {server: mcp://exec/no-such-program, access: read}\n";
    project.write("agents/other/spec.yaml", more);
    let built = project.run(&["build"]);
    assert_eq!(built.code, Some(1));
    assert!(built.err.contains("error[P0306]") && built.err.contains("note: pinned the 4 tools of"), "{}", built.err);
    let lock = std::fs::read_to_string(project.path().join("mcp.lock")).unwrap();
    assert!(lock.contains("mcp://exec/python3:") && !lock.contains("no-such-program"), "{lock}");
    std::fs::remove_dir_all(project.path().join("agents/other")).unwrap();
    let again = project.run(&["build", "--frozen"]);
    assert_eq!(again.code, Some(0), "{}", again.err);
}

/// A project that fails by something else: its servers are asked once all the same, and not by each build until it is mended.
#[test]
fn what_answered_is_pinned_beside_other_mistakes() {
    let project = project("");
    project.write("agents/other/spec.yaml", "name: other\nmodel: no-such-model\ndescription: You sell.\n");
    let built = project.run(&["build"]);
    assert_eq!(built.code, Some(1));
    assert!(built.err.contains("error[P0201]") && built.err.contains("note: pinned the 4 tools of"), "{}", built.err);
    let again = project.run(&["build"]);
    assert!(again.err.contains("error[P0201]") && !again.err.contains("note: pinned"), "{}", again.err);
    std::fs::remove_dir_all(project.path().join("agents/other")).unwrap();
    assert_eq!(project.run(&["build", "--frozen"]).code, Some(0));
}

/// A program that does not answer at first, as one that is started for the first time on a busy machine, is given longer once.
#[test]
fn a_program_that_is_slow_at_first_is_asked_again() {
    let project = project("");
    // Silent for longer than the first five seconds of a build, whenever they begin, and not for as long as the others.
    let silent = std::time::SystemTime::now() + std::time::Duration::from_secs(12);
    let until = silent.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let first = format!("import time\nwhile time.time() < {until}:\n    time.sleep(0.1)\n");
    project.write("server.py", &format!("{first}{SHOP}"));
    let built = project.run(&["build"]);
    assert_eq!(built.code, Some(0), "{}", built.err);
    let said = "note: `mcp://exec/python3` did not answer within 5 s; it is given 20 s once more\n";
    assert!(built.err.starts_with(said), "{}", built.err);
}

#[test]
fn a_write_is_told_unless_it_may_be_made() {
    let project = project("");
    let would_have = json!({"executed": false, "would_have": {"called": "shop_buy", "arguments": {"what": "tea"}}});
    assert_eq!(called(&project, &["buy", r#"{"what": "tea"}"#]), Ok(would_have));
    let made = project.run(&["mcp", "call", "shop", "buy", r#"{"what": "tea"}"#, "--live-writes=mcp://exec/python3"]);
    assert_eq!((made.code, made.out.as_str()), (Some(0), "{\"what\":\"tea\"}\n"), "{}", made.err);
    for record in [r#""audit":"write-intent""#, r#""tool":"mcp://exec/python3#buy""#, r#""status":"done""#] {
        assert!(made.err.contains(record), "{record}: {}", made.err);
    }
}

#[test]
fn each_sees_the_server_with_their_own_credential() {
    let project = project(
        "mcp_credentials:\n  mcp://exec/python3:\n    user:ann: {type: env, env: {TOKEN: \"${credential:ANN}\"}}\n    \
         group:ops: {type: env, env: {TOKEN: \"${env:OPS_TOKEN}\"}}\n",
    );
    assert_eq!(project.run(&["build", "-q"]).code, Some(0));
    let kept = project.run_with(&["auth", "add", "--value", "ANN"], "annas-token");
    assert_eq!(kept.code, Some(0), "{}", kept.err);
    let asked = |who: &str| called(&project, &["whoami", "{}", "--as", who]);
    assert_eq!(asked("user:ann"), Ok(json!("nekot-sanna")));
    let refused = asked("user:eve").unwrap_err();
    assert!(refused.contains("there is no credential of `user:eve` for `mcp://exec/python3`"), "{refused}");
    let unset = asked("user:bob,group:ops").unwrap_err();
    assert!(unset.contains("the variable `OPS_TOKEN` is not set"), "{unset}");
    assert!(!format!("{refused}{unset}").contains("annas-token"));
    // Each says what mends it.
    let set = "help: set `OPS_TOKEN`, or `OPS_TOKEN_FILE` to a file that holds the value";
    assert!(
        unset.contains(set) && unset.contains("or keep a credential of your own with `pace auth add shop`"),
        "{unset}"
    );
    assert!(refused.contains("help: keep one with `pace auth add shop --as user:eve`"), "{refused}");
    let add = ["auth", "add", "shop", "--as", "user:eve", "--type", "env", "--name", "TOKEN"];
    let kept = project.run_with(&add, "eves-token");
    assert_eq!(kept.code, Some(0), "{}", kept.err);
    assert_eq!(asked("user:eve"), Ok(json!("nekot-seve")));
    let listed = project.run(&["auth", "list", "--message-format", "json"]);
    let rows: Value = serde_json::from_str(&listed.out).unwrap();
    assert_eq!(rows[1]["holder"], "user:eve", "{rows}");
}

/// What is kept is a file of its owner's, and nothing that leads elsewhere or keeps a command waiting.
#[test]
fn credentials_are_kept_in_a_regular_file() {
    let project = project("");
    let place = project.path().join(".pace/credentials.local");
    let add = || project.run_with(&["auth", "add", "--value", "ANN"], "annas-token");
    assert_eq!(add().code, Some(0));
    let elsewhere = project.path().join("elsewhere");
    std::fs::rename(&place, &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &place).unwrap();
    let before = std::fs::read(&elsewhere).unwrap();
    let is_refused = |what: &str| {
        for arguments in [&["auth", "list"][..], &["auth", "remove", "--value", "ANN"], &["build"]] {
            let refused = project.run(arguments);
            let said = "error: `.pace/credentials.local` is no regular file\n  help: ";
            assert_eq!(refused.code, Some(2), "{what} {arguments:?}: {}", refused.err);
            assert!(refused.err.contains(said), "{what} {arguments:?}: {}", refused.err);
        }
        assert_eq!(add().code, Some(2), "{what}");
    };
    is_refused("a link");
    assert_eq!(std::fs::read(&elsewhere).unwrap(), before);
    std::fs::remove_file(&place).unwrap();
    let made = std::process::Command::new("mkfifo").args(["-m", "600"]).arg(&place).status().unwrap();
    assert!(made.success());
    is_refused("a pipe");
    std::fs::remove_file(&place).unwrap();
    let agent = project.run_with(&["auth", "add", "paceline://clerk"], "token");
    assert!(agent.err.contains("`paceline://clerk` is an agent, and shown nothing"), "{}", agent.err);
}

#[test]
fn a_project_whose_tools_are_servers_is_told_where_they_are() {
    let project = project("");
    let listed = project.run(&["tool", "list"]);
    assert_eq!(
        listed.out, "the project has no tools of its own; `pace mcp list` lists those of its servers\n",
        "{}",
        listed.err
    );
    let rows: Value = serde_json::from_str(&project.run(&["mcp", "list", "--message-format", "json"]).out).unwrap();
    assert_eq!(rows[0]["server"], "mcp://exec/python3");
}

#[test]
fn one_agent_may_list_a_server_twice() {
    let project = project("");
    let entry = |alias: &str, tool: &str, access: &str| {
        format!(
            "  - {{server: mcp://exec/python3, alias: {alias}, access: {access}, args: [server.py], tools: [{tool}]}}\n"
        )
    };
    let spec = "name: clerk\nmodel: recorded\ndescription: You sell.\ntools:\n";
    let entries = entry("shelf", "look", "read") + &entry("till", "buy", "write");
    project.write("agents/clerk/spec.yaml", &format!("{spec}{entries}"));
    let asked = pace_tests::run(project.path(), &["mcp", "call", "shelf", "look", r#"{"what": "tea"}"#]);
    assert_eq!((asked.code, asked.out.as_str()), (Some(0), "{\"what\":\"tea\"}\n"), "{}", asked.err);
    let elsewhere = pace_tests::run(project.path(), &["mcp", "call", "shelf", "buy", "{}"]);
    let wanted = "error: `shelf` has a tool `buy`, and the entry of `clerk` leaves it out\n  help: `tools` in \
                  agents/clerk/spec.yaml:5 leaves it out: add it there\n";
    assert_eq!(elsewhere.err, wanted);
    let spec = format!("{spec}{}", entry("shelf", "look, buy", "read"));
    project.write("agents/clerk/spec.yaml", &spec);
    let read_only = pace_tests::run(project.path(), &["mcp", "call", "shelf", "buy", "{}"]);
    let wanted = "error: `shelf` has a tool `buy`, and the entry of `clerk` leaves it out\n  help: `access: read` in \
                  agents/clerk/spec.yaml:5 leaves it out: write `access: write`, or list it under `read_only` if it only \
                  reads\n";
    assert!(read_only.err.ends_with(wanted), "{}", read_only.err);
    project.write(
        "agents/clerk/spec.yaml",
        &format!("name: clerk\nmodel: recorded\ndescription: You sell.\ntools:\n{entries}"),
    );
    let either = pace_tests::run(project.path(), &["mcp", "call", "mcp://exec/python3", "look", "{}"]);
    assert!(either.err.contains("`clerk` lists `mcp://exec/python3` several times"), "{}", either.err);
    let chat = project.run_with(&["chat"], "hello");
    assert_eq!((chat.code, chat.out.as_str()), (Some(0), "Good day.\n"), "{}", chat.err);
}

#[test]
fn a_server_that_dies_is_a_failure_of_that_call() {
    let project = project("");
    let died = called(&project, &["die", "{}"]).unwrap_err();
    assert!(died.contains("the connection was lost"), "{died}");
    assert_eq!(called(&project, &["look", r#"{"what": "tea"}"#]), Ok(json!({"what": "tea"})));
}

#[test]
fn a_read_is_asked_again_of_the_next_program_and_a_write_is_not() {
    let project = project("");
    let more = [tool("stumble", "x", true), tool("fall", "x", false)];
    change(&project, &[offer(), more.to_vec()].concat());
    assert_eq!(called(&project, &["stumble", r#"{"x": "here"}"#]), Ok(json!({"x": "here"})));
    let lost = called(&project, &["fall", r#"{"x": "here"}"#, "--live-writes"]).unwrap_err();
    assert!(lost.contains("the program ended with exit code 7"), "{lost}");
}

#[test]
fn arguments_hide_what_they_were_given() {
    let project = project("");
    let spec = std::fs::read_to_string(project.path().join("agents/clerk/spec.yaml")).unwrap();
    project.write("agents/clerk/spec.yaml", &spec.replace("[server.py]", "[server.py, \"--key=${env:SHOP_KEY}\"]"));
    let mut call = project.pace(&["mcp", "call", "shop", "look", r#"{"what": "key-of-the-shop"}"#]);
    let output = call.env("SHOP_KEY", "key-of-the-shop").output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("[redacted:SHOP_KEY]") && !out.contains("key-of-the-shop"), "{out}{err}");
}

#[test]
fn what_cannot_be_started_is_told_at_its_line() {
    let project = project("");
    project.write("server.py", "raise SystemExit('no shop today')");
    let failed = project.run(&["build"]);
    assert_eq!(failed.code, Some(1));
    assert!(failed.err.contains("error[P0305]") && failed.err.contains("no shop today"), "{}", failed.err);
    assert!(!project.path().join("mcp.lock").exists());
    project.write(
        "agents/clerk/spec.yaml",
        "name: clerk\nmodel: recorded\ndescription: You sell.\ntools:\n  - {server: \"mcp://localhost:9/tools\", access: read}\n",
    );
    let failed = project.run(&["build"]);
    assert!(failed.err.contains("error[P0301]") && failed.err.contains("mcp://localhost:9/tools"), "{}", failed.err);
}

/// Says nothing before all five of its kind have been started.
#[cfg(unix)]
const MEETING: &str = r#"#!/bin/sh
: > "$0.started"
until [ "$(ls "${0%/*}" | grep -c started)" -eq 5 ]; do sleep 0.02; done
while read -r line; do
    id=${line#*\"id\":}
    id=${id%%[,\}]*}
    case $line in
    *'"initialize"'*) answer='"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"m","version":"1"}}' ;;
    *'"tools/list"'*) answer='"result":{"tools":[{"name":"look","description":"look","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true}}]}' ;;
    *'"id":'*) answer='"error":{"code":-32601,"message":"no such method"}' ;;
    *) continue ;;
    esac
    printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$answer"
done
"#;

/// Five servers, each of which is there only when all of them are: one after the other, the first would never answer.
#[test]
#[cfg(unix)]
fn servers_are_started_side_by_side() {
    use std::os::unix::fs::PermissionsExt as _;

    use pace_tests::process::{Runner, command};

    let project = project("");
    let mut spec = String::from("name: clerk\nmodel: recorded\ndescription: You sell.\ntools:\n");
    let path = format!("{}:{}", project.path().join("bin").display(), std::env::var("PATH").unwrap());
    for number in 1..=5 {
        let file = format!("bin/m{number}");
        project.write(&file, MEETING);
        std::fs::set_permissions(project.path().join(file), std::fs::Permissions::from_mode(0o755)).unwrap();
        writeln!(spec, "  - {{server: mcp://exec/m{number}, access: read}}").unwrap();
    }
    project.write("agents/clerk/spec.yaml", &spec);
    let built = project.pace(&["build", "--output", "x.pace"]).env("PATH", &path).output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    for number in 1..=5 {
        // Gone, so that those that the runner starts wait for each other too.
        std::fs::remove_file(project.path().join(format!("bin/m{number}.started"))).unwrap();
    }
    let mut runner = Runner::of(command(&project, &[("PATH", &path), ("LOG_FORMAT", "json")]));
    for number in 1..=5 {
        let alias = format!("m{number}");
        runner.wait_for(|line| line["message"] == "connected" && line["alias"] == alias.as_str());
    }
    assert_eq!(runner.stop(), Some(0));
}

/// What would change is told and not done; what failed keeps no other from being pinned; one tool may be adopted alone.
#[test]
fn an_update_does_what_it_is_asked_and_no_more() {
    let project = project("");
    let more = "name: other\nmodel: recorded\ndescription: You sell.\ntools:\n  - {server: mcp://exec/sh, alias: stall, access: read, args: [stall.sh]}\n";
    project.write("stall.sh", "exec python3 server.py\n");
    project.write("agents/other/spec.yaml", more);
    assert_eq!(project.run(&["build"]).code, Some(0));
    let lock = || std::fs::read_to_string(project.path().join("mcp.lock")).unwrap();
    let before = lock().replace("  mcp://exec/sh:", "  # the one at the corner\n  mcp://exec/sh:");
    project.write("mcp.lock", &before);

    let mut offer = offer();
    offer[0] = tool("look", "which", true);
    offer[2] = tool("whoami", "x", false);
    change(&project, &offer);
    let dry = project.run(&["mcp", "update", "--dry-run", "--frozen"]);
    assert_eq!((dry.code, lock()), (Some(0), before.clone()), "{}", dry.err);
    let told = "note: `mcp.lock` would change: 2 changed (2 unsafe, 2 breaking, 2 compatible)";
    assert!(
        dry.err.contains(told) && dry.out.contains("`mcp://exec/sh` offers something else:"),
        "{}{}",
        dry.out,
        dry.err
    );

    let one = project.run(&["mcp", "update", "shop/whoami"]);
    assert_eq!(one.code, Some(0), "{}", one.err);
    assert!(one.out.contains("unsafe: `whoami`") && !one.out.contains("`look`"), "{}", one.out);
    let (kept, stall) = before.split_at(before.find("  # the one at the corner").unwrap());
    assert!(lock().ends_with(stall) && !lock().starts_with(kept), "{}", lock());

    // The stall is closed; the shop is pinned all the same.
    project.write("stall.sh", "exit 3\n");
    let some = project.run(&["mcp", "update"]);
    assert_eq!(some.code, Some(1), "{}", some.err);
    assert!(some.err.contains("error[P0305]") && some.err.contains("error: update failed: 1 error"), "{}", some.err);
    assert!(some.err.contains("✓ Wrote `mcp.lock`: 1 changed (1 breaking, 1 compatible), 1 failed"), "{}", some.err);
    assert!(lock().ends_with(stall) && lock().contains("\"which\""), "{}", lock());

    let before = lock();
    for (name, said) in [
        ("nobody", "error: no agent lists a server `nobody`"),
        ("shop/nothing", "error: `mcp://exec/python3` offers no tool `nothing`, and none is pinned"),
    ] {
        let unknown = project.run(&["mcp", "update", name]);
        assert_eq!((unknown.code, lock()), (Some(2), before.clone()), "{}", unknown.err);
        assert!(unknown.err.contains(said), "{}", unknown.err);
    }
}
