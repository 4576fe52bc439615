//! Whether writes are made: the flags that both binaries have, and `LIVE_WRITES` for those who cannot give flags.

use clap::Args;
use pace_ir::text::quoted;

use super::wrong;
use crate::environment::Environment;
use crate::setup::SetupError;
use crate::tool::Writes;

/// The flags that choose what writes do; one struct, so that all commands have the same words for it.
#[derive(Debug, Clone, Default, Args)]
pub struct WriteFlags {
    /// Make the calls of tools that write: all of them, or those of the tools and servers named, with commas between
    #[arg(
        long,
        value_name = "TOOLS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all",
        conflicts_with = "stub_writes"
    )]
    live_writes: Option<String>,
    /// Make no call of a tool that writes: the agent is told what would have been
    #[arg(long)]
    stub_writes: bool,
}

/// What was chosen, by flag or else by the environment; nothing where nobody chose.
///
/// # Errors
/// The choice is no choice.
pub fn writes(flags: &WriteFlags, environment: &Environment) -> Result<Option<Writes>, SetupError> {
    const HELP: &str = "name the tools as in `--live-writes=tools/pay`, or write all";
    if flags.stub_writes {
        return Ok(Some(Writes::Stubbed));
    }
    if let Some(text) = &flags.live_writes {
        let writes = Writes::parse(text);
        let empty = || SetupError::new("`--live-writes=` names no tool", HELP);
        return writes.map(Some).ok_or_else(empty);
    }
    match environment.text("LIVE_WRITES")? {
        None => Ok(None),
        Some(text) => Writes::parse(text).map(Some).ok_or_else(|| {
            wrong("LIVE_WRITES", text, "names no tool", "set it to `all`, to `none`, or to tools such as `tools/pay`")
        }),
    }
}

/// What is said where a flag and the environment do not choose the same; the flag counts. Absent where they do, or only one chooses.
pub fn overruled(flags: &WriteFlags, environment: &Environment) -> Option<String> {
    let text = environment.text("LIVE_WRITES").ok().flatten()?;
    let flag = match (&flags.live_writes, flags.stub_writes) {
        (_, true) => "--stub-writes".to_owned(),
        (Some(live), false) if live == "all" => "--live-writes".to_owned(),
        (Some(live), false) => format!("--live-writes={}", quoted(live)),
        (None, false) => return None,
    };
    let chosen = writes(flags, environment).ok().flatten()?;
    let differs = Writes::parse(text) != Some(chosen);
    differs.then(|| format!("`LIVE_WRITES` is `{}` and has no effect, because `{flag}` goes before it", quoted(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_goes_before_the_environment() {
        let environment = Environment::from_pairs([("LIVE_WRITES", "none")]);
        let flags = |live: Option<&str>, stub| WriteFlags { live_writes: live.map(str::to_owned), stub_writes: stub };
        assert_eq!(writes(&flags(None, false), &Environment::default()), Ok(None));
        assert_eq!(writes(&flags(None, false), &environment), Ok(Some(Writes::Stubbed)));
        assert_eq!(writes(&flags(Some("all"), false), &environment), Ok(Some(Writes::Live)));
        assert_eq!(
            writes(&flags(None, true), &Environment::from_pairs([("LIVE_WRITES", "all")])),
            Ok(Some(Writes::Stubbed))
        );
        assert_eq!(writes(&flags(Some("none"), false), &environment), Ok(Some(Writes::Stubbed)));
        let told =
            |live, stub, variable| overruled(&flags(live, stub), &Environment::from_pairs([("LIVE_WRITES", variable)]));
        let wanted = "`LIVE_WRITES` is `all` and has no effect, because `--stub-writes` goes before it";
        assert_eq!(told(None, true, "all").as_deref(), Some(wanted));
        let wanted = "`LIVE_WRITES` is `none` and has no effect, because `--live-writes=tools/pay` goes before it";
        assert_eq!(told(Some("tools/pay"), false, "none").as_deref(), Some(wanted));
        assert_eq!(
            (told(None, true, "none"), told(None, false, "all"), told(Some("all"), false, "all")),
            (None, None, None)
        );
        assert_eq!(overruled(&flags(None, true), &Environment::default()), None);
        for text in ["", ","] {
            assert!(writes(&flags(Some(text), false), &environment).is_err(), "{text}");
        }
        assert!(writes(&flags(None, false), &Environment::from_pairs([("LIVE_WRITES", ",")])).is_err());
    }
}
