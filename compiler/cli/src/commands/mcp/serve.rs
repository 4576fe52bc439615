//! `pace mcp serve`: an agent as an MCP server over standard input and output, for editors and desktop clients.

use std::io::{IsTerminal, stderr};
use std::time::Duration;

use clap::Args;
use pace_compiler::Overrides;
use pace_ir::access::{Chain, Rules, Subject};
use pace_runner::authorize::{Action, authorize};
use pace_runner::config::{self, StandardError, WriteFlags};
use pace_runner::{Scope, instantiate, log, mcp};

use crate::arguments::Global;
use crate::commands::chat::{self, talk};
use crate::compiled::{Compiled, compile};
use crate::exit::{Ended, ExitCode};
use crate::output::err;
use crate::state::Wanted;
use crate::stop::Stop;
use crate::{credentials, project, state, subject};

/// Offer an agent to an MCP client, over standard input and output
///
/// For clients that start their servers as programs. The project is built in memory first. Standard output carries the
/// protocol and nothing else, standard error the log; the command ends when standard input does.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The agent; not needed where the project has only one
    #[arg(value_name = "AGENT")]
    agent: Option<String>,
    /// Who asks, and in which groups: user:ann,group:ops. Without it, the user who runs the command
    #[arg(long = "as", value_name = "WHO", value_parser = subject::asked_as)]
    subject: Option<Subject>,
    #[command(flatten)]
    writes: WriteFlags,
}

/// How long programs of the agent's own servers have to end by themselves.
const SERVERS_END: Duration = Duration::from_secs(3);

/// Runs the command.
pub(super) fn run(command: &Serve, global: &Global) -> anyhow::Result<ExitCode> {
    let root = project::find(global)?;
    let environment = credentials::environment(&root)?;
    let standard_error = if stderr().is_terminal() { StandardError::Terminal } else { StandardError::Elsewhere };
    log::start(&config::log_settings(&environment, standard_error)?);
    let writes = config::writes(&command.writes, &environment)?.unwrap_or_default();
    let bundle = match compile(&root, &Overrides::default(), global)? {
        Compiled::Bundle(bundle) => bundle,
        Compiled::Failed(code) => return Ok(code),
    };
    let agent = chat::choose(command.agent.as_deref(), bundle.bundle())?;
    let subject = command.subject.clone().unwrap_or_else(|| Subject::new(subject::operator()));
    let chain = Chain::direct(subject.clone());
    if let Err(problem) = authorize(Rules::of(bundle.bundle()), &chain, Action::Execute(&agent)) {
        let help = talk::help(&problem).map(|help| help + &talk::admitted(bundle.bundle(), &agent));
        return Err(Ended::errors(problem.detail, help).into());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let wanted = if writes.are_live(bundle.bundle(), Scope::Agent(&agent).agents(bundle.bundle())) {
        Wanted::Needed
    } else {
        Wanted::WherePossible
    };
    let kept = state::open(&runtime, (&root, &environment), bundle.bundle(), wanted)?;
    let runner = instantiate(*bundle, &environment, Scope::Agent(&agent), &writes, kept.clone())?;
    let ended = runtime.block_on(async {
        let mut stop = Stop::listen();
        let ended = tokio::select! {
            ended = mcp::stdio::serve(&runner, &agent, subject) => Some(ended),
            () = stop.told() => None,
        };
        runner.work().cancel();
        let waiting = || err("note: a write that was begun is finished first; Ctrl-C leaves it\n");
        tokio::select! { () = talk::written(runner.work(), waiting) => {}, () = stop.told() => {} }
        runner.close(SERVERS_END).await;
        ended
    });
    state::end(&runtime, &kept);
    // A read of standard input cannot be called off.
    runtime.shutdown_background();
    match ended {
        None => Ok(ExitCode::Interrupted),
        Some(Ok(())) => Ok(ExitCode::Success),
        Some(Err(why)) => {
            let help = "an MCP client starts this command, and speaks the protocol on its standard input";
            Err(Ended::errors(format!("the client does not keep to the protocol: {why}"), Some(help.to_owned())).into())
        }
    }
}
