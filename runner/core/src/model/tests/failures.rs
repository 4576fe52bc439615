//! What is said of a service that refuses, is not there, or is something else.

use std::io::Write as _;
use std::net::TcpListener;

use pace_ir::program::{Provider, Template};

use super::server::{GOOD, Server, Step, plain, stream};
use super::{asked, bundle, configured, models_at};
use crate::environment::Environment;
use crate::problem::{Code, Problem};

fn refused(status: u16, body: &str) -> Problem {
    let server = Server::start(vec![plain(status, "", body)]);
    let problem = asked(&models_at(Provider::Gemini, &server.url(), &[])).turn.unwrap_err();
    assert_eq!(server.requests().len(), 1, "{problem:?}");
    let mut problem = problem;
    problem.detail = problem.detail.replace(&format!("127.0.0.1:{}", server.port), "host");
    problem
}

#[test]
fn each_status_has_its_words() {
    let error = |message: &str| format!("{{\"error\":{{\"message\":\"{message}\"}}}}");
    let service = "the service of `fast` at `host`";
    for (status, code, detail, help) in [
        (400, Code::ModelRejected, "refused the request: why", "see what the service says"),
        (
            401,
            Code::ModelUnauthorized,
            "refused the key of the variable `GOOGLE_API_KEY`: why",
            "put a valid key into the variable `GOOGLE_API_KEY`",
        ),
        (402, Code::ModelForbidden, "wants to be paid first: why", "check the billing of the key's account"),
        (403, Code::ModelForbidden, "does not allow this: why", "check what the key and its project may use"),
        (
            404,
            Code::ModelNotFound,
            "has no model `fast-1`, or nothing at its address: 404 for `POST \
             http://host/v1beta/models/fast-1:streamGenerateContent`: why",
            "choose another model, or check the base URL in the environment",
        ),
        (413, Code::ModelRejected, "finds the request too large: why", "start a new session, or ask for less"),
        (
            307,
            Code::ModelRejected,
            "answers with a redirect (307): why",
            "set the base URL to where the service itself is",
        ),
        (501, Code::ModelUnavailable, "failed (501): why", "ask again later"),
    ] {
        let problem = refused(status, &error("why"));
        assert_eq!((problem.code, problem.detail), (code, format!("{service} {detail}")));
        assert_eq!(problem.help.as_deref(), Some(help));
    }
    let key = r#"{"error":{"code":400,"message":"no","details":[{"reason":"API_KEY_INVALID"}]}}"#;
    assert_eq!(refused(400, key).code, Code::ModelUnauthorized);
    let quota = refused(429, r#"{"error":{"message":"pay","code":"insufficient_quota"}}"#);
    assert_eq!(quota.detail, format!("{service} says that the key's quota is used up: pay"));
    let repeated = refused(401, &error("wrong key: s3cret"));
    assert!(repeated.detail.ends_with("wrong key: [key]"), "{repeated:?}");
    let server = Server::start(vec![stream("data: s3cret\n\n")]);
    let garbled = asked(&models_at(Provider::Gemini, &server.url(), &[])).turn.unwrap_err();
    assert!(garbled.detail.contains("`[key]`"), "{garbled:?}");
    let hostile = refused(400, &error(&format!("\\u001b[2J{}", "x".repeat(1_000))));
    assert!(hostile.detail.contains("\\u{1b}[2J") && hostile.detail.chars().count() < 400, "{}", hostile.detail);
}

#[test]
fn what_is_no_stream_is_shown() {
    for (media_type, body, shown) in [
        ("text/html; charset=utf-8", "<!doctype html>\n<p>login", "`<!doctype html>\\u{a}<p>login`"),
        ("application/json", "{\"id\":1}", "`{\"id\":1}`"),
    ] {
        let server = Server::start(vec![plain(200, &format!("Content-Type: {media_type}\r\n"), body)]);
        let problem = asked(&models_at(Provider::Gemini, &server.url(), &[])).turn.unwrap_err();
        assert_eq!(problem.code, Code::ModelGarbled);
        assert!(
            problem.detail.ends_with(&format!("answered with `{media_type}` instead of a stream of events: {shown}"))
        );
    }
    for events in ["data: <html>\n\n", "data: [1]\n\n", "data: \u{ff}\n\n"] {
        let server = Server::start(vec![stream(events)]);
        let problem = asked(&models_at(Provider::Gemini, &server.url(), &[])).turn.unwrap_err();
        assert_eq!(problem.code, Code::ModelGarbled, "{events}");
    }
}

#[test]
fn nobody_is_there() {
    // Taken, so that nobody else is given it, and without anybody who listens.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let free = socket.local_addr().unwrap().port();
    let heard = asked(&models_at(Provider::Gemini, &format!("http://127.0.0.1:{free}"), &[]));
    let problem = heard.turn.unwrap_err();
    assert_eq!(problem.code, Code::ModelUnreachable);
    assert_eq!(problem.detail, format!("`127.0.0.1:{free}`, the host of `fast`, refuses connections"));
    assert_eq!(heard.heard.len(), 3);
    let heard = asked(&models_at(Provider::Gemini, "http://no-such-host.invalid", &[]));
    let problem = heard.turn.unwrap_err();
    assert_eq!(problem.detail, "`no-such-host.invalid`, the host of `fast`, is not known: its name has no address");
    assert_eq!(heard.heard, ["retry 2: unknown host"]);
}

#[test]
fn a_server_without_tls_is_not_asked_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _sent = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let heard = asked(&models_at(Provider::Gemini, &format!("https://127.0.0.1:{port}"), &[]));
    let problem = heard.turn.unwrap_err();
    assert_eq!((problem.code, heard.heard.len()), (Code::ModelUnreachable, 0));
    assert!(
        problem.detail.starts_with(&format!("`127.0.0.1:{port}`, the host of `fast`, does not speak TLS as it should"))
    );
}

#[test]
fn proxies_are_used_and_left_out() {
    let proxy = Server::start(vec![stream(GOOD)]);
    let with_password = format!("http://me:pass@127.0.0.1:{}", proxy.port);
    let models = models_at(Provider::Gemini, "http://model.test/x", &[("HTTP_PROXY", &with_password)]);
    assert_eq!(asked(&models).turn.unwrap().text, "Good day.");
    let request = proxy.requests()[0].to_lowercase();
    assert!(request.starts_with("post http://model.test/x/v1beta/models/"), "{request}");
    assert!(request.contains("proxy-authorization: basic bwu6cgfzcw=="), "{request}");
    // 0.0.0.0 is this machine and no loopback address, so only `NO_PROXY` keeps it from the proxy.
    let server = Server::start(vec![stream(GOOD)]);
    let url = format!("http://0.0.0.0:{}", server.port);
    let models = models_at(Provider::Gemini, &url, &[("ALL_PROXY", &with_password), ("NO_PROXY", "0.0.0.0")]);
    assert_eq!(asked(&models).turn.unwrap().text, "Good day.");
    assert_eq!((proxy.requests().len(), server.requests().len()), (1, 1));
    // Towards https a proxy is asked for a tunnel, and is shown nothing of the request.
    let refusing = Server::start(vec![plain(403, "", "")]);
    let proxy_url = format!("http://127.0.0.1:{}", refusing.port);
    let heard = asked(&models_at(Provider::Gemini, "https://model.test", &[("HTTPS_PROXY", &proxy_url)]));
    let problem = heard.turn.unwrap_err();
    assert_eq!(problem.code, Code::ModelUnreachable);
    let proxy = format!("127.0.0.1:{}", refusing.port);
    assert_eq!(problem.detail, format!("the proxy `{proxy}` refused to connect to `model.test`, the host of `fast`"));
    assert!(refusing.requests()[0].starts_with("CONNECT model.test:443 HTTP/1.1"));
}

#[test]
fn a_proxy_that_wants_a_user_is_told_apart() {
    for (variable, url) in [("HTTP_PROXY", "http://model.test"), ("HTTPS_PROXY", "https://model.test")] {
        for (user, told) in [("", "wants a user and password"), ("me:hunter2@", "refused the user and password")] {
            let proxy = Server::start(vec![plain(407, "Proxy-Authenticate: Basic\r\n", "<p>who?")]);
            let address = format!("http://{user}127.0.0.1:{}", proxy.port);
            let problem = asked(&models_at(Provider::Gemini, url, &[(variable, &address)])).turn.unwrap_err();
            assert_eq!(problem.code, Code::ModelUnreachable);
            assert_eq!(problem.detail, format!("the proxy `127.0.0.1:{}` {told}", proxy.port));
            assert!(problem.help.unwrap().contains("user:password@"));
        }
    }
}

#[test]
fn a_port_that_wants_tls_is_suspected() {
    let alert = vec![Step::Send(b"\x15\x03\x01\x00\x02\x02\x46".to_vec()), Step::Close];
    for (reply, told, retries) in [
        (vec![Step::Close], "closed the connection before it answered", 3),
        (alert, "answered with what is no HTTP", 0),
    ] {
        let server = Server::start(vec![reply]);
        let heard = asked(&models_at(Provider::Gemini, &server.url(), &[]));
        let problem = heard.turn.unwrap_err();
        assert!(problem.detail.ends_with(told), "{problem:?}");
        assert!(problem.help.as_deref().is_some_and(|help| help.contains("`https://`")), "{problem:?}");
        assert_eq!(heard.heard.len(), retries);
    }
}

#[test]
fn a_declared_model_is_named_with_its_place() {
    let server = Server::start(vec![plain(404, "", "{}"), plain(401, "", "{}")]);
    let declared = bundle(&[("fast", Provider::OpenAi, Some(Template::literal(server.url())), None)]);
    let environment = Environment::from_pairs([("OPENAI_API_KEY", "s3cret")]);
    let models = configured(&declared, &environment).unwrap();
    let help = asked(&models).turn.unwrap_err().help.unwrap();
    assert_eq!(help, "check `model` and `base_url` of `fast` in `paceline.yaml:3`; such addresses usually end in /v1");
    let problem = asked(&models).turn.unwrap_err();
    assert!(problem.detail.contains("wants a key, and none was sent"), "{problem:?}");
    assert_eq!(
        problem.help.unwrap(),
        "add `api_key: ${env:OPENAI_API_KEY}` to the model `fast`; an address out of a bundle gets no other key"
    );
    assert!(server.requests().iter().all(|request| !request.contains("s3cret")));
}
