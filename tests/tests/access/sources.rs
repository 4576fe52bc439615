//! What each source takes a request for, and which of them decides.

use std::time::Instant;

use pace_tests::http::get;
use pace_tests::process::{Runner, ended};
use pace_tests::{Project, until};
use serde_json::json;

use super::issuer::{Issuer, Key, now};
use super::{asked, assert_refused, doors, names, open_to};

const OPS: &str = "a-token-of-operators";

/// A token by its digest for the account, one by reference for an operator.
fn tokens(digest: &str) -> String {
    format!(
        "  - type: tokens\n    tokens:\n      - {{sha256: \"{digest}\", principal: serviceaccount:ci}}\n      - {{value: \
         \"${{env:OPS_TOKEN}}\", principal: user:bob, groups: [ops]}}\n"
    )
}

/// A fresh token of `pace auth token create`, and its digest.
fn fresh() -> (String, String) {
    let run = Project::minimal().run(&["auth", "token", "create", "--principal", "serviceaccount:ci"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let (token, line) = (run.out.trim().to_owned(), run.err.trim().to_owned());
    assert!(token.starts_with("pace_tk_") && token.len() == 51, "{token}");
    assert!(!line.contains(&token), "the token is on standard output alone");
    let digest = line.split('"').nth(1).unwrap().to_owned();
    assert!(line.ends_with(", principal: serviceaccount:ci}"), "{line}");
    (token, digest)
}

#[test]
fn fixed_tokens_are_whose_the_list_says() {
    let (token, digest) = fresh();
    let mut runner = Runner::start(&doors(&tokens(&digest)), &[("OPS_TOKEN", OPS)]);
    let bearer = |token: &str| format!("Authorization: Bearer {token}");
    assert_eq!(open_to(&runner, &[]), names(&["anonymous"]));
    assert_eq!(open_to(&runner, &[&bearer(&token)]), names(&["known", "robot"]));
    assert_eq!(open_to(&runner, &[&bearer(OPS)]), names(&["bob", "known", "ops"]));
    assert_eq!(open_to(&runner, &[&format!("authorization: bearer  {OPS} ")]), names(&["bob", "known", "ops"]));
    assert_refused(&runner, &[&bearer("another-token-of-operators")], "none that is known");
    assert_refused(&runner, &[&bearer(&OPS.to_uppercase())], "none that is known");
    assert_refused(&runner, &[&bearer(&digest)], "none that is known");
    assert_refused(&runner, &["Authorization: Basic b3BzOm9wcw=="], "of a scheme other than");
    assert_refused(&runner, &["Authorization: Bearer"], "not of the form");
    assert_refused(&runner, &["Authorization: "], "not of the form");
    assert_refused(&runner, &[&bearer(OPS), &bearer(OPS)], "more than one");
    assert_refused(&runner, &[&bearer(&"x".repeat(8_193))], "over 8 KiB");
    // Whoever only asks whether it lives need not show anything, and is not judged by it.
    for path in ["/health", "/ready"] {
        assert_eq!(pace_tests::http::ask(runner.address, &super::request("GET", path, &[&bearer("x")])).status, 200);
    }
    runner.wait_for(|line| line["message"].as_str().is_some_and(|text| text.contains("refused a credential")));
    assert_eq!(runner.stop(), Some(0));
    let log = runner.lines().join("\n");
    assert!(!log.contains(OPS) && !log.contains(&token), "{log}");
}

#[test]
fn what_is_missing_is_said_before_anything_is_served() {
    let project = doors(&tokens(&"0".repeat(64)));
    for run in [ended(&project, &[]), check(&project, &[])] {
        assert_eq!(run.code, Some(2), "{run:?}");
        let wanted = "the token of `user:bob` is `${env:OPS_TOKEN}`, and the variable `OPS_TOKEN` is not set";
        assert!(run.err.contains(wanted), "{run:?}");
    }
    let short = ended(&project, &[("OPS_TOKEN", "short")]);
    assert!(
        short.code == Some(2) && short.err.contains("could be guessed") && !short.err.contains("short"),
        "{short:?}"
    );
    assert_eq!(check(&project, &[("OPS_TOKEN", OPS)]).code, Some(0));
}

fn check(project: &Project, variables: &[(&str, &str)]) -> pace_tests::process::Ended {
    pace_tests::process::checked(project, variables, &[])
}

#[test]
fn claims_name_users_groups_and_mapped_accounts() {
    let key = Key::new("one");
    let issuer = Issuer::new(&[key.public()]);
    let runner = ready(&doors(&issuer.source()));
    let open = |change: serde_json::Value| {
        let mut claims = issuer.claims();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        open_to(&runner, &[&format!("Authorization: Bearer {}", key.token(&claims))])
    };
    assert_eq!(open(json!({})), names(&["ann", "known", "staff"]));
    assert_eq!(open(json!({"groups": "staff"})), names(&["ann", "known", "staff"]), "one group as a text");
    assert_eq!(open(json!({"groups": ["idp-staff", "two words", ""]})), names(&["ann", "known"]));
    assert_eq!(open(json!({"aud": ["other", "shop"], "groups": null})), names(&["ann", "known"]));
    assert_eq!(open(json!({"sub": "robot", "groups": []})), names(&["known", "robot"]), "an account by mapping alone");
    for other in ["idp-ann", "serviceaccount:ci", "ci", "authenticated", "anonymous", "bob", "user:bob"] {
        assert_eq!(open(json!({"sub": other, "groups": []})), names(&["known"]), "{other}");
    }
    assert_eq!(
        open(json!({"exp": now(-30), "nbf": now(30), "iat": now(30)})),
        names(&["ann", "known", "staff"]),
        "clocks differ"
    );
    let checked = check(&doors(&issuer.source()), &[]).err;
    assert!(checked.contains(&format!("\nok: the issuer `{}` has 1 key\n", issuer.address)), "{checked}");
}

/// A runner that is ready.
pub(crate) fn ready(project: &Project) -> Runner {
    let runner = Runner::start(project, &[("OPS_TOKEN", OPS)]);
    until("it is ready", || get(runner.address, "/ready").status == 200);
    runner
}

#[test]
fn the_source_that_a_token_is_for_decides() {
    let (key, other) = (Key::new("one"), Key::new("one"));
    let issuer = Issuer::new(&[key.public()]);
    let runner = ready(&doors(&(tokens(&"0".repeat(64)) + &issuer.source())));
    let bearer = |token: &str| format!("Authorization: Bearer {token}");
    assert_eq!(open_to(&runner, &[&bearer(&key.token(&issuer.claims()))]), names(&["ann", "known", "staff"]));
    assert_eq!(open_to(&runner, &[&bearer(OPS)]), names(&["bob", "known", "ops"]));
    // The issuer's source says no, and no other is asked.
    assert_refused(&runner, &[&bearer(&other.token(&issuer.claims()))], "signature is not the issuer's");
    // Of no issuer that is known, it could only be a fixed one.
    let mut claims = issuer.claims();
    claims["iss"] = json!("https://elsewhere.example");
    assert_refused(&runner, &[&bearer(&key.token(&claims))], "none that is known");
}

#[test]
fn headers_count_from_the_proxy_alone() {
    let header = |from: &str| {
        format!(
            "  - {{type: header, principal: X-Forwarded-Email, prefix: proxy-, groups: X-Forwarded-Groups, groups_prefix: idp-, \
             from: [\"{from}\"]}}\n"
        )
    };
    let ann = "X-Forwarded-Email: ann";
    for near in ["127.0.0.0/8", "127.0.0.1", "::ffff:127.0.0.1"] {
        let runner = Runner::start(&doors(&header(near)), &[]);
        assert_eq!(open_to(&runner, &[ann]), names(&["known", "proxied"]), "{near}");
        assert_eq!(open_to(&runner, &[ann, "x-forwarded-groups: a, staff ,"]), names(&["known", "proxied", "staff"]));
        assert_eq!(open_to(&runner, &[]), names(&["anonymous"]));
        assert_eq!(open_to(&runner, &["X-Forwarded-Email: "]), names(&["anonymous"]), "the proxy knows nobody");
        assert_eq!(open_to(&runner, &["x-forwarded-groups: staff"]), names(&["anonymous"]), "groups of nobody");
        assert_refused(&runner, &[ann, "X-Forwarded-Email: root"], "more than once");
        assert_refused(&runner, &[ann, "x-forwarded-groups: a", "X-Forwarded-Groups: staff"], "more than once");
        assert_refused(&runner, &["X-Forwarded-Email: ann,root"], "no name");
        assert_refused(&runner, &["X-Forwarded-Email: ann root"], "no name");
        assert_refused(&runner, &["Authorization: Bearer something"], "no source that takes it");
    }
    let mut runner = Runner::start(&doors(&header("10.0.0.0/8")), &[]);
    for _ in 0..3 {
        let lines = [ann, "X-Forwarded-For: 10.1.2.3", "Forwarded: for=10.1.2.3", "X-Real-IP: 10.1.2.3"];
        assert_eq!(open_to(&runner, &lines), names(&["anonymous"]), "a header that is not the proxy's grants nothing");
    }
    // What it has said is read to the end.
    assert_eq!(runner.stop(), Some(0));
    let told = runner.lines().into_iter().filter(|line| line.contains("ignored a header")).count();
    assert_eq!(told, 1);
}

#[test]
fn keys_that_change_are_found_and_an_issuer_that_is_away_is_waited_for() {
    let (first, second) = (Key::new("first"), Key::new("second"));
    let issuer = Issuer::new(&[first.public()]);
    issuer.set_down(true);
    let project = doors(&issuer.source());
    let failed = check(&project, &[]);
    assert!(failed.code == Some(2) && failed.err.contains("answered 503"), "{failed:?}");
    let runner = Runner::start(&project, &[]);
    let ready = get(runner.address, "/ready");
    assert_eq!(ready.problem().1, "keys-unavailable");
    assert!(ready.json()["reasons"][0].as_str().unwrap().contains(&issuer.address), "{ready:?}");
    let bearer = |key: &Key| format!("Authorization: Bearer {}", key.token(&issuer.claims()));
    let answer = asked(&runner, &[&bearer(&first)]);
    assert_eq!(answer.problem().1, "keys-unavailable", "nobody knows whether it is wrong");
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    assert_eq!(open_to(&runner, &[]), names(&["anonymous"]), "who shows nothing needs no keys");

    issuer.set_down(false);
    until("it is ready", || get(runner.address, "/ready").status == 200);
    assert_eq!(open_to(&runner, &[&bearer(&first)]), names(&["ann", "known", "staff"]));
    issuer.set_keys(&[second.public()]);
    // The old key counts until the keys are fetched again, which a token with the new one leads to.
    until("the new key is found", || asked(&runner, &[&bearer(&second)]).status == 200);
    assert_refused(&runner, &[&bearer(&first)], "no key");
    let (fetches, begun) = (issuer.fetches(), Instant::now());
    for number in 0..100 {
        let made_up = Key::new(&format!("made up {number}"));
        assert_eq!(asked(&runner, &[&bearer(&made_up)]).status, 401);
    }
    // One in ten seconds, however long they took.
    let most = fetches + 1 + u32::try_from(begun.elapsed().as_secs() / 10).unwrap();
    assert!(issuer.fetches() <= most, "{} fetches after {fetches}", issuer.fetches());
    issuer.set_down(true);
    assert_eq!(open_to(&runner, &[&bearer(&second)]), names(&["ann", "known", "staff"]), "what is at hand counts on");
}

#[test]
fn the_issuers_own_document_has_to_be_its_own() {
    let key = Key::new("one");
    for (document, why) in [
        (json!({"issuer": "https://id.example.com", "jwks_uri": "https://id.example.com/keys"}), "which is another"),
        (json!({"issuer": "ISSUER/", "jwks_uri": "ISSUER/keys"}), "which is another"),
        (json!({"issuer": "ISSUER", "jwks_uri": "http://id.example.com/keys"}), "not reached over https"),
        (json!({"issuer": "ISSUER"}), "has no `issuer` and `jwks_uri`"),
        (json!({"issuer": "ISSUER", "jwks_uri": "ISSUER/elsewhere"}), "answered 404"),
        (json!({"issuer": "ISSUER", "jwks_uri": "ISSUER/redirect"}), "answered 302"),
    ] {
        let issuer = Issuer::new(&[key.public()]);
        issuer.set_document(serde_json::from_str(&document.to_string().replace("ISSUER", &issuer.address)).unwrap());
        let failed = check(&doors(&issuer.source()), &[]);
        assert!(failed.code == Some(2) && failed.err.contains(why), "{failed:?}");
    }
    let symmetric = Issuer::new(&[json!({"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"})]);
    let failed = check(&doors(&symmetric.source()), &[]);
    assert!(failed.err.contains("has no key for RS256, ES256"), "{failed:?}");
}
