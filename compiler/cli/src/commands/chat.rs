//! `pace chat`: a conversation with one agent, in a terminal or through a pipe. The project is compiled to a bundle in
//! memory, and the runner answers from that; there is no second way to an answer.

pub(crate) mod calls;
mod named;
mod pipe;
pub(crate) mod talk;
mod terminal;

use std::io::{IsTerminal, stdin, stdout};
use std::path::Path;

use clap::Args;
use pace_compiler::{ModelOverride, Overrides};
use pace_diag::nearest;
use pace_ir::access::Subject;
use pace_ir::program::{AgentName, ModelName};
use pace_ir::text::quoted;
use pace_ir::{Bundle, VerifiedBundle};
use pace_runner::config::{self, WriteFlags};
use pace_runner::environment::Environment;
use pace_runner::{Scope, State, instantiate};
use tokio::runtime::{Builder, Runtime};

use self::named::SessionName;
use self::talk::Talk;
use crate::arguments::Global;
use crate::compiled::{Compiled, compile};
use crate::exit::{Ended, ExitCode};
use crate::output::Output;
use crate::state::Wanted;
use crate::{credentials, project, state, subject};

/// Talk to an agent
///
/// In a terminal, a conversation: `/help` says what can be typed. Through a pipe, all of standard input is one message, and
/// the answer is all that goes to standard output. The project is built in memory first, with the checks of `pace build`.
#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// The agent; not needed where the project has only one
    #[arg(value_name = "AGENT")]
    agent: Option<String>,
    /// Keep the conversation under this name, and go on from it next time
    #[arg(long, value_name = "NAME")]
    session: Option<SessionName>,
    /// Try another model, built-in or of `paceline.yaml`
    #[arg(long, value_name = "NAME")]
    model: Option<ModelName>,
    /// Who asks, and in which groups: user:ann,group:ops. Without it, the user who runs the command
    #[arg(long = "as", value_name = "WHO", value_parser = subject::asked_as)]
    subject: Option<Subject>,
    /// Read one message, and answer it with the JSON object that the HTTP interface answers with
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    writes: WriteFlags,
}

/// Runs the command.
pub(crate) fn run(command: &Chat, global: &Global) -> anyhow::Result<ExitCode> {
    let root = project::find(global)?;
    let output = Output::new(global);
    let environment = credentials::environment(&root)?;
    let writes = config::writes(&command.writes, &environment)?.unwrap_or_default();
    let (agent, bundle) = match compiled(command, &root, global)? {
        Ok(compiled) => compiled,
        Err(code) => return Ok(code),
    };
    let subject = command.subject.clone().unwrap_or_else(|| Subject::new(subject::operator()));
    let is_watched = !command.json && stdin().is_terminal() && stdout().is_terminal();
    let audience = if is_watched { Audience::Person } else { Audience::Program };
    let runtime = runtime(audience)?;
    let is_live = writes.are_live(bundle.bundle(), Scope::Agent(&agent).agents(bundle.bundle()));
    let wanted = if is_live { Wanted::Needed } else { Wanted::WherePossible };
    let kept = kept(command, (&runtime, &root, &environment), bundle.bundle(), wanted)?;
    let runner = instantiate(bundle, &environment, Scope::Agent(&agent), &writes, kept.clone())?;
    let talk = runtime.block_on(Talk::new(runner, agent, subject, command.session.clone()));
    let done = talk.map_err(anyhow::Error::from).and_then(|talk| match audience {
        Audience::Person => terminal::run(talk, &root, output, &runtime),
        Audience::Program => {
            pipe::run(talk, if command.json { pipe::Form::Json } else { pipe::Form::Answer }, &runtime)
        }
    });
    // Also of one that failed or was refused.
    state::end(&runtime, &kept);
    // Whatever still waits for a service is not waited for.
    runtime.shutdown_background();
    done
}

/// Where what happens is kept. A conversation without a name is in memory: nobody can come back to it.
fn kept(
    command: &Chat,
    (runtime, root, environment): (&Runtime, &Path, &Environment),
    bundle: &Bundle,
    wanted: Wanted,
) -> anyhow::Result<State> {
    let Some(name) = &command.session else {
        return Ok(state::open(runtime, (root, environment), bundle, wanted)?.without_sessions());
    };
    let kept = state::open(runtime, (root, environment), bundle, Wanted::Needed)?;
    if kept.store.is_none() {
        let message = format!("the session `{name}` cannot be kept: the variable `PACE_STATE_DIR` is `memory`");
        return Err(Ended::usage(message, "unset `PACE_STATE_DIR`, or leave `--session` out").into());
    }
    Ok(kept)
}

/// Who talks.
#[derive(Debug, Clone, Copy)]
enum Audience {
    /// Somebody at a terminal.
    Person,
    /// Whatever holds the other end of a pipe.
    Program,
}

/// What the conversation runs on. While a person types, one worker keeps connections alive and answers signals.
fn runtime(audience: Audience) -> std::io::Result<Runtime> {
    match audience {
        Audience::Person => Builder::new_multi_thread().worker_threads(1).enable_all().build(),
        Audience::Program => Builder::new_current_thread().enable_all().build(),
    }
}

/// The agent that is meant and the bundle it is in, or the exit code where the project has errors.
fn compiled(
    command: &Chat,
    root: &Path,
    global: &Global,
) -> anyhow::Result<Result<(AgentName, VerifiedBundle), ExitCode>> {
    let mut asked = command.agent.clone();
    if let (None, Some(_)) = (&asked, &command.model) {
        // Whose model is replaced is known only when the project was read once.
        match compile(root, &Overrides::default(), global)? {
            Compiled::Bundle(bundle) => asked = Some(choose(None, bundle.bundle())?.to_string()),
            Compiled::Failed(code) => return Ok(Err(code)),
        }
    }
    let mut overrides = Overrides::default();
    let named = asked.as_deref().and_then(|agent| agent.parse().ok());
    if let (Some(agent), Some(model)) = (named, &command.model) {
        overrides.models.insert(agent, ModelOverride { model: model.clone(), given_by: "--model" });
    }
    match compile(root, &overrides, global)? {
        Compiled::Bundle(bundle) => Ok(Ok((choose(asked.as_deref(), bundle.bundle())?, *bundle))),
        Compiled::Failed(code) => Ok(Err(code)),
    }
}

/// The agent that is meant.
///
/// # Errors
/// There is none of this name, or it is not clear which.
pub(crate) fn choose(asked: Option<&str>, bundle: &Bundle) -> Result<AgentName, Ended> {
    let agents = &bundle.program.agents;
    let names = || agents.keys().map(AgentName::as_str);
    let there_are = || match agents.len() {
        0 => "write one in `agents/<name>/spec.yaml`".to_owned(),
        1 => format!("the only agent here is {}", nearest::listing(names())),
        _ => format!("the agents here are {}", nearest::listing(names())),
    };
    let mut all = agents.keys();
    match (asked, all.next(), all.next()) {
        (None, Some(only), None) => Ok(only.clone()),
        (None, None, _) => Err(Ended::usage("the project has no agents", there_are())),
        (None, Some(_), Some(_)) => Err(Ended::usage("say which agent to talk to", there_are())),
        (Some(asked), ..) => agents.keys().find(|name| name.as_str() == asked).cloned().ok_or_else(|| {
            let help =
                nearest::nearest(asked, names()).map_or_else(there_are, |near| format!("did you mean `{near}`?"));
            Ended::usage(format!("there is no agent `{}`", quoted(asked)), help)
        }),
    }
}
