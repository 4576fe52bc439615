//! A bundle with one of everything that a comparison looks at. It is not written to a file, so compiled tools may stand in
//! it although no reader accepts them yet.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::str::FromStr;

use pace_ir::program::authentication::{Algorithm, ClaimMapping, Header, Jwt, Source, Token, TokenSecret};
use pace_ir::program::authorization::{AgentAccess, Credential, LoopAccess, OauthClient};
use pace_ir::program::record::{BlobSection, LockSection, Meta};
use pace_ir::program::scheduled_loop::{CatchUp, Concurrency};
use pace_ir::program::template::TemplatePart;
use pace_ir::program::tool::{
    AgentTarget, HostPattern, LocalTarget, LocalTool, Net, NetRule, PackageRuntime, PinnedPackage, PinnedServer,
    PinnedTool, ServerTarget, Skill,
};
use pace_ir::program::{
    Access, Agent, AuthSection, Authentication, Generation, GrantTarget, Json, Limits, Loop, MicroUsd, Milliseconds,
    Model, Principal, ProgramSection, ProjectRole, Provider, Role, Target, Template, ToolEntry, ToolSection,
};
use pace_ir::schedule::{Schedule, Timezone};
use pace_ir::{Bundle, Digest};

pub(super) const SERVER: &str = "npm:files";

pub(crate) fn name<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

pub(super) fn who(text: &str) -> Principal {
    name(text)
}

pub(super) fn env(variable: &str) -> Template {
    Template { parts: vec![TemplatePart::Env(variable.to_owned())] }
}

pub(super) fn strings(texts: &[&str]) -> BTreeSet<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

pub(super) fn acl(entries: &[(&str, Role)]) -> BTreeSet<(Principal, Role)> {
    entries.iter().map(|(principal, role)| (who(principal), *role)).collect()
}

pub(super) fn host(host: &str) -> NetRule {
    NetRule { host: HostPattern::Host(host.to_owned()), port: None, private: false }
}

pub(super) fn entry(target: Target, access: Access) -> ToolEntry {
    ToolEntry { target, access, env: BTreeMap::new(), timeout: None }
}

pub(super) fn local(tool: &str, net: Net) -> Target {
    Target::Local(LocalTarget { tool: tool.to_owned(), net, memory: None })
}

pub(super) fn calls(agent: &str, access: Access) -> ToolEntry {
    entry(Target::Agent(AgentTarget { agent: name(agent), alias: name(agent) }), access)
}

pub(super) fn server() -> ServerTarget {
    ServerTarget {
        server: SERVER.to_owned(),
        alias: name("files"),
        tools: Some(strings(&["list", "move"])),
        read_only: BTreeSet::new(),
        args: vec![Template::literal(".")],
        roots: vec!["data".to_owned()],
    }
}

pub(super) fn agent(tools: Vec<ToolEntry>) -> Agent {
    Agent {
        model: name("fast"),
        prompt: "You help.\nBriefly.".to_owned(),
        summary: "Helps".to_owned(),
        tools,
        skills: Vec::new(),
        generation: Generation::default(),
        output: None,
        limits: Limits::default(),
    }
}

pub(super) fn access(run_as: &str, acl: Option<BTreeSet<(Principal, Role)>>) -> AgentAccess {
    AgentAccess { run_as: name(run_as), acl }
}

/// `front` is for the operators and calls `back`, which is for `front` alone and may write with `tools/y`.
pub(crate) fn bundle() -> Bundle {
    Bundle {
        meta: Meta {
            project: name("default"),
            compiler: "0.1.0".to_owned(),
            engine: None,
            required_features: BTreeSet::new(),
        },
        program: program(),
        auth: auth(),
        tools: tools(),
        blobs: BlobSection::default(),
        lock: LockSection::default(),
        source_map: None,
        sbom: None,
        tool_map: None,
    }
}

fn program() -> ProgramSection {
    let clock = ToolEntry {
        env: BTreeMap::from([("KEY".to_owned(), env("KEY"))]),
        ..entry(local("tools/x", Net::Only(vec![host("api.example.com")])), Access::Read)
    };
    let files = entry(Target::Server(server()), Access::Write);
    let front = Agent {
        skills: vec!["./skills/brief".to_owned()],
        output: Some(Json("{}".to_owned())),
        limits: Limits { max_cost: Some(MicroUsd(500_000)), ..Limits::default() },
        ..agent(vec![clock, files, calls("back", Access::Write)])
    };
    let back = agent(vec![entry(local("tools/y", Net::AnyPublic), Access::Write)]);
    let daily = Loop {
        schedule: Schedule::parse("0 8 * * *").unwrap(),
        timezone: Timezone::UTC,
        agent: name("front"),
        instruction: "Report.".to_owned(),
        concurrency: Concurrency::Forbid,
        catch_up: CatchUp::default(),
        timeout: None,
        enabled: true,
    };
    let fast = Model {
        provider: Provider::OpenAi,
        model: "small".to_owned(),
        base_url: Some(Template::literal("https://a.example.com")),
        api_key: Some(env("MODEL_KEY")),
        price: None,
        turns: None,
    };
    ProgramSection {
        agents: BTreeMap::from([(name("front"), front), (name("back"), back)]),
        loops: BTreeMap::from([(name("daily"), daily)]),
        models: BTreeMap::from([(name("fast"), fast)]),
    }
}

fn auth() -> AuthSection {
    let client = OauthClient {
        token_url: None,
        client_id: Template::literal("pace"),
        client_secret: env("SECRET"),
        scopes: strings(&["read"]),
    };
    AuthSection {
        authentication: authentication(),
        service_accounts: BTreeSet::from([name("bot")]),
        project: BTreeSet::from([(who("user:root"), ProjectRole::Read)]),
        agents: BTreeMap::from([
            (
                name("front"),
                access("front", Some(acl(&[("group:ops", Role::Execute), ("serviceaccount:bot", Role::Execute)]))),
            ),
            (name("back"), access("back", Some(acl(&[("serviceaccount:front", Role::Execute)])))),
        ]),
        loops: BTreeMap::from([(name("daily"), LoopAccess { run_as: name("bot"), acl: None })]),
        grants: BTreeMap::from([(
            GrantTarget::Local("tools/y".to_owned()),
            BTreeMap::from([(who("group:ops"), Access::Write)]),
        )]),
        credentials: BTreeMap::from([(
            SERVER.to_owned(),
            BTreeMap::from([(who("group:ops"), Credential::OauthClient(client))]),
        )]),
    }
}

fn authentication() -> Authentication {
    let claim = ClaimMapping { claim: "email".to_owned(), prefix: String::new(), service_accounts: BTreeMap::new() };
    let jwt = Jwt {
        issuer: "https://id.example.com".to_owned(),
        audience: strings(&["pace"]),
        jwks: None,
        algorithms: BTreeSet::from([Algorithm::Rs256]),
        principal: claim,
        groups: None,
    };
    let token =
        Token { secret: TokenSecret::Value(env("OPS_TOKEN")), principal: who("user:ann"), groups: strings(&["ops"]) };
    let header = Header {
        principal: "x-email".to_owned(),
        prefix: "p-".to_owned(),
        groups: None,
        groups_prefix: String::new(),
        from: strings(&["10.0.0.0/8"]),
    };
    Authentication::Sources(vec![Source::Jwt(jwt), Source::Tokens(vec![token]), Source::Header(header)])
}

fn tools() -> ToolSection {
    let compiled = |name: &str| LocalTool {
        name: self::name(name),
        description: "Does it.".to_owned(),
        parameters: Json("{}".to_owned()),
        module: Digest::of(b"module"),
        source: Digest::of(b"source"),
    };
    let pinned = |access| PinnedTool::new("Does it.", Json("{}".to_owned()), access);
    let files = PinnedServer {
        address: Template::literal("mcp://npx/files@1.0.0"),
        name: "files".to_owned(),
        package: Some(PinnedPackage {
            version: "1.0.0".to_owned(),
            runtime: PackageRuntime::Node,
            entry: "node_modules/files/index.js".to_owned(),
            tree: Digest::of(b"tree"),
        }),
        needs_credential: false,
        tools: BTreeMap::from([
            ("list".to_owned(), pinned(Access::Read)),
            ("move".to_owned(), pinned(Access::Write)),
            ("stat".to_owned(), pinned(Access::Read)),
        ]),
    };
    let brief = Skill {
        reference: "./skills/brief".to_owned(),
        name: "brief".to_owned(),
        description: "Short answers".to_owned(),
        text: Digest::of(b"text"),
        files: BTreeMap::new(),
    };
    ToolSection {
        local: BTreeMap::from([("tools/x".to_owned(), compiled("x")), ("tools/y".to_owned(), compiled("y"))]),
        servers: BTreeMap::from([(SERVER.to_owned(), files)]),
        skills: BTreeMap::from([("./skills/brief".to_owned(), brief)]),
    }
}

/// The timeout of an entry.
pub(super) fn seconds(seconds: u64) -> Milliseconds {
    Milliseconds(seconds * 1000)
}
