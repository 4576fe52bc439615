//! One call of one tool by a command: made as an agent's call is, its result on standard output, all else on standard error.

use std::io::{IsTerminal, stdout};
use std::sync::Arc;

use pace_ir::Bundle;
use pace_ir::access::Chain;
use pace_ir::program::AgentName;
use pace_ir::text::quoted;
use pace_runner::conversation::ToolCall;
use pace_runner::events::CallStatus;
use pace_runner::invoke::call_once;
use pace_runner::tool::{Console, Level, ServedTool};
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

/// Why the person may not talk to the agent, and who may.
pub(in crate::commands) fn not_admitted(problem: &Problem, bundle: &Bundle, agent: &AgentName) -> Ended {
    let help = talk::help(problem).map(|help| help + &talk::admitted(bundle, agent));
    Ended::errors(problem.detail.clone(), help)
}

/// Prints what the call came to.
pub(in crate::commands) fn came(
    tool: &ServedTool,
    call: &ToolCall,
    content: &Value,
    status: CallStatus,
) -> anyhow::Result<ExitCode> {
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
        CallStatus::Denied => return Err(denied(tool, content).into()),
        CallStatus::Invalid => return Err(misfit(tool, call, content).into()),
    }
    Ok(ExitCode::Success)
}

fn denied(tool: &ServedTool, content: &Value) -> Ended {
    let why = told(content);
    let help = match tool.callee.server() {
        // Denied by what is kept, not by a rule.
        Some(server) if why.starts_with(calls::NO_CREDENTIAL) => {
            // Whose is missing: who asks may be somebody else than who runs the command.
            let who = why.split_once("credential of `").and_then(|(_, rest)| rest.split('`').next());
            let holder = who.map(|who| format!(" --as {who}")).unwrap_or_default();
            format!(
                "keep one with `pace auth add {}{holder}`, or ask as somebody who has one: `--as user:<name>`",
                server.alias()
            )
        }
        Some(server) if why.ends_with("is not set") => {
            format!("set the variable, or keep a credential of your own with `pace auth add {}`", server.alias())
        }
        _ => calls::AS.to_owned(),
    };
    Ended::errors(why, Some(help))
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
    let told = told(content);
    let help = unlisted(&told).map(|host| format!("  help: add `{host}` to `net` of the tool's entry\n"));
    err(&format!("error: {} failed: {told}\n{stack}{}", quoted(&tool.name), help.unwrap_or_default()));
}

/// The host that a tool wanted and that its entry does not list, in the sandbox's words.
fn unlisted(told: &str) -> Option<&str> {
    let (before, _) = told.split_once("` is not in the tool's `net`")?;
    let (_, place) = before.rsplit_once('`')?;
    place.rsplit_once(':').map(|(host, _)| host)
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

#[cfg(test)]
mod tests {
    use super::unlisted;

    #[test]
    fn a_host_that_is_not_listed_is_named() {
        let told = |host: &str| format!("TypeError: fetch failed: `{host}` is not in the tool's `net`");
        assert_eq!(unlisted(&told("example.com:443")), Some("example.com"));
        assert_eq!(unlisted(&told("[2001:db8::1]:443")), Some("[2001:db8::1]"));
        assert_eq!(unlisted("`a:1` is a private address, which is not in the tool's `net`"), None);
    }
}
