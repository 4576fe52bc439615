//! `pace`: the one binary authors use. Knows flags, colours and exit codes; everything else is the compiler's.

mod arguments;
mod bundle_file;
mod commands;
mod compiled;
mod credentials;
mod diff;
mod exit;
mod fix;
mod foreign;
mod manifest;
mod misused;
mod output;
mod private_file;
mod project;
mod servers;
mod state;
mod stop;
mod subject;
mod summary;
mod types;
mod user_folder;
mod view;
mod world;
mod wrap;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> std::process::ExitCode {
    if let Some(code) = pace_mcp::supervise(std::env::args_os()) {
        return code;
    }
    // The bundler in a process of its own has the same variables.
    pace_runner::conceal();
    if std::env::args_os().nth(1).is_some_and(|first| first == pace_tools::BUNDLE_COMMAND) {
        return exit::bundling(pace_tools::bundle_child());
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error).into(),
    };
    match commands::run(&arguments) {
        Ok(code) => code.into(),
        Err(error) => exit::failed(&error).into(),
    }
}
