//! `pace`: the one binary authors use. Knows flags, colours and exit codes; everything else is the compiler's.

mod arguments;
mod bundle_file;
mod commands;
mod compiled;
mod diff;
mod exit;
mod fix;
mod foreign;
mod manifest;
mod output;
mod private_file;
mod project;
mod subject;
mod summary;
mod view;
mod world;

use clap::Parser;

use crate::arguments::Arguments;

fn main() -> std::process::ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::usage(&error).into(),
    };
    match commands::run(&arguments) {
        Ok(code) => code.into(),
        Err(error) => exit::failed(&error).into(),
    }
}
