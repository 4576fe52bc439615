//! One call of one tool by a command: made as an agent's call is, its result on standard output, all else on standard error.

use std::io::{IsTerminal, stdout};
use std::sync::Arc;

use pace_ir::Bundle;
use pace_ir::access::Chain;
use pace_ir::program::AgentName;
use pace_ir::text::quoted;
use pace_runner::conversation::ToolCall;
use pace_runner::events::CallStatus;
use pace_runner::invoke::{Called, call_once};
use pace_runner::tool::{Callee, Cause, Console, Level, LocalTool, ServedTool};
use pace_runner::{Problem, Runner};
use serde_json::Value;

use super::parameters;
use crate::commands::chat::{calls, talk};
use crate::exit::{Ended, ExitCode};
use crate::foreign::filtered;
use crate::output::{err, out};
use crate::stop::Stop;

/// Makes the call; nothing where somebody wants the command to end before. A write that was begun is finished either way.
pub(in crate::commands) async fn called(
    runner: &Arc<Runner>,
    agent: &AgentName,
    chain: &Chain,
    call: &ToolCall,
) -> Option<Result<Called, Problem>> {
    let mut stop = Stop::listen();
    let tool = runner.tools(agent).and_then(|tools| tools.find(&call.name));
    let local = tool.and_then(|tool| match &tool.callee {
        Callee::Local(local) => Some(local.clone()),
        Callee::Server(_) | Callee::Agent(_) => None,
    });
    let lines = Lines { runner: Arc::clone(runner), local };
    let called = tokio::select! {
        called = call_once(runner, agent, chain, call, Arc::new(lines)) => Some(called),
        () = stop.told() => None,
    };
    let waiting = || err("note: the write was begun, and is finished first; Ctrl-C leaves it\n");
    tokio::select! { () = talk::written(runner.work(), waiting) => {}, () = stop.told() => {} }
    called
}

/// Tells what the tool writes on its console, as it does.
#[derive(Debug)]
struct Lines {
    runner: Arc<Runner>,
    /// The tool, if it is one that was compiled: its author knows the places in stacks by the source.
    local: Option<LocalTool>,
}

impl Console for Lines {
    fn line(&self, level: Level, text: &str) {
        let lines = vec![(level, text.to_owned())];
        let lines = match &self.local {
            Some(local) => local.placed(self.runner.bundle(), lines),
            None => lines,
        };
        for (level, text) in lines {
            let level = calls::level(level);
            text.lines().for_each(|line| err(&format!("{level}: {line}\n")));
        }
    }
}

/// Why the person may not talk to the agent, and who may.
pub(in crate::commands) fn not_admitted(problem: &Problem, bundle: &Bundle, agent: &AgentName) -> Ended {
    let help = talk::help(problem).map(|help| help + &talk::admitted(bundle, agent));
    Ended::errors(problem.detail.clone(), help)
}

/// Prints what the call came to.
pub(in crate::commands) fn came(tool: &ServedTool, call: &ToolCall, came: &Called) -> anyhow::Result<ExitCode> {
    let Called { content, status, cause } = came;
    match status {
        CallStatus::Done => print(content)?,
        CallStatus::Stubbed => {
            print(content)?;
            err(&format!("note: not called, because it writes\n  help: {}\n", calls::LIVE));
        }
        CallStatus::Failed => {
            failed(tool, content, cause.as_ref());
            return Ok(ExitCode::Errors);
        }
        CallStatus::Denied => return Err(denied(tool, content, cause.as_ref()).into()),
        CallStatus::Invalid => return Err(misfit(tool, call, content).into()),
    }
    Ok(ExitCode::Success)
}

fn denied(tool: &ServedTool, content: &Value, cause: Option<&Cause>) -> Ended {
    let help = match (cause, tool.callee.server()) {
        // Denied by what is kept, not by a rule. Whose is missing: who asks may be somebody else than who runs the command.
        (Some(Cause::NoCredential(who)), Some(server)) => format!(
            "keep one with `pace auth add {} --as {who}`, or ask as somebody who has one: `--as user:<name>`",
            server.alias()
        ),
        (Some(Cause::Unusable(help)), Some(server)) => {
            let or = if help.is_empty() { String::new() } else { format!("{help}\nor ") };
            format!("{or}keep a credential of your own with `pace auth add {}`", server.alias())
        }
        _ => calls::AS.to_owned(),
    };
    Ended::errors(told(content), Some(help))
}

/// The result: for a program on one line, to the byte; for a person so that it can be read, and steers nothing.
fn print(content: &Value) -> anyhow::Result<()> {
    if stdout().is_terminal() {
        return out(&(filtered(&serde_json::to_string_pretty(content)?) + "\n"));
    }
    out(&format!("{content}\n"))
}

fn failed(tool: &ServedTool, content: &Value, cause: Option<&Cause>) {
    let stack = content.get("stack").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let stack = stack.map(|frame| format!("  at {frame}\n")).collect::<Vec<_>>().concat();
    let help = match cause {
        Some(Cause::Unlisted(host)) => format!("  help: add `{}` to `net` of the tool's entry\n", quoted(host)),
        _ => String::new(),
    };
    err(&format!("error: {} failed: {}\n{stack}{help}", quoted(&tool.name), told(content)));
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
