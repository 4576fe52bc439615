//! What the chores need beyond Rust. On Debian as root it is installed; elsewhere it is named, and the run ends: a
//! check that quietly did less would be worth nothing.

use anyhow::{Result, bail};

use crate::command::{self, Verdict, succeeds};

/// One thing a machine must have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Need {
    /// What a person would call it.
    pub(crate) name: &'static str,
    /// A command that succeeds where it is there.
    pub(crate) probe: &'static [&'static str],
    /// The Debian packages that bring it.
    pub(crate) packages: &'static [&'static str],
}

/// Lists the files of the checkout.
pub(crate) const GIT: Need = Need { name: "git", probe: &["git", "--version"], packages: &["git"] };

/// Runs the oracles of the tests, and installs tools that come as wheels.
pub(crate) const PYTHON: Need = Need {
    name: "Python 3 with venv",
    probe: &["python3", "-c", "import venv, ensurepip"],
    packages: &["python3", "python3-venv"],
};

/// The terminal in which `pace chat` is tested.
pub(crate) const TMUX: Need = Need { name: "tmux", probe: &["tmux", "-V"], packages: &["tmux"] };

/// Loads servers in the bench.
pub(crate) const WRK: Need = Need { name: "wrk", probe: &["sh", "-c", "command -v wrk"], packages: &["wrk"] };

/// Reads event streams, as the documentation does.
pub(crate) const CURL: Need = Need { name: "curl", probe: &["curl", "--version"], packages: &["curl"] };

/// Sets up networks of tests' own.
pub(crate) const IP: Need = Need { name: "ip", probe: &["ip", "-V"], packages: &["iproute2"] };

/// Keeps the state of runners in the tests: any version, where Debian puts it.
pub(crate) const POSTGRESQL: Need =
    Need { name: "PostgreSQL", probe: &["sh", "-c", "ls /usr/lib/postgresql/*/bin/initdb"], packages: &["postgresql"] };

/// Stands in front of runners in the tests, as ingresses do. Debian puts it where people's paths do not lead.
pub(crate) const NGINX: Need = Need { name: "nginx", probe: &["/usr/sbin/nginx", "-v"], packages: &["nginx-light"] };

/// Builds libFuzzer.
pub(crate) const CPLUSPLUS: Need = Need { name: "a C++ compiler", probe: &["c++", "--version"], packages: &["g++"] };

/// Installs what is missing of `needs`.
///
/// # Errors
/// Something is missing and cannot be installed here; the error names all of it.
pub(crate) fn ensure(needs: &[Need]) -> Result<()> {
    let missing: Vec<Need> = needs.iter().copied().filter(|need| !succeeds(need.probe)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if is_debian_root() {
        install(&missing)?;
    }
    let still: Vec<String> = missing.iter().filter(|need| !succeeds(need.probe)).map(describe).collect();
    if !still.is_empty() {
        bail!("missing on this machine:\n{}", still.join("\n"));
    }
    Ok(())
}

fn describe(need: &Need) -> String {
    format!("  {} (Debian: apt-get install {})", need.name, need.packages.join(" "))
}

fn is_debian_root() -> bool {
    let root = command::program("id").and_then(|mut id| command::capture(id.arg("-u")));
    std::path::Path::new("/etc/debian_version").exists()
        && succeeds(&["apt-get", "--version"])
        && root.is_ok_and(|id| id.trim_ascii() == b"0")
}

/// A machine that has never run `apt-get update` has no lists, so a first failure is followed by one.
fn install(missing: &[Need]) -> Result<()> {
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    if apt_get(&["install", "--yes", "--no-install-recommends"], &packages)? == Verdict::Failed
        && apt_get(&["update"], &[])? == Verdict::Passed
    {
        apt_get(&["install", "--yes", "--no-install-recommends"], &packages)?;
    }
    Ok(())
}

fn apt_get(arguments: &[&str], packages: &[&str]) -> Result<Verdict> {
    let mut apt_get = command::program("apt-get")?;
    // A mirror may stumble, and the machine may be installing something of its own.
    apt_get.args(["-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300"]);
    command::run(apt_get.args(arguments).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}
