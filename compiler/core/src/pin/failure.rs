//! Why a server did not say what it offers, in words (`P0301`, `P0305`, `P0306`, `P0308`, `P0309`, `P0310`, `P0803`). What a
//! server or the system says is foreign: it is quoted, and short.

use pace_diag::{Applicability, Code, Diagnostic, code};
use pace_ir::text::{quoted, shortened};

use super::settle::shell_word;
use super::used::Variant;
use super::well_known;
use crate::pins::PATH;
use crate::servers::{MissingRuntime, ProbeFailure, ServerAddress, Unreachable};

/// How much of what a server said is repeated.
const SAID: usize = 200;
/// How many of the last lines of its standard error are.
const LINES: usize = 6;

/// The error for a server that is not pinned, or must not be used. `agent` is who lists it first.
pub(super) fn diagnostic(failure: &ProbeFailure, variant: &Variant, agent: &str) -> Diagnostic {
    let key = &variant.wanted.key;
    let (code, message) = title(failure, key);
    let diagnostic = explain(Diagnostic::new(code, message), failure, variant);
    let suggestion = match failure {
        ProbeFailure::Unreachable(_)
        | ProbeFailure::Status { .. }
        | ProbeFailure::NotMcp(_)
        | ProbeFailure::NoSuchPackage => well_known::nearest(key, agent),
        _ => None,
    };
    match suggestion {
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, variant.named_at, near),
        None => diagnostic.help(help(failure, variant)),
    }
}

/// Adds why, where the server is named.
pub(super) fn explain(diagnostic: Diagnostic, failure: &ProbeFailure, variant: &Variant) -> Diagnostic {
    let diagnostic = diagnostic.at(variant.named_at, label(failure, &variant.wanted.address));
    match failure {
        ProbeFailure::NeedsCredential(said) | ProbeFailure::NotMcp(said) | ProbeFailure::Status { said, .. }
            if !said.trim().is_empty() =>
        {
            diagnostic.note(format!("it said: {}", shortened(said.trim(), SAID)))
        }
        ProbeFailure::Unreachable(Unreachable::Tls(why) | Unreachable::Other(why)) | ProbeFailure::Protocol(why) => {
            diagnostic.note(shortened(why, SAID))
        }
        ProbeFailure::Ended { stderr, .. } => {
            let lines: Vec<_> = stderr.lines().filter(|line| !line.trim().is_empty()).collect();
            let last = lines.iter().skip(lines.len().saturating_sub(LINES));
            last.fold(diagnostic, |diagnostic, line| diagnostic.note(format!("stderr: {}", shortened(line, SAID))))
        }
        _ => diagnostic,
    }
}

fn title(failure: &ProbeFailure, key: &str) -> (&'static Code, String) {
    match failure {
        ProbeFailure::Unreachable(_) => (&code::UNREACHABLE_SERVER, format!("the MCP server `{key}` is unreachable")),
        ProbeFailure::Status { status, .. } => {
            (&code::UNREACHABLE_SERVER, format!("the MCP server `{key}` answers with the status {status}"))
        }
        ProbeFailure::NotMcp(_) => (&code::BROKEN_SERVER, format!("`{key}` is no MCP server")),
        ProbeFailure::Ended { .. } | ProbeFailure::Protocol(_) => {
            (&code::BROKEN_SERVER, format!("the MCP server `{key}` does not work"))
        }
        ProbeFailure::ProgramNotFound | ProbeFailure::RuntimeNotFound(_) => {
            (&code::MISSING_PROGRAM, format!("the MCP server `{key}` cannot be started here"))
        }
        ProbeFailure::NoSuchPackage => (&code::UNKNOWN_PACKAGE, format!("unknown package in `{key}`")),
        ProbeFailure::NoSuchVersion(_) => {
            (&code::UNKNOWN_PACKAGE, format!("unknown version of the package in `{key}`"))
        }
        ProbeFailure::NeedsCredential(_) => {
            (&code::CREDENTIAL_NEEDED, format!("the MCP server `{key}` needs a credential to say what it offers"))
        }
        ProbeFailure::Tampered { .. } => {
            (&code::TAMPERED_PACKAGE, format!("the packages of `{key}` are not what `{PATH}` pins"))
        }
        ProbeFailure::VariablesNotSet(_) => {
            (&code::NOT_PINNED, format!("the server `{key}` is not pinned in `{PATH}`"))
        }
    }
}

fn label(failure: &ProbeFailure, address: &ServerAddress) -> String {
    match failure {
        ProbeFailure::Unreachable(why) => match why {
            Unreachable::Refused => "connection refused".to_owned(),
            Unreachable::UnknownHost => "no such host".to_owned(),
            Unreachable::TimedOut(within) => format!("no answer within {} s", within.as_secs()),
            Unreachable::Tls(_) => "no safe connection".to_owned(),
            Unreachable::Other(_) => "no answer".to_owned(),
        },
        ProbeFailure::Status { status, .. } => match status {
            404 | 410 => "there is nothing at this address".to_owned(),
            _ if is_busy(*status) => "it serves nobody now".to_owned(),
            _ => "no MCP server answers so".to_owned(),
        },
        ProbeFailure::NotMcp(_) => "something else answers here".to_owned(),
        ProbeFailure::Ended { how, .. } => format!("its program ended before it answered: {}", quoted(how)),
        ProbeFailure::Protocol(_) => "it answers in a way that is not understood".to_owned(),
        ProbeFailure::ProgramNotFound => match address {
            ServerAddress::Program(program) => format!("there is no program `{}`", quoted(program)),
            _ => "there is no such program".to_owned(),
        },
        ProbeFailure::RuntimeNotFound(missing) => format!("it needs `{}`, which is not installed", program(*missing)),
        ProbeFailure::NoSuchPackage => "the registry has no package of this name".to_owned(),
        ProbeFailure::NoSuchVersion(_) => "the registry has no such version".to_owned(),
        ProbeFailure::NeedsCredential(_) => "it refuses whoever shows none, or the one that it was shown".to_owned(),
        ProbeFailure::Tampered { package, why } => format!("{}: {}", quoted(package), shortened(why, SAID)),
        ProbeFailure::VariablesNotSet(names) => {
            let names: Vec<_> = names.iter().map(|name| format!("`{}`", quoted(name))).collect();
            let are = if names.len() == 1 { "is" } else { "are" };
            format!("{} {are} not set here, so nobody can ask what it offers", names.join(", "))
        }
    }
}

fn help(failure: &ProbeFailure, variant: &Variant) -> String {
    let key = &variant.wanted.key;
    match failure {
        ProbeFailure::Unreachable(why) => unreachable(why, &variant.wanted.address).to_owned(),
        ProbeFailure::Status { status, .. } if is_busy(*status) => {
            "build again later, or find out there what is the matter".to_owned()
        }
        ProbeFailure::Status { .. } | ProbeFailure::NotMcp(_) => {
            "name the address of its MCP endpoint; many end in `/mcp`".to_owned()
        }
        ProbeFailure::Ended { .. } => {
            "start it by hand to see why; its arguments go into `args`, variables into `env`".to_owned()
        }
        ProbeFailure::Protocol(_) => "use another version of the server, or tell its authors".to_owned(),
        ProbeFailure::ProgramNotFound => {
            "install it, or name its path from the project's folder: `mcp://exec/./bin/<program>`".to_owned()
        }
        ProbeFailure::RuntimeNotFound(missing) => install(*missing).to_owned(),
        ProbeFailure::NoSuchPackage => "correct the name of the package".to_owned(),
        ProbeFailure::NoSuchVersion(Some(newest)) => format!("the newest is `{}`", quoted(newest)),
        ProbeFailure::NoSuchVersion(None) => "name a version that there is, or none for the newest".to_owned(),
        ProbeFailure::NeedsCredential(_) => credential(key, variant),
        ProbeFailure::Tampered { .. } => {
            let key = shell_word(key);
            format!("find out who changed what; only if the change is meant, pin it with `pace mcp update {key}`")
        }
        ProbeFailure::VariablesNotSet(names) => {
            let them = if names.len() == 1 { "it" } else { "them" };
            format!("set {them} and build once, which pins the server, and commit `{PATH}`")
        }
    }
}

/// Whether a status is about now, and not about the address.
fn is_busy(status: u16) -> bool {
    status == 429 || status >= 500
}

/// What to do where nobody answers, which depends on who should.
fn unreachable(why: &Unreachable, address: &ServerAddress) -> &'static str {
    match (address, why) {
        (ServerAddress::Http(_), _) => "start the server, or correct its address",
        (ServerAddress::Reference(_), _) => "start the server, or correct what the variables of its address hold",
        (ServerAddress::Program(_), Unreachable::TimedOut(_)) => {
            "start it by hand to see what it waits for; a longer `timeout` of the entry counts here too"
        }
        (ServerAddress::Program(_), _) => "start it by hand to see why",
        (ServerAddress::Npm(..) | ServerAddress::PyPi(..), Unreachable::TimedOut(_)) => {
            "build again: it is installed now; a longer `timeout` of the entry counts here too"
        }
        (ServerAddress::Npm(..) | ServerAddress::PyPi(..), _) => "mend that, and build again",
    }
}

fn credential(key: &str, variant: &Variant) -> String {
    let add = format!("`pace auth add {}` adds one for this machine", shell_word(key));
    if variant.wanted.credentials.is_empty() {
        let way = super::rules::way_to_show(&variant.wanted.address);
        return format!("{add}; for production, list it under `mcp_credentials`: `{key}: {{<principal>: {way}}}`");
    }
    format!("{add}; those under `mcp_credentials` were refused, or their variables are not set here")
}

fn program(missing: MissingRuntime) -> &'static str {
    match missing {
        MissingRuntime::Node => "node",
        MissingRuntime::Npm => "npm",
        MissingRuntime::Python => "python3",
        MissingRuntime::Uv => "uv",
    }
}

fn install(missing: MissingRuntime) -> &'static str {
    match missing {
        MissingRuntime::Node | MissingRuntime::Npm => {
            "install Node.js 20 or newer, which brings npm: https://nodejs.org"
        }
        MissingRuntime::Python => "install Python 3.10 or newer: https://www.python.org",
        MissingRuntime::Uv => "install uv: https://docs.astral.sh/uv",
    }
}
