//! nginx in front, as an ingress is: it passes on what comes, adds who asks, and keeps no piece of an answer for itself.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use pace_tests::http::{self, Connection};
use pace_tests::process::Runner;
use pace_tests::{Project, curl, installed, port, until};
use serde_json::json;

use super::with;

/// A running nginx; ended with this value.
struct Nginx {
    child: Child,
    address: SocketAddr,
}

impl Nginx {
    fn start(project: &Project, runner: &Runner) -> Option<Self> {
        let program = installed("PACE_TEST_NGINX", "nginx")?;
        let address = (Ipv4Addr::LOCALHOST, port::free()).into();
        let folder = project.path().display();
        // Where it comes from is what the runner believes it by; the client's own word for who asks never passes.
        let location = format!(
            "proxy_pass http://{}/; proxy_http_version 1.1; proxy_bind 127.0.0.2; proxy_set_header Host $host; \
             proxy_set_header X-Request-Id $request_id; proxy_read_timeout 1h;",
            runner.address
        );
        let configuration = format!(
            "daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr; events {{}}\n\
             http {{\n access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n\
             fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n\
             server {{\n listen {address};\n\
             location / {{ {location} proxy_set_header X-Forwarded-Email \"\"; }}\n\
             location /as-ann/ {{ {location} proxy_set_header X-Forwarded-Email ann; }}\n }}\n}}\n"
        );
        project.write("nginx.conf", &configuration);
        let mut command = Command::new(program);
        command.args(["-e", "stderr", "-p"]).arg(project.path()).arg("-c").arg(project.path().join("nginx.conf"));
        let child = command.stdin(Stdio::null()).spawn().unwrap();
        let mut nginx = Self { child, address };
        until("nginx listens", || {
            assert!(nginx.child.try_wait().unwrap().is_none(), "nginx ended");
            TcpStream::connect(nginx.address).is_ok()
        });
        Some(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A runner that believes one address of this machine who asks.
fn behind_a_proxy() -> (Project, Runner) {
    let project = super::project();
    project.write(
        "turns.json",
        r#"[
            {"user": "long", "pace": "500ms", "model": "one two three four five six seven eight nine ten"},
            {"user": {"contains": ""}, "model": "one two three"}
        ]"#,
    );
    project.write(
        "paceline.yaml",
        "models:\n  - {name: recorded, provider: replay, turns: turns.json}\nauthentication:\n  \
         - {type: header, principal: X-Forwarded-Email, from: [127.0.0.2/32]}\n",
    );
    let runner = Runner::start(&project, &[]);
    (project, runner)
}

#[test]
fn who_asks_is_believed_from_the_proxy_alone() {
    let (project, runner) = behind_a_proxy();
    let Some(nginx) = Nginx::start(&project, &runner) else { return };
    let said = |prefix: &str| http::post(&format!("{prefix}/agents/desk/chat"), r#"{"message":"hello"}"#);
    let through = |request: &str| http::ask(nginx.address, request);
    let answer = through(&said("/as-ann"));
    assert_eq!((answer.status, &answer.json()["response"]), (200, &json!("one two three")));
    // What the proxy calls a request is what the log calls it.
    let id = answer.header("x-request-id").unwrap().to_owned();
    let line = runner.wait_for(|line| line["message"] == "request" && line["request"] == id.as_str());
    assert_eq!(line["principal"], "user:ann");
    let claim = ["x-forwarded-email: ann", "x-forwarded-for: 127.0.0.2"];
    // The proxy takes the claim out, and nobody else is believed. A credential would not help: there is no scheme to show one by.
    assert_eq!(through(&with(&said(""), &claim)).problem().0, 403);
    assert_eq!(http::ask(runner.address, &with(&said(""), &claim)).problem().0, 403);
    let url = format!("http://{}/as-ann/agents/desk/chat", nginx.address);
    let arguments = [
        "--header",
        "content-type: application/json",
        "--header",
        "idempotency-key: one",
        "--data",
        r#"{"message":"hello"}"#,
    ];
    let Some(first) = curl(&[&arguments[..], &[&url]].concat()) else { return };
    let again = curl(&[&arguments[..], &["--dump-header", "-", &url]].concat()).unwrap();
    assert!(again.ends_with(&first) && again.to_ascii_lowercase().contains("idempotency-replayed: true"), "{again}");
}

#[test]
fn no_piece_of_an_answer_waits_in_the_proxy() {
    let (project, runner) = behind_a_proxy();
    let Some(nginx) = Nginx::start(&project, &runner) else { return };
    let mut connection = Connection::to(nginx.address);
    connection.send(http::post("/as-ann/agents/desk/chat/stream", r#"{"message":"long"}"#).as_bytes());
    let head = connection.head().unwrap();
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/event-stream")));
    let first: Vec<_> = (0..2).map(|_| connection.event().unwrap()).collect();
    assert_eq!((first[0].name.as_str(), first[1].name.as_str()), ("start", "text"));
    // It is here while the agent is still talking.
    let session = first[0].data["session"].as_str().unwrap();
    let shown = http::get(nginx.address, &format!("/as-ann/agents/desk/sessions/{session}")).json();
    assert_eq!(shown["is_busy"], true);
    // Whoever loses the proxy goes on where they were.
    drop(connection);
    let invocation = first[0].data["invocation"].as_str().unwrap();
    let mut connection = Connection::to(nginx.address);
    let path = format!("/as-ann/invocations/{invocation}/events?after=2");
    connection.send(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes());
    assert_eq!(connection.head().unwrap().status, 200);
    let rest = connection.events();
    assert_eq!((rest[0].id, rest.last().unwrap().name.as_str()), (3, "done"));
}
