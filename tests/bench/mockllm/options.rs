//! The mock's command line.

use std::time::Duration;

use anyhow::{Context, Result, bail};

/// What the mock says to a wrong command line.
pub(crate) const HELP: &str = "\
Usage: mockllm [--port N] [--latency MS] [--strict] [--unasked]

  --port N       Where to listen on 127.0.0.1; 0, the default, takes a free one. It is printed.
  --latency MS   How long an answer takes (default 0); the chunks of a stream come spread over it.
  --strict       Refuse a Gemini tool result whose call is sent back without its signature.
  --unasked      Call `get_weather` although nobody declared it.";

/// What was asked for on the command line.
#[derive(Debug)]
pub(crate) struct Options {
    /// 0 for a free one.
    pub(crate) port: u16,
    /// Until all of an answer is there.
    pub(crate) latency: Duration,
    /// How Gemini's tool results are judged.
    pub(crate) strictness: Strictness,
    /// When tools are called.
    pub(crate) calls: Calls,
}

/// How Gemini's tool results are judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Taken as they come.
    Lax,
    /// Refused without the signatures.
    Strict,
}

/// When tools are called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    /// When the tool is declared.
    Declared,
    /// Always, until there are results.
    Unasked,
}

impl Options {
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut options =
            Self { port: 0, latency: Duration::ZERO, strictness: Strictness::Lax, calls: Calls::Declared };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().with_context(|| format!("`{argument}` needs a value"));
            match argument.as_str() {
                "--port" => options.port = value()?.parse().context("`--port` takes a number below 65536")?,
                "--latency" => {
                    options.latency =
                        Duration::from_millis(value()?.parse().context("`--latency` takes milliseconds")?);
                }
                "--strict" => options.strictness = Strictness::Strict,
                "--unasked" => options.calls = Calls::Unasked,
                unknown => bail!("unknown argument `{unknown}`"),
            }
        }
        Ok(options)
    }
}
