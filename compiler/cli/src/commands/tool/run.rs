//! `pace tool run`: one call of one tool in its sandbox, as an agent would make it.

use std::io::{IsTerminal, stdout};
use std::sync::Arc;

use clap::Args;
use pace_compiler::{Overrides, ToolCompiler};
use pace_diag::nearest;
use pace_ir::access::{Chain, Subject};
use pace_ir::program::AgentName;
use pace_ir::text::quoted;
use pace_ir::{Bundle, VerifiedBundle};
use pace_runner::config::{self, WriteFlags};
use pace_runner::conversation::ToolCall;
use pace_runner::events::CallStatus;
use pace_runner::invoke::call_once;
use pace_runner::tool::{AgentTools, Console, Level, ServedTool};
use pace_runner::{Problem, Runner, Scope, instantiate};
use serde_json::Value;

use super::trial::Trial;
use super::{arguments, files, listing, parameters};
use crate::arguments::Global;
use crate::commands::chat::{calls, talk};
use crate::compiled::{Compiled, compile, compile_seen};
use crate::exit::{Ended, ExitCode};
use crate::foreign::filtered;
use crate::output::{Output, err, out};
use crate::stop::Stop;
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
    let runner = instantiate(bundle, &environment, Scope::Tool(&agent, &command.tool), &writes)?;
    let subject = command.subject.clone().unwrap_or_else(|| Subject::new(subject::operator()));
    let tool = runner.tools(&agent).and_then(|tools| AgentTools::iter(tools).next());
    let Some(tool) = tool else { return Err(unknown(&command.tool, runner.bundle(), &[]).into()) };
    let call = ToolCall { id: "pace-tool-run".to_owned(), name: tool.name.clone(), arguments: arguments.into() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let called = runtime.block_on(called(&runner, &agent, &Chain::direct(subject), &call));
    match called {
        None => Ok(ExitCode::Interrupted),
        Some(Err(problem)) => Err(not_admitted(&problem, runner.bundle(), &agent).into()),
        Some(Ok((content, status))) => came(tool, &call, &content, status),
    }
}

/// The agent whose entry counts and the bundle it is in, or the exit code where the project has errors.
fn compiled(command: &Run, global: &Global) -> anyhow::Result<Result<(AgentName, VerifiedBundle), ExitCode>> {
    let (root, output) = (project::find(global)?, Output::new(global));
    let bundle = match compile(&root, &Overrides::default(), global)? {
        Compiled::Bundle(bundle) => bundle,
        Compiled::Failed(code) => return Ok(Err(code)),
    };
    if let Some(agent) = choose(command, bundle.bundle())? {
        return Ok(Ok((agent, *bundle)));
    }
    let folder = project::open(&root)?;
    let files: Vec<_> = files(&folder).map_err(|error| anyhow::anyhow!("{error}"))?.into_iter().collect();
    let is_there = files.contains(&command.tool)
        || (command.tool.starts_with("std/") && project::silent_tools(&root)?.knows(&command.tool));
    if !is_there {
        return Err(unknown(&command.tool, bundle.bundle(), &files).into());
    }
    output
        .note(&format!("note: no agent lists `{}`, so it runs without network and variables\n", quoted(&command.tool)));
    match compile_seen(&Trial::new(&folder, &command.tool), &root, &Overrides::default(), global)? {
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

/// Makes the call; nothing where somebody wants the command to end before. A write that was begun is finished either way.
async fn called(
    runner: &Arc<Runner>,
    agent: &AgentName,
    chain: &Chain,
    call: &ToolCall,
) -> Option<Result<(Value, CallStatus), Problem>> {
    let mut stop = Stop::listen();
    let called = tokio::select! {
        called = call_once(runner, agent, chain, call, Arc::new(Lines)) => Some(called),
        () = stop.told() => None,
    };
    let waiting = || err("note: the write was begun, and is finished first; Ctrl-C leaves it\n");
    tokio::select! { () = talk::written(runner.work(), waiting) => {}, () = stop.told() => {} }
    called
}

/// Tells what the tool writes on its console, as it does.
#[derive(Debug)]
struct Lines;

impl Console for Lines {
    fn line(&self, level: Level, text: &str) {
        let level = calls::level(level);
        text.lines().for_each(|line| err(&format!("{level}: {line}\n")));
    }
}

fn not_admitted(problem: &Problem, bundle: &Bundle, agent: &AgentName) -> Ended {
    let help = talk::help(problem).map(|help| help + &talk::admitted(bundle, agent));
    Ended::errors(problem.detail.clone(), help)
}

/// Prints what the call came to.
fn came(tool: &ServedTool, call: &ToolCall, content: &Value, status: CallStatus) -> anyhow::Result<ExitCode> {
    match status {
        CallStatus::Done => print(content)?,
        CallStatus::Stubbed => {
            print(content)?;
            err(&format!("note: not called, because it writes\n  help: {}\n", calls::LIVE));
        }
        CallStatus::Failed => {
            failed(tool, content);
            return Ok(ExitCode::Errors);
        }
        CallStatus::Denied => return Err(Ended::errors(told(content), Some(calls::AS.to_owned())).into()),
        CallStatus::Invalid => return Err(misfit(tool, call, content).into()),
    }
    Ok(ExitCode::Success)
}

/// The result: for a program on one line, to the byte; for a person so that it can be read, and steers nothing.
fn print(content: &Value) -> anyhow::Result<()> {
    if stdout().is_terminal() {
        return out(&(filtered(&serde_json::to_string_pretty(content)?) + "\n"));
    }
    out(&format!("{content}\n"))
}

fn failed(tool: &ServedTool, content: &Value) {
    let stack = content.get("stack").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let stack = stack.map(|frame| format!("  at {frame}\n")).collect::<Vec<_>>().concat();
    err(&format!("error: {} failed: {}\n{stack}", quoted(&tool.name), told(content)));
}

/// What the model would be told.
fn told(content: &Value) -> String {
    content.get("error").and_then(Value::as_str).map_or_else(|| content.to_string(), str::to_owned)
}

fn misfit(tool: &ServedTool, call: &ToolCall, content: &Value) -> Ended {
    let Err(why) = tool.parameters.check(&call.arguments.to_value()) else {
        return Ended::usage(told(content), "call it otherwise");
    };
    let parameters = parameters::short(tool.parameters.value());
    let help = if parameters.is_empty() {
        format!("`{}` takes no parameters", quoted(&tool.name))
    } else {
        format!("the parameters are {parameters}")
    };
    Ended::usage(format!("the arguments do not fit: {}", why.replace('\n', "; ")), help)
}
