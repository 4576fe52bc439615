//! The table itself, and how it is printed. What does nothing in this version is not in it.

use std::fmt::Write;

/// An environment variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The value that counts where it is not set; empty where there is none.
    pub default: &'static str,
    /// What it is for, one line without a full stop.
    pub meaning: &'static str,
    /// Who reads it.
    pub reader: Reader,
    /// Whether `<name>_FILE` may name a file that holds the value.
    pub of_file: OfFile,
}

/// Which commands read a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// `pace-runner`, and `pace serve`, which is the same server.
    Servers,
    /// Those, and every command of `pace` that runs an agent.
    Everything,
}

/// Whether a value may come from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfFile {
    /// Yes: it is a secret.
    Too,
    /// No.
    Never,
}

impl Variable {
    /// Whether this is its name, or that of its file.
    pub fn is(&self, name: &str) -> bool {
        name == self.name || (self.of_file == OfFile::Too && name.strip_suffix("_FILE") == Some(self.name))
    }

    fn names(&self) -> String {
        match self.of_file {
            OfFile::Too => format!("{0}, {0}_FILE", self.name),
            OfFile::Never => self.name.to_owned(),
        }
    }

    fn reader(&self) -> &'static str {
        match self.reader {
            Reader::Servers => "`pace-runner`, `pace serve`",
            Reader::Everything => "all that runs agents",
        }
    }
}

const fn setting(name: &'static str, default: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default, meaning, reader: Reader::Servers, of_file: OfFile::Never }
}

const fn everywhere(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default: "", meaning, reader: Reader::Everything, of_file: OfFile::Never }
}

const fn secret(name: &'static str, meaning: &'static str) -> Variable {
    Variable { name, default: "", meaning, reader: Reader::Everything, of_file: OfFile::Too }
}

/// All of them, in the order in which they are printed.
pub const VARIABLES: &[Variable] = &[
    setting("HOST", "127.0.0.1", "the address to listen on; others than loopback need `authentication` in the bundle"),
    setting("PORT", "8080", "the port to listen on; 0 takes any that is free"),
    setting(
        "TLS_CERT_FILE",
        "",
        "a certificate chain in PEM: the runner then speaks TLS alone; read again when it changes",
    ),
    setting("TLS_KEY_FILE", "", "the private key of the certificate, in PEM"),
    setting(
        "CORS_ORIGINS",
        "",
        "the origins whose pages may ask, such as `https://app.example.com`, with commas between",
    ),
    setting(
        "RATE_LIMIT",
        "",
        "how many requests of one principal are taken, such as `600/m`; of `anonymous`, of one address",
    ),
    setting(
        "FAILED_CREDENTIALS",
        "60/m",
        "how many wrong credentials of one address are judged before new ones of it have to wait, or `none`",
    ),
    setting(
        "ADMIN_PORT",
        "",
        "a port of its own for `/metrics` and `/traces`, which the other then has not; 0 takes any that is free",
    ),
    setting("ADMIN_HOST", "", "the address for that port, under the same rule as `HOST`; without it `HOST`"),
    setting("LOG_LEVEL", "info", "what is logged: `error`, `warn`, `info` or `debug`"),
    setting("LOG_FORMAT", "", "`text` or `json`; without it, `text` on a terminal and `json` elsewhere"),
    setting(
        "DRAIN_TIMEOUT",
        "25s",
        "how long invocations may go on after SIGTERM, at most `1h`; a bare number is in seconds",
    ),
    everywhere(
        "PACE_STATE_DIR",
        "the folder of sessions, traces and the audit of writes, or `memory` to keep none; without it `/var/lib/paceline`, for \
         `pace` the project's `.pace/state`",
    ),
    secret("DATABASE_URL", "a PostgreSQL database for the same, instead of a folder"),
    everywhere(
        "PACE_ENVIRONMENT",
        "what this deployment is called, to keep its records apart; without it `production`, in `pace chat` and `pace mcp serve` \
         `development`",
    ),
    setting(
        "PACE_RETENTION",
        "30d",
        "how long the store keeps traces and sessions after their last turn: `1h` to `3650d`, or `forever`; the audit of writes \
         stays",
    ),
    everywhere(
        "TRACE_BACKEND",
        "where traces go: `store`, `otlp`, both with a comma between, or `none`; without it, into the store where there is one",
    ),
    everywhere(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "the collector that `otlp` sends spans to; without it `http://localhost:4318`, for `grpc` `http://localhost:4317`",
    ),
    everywhere("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "the same with its whole path; goes before it"),
    everywhere(
        "OTEL_EXPORTER_OTLP_PROTOCOL",
        "`http/protobuf` or `grpc`; without it `http/protobuf`; `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL` goes before it",
    ),
    secret(
        "OTEL_EXPORTER_OTLP_HEADERS",
        "header fields for the collector: `name=value` with commas between; `OTEL_EXPORTER_OTLP_TRACES_HEADERS` goes before it",
    ),
    everywhere(
        "OTEL_EXPORTER_OTLP_TIMEOUT",
        "milliseconds for one attempt to send, 10000 without it; `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT` goes before it",
    ),
    everywhere("OTEL_SERVICE_NAME", "who the spans are of; without it the project"),
    everywhere("OTEL_RESOURCE_ATTRIBUTES", "what else is said of it: `key=value` with commas between"),
    everywhere(
        "OTEL_TRACES_SAMPLER",
        "`parentbased_always_on` sends no trace whose `traceparent` says that it is not sampled, `always_on` does; the former \
         without it",
    ),
    everywhere("OTEL_SDK_DISABLED", "`true` sends no spans"),
    everywhere(
        "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
        "`true` sends messages, arguments and results, too; without it, spans say only that there were some",
    ),
    everywhere(
        "PACE_CREDENTIALS",
        "a file or folder with what `${credential:NAME}` and servers are given; `pace` has `.pace/credentials.local` without it",
    ),
    everywhere(
        "PACE_MCP_DIR",
        "the folder that packages of MCP servers are installed in; `pace` has `.pace/cache/mcp` without it",
    ),
    secret("GOOGLE_API_KEY", "the key for models of the provider `gemini`"),
    secret("GEMINI_API_KEY", "the same, where `GOOGLE_API_KEY` is not set"),
    secret("OPENAI_API_KEY", "the key for models of the provider `openai`"),
    secret("ANTHROPIC_API_KEY", "the key for models of the provider `anthropic`"),
    everywhere("GOOGLE_GEMINI_BASE_URL", "another address of the Gemini API, for models without a `base_url`"),
    everywhere("OPENAI_BASE_URL", "another address of the OpenAI API, for models without a `base_url`"),
    everywhere("ANTHROPIC_BASE_URL", "another address of the Anthropic API, for models without a `base_url`"),
    everywhere("LIVE_WRITES", "which tools may write: `all`, `none`, or names such as `tools/pay` with commas between"),
    everywhere("HTTPS_PROXY", "the proxy for requests to models at `https` addresses; lower case counts too"),
    everywhere("HTTP_PROXY", "the proxy for requests to models at `http` addresses; lower case counts too"),
    everywhere("ALL_PROXY", "the proxy for both, where the one above is not set; lower case counts too"),
    everywhere("NO_PROXY", "hosts that are asked without a proxy, with commas between; lower case counts too"),
    everywhere(
        "SSL_CERT_FILE",
        "root certificates in PEM that are trusted besides Mozilla's, by requests of tools too",
    ),
];

/// The table for a terminal: a line for each name, and its meaning below.
pub fn plain() -> String {
    let mut text = String::from("Environment variables:\n");
    for variable in VARIABLES {
        let default = match variable.default {
            "" => String::new(),
            default => format!(" [default: {default}]"),
        };
        let meaning = variable.meaning.replace('`', "");
        let _infallible = write!(text, "  {}\n          {meaning}{default}\n", variable.names());
    }
    text
}

/// The table for the reference.
pub fn markdown() -> String {
    let mut text = String::from("| variable | default | meaning | read by |\n|---|---|---|---|\n");
    for variable in VARIABLES {
        let names = variable.names().split(", ").map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let default = if variable.default.is_empty() { String::new() } else { format!("`{}`", variable.default) };
        let _infallible = writeln!(text, "| {names} | {default} | {} | {} |", variable.meaning, variable.reader());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_has_this_table() {
        let page = include_str!("../../../../docs/reference/configuration.md");
        let table = markdown();
        assert!(page.contains(&table), "put this table into docs/reference/configuration.md:\n{table}");
    }

    #[test]
    fn names_are_there_once() {
        let mut names: Vec<_> = VARIABLES.iter().map(|variable| variable.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), VARIABLES.len());
    }
}
