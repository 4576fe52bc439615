//! Whether writes are made: the flags that both binaries have, and `LIVE_WRITES` for those who cannot give flags.

use clap::Args;

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
        for text in ["", ","] {
            assert!(writes(&flags(Some(text), false), &environment).is_err(), "{text}");
        }
        assert!(writes(&flags(None, false), &Environment::from_pairs([("LIVE_WRITES", ",")])).is_err());
    }
}
