//! Agents as MCP servers over HTTP: both generations of the protocol, and who is let in.

use std::net::SocketAddr;
use std::sync::Arc;

use pace_ir::program::Authentication;
use pace_runner::authenticate::Identity;
use pace_runner::environment::Environment;
use pace_runner::serve::{ServeSettings, Server};
use pace_runner::tool::Writes;
use pace_runner::{Runner, Scope, State, instantiate};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::sync::oneshot;

use crate::fixture::Fixture;
use crate::server::{eventually, rest, send, until};

const OLDER: &str = "2025-11-25";
const NEWER: &str = "2026-07-28";

const TURNS: &str = r#"[
    {"user": "wait", "wait": "300ms", "model": "waited"},
    {"user": "for ever", "wait": "1h", "model": "never"},
    {"user": "what did I say?", "turn": 2, "model": "you said hello"},
    {"user": "tool", "model": {"calls": [{"name": "made_up", "arguments": {"city": "Oslo"}}]}},
    {"results": ["made_up"], "model": "without it, then"},
    {"user": "hello", "model": "Hello!"}
]"#;

/// A server that ends when it is told to.
struct Serving {
    runner: Arc<Runner>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

fn serve(only: Option<&'static str>) -> Serving {
    let mut bundle = Fixture { only, ..Fixture::of(TURNS) }.bundle();
    bundle.auth.authentication = Authentication::Unset;
    let verified = bundle.emit().unwrap().verified;
    let runner =
        instantiate(verified, &Environment::default(), Scope::All, &Writes::Stubbed, State::default()).unwrap();
    let server =
        Server::bind(Arc::clone(&runner), Identity::Anonymous, &ServeSettings { port: 0, ..ServeSettings::default() })
            .unwrap();
    let (address, (stop, stopped)) = (server.address(), oneshot::channel::<()>());
    let task = tokio::spawn(async move {
        let stopped = async { drop(stopped.await) };
        server.run(stopped).await.unwrap();
    });
    Serving { runner, address, stop, task }
}

/// A message of the protocol as a request, with these header fields besides the usual ones.
fn request(headers: &[(&str, &str)], body: &Value) -> String {
    let body = body.to_string();
    let named: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let host = if headers.iter().any(|(name, _)| *name == "host") { "" } else { "host: localhost\r\n" };
    format!(
        "POST /agents/helper/mcp HTTP/1.1\r\nconnection: close\r\ncontent-type: application/json\r\n\
         accept: application/json, text/event-stream\r\n{host}{}content-length: {}\r\n\r\n{body}",
        named.concat(),
        body.len()
    )
}

/// An answer: its head and what came after it.
struct Answer {
    head: String,
    body: String,
}

async fn ask(address: SocketAddr, request: &str) -> Answer {
    let mut stream = send(address, request).await;
    let text = rest(&mut stream).await;
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Answer { head: head.to_ascii_lowercase(), body: body.to_owned() }
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The messages, whether the body is one or a stream of them.
    fn messages(&self) -> Vec<Value> {
        assert_eq!(self.status(), 200, "{}\n{}", self.head, self.body);
        let data = |line: &str| line.strip_prefix("data:").unwrap_or(line).trim().to_owned();
        let lines = self.body.lines().map(data).filter(|line| line.starts_with('{'));
        lines.filter_map(|line| serde_json::from_str(&line).ok()).collect()
    }

    /// What the call with the id 2 came to.
    fn result(&self) -> Value {
        let messages = self.messages();
        let last = messages.iter().find(|message| message["id"] == 2).unwrap_or_else(|| panic!("{}", self.body));
        last["result"].clone()
    }

    /// The status and the code of a problem.
    fn problem(&self) -> (u16, String) {
        let line = self.body.lines().find(|line| line.starts_with('{')).unwrap_or_else(|| panic!("{}", self.body));
        let document: Value = serde_json::from_str(line).unwrap();
        (self.status(), document["code"].as_str().unwrap().to_owned())
    }
}

fn call(arguments: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "helper", "arguments": arguments}})
}

/// Begins a session of the older protocol, and answers its name.
async fn begin(address: SocketAddr) -> String {
    let client = json!({"name": "test", "version": "1"});
    let params = json!({"protocolVersion": OLDER, "capabilities": {}, "clientInfo": client});
    let body = json!({"jsonrpc": "2.0", "id": 2, "method": "initialize", "params": params});
    let answer = ask(address, &request(&[], &body)).await;
    assert_eq!(answer.result()["protocolVersion"], OLDER);
    let session = answer.header("mcp-session-id").expect("a session").to_owned();
    let body = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(ask(address, &request(&of(&session), &body)).await.status(), 202);
    session
}

fn of(session: &str) -> [(&str, &str); 2] {
    [("mcp-session-id", session), ("mcp-protocol-version", OLDER)]
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_one_tool_of_a_session() {
    let serving = serve(None);
    let session = begin(serving.address).await;
    let ask = async |body: &Value| ask(serving.address, &request(&of(&session), body)).await;
    let list = ask(&json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"})).await.result();
    let tools = list["tools"].as_array().unwrap();
    assert_eq!((tools.len(), &tools[0]["name"], &tools[0]["description"]), (1, &json!("helper"), &json!("Helps")));
    assert_eq!(tools[0]["annotations"]["readOnlyHint"], true);
    assert!(!list.to_string().contains("You help."), "the prompt is nobody's business: {list}");

    let told = ask(&call(&json!({"message": "hello"}))).await.result();
    assert_eq!(
        (&told["structuredContent"]["response"], &told["content"][0]["text"]),
        (&json!("Hello!"), &json!("Hello!"))
    );
    let conversation = told["structuredContent"]["session"].clone();
    let next = ask(&call(&json!({"message": "what did I say?", "session": conversation}))).await.result();
    assert_eq!(next["structuredContent"]["response"], "you said hello");

    for (arguments, wanted) in [
        (json!({"message": "hello", "session": "0".repeat(32)}), "the agent `helper` has no session `000"),
        (json!({"massage": "hello"}), "not called, because the arguments do not fit"),
        (json!({"message": "unrecorded"}), "no recorded turn"),
    ] {
        let failed = ask(&call(&arguments)).await.result();
        assert_eq!(failed["isError"], true);
        let why = failed["content"][0]["text"].as_str().unwrap().to_owned();
        assert!(why.starts_with(wanted) || why.contains(wanted), "{why}");
    }
    let mut other = call(&json!({"message": "hello"}));
    other["params"]["name"] = "closed".into();
    let error = ask(&other).await.messages().pop().unwrap()["error"].clone();
    assert_eq!(error["code"], -32602);
    assert_eq!(error["message"], "there is no tool `closed`; the only one is `helper`");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newer_protocol_needs_no_session() {
    let serving = serve(None);
    let mut body = call(&json!({"message": "tool"}));
    body["params"]["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": NEWER,
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
        "progressToken": "p",
    });
    let headers = [("mcp-protocol-version", NEWER), ("mcp-method", "tools/call"), ("mcp-name", "helper")];
    let answer = ask(serving.address, &request(&headers, &body)).await;
    assert_eq!(answer.header("mcp-session-id"), None);
    assert_eq!(answer.result()["structuredContent"]["response"], "without it, then");
    let messages = answer.messages();
    let steps = messages.iter().filter(|message| message["method"] == "notifications/progress");
    let steps: Vec<_> = steps.map(|step| step["params"]["message"].as_str().unwrap_or_default()).collect();
    assert_eq!(steps.first(), Some(&"helper asks its model"), "{steps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_cancelled_ends() {
    let serving = serve(None);
    let session = begin(serving.address).await;
    let calling = request(&of(&session), &call(&json!({"message": "for ever"})));
    let _waiting = send(serving.address, &calling).await;
    eventually(|| serving.runner.work().running() == 1).await;
    let cancel = json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}});
    assert_eq!(ask(serving.address, &request(&of(&session), &cancel)).await.status(), 202);
    eventually(|| serving.runner.work().running() == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_told_so_before_anything_is_listed() {
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let not_allowed = (403, "not-allowed".to_owned());
    let closed = serve(Some("user:ann"));
    assert_eq!(ask(closed.address, &request(&[], &list)).await.problem(), not_allowed);
    let open = serve(None);
    for (name, value) in [("host", "evil.example"), ("origin", "https://evil.example")] {
        assert_eq!(ask(open.address, &request(&[(name, value)], &list)).await.problem(), not_allowed, "{name}");
    }
    let theirs = request(&of("somebody-elses"), &list);
    assert_eq!(ask(open.address, &theirs).await.problem(), (404, "unknown-session".to_owned()));
    let large = json!({"jsonrpc": "2.0", "id": 2, "method": "x".repeat(2 << 20)});
    assert_eq!(ask(open.address, &request(&[], &large)).await.problem(), (413, "too-large".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_as_everywhere() {
    let serving = serve(None);
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let with = |request: String, from: &str, to: &str| request.replacen(from, to, 1);
    let whole = request(&[], &list);
    // A message that is none, as JSON-RPC has it.
    for (body, code) in [("{\"jsonrpc\": ", -32700), ("[]", -32600), ("{\"a\": 1}", -32600), ("7", -32600)] {
        let length = format!("content-length: {}", body.len());
        let broken = with(
            with(whole.clone(), &list.to_string(), body),
            &format!("content-length: {}", list.to_string().len()),
            &length,
        );
        let answer = ask(serving.address, &broken).await;
        let told: Value = serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("{body}: {}", answer.body));
        assert_eq!((answer.status(), told["error"]["code"].as_i64()), (400, Some(code)), "{body}: {}", answer.body);
        assert_eq!((&told["jsonrpc"], &told["id"]), (&json!("2.0"), &Value::Null));
    }
    let problem = async |request: &str| ask(serving.address, request).await.problem();
    // Without a session, which a message of the older protocol has to have.
    assert_eq!(
        problem(&request(&[("mcp-protocol-version", OLDER)], &list)).await,
        (400, "malformed-request".to_owned())
    );
    let narrow = with(whole.clone(), "accept: application/json, text/event-stream", "accept: application/json");
    assert_eq!(problem(&narrow).await, (406, "not-acceptable".to_owned()));
    let text = with(whole.clone(), "content-type: application/json", "content-type: text/plain");
    assert_eq!(problem(&text).await, (415, "wrong-media-type".to_owned()));
    let listening = |session: &str| {
        format!(
            "GET /agents/helper/mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\naccept: text/event-stream\r\n{session}\r\n"
        )
    };
    assert_eq!(
        problem(&listening("mcp-protocol-version: 2025-11-25\r\n")).await,
        (400, "malformed-request".to_owned())
    );
    let unknown = listening("mcp-session-id: none\r\n");
    assert_eq!(problem(&unknown).await, (404, "unknown-session".to_owned()));
    // One that its client ended is as unknown.
    let session = begin(serving.address).await;
    let end = format!(
        "DELETE /agents/helper/mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nmcp-session-id: {session}\r\n\r\n"
    );
    assert!(ask(serving.address, &end).await.status() < 300);
    assert_eq!(problem(&request(&of(&session), &list)).await, (404, "unknown-session".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_client_cannot_take_all_sessions() {
    let serving = serve(None);
    let (busy, idle) = (begin(serving.address).await, begin(serving.address).await);
    let calling = request(&of(&busy), &call(&json!({"message": "for ever"})));
    let _waiting = send(serving.address, &calling).await;
    eventually(|| serving.runner.work().running() == 1).await;
    // More than one client may have: each begins, and the longest idle one ends for it.
    let mut newest = String::new();
    for _ in 0..260 {
        newest = begin(serving.address).await;
    }
    let list = json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"});
    let status = async |session: &str| ask(serving.address, &request(&of(session), &list)).await.status();
    assert_eq!((status(&busy).await, status(&idle).await, status(&newest).await), (200, 404, 200));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_ends_waits_for_calls_and_not_for_listeners() {
    let serving = serve(None);
    let session = begin(serving.address).await;
    let mut listening = send(serving.address, "GET /agents/helper/mcp HTTP/1.1\r\nhost: localhost\r\n").await;
    let rest_of_it = format!("accept: text/event-stream\r\nmcp-session-id: {session}\r\n\r\n");
    listening.write_all(rest_of_it.as_bytes()).await.unwrap();
    until(&mut listening, "200 OK").await;
    let mut calling = send(serving.address, &request(&of(&session), &call(&json!({"message": "wait"})))).await;
    eventually(|| serving.runner.work().running() == 1).await;
    serving.stop.send(()).unwrap();
    let answer = rest(&mut calling).await;
    assert!(answer.contains("waited"), "{answer}");
    serving.task.await.unwrap();
}
