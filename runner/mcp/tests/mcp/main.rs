//! The client against servers of other hands, and against one of ours that misbehaves. The binary is the supervisor of the
//! programs it starts, and the parent that is killed, as its first argument says.

mod conformance;
mod ends;
mod hostile;
mod http;
mod large;
mod pool;
mod servers;
mod support;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if let Some(code) = pace_mcp::supervise(std::env::args_os()) {
        return code;
    }
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some(ends::PARENT) => return ends::parent(arguments),
        Some(conformance::CLIENT) => return conformance::run(arguments),
        _ => {}
    }
    let trials = [
        servers::trials(),
        hostile::trials(),
        large::trials(),
        ends::trials(),
        http::trials(),
        pool::trials(),
        conformance::trials(),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit_code()
}

/// One test.
fn trial<F: Future<Output = ()> + 'static>(name: &str, test: fn() -> F) -> Trial {
    Trial::test(name, move || {
        support::block_on(test());
        Ok(())
    })
}
