//! Servers at addresses: of other hands, and ours that misbehave.

pub(crate) mod fake;
mod oauth;

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use libtest_mimic::Trial;
use pace_mcp::{
    CallOptions, Client, ClientSettings, Connection, Credential, Delivery, Endpoint, Kind, Secret, Server, Supervisor,
    Transport,
};
use pace_tests::port;
use pace_web::Web;
use serde_json::{Value, json};

use self::fake::{Fake, answer, json_answer, mcp, with};
use crate::servers::{everything_is_there, growing, it_grows};
use crate::support::{
    LONG, TOKEN, alone, assert_one_line, call, called, client, counterpart, object, open, refused, text,
};
use crate::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = vec![
        trial("http::everything_with_sessions", everything_with_sessions),
        trial("http::python_without_sessions", python_without_sessions),
        trial("http::credentials_are_shown_and_not_told", credentials_are_shown_and_not_told),
        trial("http::what_is_refused_says_why", what_is_refused_says_why),
        trial("http::what_cannot_be_reached_says_why", what_cannot_be_reached_says_why),
        trial("http::redirects_stay_where_they_are", redirects_stay_where_they_are),
        trial("http::bodies_are_read_to_their_bounds", bodies_are_read_to_their_bounds),
        trial("http::calls_are_made_once", calls_are_made_once),
        trial("http::calls_wait_until_the_server_may_ask_back", calls_wait_until_the_server_may_ask_back),
        trial("http::certificates_have_to_be_known", certificates_have_to_be_known),
    ];
    trials.extend(oauth::trials());
    trials
}

pub(crate) fn at(url: &str, credential: Credential) -> Server {
    let transport = Transport::Http(Endpoint { url: url.parse().unwrap(), credential });
    Server { name: "web".to_owned(), transport, roots: Vec::new(), hidden: Vec::new() }
}

/// A process that serves at `port`.
struct Serving(std::process::Child);

impl Serving {
    async fn start(program: &Path, arguments: &[&str], port: u16) -> Self {
        let mut command = std::process::Command::new(program);
        command.args(arguments).env("PORT", port.to_string());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let serving = Self(child);
        let begun = std::time::Instant::now();
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(begun.elapsed() < LONG, "nothing listens");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        serving
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

async fn everything_with_sessions() {
    let (Some(node), Some(packages)) = (counterpart("PACE_TEST_NODE"), counterpart("PACE_TEST_MCP_NODE")) else {
        return;
    };
    let script = packages.join("node_modules/@modelcontextprotocol/server-everything/dist/index.js");
    let (script, port) = (script.to_str().unwrap(), port::free());
    let serving = Serving::start(&node, &[script, "streamableHttp"], port).await;
    let connection = open(&at(&format!("http://127.0.0.1:{port}/mcp"), Credential::None)).await;
    everything_is_there(&connection).await;
    drop(serving);
    let mut error = call(&connection, "echo", json!({"message": "x"})).await.unwrap_err();
    // A connection that was kept may be asked before its end is noticed; then nobody knows what came of it. The next one is a new one.
    if error.delivery() != Delivery::No {
        assert!(error.to_string().contains("the connection was lost"), "{error}");
        error = call(&connection, "echo", json!({"message": "x"})).await.unwrap_err();
    }
    assert_eq!(error.to_string(), format!("server `web`: nothing listens at `127.0.0.1:{port}`"));
    assert_eq!(error.delivery(), Delivery::No);
    // It knows nothing of the session when it is there again, and gets another one.
    let _serving = Serving::start(&node, &[script, "streamableHttp"], port).await;
    assert_eq!(text(&called(&connection, "echo", json!({"message": "again"})).await), "Echo: again");
    everything_is_there(&connection).await;
    connection.close().await;
}

async fn python_without_sessions() {
    let Some(python) = counterpart("PACE_TEST_MCP_PYTHON") else { return };
    let port = port::free();
    let script = growing();
    let serving = Serving::start(&python, &[script], port).await;
    let connection = open(&at(&format!("http://127.0.0.1:{port}/mcp"), Credential::None)).await;
    assert_eq!(connection.info().protocol, "2026-07-28");
    it_grows(&connection).await;
    let result = called(&connection, "add", json!({"a": 2, "b": 40})).await;
    assert_eq!((text(&result), result.structured.clone()), ("42", Some(json!({"result": 42}))));
    drop(serving);
    let _serving = Serving::start(&python, &[script], port).await;
    let mut result = call(&connection, "add", json!({"a": 1, "b": 1})).await;
    // As above: the connection that was kept may be asked before its end is noticed.
    if let Err(error) = &result {
        assert!(error.delivery() != Delivery::No && error.to_string().contains("the connection was lost"), "{error}");
        result = call(&connection, "add", json!({"a": 1, "b": 1})).await;
    }
    assert_eq!(text(&result.unwrap()), "2");
    connection.close().await;
}

async fn credentials_are_shown_and_not_told() {
    let fake = Fake::start(|seen| mcp(seen, |_| None)).await;
    let header = Credential::Header { name: "X-Key".to_owned(), value: Secret::new(TOKEN) };
    for (credential, wanted) in [
        (Credential::Bearer(Secret::new(TOKEN)), "shown: Bearer [redacted:token]"),
        (header, "shown: [redacted:X-Key]"),
        (Credential::None, "shown: nothing"),
    ] {
        let server = at(&format!("{}/mcp", fake.origin), credential);
        assert!(!format!("{server:?}").contains(TOKEN));
        let connection = open(&server).await;
        assert_eq!(text(&called(&connection, "echo", json!({})).await), wanted);
        connection.close().await;
    }
    let bearers = fake.seen().iter().filter(|seen| seen.header("authorization").is_some()).count();
    assert!(bearers >= 4, "shown with every request, not only the first: {bearers}");
    let broken = at(&fake.origin, Credential::Bearer(Secret::new("two\nlines")));
    assert!(refused(&broken, 5).await.to_string().ends_with("the credential is no text of one line"));
}

async fn what_is_refused_says_why() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/401" => with(answer(401, "text/plain", format!("bad {TOKEN}")), "www-authenticate", "Bearer realm=\"x\""),
        "/403" => answer(403, "application/json", "{\"error\": \"no\"}"),
        "/500" => answer(500, "text/html", "<h1>oops</h1>"),
        "/429" => answer(429, "text/plain", "slow down"),
        "/html" => answer(200, "text/html", "<title>Welcome</title>"),
        "/json" => answer(200, "application/json", "{\"hello\": 1}"),
        "/empty" => answer(200, "application/json", ""),
        _ => answer(404, "text/plain", "nothing here"),
    })
    .await;
    for (path, wanted) in [
        ("401", "it answered 401 Unauthorized: bad [redacted:token]"),
        ("403", "it answered 403 Forbidden: {\"error\": \"no\"}"),
        ("404", "it answered 404 Not Found: nothing here"),
        ("429", "it answered 429 Too Many Requests: slow down"),
        ("500", "it answered 500 Internal Server Error"),
        ("html", "it does not speak MCP: it answered `<title>Welcome</title>`"),
        ("json", "it does not speak MCP: it answered `{\"hello\": 1}`"),
        ("empty", "it does not speak MCP: it answered ``"),
    ] {
        let server = at(&format!("{}/{path}", fake.origin), Credential::Bearer(Secret::new(TOKEN)));
        let error = refused(&server, 20).await;
        assert_eq!(error.to_string(), format!("server `web`: {wanted}"), "{path}");
        if let Kind::Status { status: 401, challenge, .. } = error.kind() {
            assert_eq!(challenge.as_deref(), Some("Bearer realm=\"x\""));
        }
    }
}

async fn what_cannot_be_reached_says_why() {
    let port = port::free();
    let error = refused(&at(&format!("http://127.0.0.1:{port}/"), Credential::None), 20).await;
    assert_eq!(error.to_string(), format!("server `web`: nothing listens at `127.0.0.1:{port}`"));
    let error = refused(&at("http://no-such-host.invalid/", Credential::None), 20).await;
    assert_eq!(error.to_string(), "server `web`: `no-such-host.invalid` has no address");
    // Somebody who listens and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let error = refused(&at(&url, Credential::None), 1).await;
    assert_eq!(error.to_string(), "server `web`: no answer within 1 s");
}

async fn redirects_stay_where_they_are() {
    let thief = Fake::start(|seen| mcp(seen, |_| None)).await;
    let elsewhere = thief.origin.replace("localhost", "127.0.0.1");
    let fake = Fake::start(move |seen| match seen.path.as_str() {
        "/here" => with(answer(307, "text/plain", ""), "location", "/mcp"),
        "/there" => with(answer(307, "text/plain", ""), "location", &format!("{elsewhere}/mcp")),
        "/for-good" => with(answer(308, "text/plain", ""), "location", &format!("{elsewhere}/mcp")),
        "/found" => with(answer(302, "text/plain", ""), "location", "/mcp"),
        "/round" => with(answer(308, "text/plain", ""), "location", "/round"),
        _ => mcp(seen, |_| None),
    })
    .await;
    let to = |path: &str| at(&format!("{}{path}", fake.origin), Credential::Bearer(Secret::new(TOKEN)));
    let connection = open(&to("/here")).await;
    assert_eq!(text(&called(&connection, "echo", json!({})).await), "shown: Bearer [redacted:token]");
    for there in ["/there", "/for-good"] {
        let error = refused(&to(there), 20).await;
        assert!(matches!(error.kind(), Kind::Moved { .. }), "{error}");
    }
    // Neither the message nor the credential.
    assert!(thief.seen().is_empty());
    assert!(matches!(refused(&to("/found"), 20).await.kind(), Kind::Moved { .. }));
    let error = refused(&to("/round"), 20).await;
    assert_eq!(error.to_string(), "server `web`: it broke the protocol: it redirects in circles");
}

async fn bodies_are_read_to_their_bounds() {
    let _alone = alone().await;
    let fake = Fake::start(|seen| {
        let path = seen.path.clone();
        mcp(seen, move |id| {
            let fat = |size: usize| format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"result\":{{\"content\":[{{\"type\":\"text\",\"text\":\"{}\"}}]}}}}", "x".repeat(size));
            match path.as_str() {
                "/large" => Some(answer(200, "application/json", fat(9 << 20))),
                "/huge" => Some(answer(200, "application/json", fat(40 << 20))),
                "/event" => Some(answer(200, "text/event-stream", format!("data: {}\n\n", fat(40 << 20)))),
                "/lines" => Some(answer(200, "text/event-stream", "data: x\n".repeat(5 << 20))),
                "/wrong" => Some(answer(200, "text/event-stream", "data: {\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{}}\n\n")),
                "/garbage" => Some(answer(200, "application/json", "[".repeat(1 << 20))),
                "/broken" => Some(with(answer(200, "text/event-stream", "data: {\"jsonrpc\"\n\n"), "x", "y")),
                _ => None,
            }
        })
    })
    .await;
    for (path, is_wanted) in [
        ("large", (|kind| matches!(kind, Kind::TooLarge { what: "a result", .. })) as fn(&Kind) -> bool),
        ("huge", |kind| matches!(kind, Kind::TooLarge { what: "a message", .. })),
        ("event", |kind| matches!(kind, Kind::TooLarge { what: "a message", .. })),
        ("lines", |kind| matches!(kind, Kind::TooLarge { what: "a message", .. })),
        ("wrong", |kind| matches!(kind, Kind::Lost { .. })),
        ("garbage", |kind| matches!(kind, Kind::NotMcp { .. })),
        ("broken", |kind| matches!(kind, Kind::Lost { .. })),
    ] {
        let connection = open(&at(&format!("{}/{path}", fake.origin), Credential::None)).await;
        let error = call(&connection, "echo", json!({})).await.unwrap_err();
        assert_one_line(&error);
        assert!(is_wanted(error.kind()), "{path}: {error}");
        // The connection goes on.
        connection.offered(LONG).await.unwrap();
        connection.close().await;
    }
}

async fn calls_are_made_once() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/502" => mcp(seen, |_| Some(answer(502, "text/plain", "bad gateway"))),
        "/cut" => mcp(seen, |_| Some(answer(200, "text/event-stream", ": nothing\n\n"))),
        _ => mcp(seen, |_| None),
    })
    .await;
    for path in ["502", "cut"] {
        let connection = open(&at(&format!("{}/{path}", fake.origin), Credential::None)).await;
        let options = CallOptions::within(Duration::from_secs(20));
        let error = connection.call("echo", object(json!({})), options).await.unwrap_err();
        assert_eq!(error.delivery(), Delivery::Possible, "{error}");
        let is_call = |seen: &fake::Seen| seen.path.ends_with(path) && seen.message()["method"] == "tools/call";
        assert_eq!(fake.seen().iter().filter(|seen| is_call(seen)).count(), 1, "{path}");
        connection.close().await;
    }
}

async fn calls_wait_until_the_server_may_ask_back() {
    let listens = AtomicBool::new(false);
    let fake = Fake::start(move |seen| {
        if seen.method == "GET" {
            // Far longer than a call takes that does not wait, far shorter than one that does waits at most.
            std::thread::sleep(Duration::from_millis(100));
            listens.store(true, Ordering::SeqCst);
        }
        let heard = listens.load(Ordering::SeqCst).to_string();
        let called = |id: &Value| {
            let content = json!([{"type": "text", "text": heard}]);
            Some(json_answer(&json!({"jsonrpc": "2.0", "id": id, "result": {"content": content}})))
        };
        with(mcp(seen, called), "mcp-session-id", "one")
    })
    .await;
    let connection = open(&at(&format!("{}/mcp", fake.origin), Credential::None)).await;
    assert_eq!(text(&called(&connection, "echo", json!({})).await), "true");
    connection.close().await;
}

async fn certificates_have_to_be_known() {
    let signed = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signed.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![signed.cert.der().clone()], key).unwrap();
    let fake = Fake::over(Some(Arc::new(config).into()), |seen| mcp(seen, |_| None)).await;
    let server = at(&format!("{}/mcp", fake.origin), Credential::None);
    let error = refused(&server, 20).await;
    assert!(matches!(error.kind(), Kind::Tls { .. }), "{error}");
    assert!(error.to_string().contains("is not known here; `SSL_CERT_FILE` can name it"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    std::fs::write(&file, signed.cert.pem()).unwrap();
    let variable = |name: &str| (name == "SSL_CERT_FILE").then(|| file.display().to_string());
    let web = Web::configure(variable, pace_web::CONNECT).unwrap();
    let settings = ClientSettings { version: "0".to_owned(), supervisor: Supervisor::ThisProgram, web };
    let connection = Connection::open(&Client::new(settings), &server, LONG).await.unwrap();
    assert_eq!(text(&called(&connection, "echo", json!({})).await), "shown: nothing");
    connection.close().await;
    std::fs::write(&file, "no certificate").unwrap();
    let error = Web::configure(variable, pace_web::CONNECT).unwrap_err();
    assert!(error.message.ends_with("holds no certificate that can be a root"), "{error}");
    // The others know nothing of it.
    assert!(Connection::open(&client(), &server, LONG).await.is_err());
}
