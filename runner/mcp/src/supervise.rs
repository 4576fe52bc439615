//! The supervisor of a program: the caller's own binary once more, between the caller and the program. It copies nothing – the
//! program has the caller's pipes – and is there for one thing: that nothing is left of the program when it is to end, when it
//! has ended, or when the caller is gone, however it went.
//!
//! A process cannot ask for its grandchildren to be ended with it, and a signal handler does not run on SIGKILL; another process
//! can watch. It sees the caller end (by a descriptor of its process), sees the program's standard input closed (which is how
//! the caller asks), and as the program's subreaper it inherits whatever escapes from its process group.

pub(crate) mod orphans;
#[cfg(unix)]
mod program;
#[cfg(unix)]
mod tree;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// The first argument that makes a binary a supervisor.
pub const SUPERVISE_COMMAND: &str = "__supervise";

/// How a line of a supervisor begins that says why the program could not be started.
pub(crate) const CANNOT_START: &str = "\u{1}cannot start\u{1}";

/// Which binary supervises: one whose `main` begins with [`supervise`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Supervisor {
    /// The one that runs.
    #[default]
    ThisProgram,
    /// Another one; for tests.
    Program(PathBuf),
}

impl Supervisor {
    /// What is started.
    pub(crate) fn path(&self) -> std::io::Result<PathBuf> {
        match self {
            Self::Program(path) => Ok(path.clone()),
            // The file may have been replaced by a newer one since; this is the one that runs.
            Self::ThisProgram if cfg!(target_os = "linux") => Ok(PathBuf::from("/proc/self/exe")),
            Self::ThisProgram => std::env::current_exe(),
        }
    }
}

/// Keeps other programs of the same user from reading this process's memory and variables, which hold secrets: the servers that
/// it starts among them. Its files in `/proc/self` belong to root from then on, so whatever is to be read there is opened before.
/// No core is dumped. What runs as root, or may trace everything, is not kept from anything.
pub fn conceal() {
    #[cfg(target_os = "linux")]
    // Linux knows it since 2.4; where it is refused, everything is as it was.
    let _refused = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Supervises a program if `arguments`, those of the process, say so; the process then ends with what comes back. To be called
/// at the very start of `main`, before there are threads.
pub fn supervise(arguments: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
    let mut arguments = arguments.into_iter().skip(1);
    if arguments.next()? != SUPERVISE_COMMAND {
        return None;
    }
    #[cfg(unix)]
    return Some(program::run(arguments));
    #[cfg(not(unix))]
    return Some(ExitCode::from(2));
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn a_process_is_concealed_from_others() {
        super::conceal();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
