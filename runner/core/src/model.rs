//! The host capability *model*: what answers an agent's messages. Three moments: nothing is there to initialise;
//! [`Models::gather`] once for a bundle, which resolves addresses and keys and says at once what is missing;
//! [`Model::answer`] for each turn.
//!
//! A provider's format lives in one file of its own and is pure: it makes a request and reads an answer. Connections,
//! retries and time-outs are the same for all. Replay calls nobody. Nothing here knows agents, sessions or events.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::Bundle;
use pace_ir::program::{Generation, ModelName, Price, Provider};
use serde_json::Value;

use crate::conversation::{Message, ModelTurn};
use crate::environment::Environment;
use crate::problem::Problem;
use crate::setup::SetupError;

mod clock;
mod configure;
mod failure;
pub(crate) mod http;
mod images;
mod replay;
mod retry;
mod service;
mod sse;
#[cfg(test)]
mod tests;
mod wire;

use configure::NoService;
use http::{Http, Timeouts};
pub use images::Images;
use replay::Replay;
pub(crate) use retry::retry_after;
use service::Service;

/// What a model is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The system prompt.
    pub system: &'a str,
    /// The conversation so far; the last message is a user's or the results of tools.
    pub messages: &'a [Message],
    /// What it may call.
    pub tools: &'a [ToolDeclaration],
    /// Sampling settings; what is absent is the provider's default.
    pub generation: &'a Generation,
    /// JSON Schema of the reply.
    pub output: Option<&'a Value>,
    /// What becomes of the images of results.
    pub images: Images,
}

/// A tool as a model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolDeclaration {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// JSON Schema of its arguments.
    pub parameters: Value,
}

/// What is heard of a model while it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// The next piece of its text.
    Text(&'a str),
    /// The service is asked again later. Nothing of its answer has been heard yet.
    Retry {
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// How long until then.
        wait: std::time::Duration,
        /// Why, in a few words.
        why: &'a str,
    },
}

/// Whom [`Model::answer`] tells.
pub type Listener<'a> = &'a mut (dyn FnMut(Progress<'_>) + Send);

/// The models of a bundle, ready to be asked.
#[derive(Debug)]
pub struct Models {
    by_name: BTreeMap<ModelName, Model>,
}

/// A model, ready to be asked.
#[derive(Debug)]
pub struct Model {
    name: ModelName,
    price: Option<Price>,
    images: Images,
    answers: Answers,
}

/// What answers for a model.
#[derive(Debug)]
enum Answers {
    Replay(Replay),
    Service(Box<Service>),
}

impl Models {
    /// Those models of these names that can be asked, with their addresses and keys; and what is missing for the others: a key, what a
    /// reference leads to, or recorded turns that can be read.
    pub(crate) fn gather(
        bundle: &Bundle,
        used: &BTreeSet<&ModelName>,
        environment: &Environment,
    ) -> (Self, Vec<SetupError>) {
        Self::gather_with(bundle, used, environment, Timeouts::default())
    }

    /// As [`Self::gather`], for tests that cannot wait as long.
    fn gather_with(
        bundle: &Bundle,
        used: &BTreeSet<&ModelName>,
        environment: &Environment,
        timeouts: Timeouts,
    ) -> (Self, Vec<SetupError>) {
        let (mut by_name, mut keyless, mut missing) = (BTreeMap::new(), Vec::new(), Vec::new());
        // Made with the first model that calls somebody, and shared by all: they share its connections.
        let mut http: Option<Option<Http>> = None;
        for (name, model) in bundle.program.models.iter().filter(|(name, _)| used.contains(name)) {
            let answers = if model.provider == Provider::Replay {
                Replay::configure(bundle, name, model.turns).map(Answers::Replay).map_err(NoService::from)
            } else {
                let http = http.get_or_insert_with(|| {
                    let (http, wrong) = Http::judged(environment, timeouts);
                    missing.extend(wrong);
                    http
                });
                let Some(http) = http else { continue };
                let service = configure::service(bundle, (name, model), environment, http);
                service.map(|service| Answers::Service(Box::new(service)))
            };
            match answers {
                Ok(answers) => {
                    let (name, price, images) = (name.clone(), model.price, Images::of(model));
                    by_name.insert(name.clone(), Model { name, price, images, answers });
                }
                Err(NoService::Setup(errors)) => missing.extend(errors),
                Err(NoService::Key(key)) => keyless.push(key),
            }
        }
        if !keyless.is_empty() {
            missing.push(configure::missing(&keyless));
        }
        (Self { by_name }, missing)
    }

    /// Those that can be asked, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Model> {
        self.by_name.values()
    }

    /// The model of this name.
    pub fn get(&self, name: &ModelName) -> Option<&Model> {
        self.by_name.get(name)
    }
}

impl Model {
    /// The name agents use.
    pub fn name(&self) -> &ModelName {
        &self.name
    }

    /// What becomes of images for it.
    pub fn images(&self) -> Images {
        self.images
    }

    /// What it costs, where known.
    pub fn price(&self) -> Option<&Price> {
        self.price.as_ref()
    }

    /// What answers, in a few words: its address without a query, and where the key is from. Nothing secret.
    pub fn whereabouts(&self) -> String {
        match &self.answers {
            Answers::Replay(_) => "recorded turns".to_owned(),
            Answers::Service(service) => service.subject.whereabouts(),
        }
    }

    /// Its next turn. Dropping the future ends the call.
    ///
    /// # Errors
    /// Why there is none, after all the retries that make sense.
    pub async fn answer(&self, request: &Request<'_>, listener: Listener<'_>) -> Result<ModelTurn, Problem> {
        match &self.answers {
            Answers::Replay(replay) => replay.answer(&self.name, request.messages, listener).await,
            Answers::Service(service) => service.answer(request, listener).await,
        }
    }
}
