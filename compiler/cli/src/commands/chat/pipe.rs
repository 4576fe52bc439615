//! `pace chat` for programs: one message in, the answer and nothing else out, and only when it is whole.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Read, stdin, stdout};
use std::sync::{Mutex, PoisonError};

use pace_ir::program::AgentName;
use pace_ir::text::quoted;
use pace_runner::Problem;
use pace_runner::conversation::{ToolCall, ToolResult};
use pace_runner::events::{Answer, CallStatus, Event, EventSink, Source};
use pace_runner::id::InvocationId;
use pace_runner::invoke::Admitted;
use pace_runner::session::MAX_SESSION_BYTES;
use pace_runner::tool::Cause;
use pace_runner::work::Work;
use tokio::runtime::Runtime;

use super::calls;
use super::talk::{self, Talk};
use crate::exit::{Ended, ExitCode};
use crate::foreign::filtered;
use crate::output::{err, out};
use crate::stop::Stop;
use crate::world::plain;

/// How the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The reply alone; as JSON where the agent answers with data.
    Answer,
    /// The object that the HTTP interface answers with.
    Json,
}

/// Runs the conversation, which is one message long.
pub(super) fn run(mut talk: Talk, form: Form, runtime: &Runtime) -> anyhow::Result<ExitCode> {
    let message = read(talk.agent())?;
    let admitted = runtime.block_on(talk.say(message)).map_err(|problem| talk::ended(&problem))?;
    let Some(answer) = runtime.block_on(answer(admitted, talk.runner().work())) else {
        return Ok(ExitCode::Interrupted);
    };
    let answer = answer.map_err(|problem| talk::ended(&problem))?;
    let kept = talk.answered(&answer);
    print(&answer, form)?;
    if let Some(why) = talk::cut(&answer) {
        err(&format!("note: {why}\n"));
    }
    kept?;
    Ok(ExitCode::Success)
}

/// The answer, or nothing where somebody wants the command to end before. A write that was begun is finished either way; who
/// does not want to wait for it says so once more.
async fn answer(admitted: Admitted, work: &Work) -> Option<Result<Answer, Problem>> {
    let mut stop = Stop::listen();
    let cancel = admitted.cancellation().clone();
    let aside = Aside::default();
    let run = admitted.run(&aside);
    tokio::pin!(run);
    let answered = tokio::select! {
        answered = &mut run => Some(answered),
        () = stop.told() => {
            cancel.cancel();
            let _cancelled = run.await;
            None
        }
    };
    let waiting = || err("note: a write that was begun is finished first; Ctrl-C leaves it\n");
    tokio::select! { () = talk::written(work, waiting) => {}, () = stop.told() => {} }
    answered
}

/// Tells whoever reads standard error why it takes so long, and which calls were not made although the answer may sound as if
/// they had been; nothing else is told before the end.
#[derive(Debug, Default)]
struct Aside {
    state: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// The calls whose results are not known yet.
    pending: Vec<Pending>,
    /// The help that was given: once is enough.
    help: BTreeSet<&'static str>,
}

/// A call whose result is not known yet.
#[derive(Debug)]
struct Pending {
    invocation: InvocationId,
    call: ToolCall,
    /// Whether the agent has such a tool.
    is_known: bool,
}

impl Aside {
    fn came(&self, source: &Source, result: &ToolResult, (status, cause): (CallStatus, Option<&Cause>)) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Told { pending, help: told } = &mut *state;
        let is_its = |pending: &Pending| pending.invocation == source.invocation && pending.call.id == result.id;
        let Some(at) = pending.iter().position(is_its) else { return };
        let Pending { call, is_known, .. } = pending.swap_remove(at);
        let help = match status {
            CallStatus::Stubbed => Some(calls::LIVE),
            CallStatus::Denied => Some(calls::denied(cause)),
            // The model is told and may mend it; or its author forgot to list a tool, or described one badly.
            CallStatus::Failed | CallStatus::Invalid => None,
            CallStatus::Done => return,
        };
        let called = if is_known { calls::called(&call) } else { quoted(&call.name) };
        let words = calls::came(&called, &called, result, status).unwrap_or_default();
        let help = help.filter(|help| told.insert(help)).map(|help| format!("  help: {help}\n")).unwrap_or_default();
        err(&format!("note: {}{words}\n{help}", calls::whose(source)));
    }
}

impl EventSink for Aside {
    fn on_event(&self, source: &Source, event: &Event<'_>) {
        match event {
            Event::ModelRetry { attempt, wait, why } => {
                let whose = calls::whose(source);
                err(&format!("note: {whose}{}; attempt {attempt} in {:.1} s\n", quoted(why), wait.as_secs_f64()));
            }
            Event::ToolCall { call, class, .. } => {
                let pending =
                    Pending { invocation: source.invocation, call: (*call).clone(), is_known: class.is_some() };
                self.state.lock().unwrap_or_else(PoisonError::into_inner).pending.push(pending);
            }
            Event::ToolResult { result, status, cause, .. } => self.came(source, result, (*status, *cause)),
            _ => {}
        }
    }
}

/// All of standard input.
fn read(agent: &AgentName) -> Result<String, Ended> {
    if stdin().is_terminal() {
        err("type the message, and Ctrl-D on a line of its own\n");
    }
    let most = u64::try_from(MAX_SESSION_BYTES).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| {
        Ended::usage(format!("cannot read standard input: {}", plain(&error)), "pipe the message into the command")
    })?;
    if bytes.len() > MAX_SESSION_BYTES {
        let message = format!("the message is longer than {} MiB", MAX_SESSION_BYTES >> 20);
        return Err(Ended::usage(message, "send less of it"));
    }
    let message = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Ended::usage(
            format!("the message is not UTF-8, from byte {at} on"),
            "convert it to UTF-8, for example by `iconv`",
        )
    })?;
    if message.trim().is_empty() {
        let help = format!("pipe one in: `echo Hello | pace chat {agent}`");
        return Err(Ended::usage("the message on standard input is empty", help));
    }
    Ok(message.trim_end_matches(['\n', '\r']).to_owned())
}

fn print(answer: &Answer, form: Form) -> anyhow::Result<()> {
    let text = match (form, &answer.output) {
        (Form::Json, _) => serde_json::to_string(answer)?,
        (Form::Answer, Some(output)) => serde_json::to_string(output)?,
        (Form::Answer, None) => answer.response.trim_end_matches(['\n', '\r']).to_owned(),
    };
    // A program gets what the model said to the byte; a terminal is not steered by it.
    out(&format!("{}\n", if stdout().is_terminal() { filtered(&text) } else { text }))
}
