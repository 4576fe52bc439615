//! `pace mcp call`: one call of one tool of a server, as an agent would make it.

use std::path::Path;

use clap::Args;
use pace_compiler::{Named, Overrides, ToolUse};
use pace_diag::nearest;
use pace_ir::Bundle;
use pace_ir::access::{Chain, Subject};
use pace_ir::program::tool::ServerTarget;
use pace_ir::program::{AgentName, Target};
use pace_ir::text::quoted;
use pace_runner::config::{self, WriteFlags};
use pace_runner::conversation::ToolCall;
use pace_runner::tool::{AgentTools, ServedTool};
use pace_runner::{Scope, State, instantiate};
use pace_syntax::Span;

use crate::arguments::Global;
use crate::commands::tool::arguments;
use crate::commands::tool::call::{called, came, not_admitted};
use crate::compiled::{Compiled, compile};
use crate::exit::{Ended, ExitCode};
use crate::{credentials, project, subject};

/// Call a tool of a server, as an agent would
///
/// With the arguments, variables and credential of the agent's entry. The rules decide as in a conversation. The result goes to
/// standard output as JSON. No model is asked.
#[derive(Debug, Args)]
pub(super) struct Call {
    /// The server, by its alias or address
    #[arg(value_name = "SERVER")]
    server: String,
    /// The tool, as the server calls it
    #[arg(value_name = "TOOL")]
    tool: String,
    /// The arguments, a JSON object; `-` reads them from standard input. Without them, none
    #[arg(value_name = "JSON", allow_hyphen_values = true)]
    arguments: Option<String>,
    /// Whose entry counts; not needed where one agent lists the server
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Who asks, and in which groups: user:ann,group:ops. Without it, the user who runs the command
    #[arg(long = "as", value_name = "WHO", value_parser = subject::asked_as)]
    subject: Option<Subject>,
    #[command(flatten)]
    writes: WriteFlags,
}

/// Runs the command.
pub(super) fn run(command: &Call, global: &Global) -> anyhow::Result<ExitCode> {
    let arguments = arguments::read(command.arguments.as_deref())?;
    let root = project::find(global)?;
    let environment = credentials::environment(&root)?;
    let writes = config::writes(&command.writes, &environment)?.unwrap_or_default();
    let bundle = match compile(&root, &Overrides::default(), global)? {
        Compiled::Bundle(bundle) => *bundle,
        Compiled::Failed(code) => return Ok(code),
    };
    let (agent, key, alias) = choose(command, bundle.bundle())?;
    let runner = instantiate(bundle, &environment, Scope::Tool(&agent, &key), &writes, State::default())?;
    let tools = runner.tools(&agent);
    let tool = tools.and_then(|tools| tools.iter().find(|tool| name(tool, &alias) == Some(command.tool.as_str())));
    let Some(tool) = tool else {
        let left_out = left_out(command, &root, runner.bundle(), (&agent, &key, &alias))?;
        return Err(left_out.unwrap_or_else(|| unknown(command, &key, &alias, tools)).into());
    };
    let call = ToolCall { id: "pace-mcp-call".to_owned(), name: tool.name.clone(), arguments: arguments.into() };
    let subject = command.subject.clone().unwrap_or_else(|| Subject::new(subject::operator()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let called = runtime.block_on(async {
        let called = called(&runner, &agent, &Chain::direct(subject), &call).await;
        runner.close(std::time::Duration::from_secs(3)).await;
        called
    });
    match called {
        None => Ok(ExitCode::Interrupted),
        Some(Err(problem)) => Err(not_admitted(&problem, runner.bundle(), &agent).into()),
        Some(Ok(called)) => came(tool, &call, &called),
    }
}

/// What the server calls a tool of the entry with this alias; nothing for the tools of others.
fn name<'t>(tool: &'t ServedTool, alias: &str) -> Option<&'t str> {
    match &tool.callee {
        pace_runner::tool::Callee::Server(tool) => (tool.server().alias() == alias).then(|| tool.name()),
        _ => None,
    }
}

/// The agents that list servers, with what they list.
fn listing(bundle: &Bundle) -> impl Iterator<Item = (&AgentName, &ServerTarget)> {
    bundle.program.agents.iter().flat_map(|(name, agent)| {
        agent.tools.iter().filter_map(move |entry| match &entry.target {
            Target::Server(server) => Some((name, server)),
            Target::Local(_) | Target::Agent(_) => None,
        })
    })
}

/// The agent whose entry counts, the server's address and its alias there.
fn choose(command: &Call, bundle: &Bundle) -> Result<(AgentName, String, String), Ended> {
    let is_meant = |server: &ServerTarget| server.server == command.server || server.alias.as_str() == command.server;
    let of_server: Vec<_> = listing(bundle).filter(|(_, server)| is_meant(server)).collect();
    let of_agent = |agent: &AgentName| command.agent.as_ref().is_none_or(|asked| asked == agent.as_str());
    let chosen: Vec<_> = of_server.iter().filter(|(agent, _)| of_agent(agent)).collect();
    let server = quoted(&command.server);
    match chosen.as_slice() {
        [(agent, target)] => Ok(((*agent).clone(), target.server.clone(), target.alias.to_string())),
        [] if of_server.is_empty() => {
            let known: Vec<_> =
                listing(bundle).flat_map(|(_, server)| [server.alias.as_str(), &server.server]).collect();
            let help = match nearest::nearest(&command.server, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`pace mcp list` says which there are".to_owned(),
            };
            Err(Ended::usage(format!("no agent lists a server `{server}`"), help))
        }
        [] => Err(Ended::usage(
            format!("the agent `{}` does not list `{server}`", quoted(command.agent.as_deref().unwrap_or_default())),
            format!("name one that does: {}", nearest::listing(of_server.iter().map(|(agent, _)| agent.as_str()))),
        )),
        [(first, _), others @ ..] if others.iter().all(|(agent, _)| agent == first) => Err(Ended::usage(
            format!("`{first}` lists `{server}` several times"),
            format!(
                "name it by an alias: {}",
                nearest::listing(chosen.iter().map(|(_, server)| server.alias.as_str()))
            ),
        )),
        several => Err(Ended::usage(
            format!("several agents list `{server}`"),
            format!(
                "say whose entry counts with `--agent`: {}",
                nearest::listing(several.iter().map(|(agent, _)| agent.as_str()))
            ),
        )),
    }
}

/// What is said of a tool that the server has and the entry does not give: which key leaves it out, and where it stands.
/// Nothing where the server has no such tool.
fn left_out(
    command: &Call,
    root: &Path,
    bundle: &Bundle,
    (agent, key, alias): (&AgentName, &str, &str),
) -> anyhow::Result<Option<Ended>> {
    let (server, tool) = (quoted(&command.server), quoted(&command.tool));
    if !bundle.tools.servers.get(key).is_some_and(|pinned| pinned.tools.contains_key(&command.tool)) {
        return Ok(None);
    }
    let is_listed = listing(bundle)
        .filter(|(name, target)| *name == agent && target.server == key && target.alias.as_str() == alias)
        .any(|(_, target)| target.tools.as_ref().is_none_or(|tools| tools.contains(&command.tool)));
    let outcome = pace_compiler::uses(&project::open(root)?);
    let is_its = |used: &&ToolUse| {
        used.named == Named::Server(key.to_owned()) && used.agent == *agent && used.alias.as_str() == alias
    };
    let used = outcome.result.as_ref().ok().and_then(|uses| uses.iter().find(is_its));
    let place = |span: fn(&ToolUse) -> Option<Span>| {
        let span = used.and_then(span);
        let file = span.and_then(|span| outcome.sources.get(span.file));
        let place = span
            .zip(file)
            .map(|(span, file)| format!(" in {}:{}", file.path(), outcome.sources.line_column(span).line));
        place.unwrap_or_default()
    };
    let help = if is_listed {
        let place = place(|used| used.access_at);
        format!(
            "`access: read`{place} leaves it out: write `access: write`, or list it under `read_only` if it only reads"
        )
    } else {
        format!("`tools`{} leaves it out: add it there", place(|used| used.tools_at))
    };
    Ok(Some(Ended::usage(format!("`{server}` has a tool `{tool}`, and the entry of `{agent}` leaves it out"), help)))
}

fn unknown(command: &Call, server: &str, alias: &str, tools: Option<&AgentTools>) -> Ended {
    let names: Vec<_> = tools.into_iter().flat_map(AgentTools::iter).filter_map(|tool| name(tool, alias)).collect();
    let help = match nearest::nearest(&command.tool, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the agent's entry offers {}", nearest::listing(names)),
    };
    Ended::usage(format!("`{}` offers no tool `{}` here", quoted(server), quoted(&command.tool)), help)
}
