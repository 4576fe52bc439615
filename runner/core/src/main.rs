//! `pace-runner`: the small binary that ships. It takes a bundle, and knows flags and exit codes; everything else is the
//! library's.

#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)
)]

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use pace_ir::BundleId;
use pace_runner::config::{self, AgentFlags, StandardError, WriteFlags};
use pace_runner::environment::Environment;
use pace_runner::serve::Ended;
use pace_runner::service::{self, Choices, Found, Service};
use pace_runner::{LoadError, Refused, SetupError, load, printable, verify};

/// Half of what a short answer takes besides system calls is memory got and given back, much of it by another thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Execute a bundle made by `pace build`, and nothing else.
///
/// The file is verified first, every byte of it, and refused with a reason if anything is wrong. Then its agents are served
/// over HTTP until SIGTERM or Ctrl-C; invocations that run then may finish.
#[derive(Debug, Parser)]
#[command(name = "pace-runner", version, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
#[command(subcommand_negates_reqs = true)]
struct Arguments {
    #[command(flatten)]
    file: Option<BundleFile>,
    #[command(flatten)]
    agents: AgentFlags,
    #[command(flatten)]
    writes: WriteFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 2 wrong usage or surroundings that do not work, 3 bundle refused, 101 a fault of \
                          pace-runner itself, 130 interrupted";

/// Which bundle.
#[derive(Debug, Clone, Args)]
struct BundleFile {
    /// The bundle; `pace build` prints the path of the one it makes
    #[arg(value_name = "BUNDLE")]
    path: PathBuf,
    /// Refuse every bundle but this one (`b3:` and 64 digits, as `pace build` prints it)
    #[arg(long, value_name = "ID")]
    expect: Option<BundleId>,
}

/// What is checked: a bundle, started like this.
#[derive(Debug, Args)]
struct Checked {
    #[command(flatten)]
    file: BundleFile,
    #[command(flatten)]
    agents: AgentFlags,
    #[command(flatten)]
    writes: WriteFlags,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verify a bundle and what it needs here, and serve nothing
    ///
    /// Prints the bundle's id on standard output, and on standard error a line for each thing that a start needs: settings,
    /// authentication and the keys of issuers, the choice of writes, the store, models and their keys, tools and their variables, servers
    /// and their credentials. All that is wrong is told at once; what depends on something wrong is `not checked`. Models are not asked,
    /// and tools not called.
    #[command(after_help = EXIT_CODES)]
    Check(Checked),
}

fn main() -> ExitCode {
    if let Some(code) = pace_mcp::supervise(std::env::args_os()) {
        return code;
    }
    pace_runner::conceal();
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let done = match (arguments.command, arguments.file) {
        (Some(Command::Check(checked)), _) => check(&checked),
        (None, Some(file)) => serve(&file, &arguments.agents, &arguments.writes),
        (None, None) => Ok(ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| failed(&error))
}

fn parse() -> Result<Arguments, clap::Error> {
    let after = format!("{}\n{EXIT_CODES}", config::plain());
    let matches = Arguments::command().after_help(EXIT_CODES).after_long_help(after).try_get_matches()?;
    Arguments::from_arg_matches(&matches)
}

fn check(checked: &Checked) -> anyhow::Result<ExitCode> {
    let Checked { file, agents, writes } = checked;
    let bytes = load(&file.path)?;
    let verified = verify(&file.path, &bytes, file.expect)?;
    // Whether anybody reads it does not change what is found.
    let printed = out(&format!("{}\n", verified.id()));
    let environment = Environment::of_process();
    let found = service::check(&verified, &environment, config::Usual::server(), (writes, agents))?;
    let Found { fine, odd, unjudged, wrong } = &found;
    for line in fine {
        tell(&format!("ok: {}", printable(line)));
    }
    for line in odd {
        tell(&format!("warning: {line}"));
    }
    for line in unjudged {
        tell(&format!("not checked: {}", printable(line)));
    }
    for error in wrong {
        tell(&told(&error.message, Some(&error.help)));
    }
    if found.is_sound() { printed.map(|()| ExitCode::SUCCESS) } else { Ok(ExitCode::from(2)) }
}

fn serve(file: &BundleFile, agents: &AgentFlags, writes: &WriteFlags) -> anyhow::Result<ExitCode> {
    let environment = config::with_credentials(Environment::of_process(), None)?;
    let standard_error = if io::stderr().is_terminal() { StandardError::Terminal } else { StandardError::Elsewhere };
    let settings = service::configure(&environment, standard_error, config::Usual::server());
    let overruled = config::overruled(writes, &environment);
    let (settings, writes) = SetupError::both(settings, config::writes(writes, &environment))?;
    if let Some(overruled) = overruled {
        settings.warn(&overruled, || tell(&format!("warning: {overruled}")));
    }
    let bytes = load(&file.path)?;
    let verified = verify(&file.path, &bytes, file.expect)?;
    // What was verified is decoded; the file's own bytes would only take up memory for as long as it is served.
    drop(bytes);
    let agents = config::agents(agents, verified.bundle())?;
    let service = Service::new(verified, &environment, &settings, Choices { writes, agents })?;
    match service.run(tell).context("cannot serve")? {
        Ended::Drained(_) => Ok(ExitCode::SUCCESS),
        Ended::AtOnce => Ok(ExitCode::from(130)),
    }
}

fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Says something to whoever reads standard error. If nobody can, the exit code still says how it ended.
fn tell(line: &str) {
    let _unread = writeln!(io::stderr(), "{line}");
}

/// Says what is wrong with the command line, or prints the help that was asked for.
fn usage(error: &clap::Error) -> ExitCode {
    // A closed pipe is the only way this fails, and nobody is left to tell.
    let _closed = error.print();
    let mut words = std::env::args_os().skip(1);
    if error.use_stderr() && words.next().is_some_and(|word| word == "serve") {
        let bundle = words.next().unwrap_or_else(|| "<bundle>".into());
        tell(&format!(
            "  help: it serves without a word for it: `pace-runner {}`",
            printable(&bundle.to_string_lossy())
        ));
    }
    if error.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// What is wrong and what to do, as people read it.
fn told(message: &str, help: Option<&str>) -> String {
    match help {
        Some(help) => format!("error: {message}\n  help: {}", help.replace('\n', "\n        ")),
        None => format!("error: {message}"),
    }
}

/// Says why nothing was done. A reader that closed the pipe is no failure.
fn failed(error: &anyhow::Error) -> ExitCode {
    let is_closed = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    if error.downcast_ref::<io::Error>().is_some_and(is_closed) {
        return ExitCode::SUCCESS;
    }
    let (load, setup) = (error.downcast_ref::<LoadError>(), error.downcast_ref::<SetupError>());
    let refused = match load {
        Some(LoadError::Refused(refused)) => Some(refused),
        _ => error.downcast_ref::<Refused>(),
    };
    let help = refused.map(Refused::help).or_else(|| load.map(LoadError::help));
    match setup.filter(|setup| setup.told().count() > 1) {
        Some(several) => several.told().for_each(|part| tell(&told(&part.message, Some(&part.help)))),
        None => tell(&told(&format!("{error:#}"), help.or_else(|| setup.map(|setup| setup.help.as_str())))),
    }
    ExitCode::from(if refused.is_some() { 3 } else { 2 })
}
