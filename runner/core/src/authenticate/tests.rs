//! Which source decides, and what each takes a request for.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use hyper::header::HeaderName;
use pace_ir::digest::Digest;
use pace_ir::program::Template;
use pace_ir::program::authentication::{Header, Token, TokenSecret};
use pace_ir::program::template::TemplatePart;

use super::*;

const NEAR: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
const FAR: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

fn token(secret: TokenSecret, principal: &str, groups: &[&str]) -> Token {
    Token {
        secret,
        principal: principal.parse().unwrap(),
        groups: groups.iter().map(|name| (*name).to_owned()).collect(),
    }
}

fn by_digest(text: &str, principal: &str) -> Source {
    let digest = Digest::from_bytes(tokens::digest(text));
    Source::Tokens(vec![token(TokenSecret::Sha256(digest), principal, &["ops"])])
}

fn header() -> Source {
    Source::Header(Header {
        principal: "x-user".to_owned(),
        prefix: "p-".to_owned(),
        groups: Some("x-groups".to_owned()),
        groups_prefix: "p-".to_owned(),
        from: BTreeSet::from(["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()]),
    })
}

async fn found(sources: &[Source], lines: &[(&str, &str)], peer: IpAddr) -> Result<String, Code> {
    let identity = Identity::configure(&Authentication::Sources(sources.to_vec()), &Environment::default()).unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
    }
    let subject = identity.subject(&headers, peer).await.map_err(|problem| problem.code)?;
    Ok([subject.principal.to_string()].into_iter().chain(subject.groups).collect::<Vec<_>>().join(" "))
}

#[test]
fn only_loopback_is_open_without_a_word() {
    let sources = Authentication::Sources(Vec::new());
    assert!(
        judge(&Authentication::Unset, Reach::ThisMachine).is_ok()
            && judge(&Authentication::Unset, Reach::Others).is_err()
    );
    for reach in [Reach::ThisMachine, Reach::Others] {
        assert!(judge(&Authentication::Nobody, reach).is_ok() && judge(&sources, reach).is_ok());
    }
}

#[tokio::test]
async fn the_first_source_that_applies_decides() {
    let fixed = by_digest("0123456789abcdef", "user:ann");
    let (right, wrong) = (("authorization", "Bearer 0123456789abcdef"), ("authorization", "Bearer 0"));
    let (user, none) = (("x-user", "bob"), Err(Code::WrongCredential));
    let (ann, bob) = (Ok("user:ann ops".to_owned()), Ok("user:p-bob".to_owned()));
    for (sources, lines, peer, wanted) in [
        (vec![fixed.clone(), header()], vec![right, user], NEAR, ann.clone()),
        (vec![header(), fixed.clone()], vec![right, user], NEAR, bob.clone()),
        (vec![fixed.clone(), header()], vec![wrong, user], NEAR, none.clone()),
        (vec![header(), fixed.clone()], vec![wrong, user], NEAR, bob.clone()),
        (vec![header(), fixed.clone()], vec![right, user], FAR, ann.clone()),
        (vec![header(), fixed.clone()], vec![wrong, user], FAR, none.clone()),
        (vec![fixed.clone(), header()], vec![user], NEAR, bob.clone()),
        (vec![fixed.clone(), header()], vec![user], FAR, Ok("anonymous".to_owned())),
        (vec![header()], vec![right], NEAR, none.clone()),
        (vec![header()], vec![right, user], NEAR, bob),
        (vec![by_digest("fedcba9876543210", "user:x"), fixed], vec![right], FAR, ann),
        (vec![], vec![right], FAR, none),
        (vec![], vec![], FAR, Ok("anonymous".to_owned())),
    ] {
        assert_eq!(found(&sources, &lines, peer).await, wanted, "{lines:?} from {peer}");
    }
}

#[tokio::test]
async fn addresses_of_both_families_are_the_same_address() {
    let mapped: IpAddr = "::ffff:10.0.0.7".parse().unwrap();
    for (peer, wanted) in [
        (mapped, "user:p-bob p-a p-b"),
        ("2001:db8::1".parse().unwrap(), "user:p-bob p-a p-b"),
        ("::ffff:192.0.2.1".parse().unwrap(), "anonymous"),
        ("2001:db9::1".parse().unwrap(), "anonymous"),
        ("::10.0.0.7".parse().unwrap(), "anonymous"),
    ] {
        let lines = [("x-user", " bob "), ("x-groups", "a, b,, two words")];
        assert_eq!(found(&[header()], &lines, peer).await, Ok(wanted.to_owned()), "{peer}");
    }
}

#[test]
fn tokens_of_the_environment_are_there_long_enough_and_somebodys_alone() {
    let value = |name: &str| TokenSecret::Value(Template { parts: vec![TemplatePart::Env(name.into())] });
    let environment =
        Environment::from_pairs([("GOOD", "0123456789abcdef"), ("SAME", "0123456789abcdef"), ("SHORT", "s3cret")]);
    let configured = |names: &[&str]| {
        let tokens = names.iter().enumerate().map(|(number, name)| token(value(name), &format!("user:u{number}"), &[]));
        let sources = Authentication::Sources(vec![Source::Tokens(tokens.collect())]);
        Identity::configure(&sources, &environment).map_err(|error| error.message)
    };
    assert!(!format!("{:?}", configured(&["GOOD"]).unwrap()).contains("0123456789"));
    let wrong = configured(&["GOOD", "SAME", "SHORT", "NONE"]).unwrap_err();
    assert_eq!(
        wrong,
        "`user:u0` and `user:u1` have the same token; the token of `user:u2`, `${env:SHORT}`, has fewer than 16 characters and \
         could be guessed; the token of `user:u3` is `${env:NONE}`, and the variable `NONE` is not set"
    );
}

#[test]
fn a_fresh_token_is_the_one_of_its_digest() {
    let (one, other) = (fresh_token().unwrap(), fresh_token().unwrap());
    assert!(one.token.expose().starts_with("pace_tk_") && one.token.expose().len() == 8 + 43);
    assert_eq!(one.sha256.as_bytes(), &tokens::digest(one.token.expose()));
    assert_ne!(one.token, other.token);
}
