//! Tokens for a client's id and secret.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;
use libtest_mimic::Trial;
use pace_mcp::{Credential, Kind, OauthClient, Secret, Server, Transport};
use serde_json::json;

use super::at;
use super::fake::{Answer, Fake, Seen, answer, json_answer, mcp, with};
use crate::support::{TOKEN, called, open, refused, text};
use crate::trial;

pub(super) fn trials() -> Vec<Trial> {
    vec![
        trial("http::oauth::a_token_is_got_once_and_again_when_it_is_refused", a_token_is_got_once),
        trial("http::oauth::the_server_says_where_tokens_are", the_server_says_where_tokens_are),
        trial("http::oauth::what_is_refused_says_why", what_is_refused_says_why),
        trial("http::oauth::secrets_go_to_nobody_else", secrets_go_to_nobody_else),
    ]
}

/// A server that gives out numbered tokens and takes those from a number on.
struct Issuing {
    given: AtomicU32,
    taken_from: AtomicU32,
}

impl Issuing {
    fn answer(&self, seen: &Seen, origin: &str) -> Answer {
        match seen.path.as_str() {
            "/token" | "/elsewhere/token" => {
                let number = self.given.fetch_add(1, Ordering::SeqCst) + 1;
                json_answer(
                    &json!({"access_token": format!("access-{number}"), "token_type": "Bearer", "expires_in": 3600}),
                )
            }
            "/.well-known/oauth-protected-resource/mcp" => json_answer(
                &json!({"resource": format!("{origin}/mcp"), "authorization_servers": [format!("{origin}/elsewhere")], "scopes_supported": ["read", "write"]}),
            ),
            "/.well-known/oauth-authorization-server/elsewhere" => json_answer(&json!({
                "issuer": format!("{origin}/elsewhere"),
                "token_endpoint": format!("{origin}/elsewhere/token"),
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            })),
            "/mcp" => {
                let shown =
                    seen.header("authorization").and_then(|shown| shown.strip_prefix("Bearer access-")?.parse().ok());
                if shown.is_some_and(|shown: u32| shown >= self.taken_from.load(Ordering::SeqCst)) {
                    mcp(seen, |_| None)
                } else {
                    let metadata =
                        format!("Bearer resource_metadata=\"{origin}/.well-known/oauth-protected-resource/mcp\"");
                    with(answer(401, "text/plain", ""), "www-authenticate", &metadata)
                }
            }
            _ => answer(404, "text/plain", ""),
        }
    }
}

async fn issuing() -> (Arc<Issuing>, Fake) {
    let issuing = Arc::new(Issuing { given: AtomicU32::new(0), taken_from: AtomicU32::new(1) });
    let kept = Arc::clone(&issuing);
    let fake = Fake::start(move |seen| {
        let origin = format!("http://{}", seen.header("host").unwrap());
        kept.answer(seen, &origin)
    });
    (issuing, fake.await)
}

fn as_client(fake: &Fake, token_path: Option<&str>) -> Server {
    let client = OauthClient {
        client_id: "pace:1".to_owned(),
        client_secret: Secret::new(TOKEN),
        token_url: token_path.map(|path| format!("{}{path}", fake.origin).parse().unwrap()),
        scopes: Vec::new(),
    };
    at(&format!("{}/mcp", fake.origin), Credential::OauthClient(client))
}

async fn a_token_is_got_once() {
    let (issuing, fake) = issuing().await;
    let connection = open(&as_client(&fake, Some("/token"))).await;
    join_all((0..10).map(|_| called(&connection, "echo", json!({})))).await;
    assert_eq!(issuing.given.load(Ordering::SeqCst), 1);
    assert_eq!(text(&called(&connection, "echo", json!({})).await), "shown: Bearer [redacted:token]");
    let asked = fake.seen().into_iter().find(|seen| seen.path == "/token").unwrap();
    // `pace:1` and the secret, encoded before they are joined.
    assert_eq!(asked.header("authorization"), Some("Basic cGFjZSUzQTE6dDBrZW4tb2Ytc29tZWJvZHk="));
    assert!(asked.body.starts_with("grant_type=client_credentials&resource=http"), "{}", asked.body);
    assert!(!asked.body.contains(TOKEN));
    // Revoked: the next one is got once, whoever notices.
    issuing.taken_from.store(2, Ordering::SeqCst);
    join_all((0..10).map(|_| called(&connection, "echo", json!({})))).await;
    assert_eq!(issuing.given.load(Ordering::SeqCst), 2);
    // One that is never taken is not got for ever.
    issuing.taken_from.store(1_000, Ordering::SeqCst);
    let error = crate::support::call(&connection, "echo", json!({})).await.unwrap_err();
    assert!(matches!(error.kind(), Kind::Status { status: 401, challenge: Some(_), .. }), "{error}");
    assert_eq!(issuing.given.load(Ordering::SeqCst), 3);
    connection.close().await;
}

async fn the_server_says_where_tokens_are() {
    let (issuing, fake) = issuing().await;
    let connection = open(&as_client(&fake, None)).await;
    assert_eq!(text(&called(&connection, "echo", json!({})).await), "shown: Bearer [redacted:token]");
    assert_eq!(issuing.given.load(Ordering::SeqCst), 1);
    let asked = fake.seen().into_iter().find(|seen| seen.path == "/elsewhere/token").unwrap();
    assert!(asked.body.contains("scope=read+write") && asked.body.contains("client_id=pace%3A1"), "{}", asked.body);
    assert_eq!(asked.header("authorization"), None);
    connection.close().await;
}

async fn what_is_refused_says_why() {
    let fake = Fake::start(|seen| match seen.path.as_str() {
        "/token" => {
            let told = json!({"error": "invalid_client", "error_description": format!("{TOKEN} is wrong")});
            answer(401, "application/json", told.to_string())
        }
        "/mcp" => answer(401, "text/plain", ""),
        _ => answer(404, "text/plain", ""),
    })
    .await;
    let error = refused(&as_client(&fake, Some("/token")), 20).await;
    let wanted = format!(
        "server `web`: no token from `{}`: it answered 401: `invalid_client` ([redacted:client_secret] is wrong)",
        fake.origin
    );
    assert_eq!(error.to_string(), wanted);
    let error = refused(&as_client(&fake, None), 20).await;
    assert!(error.to_string().contains("does not say where tokens are given out"), "{error}");
}

/// Metadata of another server, an authorization server under another name, and a token address that leads elsewhere.
async fn secrets_go_to_nobody_else() {
    let thief = Fake::start(|_| json_answer(&json!({"access_token": "x", "token_type": "Bearer"}))).await;
    let elsewhere = format!("{}/token", thief.origin);
    let fake = Fake::start(move |seen| {
        let origin = format!("http://{}", seen.header("host").unwrap());
        match seen.path.as_str() {
            "/.well-known/oauth-protected-resource/another" => {
                json_answer(&json!({"resource": "https://bank.test/mcp", "authorization_servers": [origin]}))
            }
            "/.well-known/oauth-protected-resource/renamed" => {
                json_answer(&json!({"resource": origin, "authorization_servers": [format!("{origin}/other")]}))
            }
            "/.well-known/oauth-authorization-server/other" => {
                json_answer(&json!({"issuer": "https://bank.test", "token_endpoint": format!("{origin}/token")}))
            }
            "/.well-known/oauth-authorization-server" => {
                json_answer(&json!({"issuer": origin, "token_endpoint": format!("{origin}/token")}))
            }
            "/token" => with(answer(307, "text/plain", ""), "location", &elsewhere),
            "/another" | "/renamed" | "/moved" => answer(401, "text/plain", ""),
            _ => answer(404, "text/plain", ""),
        }
    })
    .await;
    let at = |path: &str| {
        let mut server = as_client(&fake, None);
        if let Transport::Http(endpoint) = &mut server.transport {
            endpoint.url.set_path(path);
        }
        server
    };
    let said = |error: pace_mcp::Error| error.to_string();
    let another = said(refused(&at("/another"), 20).await);
    assert!(another.ends_with("it says that it is `https://bank.test/mcp`"), "{another}");
    let renamed = said(refused(&at("/renamed"), 20).await);
    assert!(renamed.contains("goes by another name than it is asked by"), "{renamed}");
    assert!(!fake.seen().iter().any(|seen| seen.path == "/token"), "nobody was shown the secret so far");
    let moved = said(refused(&at("/moved"), 20).await);
    assert!(moved.ends_with("it answered 307"), "{moved}");
    assert!(thief.seen().is_empty(), "{:?}", thief.seen());
}
