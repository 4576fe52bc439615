//! A small real bundle that uses every section and most kinds of thing a bundle can say.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::digest::Digest;
use pace_ir::program::agent::{Agent, Generation, Limits};
use pace_ir::program::authentication::{
    Algorithm, Authentication, ClaimMapping, Header, Jwt, Source, Token, TokenSecret,
};
use pace_ir::program::authorization::{
    AgentAccess, AuthSection, Credential, GrantTarget, LoopAccess, OauthClient, OauthUser,
};
use pace_ir::program::model::{Model, Price, Provider};
use pace_ir::program::principal::{Access, Principal, ProjectRole, Role};
use pace_ir::program::quantity::{MicroUsd, Milliseconds};
use pace_ir::program::record::{
    BlobSection, Component, LockSection, Meta, SbomSection, SourceLocation, SourceMapSection,
};
use pace_ir::program::scheduled_loop::{CatchUp, Concurrency, Loop};
use pace_ir::program::template::{Json, Template, TemplatePart};
use pace_ir::program::tool::{
    AgentTarget, PackageRuntime, PinnedPackage, PinnedServer, PinnedTool, ServerTarget, Skill,
};
use pace_ir::program::{Bundle, ProgramSection, Target, ToolEntry, ToolMap, ToolMapSection, ToolSection};
use pace_ir::schedule::{Schedule, Timezone};

/// What a reader of the sample has.
pub(crate) const FEATURES: &[&str] = &["stdio:node"];

const SERVER: &str = "npm:@modelcontextprotocol/server-filesystem";

pub(crate) fn bundle() -> Bundle {
    let mut blobs = BlobSection::default();
    let turns = blobs.insert(br#"[{"user":"hello","model":"good day"}]"#.to_vec());
    let skill = blobs.insert(b"Answer in one sentence.".to_vec());
    let extra = blobs.insert(b"Examples of one sentence.".to_vec());
    let tree = blobs.insert(b"node_modules/zod 4.6.7 sha512-AAAA\n".to_vec());
    Bundle {
        meta: Meta {
            project: name("default"),
            compiler: "0.1.0".into(),
            engine: None,
            required_features: FEATURES.iter().map(|feature| (*feature).to_owned()).collect(),
        },
        program: program(turns),
        auth: auth(),
        tools: tools(skill, extra, tree),
        blobs,
        lock: LockSection {
            inputs: BTreeMap::from([("agents/helper/spec.yaml".into(), Digest::of(b"name: helper\n"))]),
        },
        source_map: Some(SourceMapSection {
            locations: BTreeMap::from([(
                "agents/helper/model".into(),
                SourceLocation { file: "agents/helper/spec.yaml".into(), line: 2, column: 8 },
            )]),
        }),
        sbom: Some(SbomSection {
            components: BTreeMap::from([(
                "pkg:npm/zod@4.6.7".into(),
                Component { licence: Some("MIT".into()), digest: Digest::of(b"zod") },
            )]),
        }),
        tool_map: Some(ToolMapSection {
            tools: BTreeMap::from([(
                "tools/lookup".into(),
                ToolMap { sources: vec!["tools/lookup.ts".into()], mappings: "AAAA;AACA".into() },
            )]),
        }),
    }
}

fn name<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn secret(variable: &str) -> Template {
    Template { parts: vec![TemplatePart::Literal("k-".into()), TemplatePart::Env(variable.into())] }
}

fn program(turns: Digest) -> ProgramSection {
    let helper = Agent {
        tools: vec![
            entry(Target::Server(ServerTarget {
                server: SERVER.into(),
                alias: name("files"),
                tools: Some(BTreeSet::from(["read_file".into()])),
                read_only: BTreeSet::from(["read_file".into()]),
                args: vec![Template::literal("."), secret("ROOT")],
                roots: vec!["data".into()],
            })),
            entry(Target::Agent(AgentTarget { agent: name("researcher"), alias: name("ask") })),
        ],
        skills: vec!["./skills/brief".into()],
        generation: Generation { temperature: Some(0.2), thinking_budget: Some(-1), ..Generation::default() },
        output: Some(Json(r#"{"type":"object"}"#.into())),
        ..agent("gemini-flash-latest")
    };
    let daily = Loop {
        schedule: Schedule::parse("0 8 * * 1-5").unwrap(),
        timezone: Timezone::parse("Europe/Berlin").unwrap(),
        agent: name("helper"),
        instruction: "Write the digest.".into(),
        concurrency: Concurrency::Replace,
        catch_up: CatchUp::default(),
        timeout: Some(Milliseconds(90_000)),
        enabled: true,
    };
    ProgramSection {
        agents: BTreeMap::from([(name("helper"), helper), (name("researcher"), agent("recorded"))]),
        loops: BTreeMap::from([(name("daily"), daily)]),
        models: BTreeMap::from([
            (name("gemini-flash-latest"), model(Provider::Gemini, None)),
            (name("recorded"), model(Provider::Replay, Some(turns))),
        ]),
    }
}

fn agent(model: &str) -> Agent {
    Agent {
        model: name(model),
        prompt: "You help.".into(),
        summary: "Helps".into(),
        tools: vec![],
        skills: vec![],
        generation: Generation::default(),
        output: None,
        limits: Limits::default(),
    }
}

fn entry(target: Target) -> ToolEntry {
    ToolEntry { target, access: Access::Read, env: BTreeMap::from([("KEY".into(), secret("KEY"))]), timeout: None }
}

fn model(provider: Provider, turns: Option<Digest>) -> Model {
    Model {
        provider,
        model: "some-model".into(),
        base_url: Some(secret("BASE")),
        api_key: None,
        price: Some(Price { input: MicroUsd(300_000), cached_input: None, output: MicroUsd(2_500_000) }),
        turns,
    }
}

fn auth() -> AuthSection {
    let bot = Principal::ServiceAccount(name("digest-bot"));
    let ops = Principal::Group("ops".into());
    let acl = |role| Some(BTreeSet::from([(ops.clone(), role), (bot.clone(), role)]));
    let access = |agent: &str, acl| AgentAccess { run_as: name(agent), acl };
    AuthSection {
        authentication: authentication(),
        service_accounts: BTreeSet::from([name("digest-bot")]),
        project: BTreeSet::from([(Principal::User("a@b.example".into()), ProjectRole::Admin)]),
        agents: BTreeMap::from([
            (name("helper"), access("helper", acl(Role::Execute))),
            (name("researcher"), access("researcher", None)),
        ]),
        loops: BTreeMap::from([(name("daily"), LoopAccess { run_as: name("digest-bot"), acl: acl(Role::Read) })]),
        grants: BTreeMap::from([
            (GrantTarget::Server(SERVER.into()), BTreeMap::from([(ops.clone(), Access::Write)])),
            (
                GrantTarget::ServerTool(SERVER.into(), "read_file".into()),
                BTreeMap::from([(bot.clone(), Access::Read), (Principal::Authenticated, Access::Read)]),
            ),
        ]),
        credentials: BTreeMap::from([(SERVER.into(), credentials(bot, ops))]),
    }
}

fn credentials(bot: Principal, ops: Principal) -> BTreeMap<Principal, Credential> {
    let client = OauthClient {
        token_url: None,
        client_id: Template::literal("pace"),
        client_secret: secret("SECRET"),
        scopes: BTreeSet::from(["read".into()]),
    };
    BTreeMap::from([
        (bot, Credential::OauthClient(client)),
        (ops, Credential::OauthUser(OauthUser { client_id: None, scopes: BTreeSet::new() })),
        (Principal::User("x".into()), Credential::Header("x-key".into(), secret("KEY"))),
        (Principal::User("y".into()), Credential::Bearer(secret("KEY"))),
        (Principal::Anonymous, Credential::Env(BTreeMap::from([("TOKEN".into(), secret("TOKEN"))]))),
    ])
}

fn authentication() -> Authentication {
    let mapping = |claim: &str, prefix: &str| ClaimMapping {
        claim: claim.into(),
        prefix: prefix.into(),
        service_accounts: BTreeMap::from([("ci".into(), name("digest-bot"))]),
    };
    let jwt = Jwt {
        issuer: "https://id.example.com".into(),
        audience: BTreeSet::from(["paceline".into()]),
        jwks: None,
        algorithms: BTreeSet::from([Algorithm::Rs256, Algorithm::EdDsa]),
        principal: mapping("email", ""),
        groups: Some(mapping("groups", "idp-")),
    };
    let token = |secret| Token {
        secret,
        principal: Principal::User("ops".into()),
        groups: BTreeSet::from(["ops-team".into()]),
    };
    let header = Header {
        principal: "x-forwarded-email".into(),
        prefix: String::new(),
        groups: None,
        groups_prefix: String::new(),
        from: BTreeSet::from(["10.0.0.0/8".into()]),
    };
    Authentication::Sources(vec![
        Source::Jwt(jwt),
        Source::Tokens(vec![
            token(TokenSecret::Sha256(Digest::of(b"token"))),
            token(TokenSecret::Value(secret("OPS_TOKEN"))),
        ]),
        Source::Header(header),
    ])
}

fn tools(text: Digest, extra: Digest, tree: Digest) -> ToolSection {
    let input = Json(r#"{"type":"object","properties":{"path":{"type":"string"}}}"#.into());
    let read_file = PinnedTool {
        title: Some("Read file".into()),
        output: Some(Json(r#"{"type":"object"}"#.into())),
        destructive: Some(false),
        idempotent: Some(true),
        open_world: Some(false),
        ..PinnedTool::new("Reads a file.", input, Access::Read)
    };
    let server = PinnedServer {
        address: Template::literal("mcp://npx/@modelcontextprotocol/server-filesystem@2026.1.14"),
        name: "secure-filesystem-server".into(),
        package: Some(PinnedPackage {
            version: "2026.1.14".into(),
            runtime: PackageRuntime::Node,
            entry: "node_modules/.bin/server-filesystem".into(),
            tree,
        }),
        needs_credential: true,
        tools: BTreeMap::from([("read_file".into(), read_file)]),
    };
    let skill = Skill {
        reference: "./skills/brief".into(),
        name: "brief".into(),
        description: "Short answers.".into(),
        text,
        files: BTreeMap::from([("examples.md".into(), extra)]),
    };
    ToolSection {
        local: BTreeMap::new(),
        servers: BTreeMap::from([(SERVER.into(), server)]),
        skills: BTreeMap::from([("./skills/brief".into(), skill)]),
    }
}
