//! `pace chat` for programs: one message in, the answer and nothing else out, and only when it is whole.

use std::io::{IsTerminal, Read, stdin, stdout};

use pace_runner::events::{Answer, Unheard};
use pace_runner::session::MAX_SESSION_BYTES;

use super::talk::{self, Talk};
use crate::exit::{Ended, ExitCode};
use crate::foreign::filtered;
use crate::output::{err, out};
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
pub(super) fn run(mut talk: Talk, form: Form) -> anyhow::Result<ExitCode> {
    let message = read()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let admitted = talk.say(message).map_err(|problem| talk::ended(&problem))?;
    let answer = runtime.block_on(admitted.run(&Unheard)).map_err(|problem| talk::ended(&problem))?;
    let kept = talk.answered(&answer);
    print(&answer, form)?;
    if let Some(why) = talk::cut(&answer) {
        err(&format!("note: {why}\n"));
    }
    kept?;
    Ok(ExitCode::Success)
}

/// All of standard input.
fn read() -> Result<String, Ended> {
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
        return Err(Ended::usage("the message on standard input is empty", "pipe one in: `echo Hello | pace chat`"));
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
