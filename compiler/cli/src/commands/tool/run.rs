//! `pace tool run`: one call of one tool in its sandbox, as an agent would make it.

use clap::Args;
use pace_compiler::{Failure, Listed, Overrides, ToolCompiler, World};
use pace_diag::nearest;
use pace_ir::access::{Chain, Subject};
use pace_ir::program::AgentName;
use pace_ir::text::quoted;
use pace_ir::{Bundle, VerifiedBundle};
use pace_runner::config::{self, WriteFlags};
use pace_runner::conversation::ToolCall;
use pace_runner::tool::AgentTools;
use pace_runner::{Scope, State, instantiate};

use super::call::{called, came, not_admitted};
use super::trial::Trial;
use super::{arguments, files, listing};
use crate::arguments::Global;
use crate::compiled::{Compiled, compile, compile_seen};
use crate::exit::{self, Ended, ExitCode};
use crate::output::Output;
use crate::{credentials, project, subject};

/// Call a tool, as an agent would
///
/// The tool runs in its sandbox, with what the agent's entry grants it: `net`, `env`, `timeout` and `memory`. The rules decide
/// as in a conversation. The result goes to standard output as JSON; what the tool writes on its console, and why it failed,
/// to standard error. No model is asked.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The tool as specs name it: `tools/<name>` or `std/<name>`
    #[arg(value_name = "TOOL")]
    tool: String,
    /// The arguments, a JSON object; `-` reads them from standard input. Without them, none
    #[arg(value_name = "JSON", allow_hyphen_values = true)]
    arguments: Option<String>,
    /// Whose entry counts; not needed where one agent lists the tool. One that no agent lists runs without network and variables
    #[arg(long, value_name = "AGENT")]
    agent: Option<String>,
    /// Who asks, and in which groups: user:ann,group:ops. Without it, the user who runs the command
    #[arg(long = "as", value_name = "WHO", value_parser = subject::asked_as)]
    subject: Option<Subject>,
    #[command(flatten)]
    writes: WriteFlags,
}

/// Runs the command.
pub(super) fn run(command: &Run, global: &Global) -> anyhow::Result<ExitCode> {
    let arguments = arguments::read(command.arguments.as_deref())?;
    let environment = credentials::environment(&project::find(global)?)?;
    let writes = config::writes(&command.writes, &environment)?.unwrap_or_default();
    let (agent, bundle) = match compiled(command, global)? {
        Ok(compiled) => compiled,
        Err(code) => return Ok(code),
    };
    let runner = instantiate(bundle, &environment, Scope::Tool(&agent, &command.tool), &writes, State::default())?;
    let subject = command.subject.clone().unwrap_or_else(|| Subject::new(subject::operator()));
    let tool = runner.tools(&agent).and_then(|tools| AgentTools::iter(tools).next());
    let Some(tool) = tool else { return Err(unknown(&command.tool, runner.bundle(), &[]).into()) };
    let call = ToolCall { id: "pace-tool-run".to_owned(), name: tool.name.clone(), arguments: arguments.into() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let called = runtime.block_on(called(&runner, &agent, &Chain::direct(subject), &call));
    match called {
        None => Ok(ExitCode::Interrupted),
        Some(Err(problem)) => Err(not_admitted(&problem, runner.bundle(), &agent).into()),
        Some(Ok(called)) => came(tool, &call, &called),
    }
}

/// The agent whose entry counts and the bundle it is in, or the exit code where the project has errors.
fn compiled(command: &Run, global: &Global) -> anyhow::Result<Result<(AgentName, VerifiedBundle), ExitCode>> {
    let (root, output) = (project::find(global)?, Output::new(global));
    // Neither other tools nor servers have to work for it.
    let alone = Overrides { listed: Listed::Tool(command.tool.clone()), ..Overrides::default() };
    let bundle = match compile(&root, &alone, global)? {
        Compiled::Bundle(bundle) => bundle,
        Compiled::Failed(code) => return Ok(Err(code)),
    };
    let folder = project::open(&root)?;
    let files: Vec<_> = files(&folder).map_err(|error| anyhow::anyhow!("{error}"))?.into_iter().collect();
    let is_there = !listing(bundle.bundle(), &command.tool).is_empty()
        || files.contains(&command.tool)
        || (command.tool.starts_with("std/") && project::silent_tools(&root)?.knows(&command.tool));
    // Before any word about agents: of a tool that there is not, none of them can list anything.
    if !is_there {
        return Err(unknown(&command.tool, bundle.bundle(), &files).into());
    }
    if let Some(agent) = choose(command, bundle.bundle())? {
        return Ok(Ok((agent, *bundle)));
    }
    // No line of a spec names it, so none can be shown.
    if command.tool.starts_with("tools/") {
        let file = folder.read(&format!("{}.ts", command.tool));
        file.map_err(|error| exit::environment(&Failure::World(error)))?;
    }
    output
        .note(&format!("note: no agent lists `{}`, so it runs without network and variables\n", quoted(&command.tool)));
    match compile_seen(&Trial::new(&folder, &command.tool), &root, &alone, global)? {
        Compiled::Bundle(bundle) => {
            let agent = Trial::agent(bundle.bundle()).ok_or_else(|| unknown(&command.tool, bundle.bundle(), &files))?;
            Ok(Ok((agent, *bundle)))
        }
        Compiled::Failed(code) => Ok(Err(code)),
    }
}

/// The agent whose entry counts; nothing where none lists the tool.
///
/// # Errors
/// The agent that was named does not list it, or several do and none was named.
fn choose(command: &Run, bundle: &Bundle) -> Result<Option<AgentName>, Ended> {
    let listing = listing(bundle, &command.tool);
    let names = || listing.iter().map(|(name, _)| name.as_str());
    let tool = quoted(&command.tool);
    let Some(asked) = &command.agent else {
        return match listing.as_slice() {
            [] => Ok(None),
            [(only, _)] => Ok(Some((*only).clone())),
            _ => Err(Ended::usage(
                format!("several agents list `{tool}`"),
                format!("say whose entry counts with `--agent`: {}", nearest::listing(names())),
            )),
        };
    };
    if let Some((agent, _)) = listing.iter().find(|(name, _)| name.as_str() == asked) {
        return Ok(Some((*agent).clone()));
    }
    let is_agent = bundle.program.agents.keys().any(|name| name.as_str() == asked);
    let message = if is_agent {
        format!("the agent `{asked}` does not list `{tool}`")
    } else {
        format!("there is no agent `{}`", quoted(asked))
    };
    let help = match listing.as_slice() {
        [] => "leave `--agent` out: no agent lists it, so it runs without network and variables".to_owned(),
        _ => format!("name an agent that lists it: {}", nearest::listing(names())),
    };
    Err(Ended::usage(message, help))
}

fn unknown(tool: &str, bundle: &Bundle, files: &[String]) -> Ended {
    let known = || bundle.tools.local.keys().chain(files).map(String::as_str);
    let named = tool.strip_suffix(".ts").unwrap_or(tool);
    let whole = [named.to_owned(), format!("tools/{named}"), format!("tools/{}", named.replace('_', "-"))];
    let help = match known().find(|key| whole.iter().any(|whole| whole == key)) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => match nearest::nearest(tool, known()).or_else(|| nearest::nearest(&format!("tools/{tool}"), known())) {
            Some(near) => format!("did you mean `{near}`?"),
            None if known().next().is_none() => "write one in `tools/<name>.ts`".to_owned(),
            None => "`pace tool list` says what there is".to_owned(),
        },
    };
    Ended::usage(format!("there is no tool `{}`", quoted(tool)), help)
}
