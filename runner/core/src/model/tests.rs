//! The services over real sockets: small servers that answer as they are told, and what comes of it. Retries, time-outs,
//! proxies and cancelling belong here; the formats have tests of their own.

mod failures;
mod keys;
mod server;
mod streams;
mod tls;

use std::collections::BTreeSet;
use std::time::Duration;

use pace_ir::Bundle;
use pace_ir::program::record::SourceLocation;
use pace_ir::program::{
    AuthSection, BlobSection, Generation, LockSection, Meta, Model as Declared, ModelName, ProgramSection, Provider,
    SourceMapSection, Template, ToolSection,
};

use super::http::Timeouts;
use super::{Images, Models, Progress, Request};
use crate::conversation::{Message, ModelTurn};
use crate::environment::Environment;
use crate::problem::Problem;
use crate::setup::SetupError;

/// Short enough to wait for, long enough for a busy machine not to reach them by accident.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    first_byte: Duration::from_secs(2),
    idle: Duration::from_millis(1_500),
};

/// A bundle of models, each `(name, provider, base URL, key)`; declared where there is a base URL.
fn bundle(models: &[(&str, Provider, Option<Template>, Option<Template>)]) -> Bundle {
    let declared = |(name, provider, base_url, api_key): &(&str, Provider, Option<Template>, Option<Template>)| {
        let (base_url, api_key) = (base_url.clone(), api_key.clone());
        let model =
            Declared { provider: *provider, model: format!("{name}-1"), base_url, api_key, price: None, turns: None };
        (name.parse::<ModelName>().unwrap(), model)
    };
    let locations = models.iter().filter(|model| model.2.is_some()).map(|model| {
        let place = SourceLocation { file: "paceline.yaml".to_owned(), line: 3, column: 5 };
        (format!("models/{}", model.0), place)
    });
    Bundle {
        meta: Meta {
            project: "test".parse().unwrap(),
            compiler: "0".to_owned(),
            engine: None,
            required_features: BTreeSet::new(),
        },
        program: ProgramSection { models: models.iter().map(declared).collect(), ..ProgramSection::default() },
        auth: AuthSection::default(),
        tools: ToolSection::default(),
        blobs: BlobSection::default(),
        lock: LockSection::default(),
        source_map: Some(SourceMapSection { locations: locations.collect() }),
        sbom: None,
        tool_map: None,
    }
}

/// All of them, configured.
fn configured(bundle: &Bundle, environment: &Environment) -> Result<Models, SetupError> {
    let used = bundle.program.models.keys().collect();
    let (models, missing) = Models::gather_with(bundle, &used, environment, TIMEOUTS);
    SetupError::all(missing).map_or(Ok(models), Err)
}

/// One model of a provider, at an address that the environment names.
fn models_at(provider: Provider, url: &str, more: &[(&str, &str)]) -> Models {
    let variables = [
        ("GOOGLE_GEMINI_BASE_URL", url),
        ("OPENAI_BASE_URL", url),
        ("ANTHROPIC_BASE_URL", url),
        ("GOOGLE_API_KEY", "s3cret"),
        ("OPENAI_API_KEY", "s3cret"),
        ("ANTHROPIC_API_KEY", "s3cret"),
    ];
    let environment = Environment::from_pairs(variables.into_iter().chain(more.iter().copied()));
    configured(&bundle(&[("fast", provider, None, None)]), &environment).unwrap()
}

/// What was heard, in order: pieces of text, and retries as `retry <attempt>: <why>`.
#[derive(Debug)]
struct Call {
    turn: Result<ModelTurn, Problem>,
    heard: Vec<String>,
    waits: Vec<Duration>,
}

async fn ask(models: &Models) -> Call {
    let generation = Generation::default();
    let messages = [Message::User("hi".to_owned())];
    let request = Request {
        system: "",
        messages: &messages,
        tools: &[],
        generation: &generation,
        output: None,
        images: Images::Sent,
    };
    let (mut heard, mut waits) = (Vec::new(), Vec::new());
    let mut listener = |progress: Progress<'_>| match progress {
        Progress::Text(text) => heard.push(text.to_owned()),
        Progress::Retry { attempt, wait, why } => {
            heard.push(format!("retry {attempt}: {why}"));
            waits.push(wait);
        }
    };
    let model = models.get(&"fast".parse().unwrap()).unwrap();
    let turn = model.answer(&request, &mut listener).await;
    if let Err(problem) = &turn {
        assert!(!format!("{problem:?}").contains("s3cret"), "{problem:?}");
    }
    Call { turn, heard, waits }
}

fn asked(models: &Models) -> Call {
    runtime().block_on(ask(models))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}
