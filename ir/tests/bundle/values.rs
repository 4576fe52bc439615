//! One crafted file for each value that a type would allow and that means nothing: duty 8, `values`.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::Digest;
use pace_ir::program::authentication::{Source, TokenSecret};
use pace_ir::program::authorization::{Credential, OauthClient, OauthUser};
use pace_ir::program::template::TemplatePart;
use pace_ir::program::tool::{LocalTarget, Net};
use pace_ir::program::{Agent, Authentication, Generation, Milliseconds, Model, Principal, Provider, Target, Template};

use crate::refusals::{Fixture, add_tool, meaning};

/// One fixture for each value that means nothing.
pub(crate) fn fixtures() -> Vec<Fixture> {
    [generations(), bounds(), entries(), pairings(), templates()].into_iter().flatten().collect()
}

fn agent(change: impl FnOnce(&mut Agent)) -> Fixture {
    meaning("values", |bundle| change(bundle.program.agents.values_mut().next().unwrap()))
}

fn source(change: impl Fn(&mut Source)) -> Fixture {
    meaning("values", |bundle| match &mut bundle.auth.authentication {
        Authentication::Sources(sources) => sources.iter_mut().for_each(change),
        Authentication::Unset | Authentication::Nobody => unreachable!("the sample lists sources"),
    })
}

fn generations() -> Vec<Fixture> {
    let temperatures = [f64::NAN, f64::INFINITY, -0.0, -0.1, 2.1].map(|value| (Some(value), None));
    let shares = [f64::NAN, 0.0, -0.0, -0.5, 1.1].map(|value| (None, Some(value)));
    let ranges = temperatures.into_iter().chain(shares).map(|(temperature, top_p)| {
        agent(|agent| agent.generation = Generation { temperature, top_p, ..Generation::default() })
    });
    let others = [
        agent(|agent| agent.generation.max_output_tokens = Some(0)),
        agent(|agent| agent.generation.stop = vec!["x".into(); 9]),
        agent(|agent| agent.generation.thinking_budget = Some(-2)),
    ];
    ranges.chain(others).collect()
}

fn bounds() -> Vec<Fixture> {
    vec![
        agent(|agent| agent.limits.max_turns = 0),
        agent(|agent| agent.limits.timeout = Milliseconds(0)),
        agent(|agent| agent.tools[0].timeout = Some(Milliseconds(0))),
        meaning("values", |bundle| {
            bundle.program.loops.values_mut().for_each(|l| l.timeout = Some(Milliseconds(0)));
        }),
    ]
}

/// Programs of packages that are not below the folder of the packages.
fn entries() -> Vec<Fixture> {
    let bad = ["", "/bin/sh", "../sh", "a//b", "a/./b", "a\\b", "a\0"];
    let fixture = |entry: &str| {
        meaning("values", |bundle| {
            let server = bundle.tools.servers.values_mut().next().unwrap();
            server.package.as_mut().unwrap().entry = entry.into();
        })
    };
    bad.into_iter().map(fixture).collect()
}

fn pairings() -> Vec<Fixture> {
    let recorded = |model: &Model| model.turns.is_some();
    vec![
        meaning("values", |bundle| {
            let model = bundle.program.models.values_mut().find(|model| recorded(model)).unwrap();
            model.provider = Provider::OpenAi;
        }),
        meaning("values", |bundle| {
            let model = bundle.program.models.values_mut().find(|model| !recorded(model)).unwrap();
            model.provider = Provider::Replay;
        }),
        source(|source| match source {
            Source::Tokens(tokens) => tokens[0].principal = Principal::Anonymous,
            Source::Jwt(_) | Source::Header(_) => {}
        }),
        meaning("values", |bundle| bundle.meta.engine = Some(Digest::of(b"engine"))),
        meaning("values", |bundle| {
            add_tool(bundle);
            bundle.meta.engine = None;
        }),
        meaning("values", |bundle| {
            add_tool(bundle);
            let local = LocalTarget { tool: "tools/add".into(), net: Net::AnyPublic, memory: None };
            bundle.program.agents.values_mut().next().unwrap().tools[0].target = Target::Local(local);
        }),
    ]
}

fn empty() -> Template {
    Template { parts: vec![TemplatePart::Literal(String::new())] }
}

/// Two literals side by side, everywhere a template can stand, and empty ones.
fn templates() -> Vec<Fixture> {
    let apart = || Template { parts: vec![TemplatePart::Literal("a".into()), TemplatePart::Literal("b".into())] };
    let model = |change: fn(&mut Model, Template)| {
        meaning("values", |bundle| bundle.program.models.values_mut().for_each(|model| change(model, apart())))
    };
    let credential = |credential: Credential| {
        meaning("values", |bundle| {
            bundle.auth.credentials.values_mut().for_each(|of_server| {
                of_server.insert(Principal::Authenticated, credential.clone());
            });
        })
    };
    let client = |token_url, client_id, client_secret| {
        credential(Credential::OauthClient(OauthClient {
            token_url,
            client_id,
            client_secret,
            scopes: BTreeSet::new(),
        }))
    };
    let fine = || Template::literal("x");
    vec![
        model(|model, _| model.base_url = Some(empty())),
        model(|model, _| {
            model.base_url = Some(Template { parts: vec![TemplatePart::Env("X".into()), empty().parts.remove(0)] });
        }),
        model(|model, apart| model.base_url = Some(apart)),
        model(|model, apart| model.api_key = Some(apart)),
        agent(|agent| drop(agent.tools[1].env.insert("KEY".into(), apart()))),
        agent(|agent| {
            let server = agent.tools.iter_mut().find_map(|entry| match &mut entry.target {
                Target::Server(server) => Some(server),
                Target::Local(_) | Target::Agent(_) => None,
            });
            server.unwrap().args.push(apart());
        }),
        credential(Credential::Bearer(apart())),
        credential(Credential::Header("x-key".into(), apart())),
        credential(Credential::Env(BTreeMap::from([("KEY".into(), apart())]))),
        credential(Credential::OauthUser(OauthUser { client_id: Some(apart()), scopes: BTreeSet::new() })),
        client(Some(apart()), fine(), fine()),
        client(None, apart(), fine()),
        client(None, fine(), apart()),
        meaning("values", |bundle| bundle.tools.servers.values_mut().for_each(|server| server.address = apart())),
        source(|source| match source {
            Source::Jwt(jwt) => jwt.jwks = Some(apart()),
            Source::Tokens(_) | Source::Header(_) => {}
        }),
        source(|source| match source {
            Source::Tokens(tokens) => tokens[0].secret = TokenSecret::Value(apart()),
            Source::Jwt(_) | Source::Header(_) => {}
        }),
    ]
}
