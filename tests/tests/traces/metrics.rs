//! Metrics: read by Prometheus' own reader, right about what happened, and shown to whom they are to be shown.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use pace_tests::http::{self, Answer};
use pace_tests::process::Runner;
use pace_tests::{installed, port, until, until_found};
use serde_json::{Value, json};

use super::{pace, project, serving};

const TOKENS: &str = "authentication:\n  - type: tokens\n    tokens:\n      - {value: \"${env:ANN}\", principal: \"user:ann\"}\n      - {value: \
                      \"${env:EVE}\", principal: \"user:eve\", groups: [ops]}\nacl:\n  - {principal: \"group:ops\", role: read}\n";
const PEOPLE: [(&str, &str); 2] = [("ANN", "token-of-ann-0123456"), ("EVE", "token-of-eve-0123456")];

fn get(address: SocketAddr, path: &str, token: Option<&str>) -> Answer {
    let token = token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
    http::ask(address, &format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{token}\r\n"))
}

fn say(runner: &Runner, agent: &str, message: &str) -> Answer {
    http::ask(runner.address, &http::post(&format!("/agents/{agent}/chat"), &json!({ "message": message }).to_string()))
}

fn metrics(address: SocketAddr) -> String {
    let answer = get(address, "/metrics", None);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    answer.body
}

/// A sample's value; nothing where it is not there.
fn value(text: &str, sample: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' ')).map(|value| value.parse().unwrap())
}

#[test]
fn what_happened_is_counted() {
    let project = project("");
    let runner = serving(&project, &[]);
    let before = metrics(runner.address);
    assert_eq!(value(&before, r#"paceline_invocations_total{agent="lead",status="failed"}"#), Some(0.0));
    for (agent, message, status) in [
        ("lead", "look", 200),
        ("lead", "pay", 200),
        ("lead", "ask", 200),
        ("lead", "unheard of", 502),
        ("closed", "x", 403),
    ] {
        assert_eq!(say(&runner, agent, message).status, status, "{message}");
    }
    let _nothing = get(runner.address, "/made/up/path", None);
    let wanted = [
        (r#"paceline_invocations_total{agent="lead",status="ok"}"#, 3.0),
        (r#"paceline_invocations_total{agent="lead",status="failed"}"#, 1.0),
        (r#"paceline_invocations_total{agent="guide",status="ok"}"#, 1.0),
        (r#"paceline_invocations_total{agent="closed",status="denied"}"#, 1.0),
        (r#"paceline_invocation_duration_seconds_count{agent="lead"}"#, 4.0),
        (r#"paceline_model_calls_total{model="recorded",status="ok"}"#, 7.0),
        (r#"paceline_model_calls_total{model="recorded",status="failed"}"#, 1.0),
        (r#"paceline_tool_calls_total{tool="tools/look",access="read",status="done"}"#, 1.0),
        (r#"paceline_tool_calls_total{tool="tools/pay",access="write",status="stubbed"}"#, 1.0),
        (r#"paceline_tool_calls_total{tool="paceline://guide",access="read",status="done"}"#, 1.0),
        (r#"paceline_tool_calls_running{kind="local"}"#, 0.0),
        (r#"paceline_tool_calls_running{kind="agent"}"#, 0.0),
        (r#"paceline_http_requests_total{route="/agents/{name}/chat",method="POST",status="200"}"#, 3.0),
        (r#"paceline_http_requests_total{route="/agents/{name}/chat",method="POST",status="403"}"#, 1.0),
        (r#"paceline_http_requests_total{route="other",method="GET",status="404"}"#, 1.0),
        ("paceline_invocations_running", 0.0),
        ("paceline_store_up", 1.0),
        ("paceline_traces_dropped_total", 0.0),
    ];
    // A request is counted when its answer was given, which may be a moment after that was read.
    let text = until_found("all is counted", || {
        let text = metrics(runner.address);
        match wanted.iter().find(|(sample, wanted)| value(&text, sample) != Some(*wanted)) {
            Some((sample, wanted)) => Err(format!("{sample}, not {wanted}\n{text}")),
            None => Ok(text),
        }
    });
    assert!(text.contains("paceline_build_info{version=\"") && text.ends_with("# EOF\n"), "{text}");
    assert!(!text.contains("made/up") && !text.contains("user:"), "{text}");
}

#[test]
fn prometheus_reads_it() {
    let Some(python) = installed("PACE_TEST_OPENMETRICS", "Prometheus' reader of metrics") else { return };
    let project = project("");
    let runner = serving(&project, &[]);
    assert_eq!(say(&runner, "lead", "look").status, 200);
    let script = "import sys, json\nfrom prometheus_client.openmetrics.parser import text_string_to_metric_families as read\n\
                  print(json.dumps([[f.name, f.type, len(f.samples)] for f in read(sys.stdin.read())]))";
    let mut child =
        Command::new(python).args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(metrics(runner.address).as_bytes()).unwrap();
    let output = pace_tests::program::output_of(child);
    assert!(output.status.success(), "{output:?}");
    let families: Value = serde_json::from_slice(&output.stdout).unwrap();
    let kind = |name: &str| {
        families.as_array().unwrap().iter().find(|family| family[0] == name).map(|family| family[1].clone())
    };
    assert_eq!(kind("paceline_invocations"), Some("counter".into()));
    assert_eq!(kind("paceline_invocation_duration_seconds"), Some("histogram".into()));
    assert_eq!(kind("paceline_invocations_running"), Some("gauge".into()));
    assert_eq!(kind("paceline_build"), Some("info".into()));
}

#[test]
fn beside_everything_else_they_take_the_role_read_on_the_project() {
    let project = project(TOKENS);
    let runner = serving(&project, &PEOPLE);
    let status = |token| get(runner.address, "/metrics", token).status;
    assert_eq!(
        (status(None), status(Some("token-of-ann-0123456")), status(Some("token-of-eve-0123456"))),
        (401, 403, 200)
    );
    assert_eq!(status(Some("wrong")), 401);
    let (_, code, detail) = get(runner.address, "/metrics", None).problem();
    assert_eq!(
        (code.as_str(), detail.as_str()),
        ("credential-needed", "no `acl` gives `anonymous` the role `read` on the project")
    );
}

#[test]
fn a_port_of_their_own_takes_metrics_and_traces_off_the_other() {
    let project = project(TOKENS);
    // Nobody else is given this port when the runner has ended.
    let mut runner = serving(&project, &[&PEOPLE[..], &[("ADMIN_PORT", &port::free().to_string())]].concat());
    let admin = runner.admin();
    for path in ["/metrics", "/traces", "/traces/0123"] {
        assert_eq!(get(runner.address, path, Some("token-of-eve-0123456")).status, 404, "{path}");
    }
    assert_eq!(get(admin, "/metrics", None).status, 200);
    assert_eq!(get(admin, "/metrics", Some("wrong")).status, 401);
    assert_eq!(get(admin, "/traces", Some("token-of-eve-0123456")).status, 200);
    assert_eq!(get(admin, "/traces", None).json(), json!({ "traces": [] }));
    for path in ["/health", "/ready"] {
        assert_eq!((get(admin, path, None).status, get(runner.address, path, None).status), (200, 200), "{path}");
    }
    for path in ["/agents", "/agents/lead/chat", "/"] {
        assert_eq!(get(admin, path, Some("token-of-eve-0123456")).status, 404, "{path}");
    }
    // It answers while the runner drains, and ends with it.
    let mut slow = http::Connection::to(runner.address);
    slow.send(http::post("/agents/guide/chat", &json!({ "message": "slow" }).to_string()).as_bytes());
    runner.until_running(1);
    runner.signal("TERM");
    until("it drains", || value(&get(admin, "/metrics", None).body, "paceline_draining") == Some(1.0));
    assert_eq!(slow.answer().unwrap().status, 200);
    assert_eq!(runner.code(), Some(0));
    assert!(std::net::TcpStream::connect(admin).is_err());
}

#[test]
fn an_admin_port_that_others_reach_needs_to_know_who_may_ask() {
    let project = project("");
    let run = pace(&project, &["build", "--output", "x.pace"], "");
    assert_eq!(run.code, Some(0), "{run:?}");
    let variables =
        [("ADMIN_PORT", "0"), ("ADMIN_HOST", "0.0.0.0"), ("LIVE_WRITES", "none"), ("SHOP_TOKEN", "some-token")];
    let ended = pace_tests::process::ended(&project, &variables);
    assert!(ended.code == Some(2) && ended.err.contains("help: set ADMIN_HOST=127.0.0.1"), "{ended:?}");
}
