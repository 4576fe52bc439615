//! What a start needs: `pace-runner check` tells all of it at once, and a runner that is started says the same. And which agents are
//! served.

#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Stdio};

use pace_tests::http;
use pace_tests::process::{Ended, Runner, checked, command, ended};
use pace_tests::{Project, SHOP};
use serde_json::{Value, json};

/// A tool with a variable.
const PAY: &str = "import { defineTool } from \"@paceline/runtime\";\nexport default defineTool({\n  name: \"pay\", description: \
                   \"Pays\", parameters: {}, execute: () => ({ paid: true }),\n});\n";

/// An agent with everything that can be missing: a key, a variable of a tool, a server somewhere else in each environment, a
/// credential for it, a token of a caller, and a choice of writes.
fn project() -> Project {
    let settings = "models:\n  - {name: house, provider: openai, base_url: \"https://models.example.com/v1\", api_key: \
                    \"${env:HOUSE_KEY}\"}\nmcp_credentials:\n  \"${env:SHOP}\":\n    user:ann: {type: env, env: {TOKEN: \
                    \"${credential:ann-at-shop}\"}}\nauthentication:\n  - type: tokens\n    tokens: [{value: \"${env:OPS_TOKEN}\", \
                    principal: \"user:ops\"}]\n";
    let clerk = "name: clerk\nmodel: gemini-3.5-flash\ndescription: You sell.\ntools:\n  - {name: tools/pay, access: write, env: {KEY: \
                 \"${env:PAY_KEY}\"}, net: []}\n  - {server: \"${env:SHOP}\", alias: shop, access: read, args: [server.py]}\n";
    let project = Project::new(&[
        ("paceline.yaml", settings),
        ("agents/clerk/spec.yaml", clerk),
        ("agents/guide/spec.yaml", "name: guide\nmodel: house\ndescription: You guide.\n"),
        ("tools/pay.ts", PAY),
        ("server.py", SHOP),
    ]);
    let mut build = project.pace(&["build", "--output", "x.pace"]);
    let output = build.env("SHOP", "mcp://exec/python3").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::write(
        project.path().join("given.json"),
        r#"{"version": 1, "values": {"ann-at-shop": "token-of-ann-at-shop"}}"#,
    )
    .unwrap();
    // Nobody else may read it, or it is not read.
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(project.path().join("given.json"), mode).unwrap();
    project
}

/// Everything that the bundle of [`project`] needs.
fn all(project: &Project) -> Vec<(String, String)> {
    let path = |name: &str| project.path().join(name).to_str().unwrap().to_owned();
    let pairs = [
        ("GOOGLE_API_KEY", "key-of-nobody-at-google".to_owned()),
        ("HOUSE_KEY", "key-of-the-house-0123".to_owned()),
        ("PAY_KEY", "key-to-pay-with-0123".to_owned()),
        ("OPS_TOKEN", "token-of-ops-0123456".to_owned()),
        ("SHOP", "mcp://exec/python3".to_owned()),
        ("PACE_CREDENTIALS", path("given.json")),
        ("PACE_STATE_DIR", path("state")),
        ("LIVE_WRITES", "all".to_owned()),
        ("PATH", std::env::var("PATH").unwrap()),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn pairs(all: &[(String, String)]) -> Vec<(&str, &str)> {
    all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The same with another value of one.
fn with<'a>(all: &'a [(String, String)], name: &'a str, value: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut pairs = pairs(all);
    pairs.retain(|(other, _)| *other != name);
    pairs.push((name, value));
    pairs
}

#[test]
fn what_is_there_is_told_line_by_line() {
    let project = project();
    let all = all(&project);
    let run = checked(&project, &pairs(&all), &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.starts_with("b3:") && run.out.lines().count() == 1, "{run:?}");
    let state = project.path().join("state");
    for line in [
        "listener: `127.0.0.1:8080`, for this machine alone",
        "authentication: 1 source",
        &format!("state: the folder `{}`, which the start sets up", state.display()),
        "agents: `clerk`, `guide`",
        "with the variable `GOOGLE_API_KEY`",
        "model `house`: `https://models.example.com/v1/chat/completions`, with the `api_key` of `house`",
        "writes are live: `tools/pay`",
        "server `${env:SHOP}`: connected with the credential of `user:ann`, offers what was pinned",
    ] {
        assert!(run.err.contains(line), "{line:?} is missing:\n{}", run.err);
    }
    assert!(run.err.lines().all(|line| line.starts_with("ok: ")), "{}", run.err);
    // Whoever checks may be somebody else than who serves.
    assert!(!state.exists());
    for (name, value) in all.iter().filter(|(name, _)| name.ends_with("KEY") || name.ends_with("TOKEN")) {
        assert!(!run.err.contains(value.as_str()), "{name} is in {}", run.err);
    }
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let project = project();
    let run = checked(&project, &[("PATH", &std::env::var("PATH").unwrap())], &[]);
    assert_eq!(run.code, Some(2), "{run:?}");
    for words in [
        "`OPS_TOKEN` is not set",
        "`GOOGLE_API_KEY`",
        "`HOUSE_KEY` is not set",
        "`SHOP` is not set",
        "nobody said whether they may",
    ] {
        assert!(run.err.contains(words), "{words:?} is missing:\n{}", run.err);
    }
    assert!(run.err.contains("ok: listener: ") && run.err.contains("ok: state: "), "{}", run.err);
}

#[test]
fn each_thing_that_is_missing_is_found() {
    let project = project();
    let all = all(&project);
    let closed = project.path().join("x.pace").to_str().unwrap().to_owned();
    for (name, value, words) in [
        ("GOOGLE_API_KEY", "", "GOOGLE_API_KEY"),
        ("HOUSE_KEY", "", "the variable `HOUSE_KEY` is not set"),
        ("PAY_KEY", "", "the variable `PAY_KEY` is not set"),
        ("OPS_TOKEN", "", "the variable `OPS_TOKEN` is not set"),
        ("SHOP", "", "the variable `SHOP` is not set"),
        (
            "SHOP",
            "http://127.0.0.1:1/mcp",
            "the server `${env:SHOP}` does not answer with the credential of `user:ann`",
        ),
        (
            "PACE_CREDENTIALS",
            "",
            "a credential cannot be used: a variable for `${env:SHOP}` is `${credential:ann-at-shop}`",
        ),
        ("PACE_STATE_DIR", closed.as_str(), "PACE_STATE_DIR"),
        ("DATABASE_URL", "postgresql://nobody:hunter2@127.0.0.1:1/x", "`DATABASE_URL`"),
        ("LIVE_WRITES", "", "nobody said whether they may"),
        ("HOST", "0.0.0.0", ""),
    ] {
        let run = checked(&project, &with(&all, name, value), &[]);
        let wanted = if words.is_empty() { 0 } else { 2 };
        assert_eq!(run.code, Some(wanted), "{name}={value}: {run:?}");
        assert!(run.err.contains(words) && !run.err.contains("hunter2"), "{name}={value}: {}", run.err);
        let errors = run.err.lines().filter(|line| line.starts_with("error: ")).count();
        assert_eq!(errors, usize::from(wanted == 2), "{name}={value}: {}", run.err);
    }
    // What changed on the other side since the build.
    std::fs::write(
        project.path().join("server.py"),
        SHOP.replace("{\"type\": \"object\"}", "{\"type\": \"object\", \"required\": [\"at\"]}"),
    )
    .unwrap();
    let run = checked(&project, &pairs(&all), &[]);
    assert!(run.code == Some(2) && run.err.contains("`${env:SHOP}` is not what was pinned"), "{run:?}");
}

/// Lines of a check that begin like this.
fn lines<'r>(run: &'r Ended, verdict: &str) -> Vec<&'r str> {
    run.err.lines().filter_map(|line| line.strip_prefix(verdict)).collect()
}

/// Whatever is wrong, alone or together, ends nothing but what depends on it.
#[test]
fn whatever_is_wrong_all_else_is_judged() {
    let project = project();
    let all = all(&project);
    let faults = [
        ("PACE_CREDENTIALS", "/nowhere", "the credentials in `/nowhere` cannot be read"),
        ("GOOGLE_API_KEY", "", "no key for the model `gemini-3.5-flash`"),
        ("PACE_RETENTION", "1w", "`PACE_RETENTION`"),
        ("LIVE_WRITES", "tools/payy", "`tools/payy` in `LIVE_WRITES` is to write live"),
    ];
    for chosen in 1_u8..16 {
        let is_wrong = |fault: usize| chosen & (1 << fault) != 0;
        let wrong: Vec<_> = (0..4).filter(|fault| is_wrong(*fault)).map(|fault| faults[fault]).collect();
        let mut variables = pairs(&all);
        variables.retain(|(name, _)| wrong.iter().all(|(other, ..)| name != other));
        variables.extend(wrong.iter().map(|(name, value, _)| (*name, *value)));
        let run = checked(&project, &variables, &[]);
        assert_eq!((run.code, lines(&run, "error: ").len()), (Some(2), wrong.len()), "{wrong:?}: {}", run.err);
        assert_eq!(ended(&project, &variables).code, Some(2), "{wrong:?}");
        for (_, _, words) in &wrong {
            assert!(lines(&run, "error: ").iter().any(|line| line.contains(words)), "{words}: {}", run.err);
        }
        let (fine, unjudged) = (lines(&run, "ok: "), lines(&run, "not checked: "));
        for (line, is_there) in [
            ("listener: ", true),
            ("authentication: 1 source", true),
            ("state: the folder ", true),
            ("agents: `clerk`, `guide`", true),
            ("model `house`: ", true),
            ("model `gemini-3.5-flash`: ", !is_wrong(1)),
            ("writes are live: `tools/pay`", !is_wrong(3)),
            ("server `${env:SHOP}`: connected with the credential of `user:ann`", !is_wrong(0)),
        ] {
            let found = fine.iter().filter(|fine| fine.starts_with(line)).count();
            assert_eq!(found, usize::from(is_there), "{wrong:?}, {line}: {}", run.err);
        }
        let depends = [
            ("a variable for `${env:SHOP}`, because it is `${credential:ann-at-shop}` and what `PACE_CREDENTIALS`", 0),
            ("the server `${env:SHOP}`, because there is no credential for it that can be used", 0),
            ("the variables of `tools/pay`, because nobody knows whether its writes are made", 3),
        ];
        for (line, fault) in depends {
            let found = unjudged.iter().filter(|unjudged| unjudged.starts_with(line)).count();
            assert_eq!(found, usize::from(is_wrong(fault)), "{wrong:?}, {line}: {}", run.err);
        }
        assert_eq!(unjudged.len(), 2 * usize::from(is_wrong(0)) + usize::from(is_wrong(3)), "{wrong:?}: {}", run.err);
    }
}

/// What changed on a server is found without a model's key, and one server whatever is wrong with another.
#[test]
fn servers_are_judged_each_for_itself() {
    let project = project();
    let clerk = project.path().join("agents/clerk/spec.yaml");
    let spec = std::fs::read_to_string(&clerk).unwrap()
        + "  - {server: \"${env:DESK}\", alias: desk, access: read, args: [server.py]}\n";
    std::fs::write(&clerk, spec).unwrap();
    let mut build = project.pace(&["build", "--output", "x.pace"]);
    build.envs([("SHOP", "mcp://exec/python3"), ("DESK", "mcp://exec/python3")]);
    assert!(build.output().unwrap().status.success());
    let all = all(&project);
    let run = checked(&project, &with(&all, "GOOGLE_API_KEY", ""), &[]);
    assert_eq!(lines(&run, "error: ").len(), 2, "{}", run.err);
    assert_eq!(lines(&run, "not checked: "), ["the server `${env:DESK}`, because it cannot be set up"], "{}", run.err);
    assert!(
        run.err.contains("`DESK` is not set") && run.err.contains("ok: server `${env:SHOP}`: connected"),
        "{run:?}"
    );
    let changed = SHOP.replace("{\"type\": \"object\"}", "{\"type\": \"object\", \"required\": [\"at\"]}");
    std::fs::write(project.path().join("server.py"), changed).unwrap();
    let mut variables = with(&all, "GOOGLE_API_KEY", "");
    variables.push(("DESK", "mcp://exec/python3"));
    let run = checked(&project, &variables, &[]);
    assert_eq!(lines(&run, "error: ").len(), 3, "{}", run.err);
    assert!(run.err.contains("the server `${env:SHOP}` is not what was pinned"), "{}", run.err);
    assert!(run.err.contains("the server `${env:DESK}` is not what was pinned"), "{}", run.err);
}

/// Keys are judged although nothing can be connected to, and store and collector each for itself.
#[test]
fn settings_are_judged_each_for_itself() {
    let project = project();
    let all = all(&project);
    let run = checked(&project, &[&with(&all, "HOUSE_KEY", "")[..], &[("HTTPS_PROXY", "ftp://x")]].concat(), &[]);
    let errors = lines(&run, "error: ");
    assert!(errors.len() == 2 && run.err.contains("`HOUSE_KEY` is not set"), "{}", run.err);
    let state = "ok: state: the folder ";
    let otlp = |more: &[(&'static str, &'static str)]| {
        let usual = [("TRACE_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
        let variables = [&pairs(&all)[..], &usual, more].concat();
        checked(&project, &variables, &[])
    };
    let collector = "warning: the collector at `http://127.0.0.1:1/v1/traces` takes no spans now";
    let run = otlp(&[("PACE_ENVIRONMENT", "a b")]);
    assert!(run.err.contains(state) && run.err.contains(collector), "{}", run.err);
    let run = otlp(&[("DATABASE_URL", "mysql://x")]);
    assert_eq!(lines(&run, "not checked: "), ["the store, because the settings that name it are wrong"], "{}", run.err);
    assert!(run.err.contains(collector) && run.code == Some(2), "{run:?}");
    let run = otlp(&[("OTEL_TRACES_SAMPLER", "never")]);
    assert_eq!(
        lines(&run, "not checked: "),
        ["the collector of traces, because its settings are wrong"],
        "{}",
        run.err
    );
    assert!(run.err.contains(state) && run.code == Some(2), "{run:?}");
    let run = checked(&project, &with(&all, "PORT", "http"), &["--agents=clark"]);
    let wanted = [
        "the listener, because its settings are wrong",
        "agents and what they need, because nobody knows which are meant",
    ];
    assert_eq!(lines(&run, "not checked: "), wanted, "{}", run.err);
    assert_eq!(lines(&run, "error: ").len(), 2, "{}", run.err);
}

/// A store has the record of live writes, so that standard error may go nowhere.
#[test]
fn live_writes_need_standard_error_only_without_a_store() {
    let project = project();
    let all = all(&project);
    for (place, code) in [(None, Some(0)), (Some("memory"), Some(2))] {
        let variables = place.map_or_else(|| pairs(&all), |place| with(&all, "PACE_STATE_DIR", place));
        let serving = command(&project, &variables);
        let mut check = Command::new(serving.get_program());
        check.env_clear().envs(variables).arg("check").args(serving.get_args()).current_dir(project.path());
        let status = check.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), code, "{place:?}");
    }
}

/// A wrong value ends the check and the start with 2, and names its variable.
#[test]
fn wrong_values_name_their_variable() {
    let project = project();
    let all = all(&project);
    let mut wrong = Vec::new();
    for (name, value) in [
        ("HOST", "example.com"),
        ("PORT", "http"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("DRAIN_TIMEOUT", "soon"),
        ("PACE_ENVIRONMENT", "a b"),
        ("TRACE_BACKEND", "paper"),
        ("DATABASE_URL", "mysql://x"),
        ("LIVE_WRITES", ","),
        ("PACE_CREDENTIALS", "/nowhere"),
        ("SSL_CERT_FILE", "/nowhere"),
        ("HTTPS_PROXY", "ftp://x"),
        ("GOOGLE_GEMINI_BASE_URL", "no address"),
        ("GOOGLE_API_KEY_FILE", "/nowhere"),
        ("OPS_TOKEN_FILE", "/nowhere"),
        ("OPS_TOKEN", "short"),
        // An address for documentation (RFC 5737), which no machine has.
        ("HOST", "192.0.2.1"),
        ("PACE_STATE_DIR", "/proc/x"),
    ] {
        let variables = with(&all, name, value);
        for (how, run) in [("check", checked(&project, &variables, &[])), ("start", ended(&project, &variables))] {
            // Whose token it is says enough, and the value is secret.
            let named = if (name, value) == ("OPS_TOKEN", "short") { "user:ops" } else { name };
            if run.code != Some(2) || !run.err.contains(named) {
                wrong.push(format!("{how} with {name}={value}: {run:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The settings of the listener are judged together, and two listeners by what the system would say.
#[test]
fn listeners_are_judged_at_once() {
    let project = several();
    let said = |variables: &[(&str, &str)]| {
        let [check, start] = [checked(&project, variables, &["--agents=lead"]), ended(&project, variables)];
        assert_eq!((check.code, start.code), (Some(2), Some(2)), "{check:?} {start:?}");
        [check.err, start.err]
    };
    let wrong = [("DRAIN_TIMEOUT", "25"), ("RATE_LIMIT", "5"), ("TLS_CERT_FILE", "c.pem"), ("PORT", "x")];
    for err in said(&wrong) {
        assert!(["`RATE_LIMIT`", "`TLS_KEY_FILE`", "`PORT`"].iter().all(|name| err.contains(name)), "{err}");
        assert!(!err.contains("DRAIN_TIMEOUT"), "{err}");
    }
    for err in said(&[("PORT", "18080"), ("ADMIN_PORT", "18080")]) {
        assert!(err.contains("`PORT` and `ADMIN_PORT` are both 18080"), "{err}");
    }
    // Who checks may do so beside the runner that is to be replaced.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = checked(&project, &[("PORT", &port)], &["--agents=lead"]);
    assert!(run.code == Some(0) && run.err.contains(&format!("ok: listener: `127.0.0.1:{port}`")), "{run:?}");
}

#[test]
fn a_collector_that_is_away_is_told_of() {
    let project = several();
    let variables = [("TRACE_BACKEND", "otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")];
    let run = checked(&project, &variables, &["--agents=lead"]);
    let warning = "warning: the collector at `http://127.0.0.1:1/v1/traces` takes no spans now: ";
    assert!(run.code == Some(0) && run.err.contains(warning), "{run:?}");
}

/// Agents that are not served write nothing, and a choice that nobody made is not told as one.
#[test]
fn only_agents_that_are_served_are_asked_about_writes() {
    let project = project();
    let all = all(&project);
    let variables = with(&all, "LIVE_WRITES", "");
    let run = checked(&project, &variables, &["--agents=guide"]);
    assert!(run.code == Some(0) && !run.err.contains("writes"), "{run:?}");
    let mut start = command(&project, &variables);
    start.current_dir(project.path()).args(["--agents", "guide"]);
    drop(Runner::of(start));
    let run = checked(&project, &variables, &[]);
    assert!(run.err.contains("nobody said whether they may") && !run.err.contains("ok: writes are"), "{run:?}");
}

#[test]
fn each_secret_may_come_from_a_file() {
    let project = project();
    let all = all(&project);
    let mut variables = pairs(&all);
    let (mut names, mut paths) = (Vec::new(), Vec::new());
    for (name, value) in all.iter().filter(|(name, _)| name.ends_with("KEY") || name.ends_with("TOKEN")) {
        let path = project.path().join(format!("secret-{name}"));
        std::fs::write(&path, format!("{value}\n")).unwrap();
        names.push((name.as_str(), format!("{name}_FILE")));
        paths.push(path.to_str().unwrap().to_owned());
    }
    variables.retain(|(name, _)| names.iter().all(|(other, _)| other != name));
    variables.extend(names.iter().map(|(_, file)| file.as_str()).zip(paths.iter().map(String::as_str)));
    assert_eq!(names.len(), 4);
    let run = checked(&project, &variables, &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    // Both at once say two things.
    let (file, path) = (names[0].1.as_str(), paths[0].as_str());
    let run = checked(&project, &with(&all, file, path), &[]);
    assert!(run.code == Some(2) && run.err.contains(&format!("both `{}` and `{file}` are set", names[0].0)), "{run:?}");
}

#[test]
fn names_that_nobody_reads_are_told_of() {
    let project = project();
    let all = all(&project);
    let run = checked(&project, &with(&all, "PACE_STATE_DIRR", "x"), &[]);
    let warning = "warning: there is no variable `PACE_STATE_DIRR`; did you mean `PACE_STATE_DIR`?\n";
    assert!(run.code == Some(0) && run.err.contains(warning), "{run:?}");
}

/// What is set and has no effect, or leaves something to others, is a warning: of the check, and of a start.
#[test]
fn what_is_odd_is_told_of() {
    let project = Project::new(&[
        ("turns.json", r#"[{"user": {"contains": ""}, "model": "yes"}]"#),
        (
            "paceline.yaml",
            "models:\n  - {name: recorded, provider: replay, turns: turns.json}\nauthentication:\n  - type: tokens\n    \
             tokens: [{value: \"${env:OPS_TOKEN}\", principal: user:ops}]\n",
        ),
        ("agents/desk/spec.yaml", "name: desk\nmodel: recorded\ndescription: You help.\n"),
    ]);
    let variables = [
        ("OPS_TOKEN", "token-of-ops-0123"),
        ("HOST", "0.0.0.0"),
        ("LIVE_WRITES", "all"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
    ];
    let odd = [
        "`LIVE_WRITES` is `all` and has no effect, because `--stub-writes` goes before it",
        "`OTEL_EXPORTER_OTLP_ENDPOINT` is set and has no effect, because `TRACE_BACKEND` does not name `otlp`: no spans are exported",
        "TLS is left to the proxy in front of `0.0.0.0:",
    ];
    let run = checked(&project, &variables, &["--stub-writes"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(odd.iter().all(|words| run.err.contains(&format!("warning: {words}"))), "{}", run.err);
    let mut serving = command(&project, &variables);
    serving.arg("--stub-writes");
    let runner = Runner::of(serving);
    for words in odd {
        runner.wait_for(|line| line["level"] == "WARN" && line["message"].as_str().unwrap().starts_with(words));
    }
    // Where nothing of it is so, nothing is said.
    let quiet = [("OPS_TOKEN", "token-of-ops-0123"), ("LIVE_WRITES", "none")];
    assert!(!checked(&project, &quiet, &["--stub-writes"]).err.contains("warning"));
}

#[test]
fn all_settings_that_are_wrong_are_told_at_once() {
    let project = several();
    let wrong =
        [("PORT", "x"), ("LOG_LEVEL", "loud"), ("PACE_RETENTION", "1w"), ("LIVE_WRITES", ","), ("TRACE_BACKEND", "x")];
    for run in [ended(&project, &wrong), checked(&project, &wrong, &[])] {
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(wrong.iter().all(|(name, _)| run.err.contains(&format!("the variable `{name}` is"))), "{}", run.err);
    }
}

/// Who writes nothing here needs no place for records of writes, whatever else is in the bundle.
#[test]
fn writes_of_agents_that_are_not_served_need_no_record() {
    let project = several();
    project.write("tools/pay.ts", PAY);
    let payer =
        "name: payer\nmodel: recorded\ndescription: You pay.\ntools: [{name: tools/pay, access: write, net: []}]\n";
    project.write("agents/payer/spec.yaml", payer);
    let code = |agents: &str| {
        let mut check = Command::new(pace_tests::binary("pace-runner"));
        let serving = command(&project, &[]);
        check.env_clear().env("PACE_STATE_DIR", "memory").arg("check").args(serving.get_args());
        // Nowhere, so that nothing can be put on record.
        check.args(["--live-writes", "--agents", agents]).stderr(std::process::Stdio::null());
        check.status().unwrap().code()
    };
    assert_eq!((code("lead"), code("payer"), code("lead,payer")), (Some(0), Some(2), Some(2)));
}

/// `lead` asks `guide` and answers from a recording; `other` needs a key, and `guide` a server that is not there.
fn several() -> Project {
    let turns = json!([
        {"user": "ask", "model": {"calls": [{"name": "guide", "arguments": {"message": "where?"}}]}},
        {"results": ["guide"], "model": "south"},
        {"user": "where?", "model": "to the south"},
    ]);
    let agent =
        |name: &str, model: &str, tools: &str| format!("name: {name}\nmodel: {model}\ndescription: You help.\n{tools}");
    let looped = |name: &str| {
        format!(
            "name: {name}-daily\nschedule: \"0 9 * * *\"\nagent: {name}\nrun_as: serviceaccount:job\ninstruction: Look.\nacl: [{{principal: anonymous, role: read}}]\n"
        )
    };
    Project::new(&[
        (
            "paceline.yaml",
            "service_accounts: [{name: job}]\nmodels: [{name: recorded, provider: replay, turns: turns.json}]\n",
        ),
        ("turns.json", &turns.to_string()),
        ("agents/lead/spec.yaml", &agent("lead", "recorded", "tools: [{server: paceline://guide, access: read}]\n")),
        ("agents/guide/spec.yaml", &agent("guide", "recorded", "")),
        ("agents/other/spec.yaml", &agent("other", "gemini-3.5-flash", "")),
        ("loops/lead.yaml", &looped("lead")),
        ("loops/other.yaml", &looped("other")),
    ])
}

fn names(answer: &Value, key: &str) -> Vec<String> {
    answer[key].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn only_the_agents_that_were_chosen_are_there() {
    let project = several();
    // The other one has no key, and needs none.
    assert_eq!(ended(&project, &[]).code, Some(2));
    let mut serving = command(&project, &[]);
    serving.args(["--agents", "lead"]);
    let runner = Runner::of(serving);
    let get = |path: &str| http::get(runner.address, path);
    assert_eq!(names(&get("/agents").json(), "agents"), ["lead"]);
    assert_eq!(names(&get("/loops").json(), "loops"), ["lead-daily"]);
    assert_eq!(get("/loops").json()["is_fired"], false);
    for agent in ["guide", "other"] {
        let said = http::post(&format!("/agents/{agent}/chat"), r#"{"message":"where?"}"#);
        for answer in [
            http::ask(runner.address, &said),
            get(&format!("/agents/{agent}/status")),
            get(&format!("/agents/{agent}/sessions")),
        ] {
            let (status, code, detail) = answer.problem();
            assert_eq!((status, code.as_str()), (404, "unknown-agent"), "{answer:?}");
            assert!(detail.starts_with(&format!("there is no agent `{agent}`")), "{detail}");
            assert!(answer.body.contains("the agents here are `lead`\""), "{answer:?}");
        }
        let mcp = http::post(&format!("/agents/{agent}/mcp"), "{}");
        assert_eq!(http::ask(runner.address, &mcp).status, 404);
    }
    // Inside, an agent that is called answers all the same.
    let answer = http::ask(runner.address, &http::post("/agents/lead/chat", r#"{"message":"ask"}"#));
    assert_eq!((answer.status, &answer.json()["response"]), (200, &json!("south")), "{answer:?}");
    let all = ["--agents", "guide, lead,"];
    assert_eq!(checked(&project, &[], &all).code, Some(0));
    let run = checked(&project, &[], &["--agents=lead"]);
    assert!(run.err.contains("ok: agents: `lead`\n") && !run.err.contains("gemini"), "{run:?}");
}

#[test]
fn agents_that_are_not_there_are_no_choice() {
    let project = several();
    for (chosen, words, help) in [
        ("laed", "the bundle has no agent `laed`; did you mean `lead`?", "`guide`, `lead`, `other`"),
        ("lead,zzz", "the bundle has no agent `zzz`", "`guide`, `lead`, `other`"),
        ("Lead", "the bundle has no agent `Lead`; did you mean `lead`?", "`guide`"),
        ("", "`--agents` names no agent", "`guide`"),
        (" , ", "`--agents` names no agent", "`guide`"),
        ("a\u{1b}[2J", "`a\\u{1b}[2J`", "`guide`"),
    ] {
        let flag = format!("--agents={chosen}");
        let mut start = command(&project, &[("GOOGLE_API_KEY", "key-of-nobody")]);
        let start = run(start.arg(&flag));
        let check = checked(&project, &[("GOOGLE_API_KEY", "key-of-nobody")], &[&flag]);
        for (code, err) in [start, (check.code, check.err)] {
            assert_eq!(code, Some(2), "{chosen:?}: {err}");
            assert!(err.contains(words) && err.contains(help), "{chosen:?}: {err}");
        }
    }
    let served = pace(project.path(), &["serve", "x.pace", "--agents", "laed"]);
    assert!(served.0 == Some(2) && served.1.contains("did you mean `lead`?"), "{served:?}");
}

fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

fn pace(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    run(pace_tests::pace(folder, arguments).env("PORT", "0").env("PACE_STATE_DIR", "memory"))
}
