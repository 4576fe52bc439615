//! Where a tool gets to: the address it connects to is what counts.

use std::sync::Arc;

use pace_sandbox::{Call, Engine, EngineSettings, NetPolicy, Resolve, ToolError};

use crate::server::Server;
use crate::support::{Names, call, net, tool, with_secrets};

/// What `fetch` of `url` comes to: a status, or Node's code and the words.
async fn fetched(url: &str, net: NetPolicy) -> String {
    let body = "return fetch(args).then((r) => r.status, (e) => `${e.cause?.code} ${e.message}`);";
    tool(body).call(Call { arguments: format!("\"{url}\""), net, ..call() }).await.unwrap()
}

fn any() -> NetPolicy {
    NetPolicy::new(&pace_ir::program::tool::Net::AnyPublic).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn private_addresses_are_closed_in_every_spelling() {
    let server = Server::start(1).await;
    let port = server.port;
    for host in [
        "127.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::1]",
        "0.0.0.0",
        "2130706433",
        "0x7f.1",
        "017700000001",
        "127.1",
        "127-0-0-1.ip.test",
        "[64:ff9b::7f00:1]",
        "[::127.0.0.1]",
        "10-1-2-3.ip.test",
        "192-168-0-1.ip.test",
        "%31%32%37.0.0.1",
    ] {
        let told = fetched(&format!("http://{host}:{port}/"), any()).await;
        assert!(told.starts_with("\"EACCES ") && told.contains("a private address"), "{host}: {told}");
    }
    for host in
        ["169.254.169.254", "[::ffff:169.254.169.254]", "169-254-169-254.ip.test", "[fd00:ec2::254]", "0xa9fea9fe"]
    {
        let told = fetched(&format!("http://{host}/latest/meta-data"), any()).await;
        assert!(told.contains("where a cloud keeps credentials"), "{host}: {told}");
    }
    assert_eq!(server.seen(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_opens_what_it_says() {
    let server = Server::start(1).await;
    let port = server.port;
    assert_eq!(fetched(&server.url("/"), net(&["127.0.0.1/32"])).await, "200");
    let by_name = format!("http://127-0-0-1.ip.test:{port}/");
    assert_eq!(fetched(&by_name, net(&["127-0-0-1.ip.test private"])).await, "200");
    let told = fetched(&by_name, net(&["127.0.0.0/8"])).await;
    assert!(told.contains(&format!("`127-0-0-1.ip.test:{port}` is not in the tool's `net`")), "{told}");
    let told = fetched(&by_name, net(&["127-0-0-1.ip.test"])).await;
    assert!(told.contains("a private address, which a name alone does not open"), "{told}");
    let told = fetched(&by_name, net(&["other.test"])).await;
    assert!(told.contains(&format!("`127-0-0-1.ip.test:{port}` is not in the tool's `net`")), "{told}");
    let told = fetched("http://169-254-169-254.ip.test/", net(&["169-254-169-254.ip.test private"])).await;
    assert!(told.contains("where a cloud keeps credentials"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_judged_like_a_request() {
    let server = Server::start(1).await;
    let port = server.port;
    for to in [
        format!("http://127.0.0.2:{port}/"),
        format!("http://[::ffff:127.0.0.2]:{port}/"),
        "http://169.254.169.254/".into(),
        format!("http://127-0-0-2.ip.test:{port}/"),
    ] {
        let told = fetched(&server.url(&format!("/redirect?{to}")), net(&["127.0.0.1/32", "127-0-0-2.ip.test"])).await;
        assert!(told.starts_with("\"EACCES "), "{to}: {told}");
        assert!(told.contains(&format!("; `127.0.0.1:{port}` redirected there")), "{to}: {told}");
    }
    // Nobody is advised to open an address that only an answer spoke of, or that a cloud keeps credentials at.
    let redirected = format!("await fetch({:?});", server.url("/redirect?http://127.0.0.2:81/"));
    for (body, host) in [
        (redirected, None),
        ("await fetch('http://169.254.169.254/');".to_owned(), None),
        (format!("await fetch({:?});", server.url("/redirect?http://other.test/")), Some("other.test")),
    ] {
        assert_eq!(failure(&body, net(&["127.0.0.1/32"])).await.unlisted.as_deref(), host, "{body}");
    }
    let within = server.url(&format!("/redirect?{}", server.url("/fine")));
    assert_eq!(fetched(&within, net(&["127.0.0.1/32"])).await, "200");
    let told = fetched(&server.url("/redirect?file:///etc/passwd"), net(&["127.0.0.1/32"])).await;
    assert!(told.contains("`file:` cannot be fetched"), "{told}");
}

/// The first answer of `turns.test` is judged, and what was judged is connected to: a connector that looks the name up again
/// would get to the second answer, where nobody may go. The next request is judged anew.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_changes_gains_nothing() {
    let server = Server::start(1).await;
    // Not every system has this address; where it is missing, a connection to it fails, and so does the test.
    let forbidden = std::net::TcpListener::bind(("127.0.0.2", server.port)).ok();
    let names = Arc::new(Names::default());
    let resolver: Arc<dyn Resolve> = Arc::<Names>::clone(&names);
    let engine = Engine::new(&EngineSettings { resolver: Some(resolver), ..EngineSettings::default() }).unwrap();
    let source = "export default { execute: (url) => fetch(url).then((r) => r.status, (e) => e.message) };";
    let fetches = engine.load(&engine.compile("tool.js", source).unwrap().0).unwrap();
    let url = format!("\"http://turns.test:{}/\"", server.port);
    let call = |net| fetches.call(Call { arguments: url.clone(), net, ..call() });
    assert_eq!(call(net(&["turns.test private"])).await.unwrap(), "200");
    assert_eq!((server.seen().len(), names.turns()), (1, 1));
    // A name that no rule has is not even looked up: that would tell it to whoever answers.
    let told = call(net(&["127.0.0.1/32", "127.0.0.0/8"])).await.unwrap();
    assert!(told.contains("is not in the tool's `net`"), "{told}");
    assert_eq!(names.turns(), 1);
    for (policy, why) in [(net(&["turns.test"]), "a private address"), (any(), "a private address")] {
        let before = names.turns();
        let told = call(policy).await.unwrap();
        assert!(told.contains(why), "{told}");
        assert_eq!(names.turns(), before + 1);
    }
    assert_eq!(server.seen().len(), 1);
    if let Some(forbidden) = forbidden {
        forbidden.set_nonblocking(true).unwrap();
        assert_eq!(forbidden.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_listed_is_not_even_looked_up() {
    let told = fetched("http://nowhere.test/", net(&["other.test"])).await;
    assert!(told.contains("is not in the tool's `net`"), "{told}");
    let told = fetched("http://nowhere.test/", any()).await;
    assert_eq!(told, "\"ENOTFOUND fetch failed: `nowhere.test` has no address\"");
    let told = fetched("http://example.com/", NetPolicy::nothing()).await;
    assert!(told.contains("`example.com:80` is not in the tool's `net`"), "{told}");
}

/// What a tool that does this fails with.
async fn failure(body: &str, net: NetPolicy) -> ToolError {
    tool(body).call(Call { net, ..call() }).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_names_the_host_that_is_not_listed() {
    for (url, host) in [
        ("https://example.com/path?q=1", "example.com"),
        ("http://EXAMPLE.com:8080/", "example.com:8080"),
        ("https://example.com./", "example.com"),
        ("https://192.0.2.1/", "192.0.2.1"),
        ("https://[2001:db8::1]/", "2001:db8::1"),
    ] {
        let error = failure(&format!("await fetch('{url}');"), net(&["other.test"])).await;
        assert_eq!(error.unlisted.as_deref(), Some(host), "{error:?}");
    }
    // Also where a tool puts words of its own around it, and of several the one that it failed of.
    let body = "try { await fetch('http://one.test/'); } catch (e) { }
        try { await fetch('http://two.test/'); } catch (e) { throw new Error(`no news: ${e.message}`); }";
    assert_eq!(failure(body, NetPolicy::nothing()).await.unlisted.as_deref(), Some("two.test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_names_no_host_that_nothing_was_refused_for() {
    // Words alone are nothing: who adds a host to a `net` should not have been told to by a tool's author.
    let forged =
        failure("throw new Error(\"`evil.test:443` is not in the tool's `net`\");", NetPolicy::nothing()).await;
    assert_eq!((forged.message.as_str(), forged.unlisted), ("Error: `evil.test:443` is not in the tool's `net`", None));
    let other = failure("try { await fetch('http://one.test/'); } catch { } throw new Error('other');", net(&[])).await;
    assert_eq!(other.unlisted, None);
    let private = failure("await fetch('http://127.0.0.1/');", any()).await;
    assert_eq!(private.unlisted, None, "{private:?}");
    let long = failure("await fetch('http://' + 'a.'.repeat(200) + 'test/');", NetPolicy::nothing()).await;
    assert_eq!(long.unlisted, None, "{long:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_holds_a_secret_is_not_named() {
    let secret = [("KEY", "k3y-of-the-house")];
    let fetches = tool("await fetch(`https://${env.KEY}.example.com/`);");
    let error = fetches.call(with_secrets(&secret)).await.unwrap_err();
    assert!(error.message.contains("is not in the tool's `net`"), "{error:?}");
    assert!(!format!("{error:?}").contains(secret[0].1), "{error:?}");
    assert_eq!(error.unlisted, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_cannot_choose_the_host_header() {
    let server = Server::start(1).await;
    let body = "const r = await fetch(args, { headers: { host: 'other.test', connection: 'upgrade', 'x-test': 'kept', \
         'transfer-encoding': 'chunked', authorization: 'Bearer x' } }); return r.status;";
    let arguments = format!("\"{}\"", server.url("/echo"));
    tool(body).call(Call { arguments, net: net(&["127.0.0.1/32"]), ..call() }).await.unwrap();
    let seen = server.seen().remove(0).to_ascii_lowercase();
    assert!(seen.contains(&format!("host: 127.0.0.1:{}\r\n", server.port)) && seen.contains("x-test: kept"), "{seen}");
    assert!(!seen.contains("other.test") && !seen.contains("chunked") && !seen.contains("upgrade"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_origin_is_not_told_the_credentials() {
    let (first, second) = (Server::start(1).await, Server::start(1).await);
    let body = "return (await fetch(args, { headers: { authorization: 'Bearer x', 'x-test': 'kept' } })).json();";
    let arguments = format!("\"{}\"", first.url(&format!("/redirect?{}", second.url("/echo"))));
    let echo = tool(body).call(Call { arguments, net: net(&["127.0.0.1/32"]), ..call() }).await.unwrap();
    let echo: serde_json::Value = serde_json::from_str(&echo).unwrap();
    assert_eq!((&echo["authorization"], &echo["x"]), (&serde_json::Value::Null, &"kept".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_misbehave_are_errors() {
    let server = Server::start(1).await;
    for path in ["/cut", "/nonsense", "/closed"] {
        let body = "return fetch(args).then((r) => r.text()).then(() => 'fine', (e) => e.name + ' ' + e.cause.code);";
        let arguments = format!("\"{}\"", server.url(path));
        let told = tool(body).call(Call { arguments, net: net(&["127.0.0.1/32"]), ..call() }).await.unwrap();
        assert_eq!(told, "\"TypeError ECONNRESET\"", "{path}");
    }
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let told = fetched(&format!("http://{free}/"), net(&["127.0.0.1/32"])).await;
    assert!(told.starts_with("\"ECONNREFUSED "), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_aborted_request_is_over() {
    // Three would be answered; two never are.
    let server = Server::start(3).await;
    let body = "const c = new AbortController(); setTimeout(() => c.abort(), 20); \
         const a = await fetch(args, { signal: c.signal }).catch((e) => e.name); \
         const b = await fetch(args, { signal: AbortSignal.timeout(20) }).catch((e) => e.name); return [a, b];";
    let arguments = format!("\"{}\"", server.url("/together"));
    let told = tool(body).call(Call { arguments, net: net(&["127.0.0.1/32"]), ..call() }).await.unwrap();
    assert_eq!(told, r#"["AbortError","TimeoutError"]"#);
}
