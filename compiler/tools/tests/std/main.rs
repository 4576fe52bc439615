//! The tools that come with Paceline, as a project has them: compiled by the tool compiler, called in the sandbox, with
//! arguments that fit their schema. What other implementations say of the same input is asked where they are installed.
//!
//! The bundler's child process is this program, which is why it has a `main` of its own.

mod calc;
mod csv;
mod diff;
mod digest;
mod fetch;
mod hash;
mod hostile;
mod html;
mod json_query;
mod node;
mod readme;
mod rss;
mod server;
mod shape;
mod time;
mod tool;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// A test: its name, and what panics if it does not hold.
type Test = (&'static str, fn());

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(pace_tools::BUNDLE_COMMAND) {
        return match pace_tools::bundle_child() {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let all = [
        calc::TESTS,
        csv::TESTS,
        diff::TESTS,
        digest::TESTS,
        fetch::TESTS,
        hash::TESTS,
        hostile::TESTS,
        html::TESTS,
        json_query::TESTS,
        readme::TESTS,
        rss::TESTS,
        shape::TESTS,
        time::TESTS,
    ];
    let trials = all.concat().into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}
