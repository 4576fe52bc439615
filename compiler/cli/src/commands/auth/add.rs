//! `pace auth add`: keeps a credential. Where the project says by which value a server or tool is given one, that value is kept;
//! else the server's own.

use std::collections::{BTreeMap, BTreeSet};

use clap::{Args, ValueEnum};
use pace_compiler::Named;
use pace_ir::program::Principal;
use pace_ir::text::quoted;
use pace_runner::credentials::{Credentials, ServerCredential};
use pace_runner::environment::Secret;

use super::subject::{self, Subject, Wanted};
use super::value;
use crate::arguments::Global;
use crate::exit::{Ended, ExitCode};
use crate::output::Output;
use crate::{credentials, project};

/// Keep a credential
///
/// For a tool or server whose spec refers to `${credential:NAME}`, the value of that name; for another server, what it is
/// shown on your behalf, as a bearer token unless `--type` says otherwise. The value is typed unseen, or read from standard
/// input.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// A tool (`tools/<name>`), or a server by its address or alias
    #[arg(value_name = "TOOL", required_unless_present = "value", conflicts_with = "value")]
    tool: Option<String>,
    /// Keep one value by its name in `${credential:NAME}`
    #[arg(long, value_name = "NAME", value_parser = name)]
    value: Option<String>,
    /// Read the value from this variable instead of standard input
    #[arg(long, value_name = "VARIABLE")]
    from_env: Option<String>,
    /// How the server is shown it
    #[arg(long = "type", value_enum, value_name = "TYPE", conflicts_with = "value")]
    kind: Option<Kind>,
    /// The header or variable that carries it, for `--type header` and `--type env`
    #[arg(long, value_name = "NAME", conflicts_with = "value")]
    name: Option<String>,
    /// The client, for `--type oauth-client`; the value is its secret
    #[arg(long, value_name = "ID", conflicts_with = "value")]
    client_id: Option<String>,
    /// The token endpoint, for `--type oauth-client`; found by the server's metadata without it
    #[arg(long, value_name = "URL", conflicts_with = "value")]
    token_url: Option<String>,
    /// Whose it is: `user:ann`, `group:ops`, `serviceaccount:bot`, `authenticated`. Without it, yours
    #[arg(long = "for", visible_alias = "as", value_name = "WHO", conflicts_with = "value")]
    holder: Option<Principal>,
}

/// How a server is shown a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// `Authorization: Bearer …`
    Bearer,
    /// A header of the server's own
    Header,
    /// A variable of the server's program
    Env,
    /// The OAuth 2.1 client-credentials grant
    OauthClient,
}

/// Runs the command.
pub(super) fn run(command: &Add, global: &Global) -> anyhow::Result<ExitCode> {
    let (root, output) = (project::find(global)?, Output::new(global));
    let (subject, is_listed) = match (&command.value, &command.tool) {
        (Some(name), _) => (Subject::Value(name.clone()), true),
        (None, typed) => {
            let wanted = subject::find(typed.as_deref().unwrap_or_default(), &root)?;
            (chosen(command, &wanted)?, wanted.is_listed)
        }
    };
    let said = match subject {
        Subject::Value(name) => {
            let value = value::read(&format!("the credential `{name}`"), command.from_env.as_deref())?;
            let replaced = credentials::change(&root, |kept| kept.values.insert(name.clone(), value))?;
            format!("✓ {} the credential `{name}`\n", verb(replaced.is_some()))
        }
        Subject::Server(server) if server.starts_with("paceline://") => {
            let message = format!("`{}` is an agent, and shown nothing", quoted(&server));
            return Err(Ended::usage(message, "keep a credential for a server or a tool").into());
        }
        Subject::Server(server) => {
            let holder = command.holder.clone().unwrap_or_else(crate::subject::operator);
            let credential = read(command, &server)?;
            let replaced = credentials::change(&root, |kept| keep(kept, &server, &holder, credential))?;
            format!("✓ {} the credential for `{}`, shown on behalf of `{holder}`\n", verb(replaced), quoted(&server))
        }
    };
    output.note(&said);
    if !is_listed {
        output.note("note: no agent of this project lists this server\n");
    }
    Ok(ExitCode::Success)
}

/// What is kept: the value that the project refers to, where it refers to one, else the server's own credential.
fn chosen(command: &Add, wanted: &Wanted) -> Result<Subject, Ended> {
    let asks_for_own = command.kind.is_some() || command.holder.is_some() || command.name.is_some();
    let mut referred = wanted.credentials.iter();
    match (&wanted.named, referred.next(), referred.next()) {
        (Named::Server(server), _, _) if asks_for_own => Ok(Subject::Server(server.clone())),
        (_, Some(only), None) => Ok(Subject::Value(only.clone())),
        (named, Some(_), Some(_)) => {
            let all = wanted.credentials.iter().map(|name| format!("`--value {name}`")).collect::<Vec<_>>().join(", ");
            let message = format!("the project refers to several credentials for `{}`", quoted(named.as_str()));
            Err(Ended::usage(message, format!("keep them one by one: {all}")))
        }
        (Named::Server(server), None, _) => Ok(Subject::Server(server.clone())),
        (Named::Tool(tool), None, _) => Err(Ended::usage(
            format!("no entry of `{}` refers to a credential", quoted(tool)),
            "give the entry `env: {NAME: \"${credential:NAME}\"}` first, or keep a value with `--value NAME`",
        )),
    }
}

/// The server's credential, its secret read.
fn read(command: &Add, server: &str) -> Result<ServerCredential, Ended> {
    let kind = command.kind.unwrap_or(Kind::Bearer);
    let secret = |what: &str| value::read(&format!("the {what} for `{}`", quoted(server)), command.from_env.as_deref());
    let is_program = ["mcp://npx/", "mcp://uvx/", "mcp://exec/"].iter().any(|start| server.starts_with(start));
    if is_program && kind != Kind::Env {
        let help = "pass it as a variable: `--type env --name <VARIABLE>`";
        return Err(Ended::usage(format!("`{}` is a program and reads no headers", quoted(server)), help));
    }
    if !is_program && kind == Kind::Env && !server.contains("${") {
        let help = "choose `--type bearer` or `--type header --name <HEADER>`";
        return Err(Ended::usage(format!("`{}` is asked over HTTP and has no variables", quoted(server)), help));
    }
    let named = |what: &str| {
        let missing =
            || Ended::usage(format!("the {what} has no name"), format!("add `--name <{}>`", what.to_uppercase()));
        command.name.clone().ok_or_else(missing)
    };
    match kind {
        Kind::Bearer => Ok(ServerCredential::Bearer { token: secret("token")? }),
        Kind::Header => {
            let name = named("header")?.to_ascii_lowercase();
            Ok(ServerCredential::Header { value: secret(&format!("header `{name}`"))?, name })
        }
        Kind::Env => {
            let name = named("variable")?;
            Ok(ServerCredential::Env { env: BTreeMap::from([(name.clone(), secret(&format!("variable `{name}`"))?)]) })
        }
        Kind::OauthClient => {
            let missing = || Ended::usage("the client has no id", "add `--client-id <ID>`");
            Ok(ServerCredential::OauthClient {
                client_id: Secret::new(command.client_id.clone().ok_or_else(missing)?),
                client_secret: secret("client's secret")?,
                token_url: command.token_url.clone(),
                scopes: BTreeSet::new(),
            })
        }
    }
}

/// Keeps it, and tells whether it takes the place of another. Variables come together under one holder.
fn keep(kept: &mut Credentials, server: &str, holder: &Principal, credential: ServerCredential) -> bool {
    let held = kept.servers.entry(server.to_owned()).or_default();
    match (held.get_mut(holder), credential) {
        (Some(ServerCredential::Env { env }), ServerCredential::Env { env: new }) => {
            let known = env.len();
            let added = new.len();
            env.extend(new);
            env.len() < known + added
        }
        (_, credential) => held.insert(holder.clone(), credential).is_some(),
    }
}

fn verb(replaced: bool) -> &'static str {
    if replaced { "Replaced" } else { "Kept" }
}

/// The name of a value.
fn name(text: &str) -> Result<String, &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if (1..=128).contains(&text.len()) && text.bytes().all(is_plain) && !text.starts_with('.') {
        return Ok(text.to_owned());
    }
    Err("a name is 1 to 128 letters, digits, `_`, `-` and `.`, not starting with `.`")
}
