//! `cargo xtask fuzz`: the fuzz targets of `ir`, for a stated time each. Not part of `test`, whose time is bounded.

use anyhow::{Result, bail};

use crate::command::{self, Verdict};
use crate::{needs, python};

const FOLDER: &str = "ir/fuzz";

/// A whole bundle may be decompressed; more than this is a finding.
const MEMORY_MIB: u32 = 2048;

/// Runs one target, or all of them one after another.
///
/// # Errors
/// Wrong arguments, or the fuzzer cannot be installed.
pub(crate) fn run(arguments: &[&str]) -> Result<Verdict> {
    let wanted = parse(arguments)?;
    needs::ensure(&[needs::CPLUSPLUS])?;
    let fuzzer = Fuzzer { tools: python::environment("xtask/fuzz.txt")? };
    let targets = fuzzer.targets()?;
    let chosen: Vec<&String> = targets.iter().filter(|name| wanted.target.is_none_or(|one| one == *name)).collect();
    if chosen.is_empty() {
        bail!("no such fuzz target; there are: {}", targets.join(", "));
    }
    let verdicts = chosen.iter().map(|target| fuzzer.run(target, wanted.minutes)).collect::<Result<Vec<_>>>()?;
    for (target, verdict) in chosen.iter().zip(&verdicts) {
        println!("{target}: {}", if *verdict == Verdict::Passed { "no finding" } else { "FOUND SOMETHING" });
    }
    Ok(Verdict::all(verdicts))
}

#[derive(Debug, PartialEq, Eq)]
struct Wanted<'a> {
    minutes: u32,
    target: Option<&'a str>,
}

fn parse<'a>(arguments: &[&'a str]) -> Result<Wanted<'a>> {
    match arguments {
        ["--minutes", minutes, rest @ ..] => match minutes.parse() {
            Ok(minutes @ 1..) => Ok(Wanted { minutes, ..parse(rest)? }),
            _ => bail!("`--minutes` takes a whole number above 0, not `{minutes}`"),
        },
        [] => Ok(Wanted { minutes: 5, target: None }),
        [target] if !target.starts_with('-') => Ok(Wanted { minutes: 5, target: Some(target) }),
        [target, rest @ ..] if !target.starts_with('-') => match parse(rest)? {
            Wanted { minutes, target: None } => Ok(Wanted { minutes, target: Some(target) }),
            _ => bail!("one target at a time, or none for all"),
        },
        [first, ..] => bail!("unknown argument `{first}`; see `cargo xtask help`"),
    }
}

struct Fuzzer {
    tools: python::Environment,
}

impl Fuzzer {
    fn targets(&self) -> Result<Vec<String>> {
        let listed = command::capture(self.command("list")?.args(["--fuzz-dir", FOLDER]))?;
        Ok(String::from_utf8_lossy(&listed).lines().map(str::to_owned).collect())
    }

    fn run(&self, target: &str, minutes: u32) -> Result<Verdict> {
        let mut fuzz = self.command("run")?;
        // No address sanitizer: the code is safe Rust, and without it the same minutes try several times as many inputs.
        fuzz.args(["--fuzz-dir", FOLDER, "--sanitizer", "none", target, "--", "-print_final_stats=1"]);
        fuzz.arg(format!("-max_total_time={}", u64::from(minutes) * 60));
        fuzz.arg(format!("-rss_limit_mb={MEMORY_MIB}"));
        command::run(&mut fuzz)
    }

    /// Coverage instrumentation takes unstable flags of the pinned compiler.
    fn command(&self, verb: &str) -> Result<std::process::Command> {
        let mut fuzz = command::program(self.tools.program("cargo-fuzz"))?;
        fuzz.arg(verb).env("RUSTC_BOOTSTRAP", "1");
        Ok(fuzz)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_and_target_come_in_any_order() {
        let both = Wanted { minutes: 30, target: Some("verify") };
        assert_eq!(parse(&["--minutes", "30", "verify"]).unwrap(), both);
        assert_eq!(parse(&["verify", "--minutes", "30"]).unwrap(), both);
        assert_eq!(parse(&[]).unwrap(), Wanted { minutes: 5, target: None });
    }

    #[test]
    fn wrong_arguments_are_refused() {
        for wrong in [&["--minutes", "0"][..], &["--minutes"], &["--minute", "3"], &["a", "b"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
