//! What went wrong with a call, in words of ours, and whether asking again makes sense. A service's own words are quoted,
//! shortened and made harmless; keys and addresses with passwords are never in them.

pub(super) mod body;
pub(super) mod connection;
mod settings;
mod wait;

use std::time::Duration;

use pace_ir::text::shortened;

pub(super) use self::settings::Settings;
use super::wire::{ServiceError, WireError};
use crate::environment::Secret;
use crate::problem::{Code, Problem};

/// The most characters of a service's words.
const MOST_WORDS: usize = 300;

/// A shorter key is none, but a word that a local server does not look at; taking it out would only spoil what is said.
const SHORTEST_KEY: usize = 6;

/// How long a server that still loads its model is left alone: llama.cpp answers 503 for some seconds.
const LOADING: Duration = Duration::from_secs(2);

/// A call that failed.
#[derive(Debug)]
pub(super) struct Failure {
    /// What is told if nobody asks again.
    pub(super) problem: Problem,
    /// Whether asking again makes sense.
    pub(super) again: Option<Again>,
}

/// How to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Again {
    /// Why, in a few words.
    pub(super) why: &'static str,
    /// The least wait, where the service gives one.
    pub(super) least: Option<Duration>,
    /// The most attempts, if fewer than usual.
    pub(super) attempts: u32,
}

impl Again {
    pub(super) fn because(why: &'static str) -> Self {
        Self { why, least: None, attempts: super::retry::MAX_ATTEMPTS }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, again: None }
    }
}

/// Of whom the words speak.
#[derive(Debug, Clone)]
pub(super) struct Subject {
    /// The name agents use.
    pub(super) model: String,
    /// What the provider calls it.
    pub(super) provider_model: String,
    /// Host, and port where it is not the usual one.
    pub(super) host: String,
    /// Where the key came from, as in ``the variable `X` ``; `None` where none was sent.
    pub(super) key: Option<String>,
    /// The key itself, so that it can be taken out of what a service says: some repeat it when they refuse it.
    pub(super) secret: Option<Secret>,
    /// What to do where none was sent and one is wanted.
    pub(super) key_help: String,
    /// Where the model is declared: `paceline.yaml:3`; `None` for one that is built in.
    pub(super) declared: Option<String>,
    /// What is asked, without its query.
    pub(super) url: String,
    /// Whether the base URL lacks the version that such addresses end in.
    pub(super) is_version_missing: bool,
}

impl Subject {
    /// Where it is asked, and with which key.
    pub(super) fn whereabouts(&self) -> String {
        match &self.key {
            Some(source) => format!("`{}`, with {source}", self.url),
            None => format!("`{}`, without a key", self.url),
        }
    }

    /// What a service sent, without the key.
    fn without_key(&self, text: &str) -> String {
        match self.secret.as_ref().map(Secret::expose).filter(|key| key.len() >= SHORTEST_KEY) {
            Some(key) => text.replace(key, "[key]"),
            None => text.to_owned(),
        }
    }

    /// The service's words behind ours.
    fn said(&self, message: &str) -> String {
        let message = self.without_key(message.trim());
        if message.is_empty() { String::new() } else { format!(": {}", shortened(&message, MOST_WORDS)) }
    }

    /// ``the service of `x` at `host` ``.
    pub(super) fn service(&self) -> String {
        format!("the service of `{}` at `{}`", self.model, self.host)
    }

    /// A status that is no answer.
    pub(super) fn refused(&self, error: &ServiceError, settings: Settings) -> Failure {
        let (code, told, help, again) = match error.status {
            401 => self.unauthorized(),
            403 => {
                self.plain(Code::ModelForbidden, "does not allow this", "check what the key and its project may use")
            }
            404 => self.not_found(),
            402 => self.plain(Code::ModelForbidden, "wants to be paid first", "check the billing of the key's account"),
            413 => {
                self.plain(Code::ModelRejected, "finds the request too large", "start a new session, or ask for less")
            }
            429 if error.word == "insufficient_quota" => {
                let help = "check the plan and the billing of the key's account";
                self.plain(Code::ModelRateLimited, "says that the key's quota is used up", help)
            }
            429 => {
                let (code, told, _, _) = self.plain(Code::ModelRateLimited, "limits the rate", "");
                let help = "ask again later, or raise the limits of the key's account".to_owned();
                (code, told, help, Some(Again::because("rate limit")))
            }
            408 => self.failed(408),
            300..=399 => {
                let help = "set the base URL to where the service itself is";
                self.plain(Code::ModelRejected, &format!("answers with a redirect ({})", error.status), help)
            }
            400..=499 => self.plain(Code::ModelRejected, "refused the request", settings.help()),
            status => self.failed(status),
        };
        let again = again.map(|again| {
            let loading = error.message.to_lowercase().contains("loading model").then_some(LOADING);
            Again { least: error.retry_after.or(loading), ..again }
        });
        let help = match error.retry_after.filter(|wait| !wait.is_zero()) {
            Some(wait) => format!("{help}; the service asks to wait {}", wait::told(wait)),
            None => help,
        };
        let mut problem = Problem::new(code, told + &self.said(&error.message)).help(help);
        problem.retry_after = error.retry_after;
        Failure { problem, again }
    }

    fn plain(&self, code: Code, what: &str, help: &str) -> (Code, String, String, Option<Again>) {
        (code, format!("{} {what}", self.service()), help.to_owned(), None)
    }

    fn unauthorized(&self) -> (Code, String, String, Option<Again>) {
        let (told, help) = match &self.key {
            Some(key) => {
                (format!("{} refused the key of {key}", self.service()), format!("put a valid key into {key}"))
            }
            None => (format!("{} wants a key, and none was sent", self.service()), self.key_help.clone()),
        };
        (Code::ModelUnauthorized, told, help, None)
    }

    fn not_found(&self) -> (Code, String, String, Option<Again>) {
        let told = format!(
            "{} has no model `{}`, or nothing at its address: 404 for `POST {}`",
            self.service(),
            self.provider_model,
            self.url
        );
        let help = match &self.declared {
            Some(place) => format!("check `model` and `base_url` of `{}` in {place}", self.model),
            None => "choose another model, or check the base URL in the environment".to_owned(),
        };
        let help = if self.is_version_missing { format!("{help}; such addresses usually end in /v1") } else { help };
        (Code::ModelNotFound, told, help, None)
    }

    fn failed(&self, status: u16) -> (Code, String, String, Option<Again>) {
        let what = match status {
            503 | 529 => format!("is overloaded ({status})"),
            _ => format!("failed ({status})"),
        };
        let again = match status {
            503 | 529 => Some(Again::because("overloaded")),
            408 | 500 | 502 | 504 => Some(Again::because("server error")),
            _ => None,
        };
        (Code::ModelUnavailable, format!("{} {what}", self.service()), "ask again later".to_owned(), again)
    }

    /// An answer that cannot be read. `begun` says whether anything good of it was heard.
    pub(super) fn unreadable(&self, error: WireError, begun: Begun, settings: Settings) -> Failure {
        match error {
            WireError::Garbled(what) => {
                let told = format!("{} sent what cannot be read: {}", self.service(), self.without_key(&what));
                Problem::new(Code::ModelGarbled, told).help(self.check_provider()).into()
            }
            WireError::MalformedCall(message) => {
                let told = format!("`{}` wrote a tool call that its own service cannot read", self.model);
                Problem::new(Code::ModelGarbled, told + &self.said(&message)).help("send the message again").into()
            }
            WireError::CutOff => {
                let told = format!("the answer of `{}` broke off: {} closed the connection", self.model, self.host);
                let again = (begun == Begun::No).then(|| Again::because("connection closed"));
                Failure { problem: Problem::new(Code::ModelCutOff, told).help("send the message again"), again }
            }
            WireError::Service(error) => {
                let failure = self.refused(&error, settings);
                if begun == Begun::No { failure } else { Failure { again: None, ..failure } }
            }
        }
    }

    /// Not a stream of events.
    pub(super) fn no_stream(&self, media_type: &str, body: &[u8]) -> Failure {
        let start = self.without_key(&String::from_utf8_lossy(body));
        let shown = shortened(start.trim(), 120);
        let media_type = shortened(media_type, 60);
        let told = format!("{} answered with `{media_type}` instead of a stream of events: `{shown}`", self.service());
        Problem::new(Code::ModelGarbled, told).help(self.check_provider()).into()
    }

    /// A stream that ended well, without anything in it. Once more may help: some gateways answer so when what is behind
    /// them has gone.
    pub(super) fn empty(&self) -> Failure {
        let told = format!("{} sent an empty answer: not one event", self.service());
        let again = Again { attempts: 2, ..Again::because("empty answer") };
        Failure { problem: Problem::new(Code::EmptyAnswer, told).help(self.check_provider()), again: Some(again) }
    }

    fn check_provider(&self) -> String {
        match &self.declared {
            Some(place) => format!("check `provider` and `base_url` of `{}` in {place}", self.model),
            None => "check the base URL in the environment".to_owned(),
        }
    }

    /// A time-out, with what was waited for.
    pub(super) fn timed_out(&self, waited: &str, limit: Duration) -> Failure {
        let seconds = limit.as_secs_f64();
        let told = format!("{} {waited} within {seconds} s", self.service());
        Problem::new(Code::ModelTimeout, told).help("send the message again").into()
    }
}

/// Whether anything good of an answer was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    No,
    Yes,
}
