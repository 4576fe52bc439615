//! Spans at collectors of other hands, over HTTP and gRPC; and collectors that are away, say nothing or talk nonsense, which keep
//! nobody waiting.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use pace_tests::process::Runner;
use pace_tests::{http, installed, port, until, until_found};
use serde_json::{Value, json};

use super::{SECRET, exported, pace, project, serving};

const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A collector, and what it printed.
struct Collector {
    child: Child,
    printed: Arc<Mutex<Vec<String>>>,
}

impl Collector {
    fn start(command: &mut Command, port: u16) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let printed = Arc::<Mutex<Vec<String>>>::default();
        let (stdout, lines) = (BufReader::new(child.stdout.take().unwrap()), Arc::clone(&printed));
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                lines.lock().unwrap().push(line);
            }
        });
        let collector = Self { child, printed };
        until(&format!("{command:?} listens"), || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
        collector
    }

    /// What was printed, once that is enough.
    fn printed(&self, is_enough: impl Fn(&[String]) -> bool) -> Vec<String> {
        until_found("enough is printed", || {
            let lines = self.printed.lock().unwrap().clone();
            if is_enough(&lines) { Ok(lines) } else { Err(lines) }
        })
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

fn ask(runner: &Runner, agent: &str, message: &str, more: &str) {
    let body = json!({ "message": message }).to_string();
    let head =
        format!("POST /agents/{agent}/chat HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{more}");
    let answer = http::ask(runner.address, &format!("{head}content-length: {}\r\n\r\n{body}", body.len()));
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn attribute<'v>(span: &'v Value, key: &str) -> &'v Value {
    let attributes = span["attributes"].as_array().unwrap();
    attributes.iter().find(|attribute| attribute["key"] == key).map_or(&Value::Null, |found| &found["value"])
}

#[test]
fn a_receiver_of_others_has_one_tree_of_an_invocation_and_the_one_it_called() {
    let Some(oteltap) = installed("PACE_TEST_OTELTAP", "`oteltap`") else { return };
    let port = port::free();
    let mut command = Command::new(oteltap);
    let collector = Collector::start(command.args(["--port", &port.to_string()]).env("PYTHONUNBUFFERED", "1"), port);
    let project = project("");
    let endpoint = format!("http://127.0.0.1:{port}");
    let content = ("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "true");
    let variables = [("TRACE_BACKEND", "store,otlp"), ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()), content];
    let mut runner = serving(&project, &variables);
    ask(&runner, "lead", "ask", &format!("traceparent: {TRACEPARENT}\r\n"));
    ask(&runner, "guide", &format!("I was told {SECRET}"), "");
    assert_eq!(runner.stop(), Some(0), "{:?}", runner.lines());
    let printed = collector.printed(|lines| lines.iter().filter(|line| line.starts_with('{')).count() >= 7);
    assert!(!printed.concat().contains(SECRET) && printed.concat().contains("[redacted:"), "{printed:#?}");
    let spans: Vec<Value> = printed.iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let in_trace = |span: &&Value| span["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736";
    let named = |name: &str| {
        let found: Vec<_> = spans.iter().filter(in_trace).filter(|span| span["name"] == name).collect();
        assert!(!found.is_empty(), "{name}: {spans:#?}");
        found[0]
    };
    let (lead, guide, called) = (named("invoke_agent lead"), named("invoke_agent guide"), named("execute_tool guide"));
    assert_eq!(lead["parentSpanId"], "00f067aa0ba902b7");
    assert_eq!((&called["parentSpanId"], &guide["parentSpanId"]), (&lead["spanId"], &called["spanId"]));
    assert_eq!(named("chat recorded")["kind"], 3);
    assert_eq!(attribute(lead, "gen_ai.operation.name")["stringValue"], "invoke_agent");
    assert_eq!(attribute(called, "gen_ai.tool.call.arguments")["stringValue"], r#"{"message":"where to?"}"#);
    assert!(attribute(guide, "gen_ai.output.messages")["stringValue"].as_str().unwrap().contains("south"));
    // The store has the same ids.
    let kept = exported(&project, "production", &["--agent", "lead"]);
    assert_eq!(kept[0]["span"]["span_id"], lead["spanId"]);
}

/// What `rotel` prints of spans: name by id, and parent by id.
fn of_rotel(lines: &[String]) -> BTreeMap<String, (String, String)> {
    let (mut spans, mut id, mut parent) = (BTreeMap::new(), String::new(), String::new());
    for line in lines {
        let Some((key, value)) = line.split_once(':') else { continue };
        match (key.trim(), value.trim().to_owned()) {
            ("Parent ID", value) => parent = value,
            ("ID", value) => id = value,
            ("Name", value) => {
                spans.insert(std::mem::take(&mut id), (value, std::mem::take(&mut parent)));
            }
            _ => {}
        }
    }
    spans
}

#[test]
fn a_collector_of_others_takes_spans_over_http_and_grpc() {
    let Some(rotel) = installed("PACE_TEST_ROTEL", "`rotel`") else { return };
    for protocol in ["grpc", "http/protobuf"] {
        let (grpc, http) = (port::free(), port::free());
        let port = if protocol == "grpc" { grpc } else { http };
        let mut command = Command::new(&rotel);
        command.args([
            "start",
            "--exporter",
            "blackhole",
            "--debug-log",
            "traces",
            "--debug-log-verbosity",
            "detailed",
        ]);
        command.args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")]);
        command.args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")]);
        let collector = Collector::start(&mut command, port);
        let project = project("");
        let endpoint = format!("http://127.0.0.1:{port}");
        let mut runner = serving(
            &project,
            &[
                ("TRACE_BACKEND", "otlp"),
                ("PACE_STATE_DIR", "memory"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_RESOURCE_ATTRIBUTES", "team=shop"),
                ("OTEL_SERVICE_NAME", "till"),
            ],
        );
        ask(&runner, "lead", "look", "");
        ask(&runner, "lead", "ask", "");
        assert_eq!(runner.stop(), Some(0), "{:?}", runner.lines());
        let printed = collector.printed(|lines| of_rotel(lines).len() >= 10);
        let spans = of_rotel(&printed);
        let names: Vec<_> = spans.values().map(|(name, _)| name.as_str()).collect();
        for (name, count) in
            [("invoke_agent lead", 2), ("invoke_agent guide", 1), ("execute_tool look", 1), ("chat recorded", 5)]
        {
            assert_eq!(names.iter().filter(|found| **found == name).count(), count, "{protocol} {name}: {names:?}");
        }
        let (_, (_, above)) = spans.iter().find(|(_, (name, _))| name == "invoke_agent guide").unwrap();
        assert_eq!(spans[above].0, "execute_tool guide");
        let all = printed.join("\n");
        for told in ["service.name: Str(till)", "team: Str(shop)", "deployment.environment.name: Str(production)"] {
            assert!(all.contains(told), "{told}: {all}");
        }
        // What was said is not sent.
        assert!(!all.contains("the map") && !all.contains("north"), "{all}");
    }
}

/// Something that listens and does this with each connection.
fn listening(then: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().map_while(Result::ok).for_each(then));
    address
}

/// All of a request: who closes before has reset the connection, and with it perhaps the answer.
fn read_request(stream: &TcpStream) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let _gone = reader.read_exact(&mut vec![0; length]);
}

#[test]
fn a_collector_that_does_not_work_keeps_nobody_waiting() {
    let silent = listening(std::mem::forget);
    let failing = listening(|mut stream| {
        read_request(&stream);
        let _gone = stream.write_all(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    });
    let garbage = listening(|mut stream| {
        let _head = stream.read(&mut vec![0; 65_536]);
        let _gone = stream.write_all(&[0xff; 4_096]);
    });
    let away = SocketAddr::from((Ipv4Addr::LOCALHOST, port::free()));
    // Only the first failure is told, so that those which do something at once have the time to.
    let patient = ["30000"; 5];
    for ((collector, protocol, words), timeout) in [
        (silent, "http/protobuf", "did not answer within 1 s"),
        (silent, "grpc", "did not answer within 1 s"),
        (failing, "http/protobuf", "answered 500"),
        (garbage, "http/protobuf", "cannot be reached"),
        (garbage, "grpc", "cannot be reached"),
        (away, "grpc", "Connection refused"),
        (away, "http/protobuf", "Connection refused"),
    ]
    .into_iter()
    .zip(["1000"; 2].into_iter().chain(patient))
    {
        let project = project("");
        let endpoint = format!("http://{collector}");
        let mut runner = serving(
            &project,
            &[
                ("TRACE_BACKEND", "otlp"),
                ("PACE_STATE_DIR", "memory"),
                ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_EXPORTER_OTLP_TIMEOUT", timeout),
            ],
        );
        let of_exporter = |line: &Value| {
            let text = line["message"].as_str().unwrap_or_default();
            text.starts_with("spans are not exported") && text.contains(words)
        };
        for _ in 0..20 {
            ask(&runner, "guide", "where to?", "");
        }
        runner.wait_for(of_exporter);
        let ready = http::get(runner.address, "/ready");
        assert_eq!(ready.status, 200);
        let degraded = ready.json()["degraded"][0].as_str().unwrap().to_owned();
        assert!(degraded.starts_with("spans are not exported: ") && !degraded.contains(words), "{degraded}");
        ask(&runner, "guide", "where to?", "");
        assert_eq!(runner.stop(), Some(0), "{protocol} {words}: {:?}", runner.lines());
        let lost = runner.lines().iter().any(|line| line.contains("spans could not be exported"));
        assert!(lost, "{protocol} {words}: {:?}", runner.lines());
    }
}

#[test]
fn what_is_exported_as_otlp_is_read_by_a_collector_of_others() {
    let Some(rotel) = installed("PACE_TEST_ROTEL", "`rotel`") else { return };
    let project = project("");
    for message in ["ask\n", "unheard of\n"] {
        pace(&project, &["chat", "lead"], message);
    }
    let (grpc, port) = (port::free(), port::free());
    let mut command = Command::new(&rotel);
    command.args(["start", "--exporter", "blackhole", "--debug-log", "traces", "--debug-log-verbosity", "detailed"]);
    command.args([
        "--otlp-grpc-endpoint",
        &format!("127.0.0.1:{grpc}"),
        "--otlp-http-endpoint",
        &format!("127.0.0.1:{port}"),
    ]);
    let collector = Collector::start(&mut command, port);
    let exported = pace(&project, &["trace", "export", "--format", "otlp"], "");
    assert_eq!((exported.code, exported.out.lines().count()), (Some(0), 3), "{exported:?}");
    for line in exported.out.lines() {
        let answer = http::ask((Ipv4Addr::LOCALHOST, port).into(), &http::post("/v1/traces", line));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let spans = of_rotel(&collector.printed(|lines| of_rotel(lines).len() >= 8));
    let (_, (_, above)) = spans.iter().find(|(_, (name, _))| name == "invoke_agent guide").unwrap();
    assert_eq!(spans[above].0, "execute_tool guide");
}
