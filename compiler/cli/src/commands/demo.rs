//! `pace demo`: the product in half a minute, without key, network or project. Nothing of it is staged: a project is written
//! to a temporary folder, built by the compiler, served by the runner and talked to over HTTP; only the model's answers are
//! recorded, by the `replay` provider that tests use too.

mod client;
mod screen;
mod stage;
mod story;

use std::time::{Duration, Instant};

use clap::Args;
use tokio::runtime::Builder;

use self::screen::Screen;
use self::stage::Stage;
use crate::arguments::Global;
use crate::exit::{Ended, ExitCode};
use crate::output::Output;
use crate::stop::Stop;

/// Show what Paceline does, in half a minute
///
/// Builds a small project in a temporary folder, serves it on a free port of this machine, and talks to it. Needs no key, no
/// network and no project: the model's answers are recorded. Nothing is left behind.
#[derive(Debug, Args)]
pub(crate) struct Demo {}

/// How long the whole of it may take. It takes about a second; a machine on which it takes this long has other worries.
const AT_MOST: Duration = Duration::from_mins(2);

/// Runs the command.
pub(crate) fn run(_: &Demo, global: &Global) -> anyhow::Result<ExitCode> {
    let output = Output::new(global);
    let screen = Screen::new(output.colour_of_data());
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let begun = Instant::now();
    // Dropped at every way out of here, also when interrupted: that removes the folder.
    let stage = Stage::new()?;
    let done = runtime.block_on(async {
        let mut stop = Stop::listen();
        tokio::select! {
            told = tokio::time::timeout(AT_MOST, story::tell(&stage, &screen, output)) => match told {
                Ok(told) => told.map(|()| ExitCode::Success),
                Err(_elapsed) => Err(late().into()),
            },
            // The folder is to be removed then, too.
            () = stop.told() => Ok(ExitCode::Interrupted),
        }
    });
    runtime.shutdown_background();
    let code = done?;
    stage.remove()?;
    if code == ExitCode::Success {
        story::end(&screen, begun.elapsed());
    }
    Ok(code)
}

fn late() -> Ended {
    let message = format!("the demo was not done after {} seconds", AT_MOST.as_secs());
    Ended::errors(message, Some("run it again when the machine has less to do".to_owned()))
}
