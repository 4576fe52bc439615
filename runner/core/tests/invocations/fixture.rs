//! Small bundles with recorded models, and a sink that writes down what it hears.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use pace_ir::access::{Chain, Subject};
use pace_ir::program::agent::{Agent, Generation, Limits};
use pace_ir::program::authentication::Authentication;
use pace_ir::program::authorization::{AgentAccess, AuthSection};
use pace_ir::program::record::{BlobSection, LockSection, Meta};
use pace_ir::program::{Bundle, Json, Model, Principal, ProgramSection, Provider, Role, ToolSection};
use pace_runner::environment::Environment;
use pace_runner::events::{Answer, Event, EventSink, Source};
use pace_runner::invoke::{Call, Conversation, admit};
use pace_runner::tool::Writes;
use pace_runner::{Problem, Runner, Scope, State, instantiate};

/// An agent `helper` that a recorded model answers for.
#[derive(Debug, Default)]
pub(crate) struct Fixture {
    /// The recorded turns, JSON.
    pub(crate) turns: &'static str,
    /// A schema of the reply.
    pub(crate) output: Option<&'static str>,
    /// Bounds.
    pub(crate) limits: Limits,
    /// Who may execute it; everybody where absent.
    pub(crate) only: Option<&'static str>,
    /// What a million tokens cost, in and out, millionths of a dollar.
    pub(crate) price: Option<u64>,
}

impl Fixture {
    /// Recorded turns, and nothing else that matters.
    pub(crate) fn of(turns: &'static str) -> Self {
        Self { turns, ..Self::default() }
    }

    /// A runner for it.
    pub(crate) fn runner(&self) -> Arc<Runner> {
        let verified = self.bundle().emit().unwrap().verified;
        instantiate(verified, &Environment::default(), Scope::All, &Writes::Stubbed, State::default()).unwrap()
    }

    /// The bundle.
    pub(crate) fn bundle(&self) -> Bundle {
        let mut blobs = BlobSection::default();
        let turns = blobs.insert(self.turns.as_bytes().to_vec());
        let price = self.price.map(pace_ir::program::MicroUsd);
        let model = Model {
            provider: Provider::Replay,
            model: "recorded".to_owned(),
            base_url: None,
            api_key: None,
            price: price.map(|price| pace_ir::program::Price { input: price, cached_input: None, output: price }),
            turns: Some(turns),
        };
        let agent = Agent {
            model: "recorded".parse().unwrap(),
            prompt: "You help.".to_owned(),
            summary: "Helps".to_owned(),
            tools: Vec::new(),
            skills: Vec::new(),
            generation: Generation::default(),
            output: self.output.map(|schema| Json(schema.to_owned())),
            limits: self.limits.clone(),
        };
        let acl = self.only.map(|only| BTreeSet::from([(only.parse::<Principal>().unwrap(), Role::Execute)]));
        let access = AgentAccess { run_as: "helper".parse().unwrap(), acl };
        Bundle {
            meta: Meta {
                project: "default".parse().unwrap(),
                compiler: "0.1.0".to_owned(),
                engine: None,
                required_features: BTreeSet::new(),
            },
            program: ProgramSection {
                agents: BTreeMap::from([("helper".parse().unwrap(), agent)]),
                loops: BTreeMap::new(),
                models: BTreeMap::from([("recorded".parse().unwrap(), model)]),
            },
            auth: AuthSection {
                authentication: Authentication::Nobody,
                agents: BTreeMap::from([("helper".parse().unwrap(), access)]),
                ..AuthSection::default()
            },
            tools: ToolSection::default(),
            blobs,
            lock: LockSection::default(),
            source_map: None,
            sbom: None,
            tool_map: None,
        }
    }
}

/// What an anonymous caller says to `helper`.
pub(crate) fn call(message: &str, conversation: Conversation) -> Call {
    let chain = Chain::direct(Subject::new(Principal::Anonymous));
    Call { agent: "helper".parse().unwrap(), chain, message: message.to_owned(), conversation, trace: None }
}

/// Asks once in a new session.
pub(crate) async fn ask(runner: &Arc<Runner>, message: &str) -> (Result<Answer, Problem>, Vec<String>) {
    let heard = Heard::default();
    let result = admit(runner, call(message, Conversation::New)).await.unwrap().run(&heard).await;
    (result, heard.lines())
}

/// Writes down what it hears, a line an event.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Vec<String>>);

impl Heard {
    /// What was heard.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl EventSink for Heard {
    fn on_event(&self, source: &Source, event: &Event<'_>) {
        assert_eq!(source.agent.as_str(), "helper");
        let line = match event {
            Event::Started { model, admitted, .. } => format!("started {model}: {admitted}"),
            Event::ModelCall { turn } => format!("model call {turn}"),
            Event::ModelRetry { .. } => "retry".to_owned(),
            Event::Text(text) => format!("text {text}"),
            Event::ModelAnswered { turn, .. } => format!("model answered {turn}"),
            Event::Repair { why } => format!("repair {why}"),
            Event::ToolCall { call, .. } => format!("call {} {}", call.name, call.arguments),
            Event::ToolResult { result, status, .. } => format!("result {} {}", result.name, status.as_str()),
            Event::Done(answer) => format!("done {}", answer.response),
            Event::Failed(problem) => format!("failed {}", problem.code.as_str()),
            other => format!("{other:?}"),
        };
        let mut lines = self.0.lock().unwrap();
        // Pieces of one text are one line: where a recording is split is not what is tested here.
        match (lines.last_mut(), event) {
            (Some(last), Event::Text(text)) if last.starts_with("text ") => last.push_str(text),
            _ => lines.push(line),
        }
    }
}
