//! `GET /openapi.json`.

use serde_json::{Value, json};

use super::{ANN, BOB, bearer, get, project, start};

fn agents(document: &Value) -> &Value {
    &document["components"]["parameters"]["agent"]["schema"]["enum"]
}

#[test]
fn it_names_the_agents_that_whoever_asks_may_know() {
    let runner = start(&project(), &[]);
    for (token, wanted) in
        [(Some(ANN), json!(["desk", "open", "vault"])), (Some(BOB), json!(["desk", "open"])), (None, json!(["open"]))]
    {
        let line = token.map(bearer);
        let answer = get(&runner, "/openapi.json", &line.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
        assert_eq!(agents(&answer.json()), &wanted);
        assert_eq!(answer.body.contains("vault"), token == Some(ANN), "nobody hears of what is closed to them");
    }
    assert_eq!(get(&runner, "/openapi.json", &[&bearer("another-token-0123")]).status, 401);
}

#[test]
fn it_says_how_the_bundle_finds_out_who_asks() {
    let plain = get(&start(&project(), &[]), "/openapi.json", &[]).json();
    assert_eq!(plain["info"]["title"], "Paceline: shop");
    assert_eq!(plain["components"]["securitySchemes"]["tokens"]["scheme"], "bearer");
    assert_eq!(plain["security"], json!([{"tokens": []}, {}]));
    assert_eq!(plain["paths"]["/health"]["get"]["security"], json!([]));

    let several = project();
    several.write(
        "paceline.yaml",
        "models:\n  - {name: recorded, provider: replay, turns: turns.json}\nauthentication:\n  \
         - {type: jwt, issuer: 'http://127.0.0.1:9', audience: [shop, other], algorithms: [ES256], principal: {claim: sub, prefix: idp-}}\n  \
         - {type: header, principal: X-Forwarded-Email, prefix: proxy-, from: [10.0.0.0/8]}\n",
    );
    let document = get(&start(&several, &[]), "/openapi.json", &[]).json();
    let schemes = &document["components"]["securitySchemes"];
    let description = "A token of `http://127.0.0.1:9` for `other` or `shop`.";
    assert_eq!(
        schemes["jwt"],
        json!({"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description})
    );
    assert_eq!((&schemes["header"]["in"], &schemes["header"]["name"]), (&json!("header"), &json!("x-forwarded-email")));

    let nobody = project();
    nobody.write(
        "paceline.yaml",
        "authentication: none\nmodels:\n  - {name: recorded, provider: replay, turns: turns.json}\n",
    );
    let document = get(&start(&nobody, &[]), "/openapi.json", &[]).json();
    assert_eq!((document.get("security"), document["components"].get("securitySchemes")), (None, None));
}

/// Whatever the router takes is described, and nothing else is.
#[test]
fn it_is_the_whole_interface() {
    let runner = start(&project(), &[]);
    let document = get(&runner, "/openapi.json", &[]).json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let path = path.replace("{name}", "open").replace("{id}", &"0".repeat(32));
        let answer =
            pace_tests::http::ask(runner.address, &format!("PATCH {path} HTTP/1.1\r\nhost: localhost\r\n\r\n"));
        assert_eq!(answer.status, 405, "{path}");
        let allowed = answer.header("allow").unwrap().to_ascii_lowercase();
        let mut taken: Vec<_> = allowed.split(',').map(str::trim).filter(|verb| *verb != "head").collect();
        let mut described: Vec<_> = operations.as_object().unwrap().keys().map(String::as_str).collect();
        taken.sort_unstable();
        described.sort_unstable();
        assert_eq!(taken, described, "{path}");
    }
}
