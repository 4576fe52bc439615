//! Where a runner listens, and where it refuses to.

use std::net::TcpListener;
use std::process::Stdio;

use pace_tests::program::{Said, end_of};
use pace_tests::until;

use crate::http::get;
use crate::process::{Ended, Runner, command, ended};
use crate::project;

#[track_caller]
fn assert_setup(run: &Ended, message: &str, help: &str) {
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{run:?}");
    let lines: Vec<_> = run.err.lines().collect();
    assert!(lines[0].starts_with("error: ") && lines[0].contains(message), "{run:?}");
    assert!(lines[1].starts_with("  help: ") && lines[1].contains(help), "{run:?}");
}

#[test]
fn a_port_that_is_taken() {
    let project = project();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let run = ended(&project, &[("PORT", &port)]);
    assert_setup(&run, &format!("the address `127.0.0.1:{port}` is taken"), "PORT");
}

#[test]
fn an_address_that_others_reach_needs_a_word_about_who_they_are() {
    let project = project();
    let run = ended(&project, &[("HOST", "0.0.0.0")]);
    assert_setup(&run, "other machines could reach this listener", "authentication: none");
    let yaml = "authentication: none\nmodels:\n  - {name: recorded, provider: replay, turns: recordings/turns.json}\n";
    let open = crate::project();
    open.write("paceline.yaml", yaml);
    let runner = Runner::start(&open, &[("HOST", "0.0.0.0")]);
    let address = (std::net::Ipv4Addr::LOCALHOST, runner.address.port()).into();
    assert_eq!(get(address, "/health").status, 200);
    // Its bundle says that everybody may ask, so pages may too.
    let request =
        crate::http::say("hello").replace("host: localhost", "host: localhost\r\norigin: https://example.com");
    assert_eq!(crate::http::ask(address, &request).status, 200);
}

#[test]
fn variables_with_wrong_values() {
    let project = project();
    for (name, value, message, help) in [
        ("HOST", "example.com", "`HOST` is `example.com`, which is no IP address", "127.0.0.1"),
        ("HOST", "192.0.2.1", "other machines", "authentication"),
        ("PORT", "http", "`PORT` is `http`, which is no port", "1 to 65535"),
        ("LOG_LEVEL", "loud", "`LOG_LEVEL` is `loud`, which is no level", "`debug`"),
        ("LOG_FORMAT", "xml", "`LOG_FORMAT` is `xml`, which is no format", "`json`"),
        ("DRAIN_TIMEOUT", "soon", "`DRAIN_TIMEOUT` is `soon`", "25s"),
        ("PACE_STATE_DIR", "/proc/none", "the store cannot be kept at `/proc/none`", "`memory`"),
        ("TRACE_BACKEND", "file", "`TRACE_BACKEND` is `file`, which names no place for traces", "`otlp`"),
        ("PACE_RETENTION", "30", "`PACE_RETENTION` is `30`, which is no time from `1h`", "`forever`"),
        ("ADMIN_PORT", "http", "`ADMIN_PORT` is `http`, which is no port", "1 to 65535"),
        ("ADMIN_HOST", "127.0.0.1", "`ADMIN_HOST` is set, and `ADMIN_PORT` is not", "both, or neither"),
    ] {
        assert_setup(&ended(&project, &[(name, value)]), message, help);
    }
}

#[test]
fn a_bundle_that_cannot_be_served_is_refused_before_its_keys_are_missed() {
    let project = pace_tests::Project::new(&[(
        "agents/helper/spec.yaml",
        "name: helper\nmodel: gemini-2.5-flash\ndescription: Help.\n",
    )]);
    let run = ended(&project, &[("HOST", "0.0.0.0")]);
    assert_setup(&run, "the bundle has no `authentication`", "sources under `authentication`");
}

#[test]
fn variables_that_do_not_exist() {
    let project = project();
    let mut runner = Runner::start(&project, &[("PACE_STATEDIR", "memory"), ("PACE_STATE_DIR", "memory")]);
    assert_eq!(runner.stop(), Some(0));
    let warnings: Vec<_> = runner.lines().into_iter().filter(|line| line.contains("there is no variable")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("there is no variable `PACE_STATEDIR`; did you mean `PACE_STATE_DIR`?"));
}

#[test]
fn agents_that_nobody_can_reach_are_named_at_the_start() {
    let project = project();
    let runner = Runner::start(&project, &[]);
    let wanted = "nobody can reach the agent `closed` over HTTP: its `acl` has no `anonymous`, which is what everybody \
                  is taken for without sources under `authentication`";
    runner.wait_for(|line| line["level"] == "WARN" && line["message"] == wanted);
    let mut child = command(&project, &[("LOG_FORMAT", "text")]).stderr(Stdio::piped()).spawn().unwrap();
    let said = Said::on(child.stderr.take());
    let lines = said.lines(6);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines[0].contains("WARN") && lines[0].contains(wanted), "{lines:?}");
    assert_eq!(lines[4], "    closed  → /agents/closed/chat  (its `acl` lets nobody in over HTTP)");
    assert_eq!(lines[5], "    helper  → /agents/helper/chat");
}

#[test]
fn people_are_shown_what_is_served() {
    let project = project();
    project.write("paceline.yaml", "service_accounts:\n  - name: bot\nmodels:\n  - {name: recorded, provider: replay, turns: recordings/turns.json}\n");
    let digest = "name: digest\nschedule: 0 9 * * *\nagent: closed\nrun_as: serviceaccount:bot\ninstruction: Go.\n";
    project.write("loops/digest.yaml", digest);
    project.write("agents/closed/spec.yaml", "name: closed\nmodel: recorded\ndescription: X\n");
    let mut child = command(&project, &[("LOG_FORMAT", "text")]).stderr(Stdio::piped()).spawn().unwrap();
    let said = Said::on(child.stderr.take());
    let lines = said.lines(9);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines[0].contains("WARN") && lines[0].contains("this version does not fire loops yet"), "{lines:?}");
    assert!(lines[1].starts_with("  Listening on http://127.0.0.1:"), "{lines:?}");
    let wanted = [
        "",
        "  Agents:",
        "    closed  → /agents/closed/chat",
        "    helper  → /agents/helper/chat",
        "",
        "  Loops, which this version does not fire yet:",
    ];
    assert_eq!(lines[2..8], wanted);
    assert!(lines[8].starts_with("    digest  → cron(0 9 * * *) UTC, asks closed, next "), "{lines:?}");
}

#[test]
fn a_runner_whose_log_nobody_reads() {
    let project = project();
    for format in ["text", "json"] {
        let port = pace_tests::port::free();
        let closed = || Stdio::from(std::io::pipe().unwrap().1);
        let mut command = command(&project, &[("PORT", &port.to_string()), ("LOG_FORMAT", format), ("PACE_X", "y")]);
        let mut child = command.stdout(closed()).stderr(closed()).spawn().unwrap();
        let address = (std::net::Ipv4Addr::LOCALHOST, port).into();
        until("it listens", || {
            assert_eq!(child.try_wait().unwrap(), None);
            std::net::TcpStream::connect(address).is_ok()
        });
        assert_eq!(crate::http::ask(address, &crate::http::say("nobody recorded this")).status, 502);
        assert_eq!(crate::http::ask(address, &crate::http::say("hello")).status, 200);
        std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        assert_eq!(end_of(&mut child).code(), Some(0));
    }
}
