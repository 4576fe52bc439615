//! Agents that call each other: who may, within which bounds, and what is told of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use pace_ir::access::{Chain, Subject};
use pace_ir::bundle::tool_module;
use pace_ir::program::agent::Limits;
use pace_ir::program::authorization::AgentAccess;
use pace_ir::program::tool::{AgentTarget, LocalTarget, LocalTool, Net};
use pace_ir::program::{Access, Agent, Bundle, Json, Milliseconds, Principal, Role, Target, ToolEntry};
use pace_runner::conversation::{Message, ToolResult};
use pace_runner::environment::Environment;
use pace_runner::events::{Answer, Event, EventSink, Source};
use pace_runner::invoke::{Admitted, Call, Conversation, admit};
use pace_runner::problem::Code;
use pace_runner::tool::Writes;
use pace_runner::{Problem, Runner, Scope, State, instantiate};
use serde_json::{Value, json};

use crate::fixture::Fixture;

/// Agents by name, each with what it may call and whom it admits; all speak as the one recording says.
pub(crate) struct Agents {
    bundle: Bundle,
}

impl Agents {
    pub(crate) fn new(turns: &Value) -> Self {
        let mut bundle = Fixture::default().bundle();
        let digest = bundle.blobs.insert(turns.to_string().into_bytes());
        bundle.blobs.blobs.retain(|kept, _| *kept == digest);
        for model in bundle.program.models.values_mut() {
            model.turns = Some(digest);
        }
        bundle.program.agents.clear();
        bundle.auth.agents.clear();
        Self { bundle }
    }

    /// An agent that calls these, through entries with this access.
    pub(crate) fn agent(mut self, name: &str, calls: &[(&str, Access)]) -> Self {
        let like = Fixture::default().bundle().program.agents.into_values().next().unwrap();
        let tools = calls.iter().map(|(agent, access)| entry(agent, *access)).collect();
        self.bundle.program.agents.insert(name.parse().unwrap(), Agent { tools, ..like });
        let access = AgentAccess { run_as: name.parse().unwrap(), acl: None };
        self.bundle.auth.agents.insert(name.parse().unwrap(), access);
        self
    }

    /// Only these may execute an agent.
    pub(crate) fn only(mut self, name: &str, principals: &[&str]) -> Self {
        let acl = principals.iter().map(|who| (who.parse::<Principal>().unwrap(), Role::Execute)).collect();
        self.bundle.auth.agents.get_mut(&name.parse().unwrap()).unwrap().acl = Some(acl);
        self
    }

    fn limits(mut self, name: &str, limits: Limits) -> Self {
        self.bundle.program.agents.get_mut(&name.parse().unwrap()).unwrap().limits = limits;
        self
    }

    /// Gives an agent a compiled tool `pay` that writes.
    pub(crate) fn pay(mut self, name: &str) -> Self {
        let (module, source) = (tool_module::wrap(b"none"), b"export default 1".to_vec());
        let tool = LocalTool {
            name: "pay".parse().unwrap(),
            description: "Pays".to_owned(),
            parameters: Json("{}".to_owned()),
            module: self.bundle.blobs.insert(module),
            source: self.bundle.blobs.insert(source),
        };
        self.bundle.tools.local.insert("tools/pay".to_owned(), tool);
        self.bundle.meta.required_features.insert("tool-abi/1".to_owned());
        self.bundle.meta.engine = Some(pace_ir::Digest::of(b"another"));
        let target = LocalTarget { tool: "tools/pay".to_owned(), net: Net::Only(Vec::new()), memory: None };
        let entry =
            ToolEntry { target: Target::Local(target), access: Access::Write, env: BTreeMap::new(), timeout: None };
        self.bundle.program.agents.get_mut(&name.parse().unwrap()).unwrap().tools.push(entry);
        self
    }

    fn runner(self) -> Arc<Runner> {
        self.runner_with(State::default())
    }

    pub(crate) fn runner_with(self, state: State) -> Arc<Runner> {
        let verified = self.bundle.emit().unwrap().verified;
        instantiate(verified, &Environment::default(), Scope::All, &Writes::Stubbed, state).unwrap()
    }
}

fn entry(agent: &str, access: Access) -> ToolEntry {
    let target = AgentTarget { agent: agent.parse().unwrap(), alias: agent.parse().unwrap() };
    ToolEntry { target: Target::Agent(target), access, env: BTreeMap::new(), timeout: None }
}

/// A turn of somebody who is told `said` and asks these agents the same thing each; then the turn in which they answer.
pub(crate) fn asks(said: &str, calls: &[(&str, &str)]) -> [Value; 2] {
    let names: Vec<_> = calls.iter().map(|(name, _)| name).collect();
    let wanted: Vec<_> =
        calls.iter().map(|(name, message)| json!({"name": name, "arguments": {"message": message}})).collect();
    [json!({"user": said, "model": {"calls": wanted}}), json!({"results": names, "model": format!("{said}-done")})]
}

/// Writes down whose events it hears.
#[derive(Default)]
struct Heard(Mutex<Vec<(Source, String)>>);

impl EventSink for Heard {
    fn on_event(&self, source: &Source, event: &Event<'_>) {
        let words = match event {
            Event::Started { chain, .. } => {
                let actors: Vec<_> = chain.actors.iter().map(ToString::to_string).collect();
                format!("started for {} by [{}]", chain.subject.principal, actors.join(" "))
            }
            Event::Text(text) => format!("says {text}"),
            Event::ToolCall { call, .. } => format!("calls {}", call.name),
            Event::ToolResult { result, status, .. } => format!("{} {}", result.name, status.as_str()),
            Event::Done(_) => "done".to_owned(),
            Event::Failed(problem) => format!("failed {}", problem.code.as_str()),
            _ => return,
        };
        self.0.lock().unwrap().push((source.clone(), words));
    }
}

impl Heard {
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().iter().map(|(source, words)| format!("{} {words}", source.agent)).collect()
    }
}

impl Heard {
    /// The agent whose invocation called each invocation, in the order in which they began.
    fn parents(&self) -> Vec<Option<String>> {
        let events = self.0.lock().unwrap();
        let begun = events.iter().filter(|(_, words)| words.starts_with("started"));
        let named =
            |id| events.iter().find(|(source, _)| source.invocation == id).map(|(source, _)| source.agent.to_string());
        begun.map(|(source, _)| source.parent.and_then(named)).collect()
    }
}

async fn admitted(runner: &Arc<Runner>, who: &str, message: &str) -> Admitted {
    let chain = Chain::direct(Subject::new(who.parse().unwrap()));
    let agent = "lead".parse().unwrap();
    admit(runner, Call { agent, chain, message: message.to_owned(), conversation: Conversation::New, trace: None })
        .await
        .unwrap()
}

async fn ask(runner: &Arc<Runner>, message: &str) -> (Result<Answer, Problem>, Heard) {
    let heard = Heard::default();
    let result = admitted(runner, "user:ann", message).await.run(&heard).await;
    (result, heard)
}

/// What the calls of `lead` came to.
async fn results(runner: &Arc<Runner>, message: &str) -> Vec<ToolResult> {
    let answer = ask(runner, message).await.0.unwrap();
    let messages = runner.sessions().find(answer.session).await.unwrap().unwrap().messages;
    let results = messages.into_iter().filter_map(|message| match message {
        Message::ToolResults(results) => Some(results),
        Message::User(_) | Message::Model(_) => None,
    });
    results.flatten().collect()
}

#[tokio::test]
async fn what_a_called_agent_does_is_told_to_who_follows_its_caller() {
    let turns = json!([asks("go", &[("helper", "look it up")]), [json!({"user": "look it up", "model": "42"})]]);
    let turns = flat(&turns);
    let runner = Agents::new(&turns).agent("lead", &[("helper", Access::Read)]).agent("helper", &[]).runner();
    let (answer, heard) = ask(&runner, "go").await;
    assert_eq!(answer.unwrap().usage.model_calls, 3);
    let wanted = [
        "lead started for user:ann by []",
        "lead calls helper",
        "helper started for user:ann by [lead]",
        "helper says 42",
        "helper done",
        "lead helper done",
        "lead says go-done",
        "lead done",
    ];
    assert_eq!(heard.lines(), wanted);
    assert_eq!(heard.parents(), [None, Some("lead".to_owned())]);
    let results = results(&runner, "go").await;
    let told = results[0].content.to_value();
    assert_eq!(told["response"], "42");
    assert_eq!(told["session"].as_str().map(str::len), Some(32));
    assert_eq!(runner.work().running(), 0);
}

#[tokio::test]
async fn the_target_admits_the_calling_agent_or_who_asked() {
    let turns = flat(&json!([asks("go", &[("helper", "hi")]), [json!({"user": "hi", "model": "yes"})]]));
    for (acl, status) in [
        (&["serviceaccount:lead"][..], "done"),
        (&["user:ann"], "done"),
        (&["authenticated"], "done"),
        (&["user:ben", "serviceaccount:helper"], "denied"),
    ] {
        let agents = Agents::new(&turns).agent("lead", &[("helper", Access::Write)]).agent("helper", &[]);
        let runner = agents.only("helper", acl).runner();
        let (_, heard) = ask(&runner, "go").await;
        let lines = heard.lines();
        assert!(lines.contains(&format!("lead helper {status}")), "{acl:?}: {lines:?}");
        if status == "denied" {
            let told = results(&runner, "go").await.remove(0).content.to_value();
            let wanted = "no `acl` gives `user:ann` the role `execute` on the agent `helper`";
            assert_eq!(told, json!({"error": wanted, "denied": true}));
            assert!(!lines.iter().any(|line| line.starts_with("helper")), "{lines:?}");
        }
    }
}

#[tokio::test]
async fn nothing_writes_below_an_entry_that_reads() {
    let pays = json!({"user": "pay", "model": {"calls": [{"name": "pay", "arguments": {}}]}});
    let paid = json!({"results": ["pay"], "model": "tried"});
    let turns = flat(&json!([asks("go", &[("middle", "on")]), asks("on", &[("payer", "pay")]), [pays, paid]]));
    for (upper, lower, status) in [
        (Access::Read, Access::Write, "denied"),
        (Access::Write, Access::Read, "denied"),
        (Access::Write, Access::Write, "stubbed"),
    ] {
        let agents = Agents::new(&turns).agent("lead", &[("middle", upper)]).agent("middle", &[("payer", lower)]);
        let runner = agents.agent("payer", &[]).pay("payer").runner();
        let (answer, heard) = ask(&runner, "go").await;
        answer.unwrap();
        let lines = heard.lines();
        assert!(lines.contains(&format!("payer pay {status}")), "{upper:?} {lower:?}: {lines:?}");
        assert!(lines.contains(&"payer started for user:ann by [lead middle]".to_owned()), "{lines:?}");
    }
}

#[tokio::test]
async fn a_called_agent_that_fails_is_an_error_for_its_caller() {
    let calls = [("first", "slow"), ("second", "unrecorded"), ("third", " ")];
    let turns = flat(&json!([asks("go", &calls), [json!({"user": "slow", "wait": "1h", "model": "late"})]]));
    let agents = Agents::new(&turns);
    let agents = agents.agent("lead", &[("first", Access::Read), ("second", Access::Read), ("third", Access::Read)]);
    let agents = agents.agent("first", &[]).agent("second", &[]).agent("third", &[]);
    let limits = Limits { timeout: Milliseconds(20), ..Limits::default() };
    let runner = agents.limits("first", limits).runner();
    let results = results(&runner, "go").await;
    let kinds: Vec<_> = results.iter().map(|result| result.content.to_value()["kind"].clone()).collect();
    assert_eq!(kinds, ["timed-out", "no-recorded-turn", "malformed-request"]);
    let told = results[0].content.to_value()["error"].clone();
    assert_eq!(told, "the agent `first` had no answer within its limit `timeout: 20ms`");
    assert_eq!((runner.work().running(), runner.sessions().size().0), (0, 1));
}

#[tokio::test]
async fn an_entrys_timeout_ends_the_call() {
    let turns =
        flat(&json!([asks("go", &[("helper", "slow")]), [json!({"user": "slow", "wait": "1h", "model": "x"})]]));
    let mut agents = Agents::new(&turns).agent("lead", &[("helper", Access::Read)]).agent("helper", &[]);
    agents.bundle.program.agents.get_mut(&"lead".parse().unwrap()).unwrap().tools[0].timeout = Some(Milliseconds(20));
    let runner = agents.runner();
    let (_, heard) = ask(&runner, "go").await;
    let lines = heard.lines();
    assert!(lines.contains(&"helper failed timed-out".to_owned()), "{lines:?}");
    let told = results(&runner, "go").await.remove(0).content.to_value()["error"].clone();
    assert_eq!(told, "the agent `helper` had no answer within the `timeout: 20ms` that `lead` gives it");
}

#[tokio::test]
async fn what_ends_the_caller_ends_whom_it_called() {
    let turns =
        flat(&json!([asks("go", &[("helper", "slow")]), [json!({"user": "slow", "wait": "1h", "model": "x"})]]));
    let agents = || Agents::new(&turns).agent("lead", &[("helper", Access::Read)]).agent("helper", &[]);
    let runner = agents().limits("lead", Limits { timeout: Milliseconds(1_000), ..Limits::default() }).runner();
    let (result, heard) = ask(&runner, "go").await;
    assert_eq!(result.unwrap_err().code, Code::TimedOut);
    assert_eq!(heard.lines().split_off(3), ["helper failed cancelled", "lead failed timed-out"]);
    assert_eq!((runner.work().running(), runner.sessions().size()), (0, (0, 0)));

    for (end, code) in [("one", "cancelled"), ("all", "shutting-down")] {
        let runner = agents().runner();
        let admitted = admitted(&runner, "user:ann", "go").await;
        let (cancel, heard) = (admitted.cancellation().clone(), Heard::default());
        let ends = async {
            // It is asked and waits by then.
            let asked = async {
                while heard.lines().len() < 3 {
                    tokio::task::yield_now().await;
                }
            };
            tokio::time::timeout(std::time::Duration::from_mins(1), asked).await.expect("it is asked");
            if end == "one" { cancel.cancel() } else { runner.work().cancel() }
        };
        let (result, ()) = tokio::join!(admitted.run(&heard), ends);
        assert!(result.is_err());
        let wanted = [format!("helper failed {code}"), format!("lead failed {code}")];
        assert_eq!(heard.lines().split_off(3), wanted);
        assert_eq!((runner.work().running(), runner.sessions().size()), (0, (0, 0)));
    }
}

#[tokio::test]
async fn agents_called_at_once_run_side_by_side() {
    let calls = [("one", "a"), ("two", "b"), ("one", "c")];
    let answers = ["a", "b", "c"].map(|said| json!({"user": said, "wait": "30ms", "model": format!("{said}!")}));
    let turns = flat(&json!([asks("go", &calls), answers]));
    let agents = Agents::new(&turns).agent("lead", &[("one", Access::Read), ("two", Access::Read)]);
    let runner = agents.agent("one", &[]).agent("two", &[]).runner();
    let (answer, heard) = ask(&runner, "go").await;
    answer.unwrap();
    let lines = heard.lines();
    let at = |line: &str| lines.iter().position(|other| other == line).unwrap();
    assert!(at("two started for user:ann by [lead]") < at("one done"), "{lines:?}");
    let told: Vec<_> =
        results(&runner, "go").await.iter().map(|result| result.content.to_value()["response"].clone()).collect();
    assert_eq!(told, ["a!", "b!", "c!"]);
}

#[tokio::test]
async fn what_is_called_counts_for_its_caller_too() {
    let turns = flat(&json!([
        asks("go", &[("middle", "on")]),
        asks("on", &[("helper", "hi")]),
        [json!({"user": "hi", "model": "yes"})]
    ]));
    let agents = || {
        let agents = Agents::new(&turns).agent("lead", &[("middle", Access::Read)]);
        agents.agent("middle", &[("helper", Access::Read)]).agent("helper", &[])
    };
    let usage = ask(&agents().runner(), "go").await.0.unwrap().usage;
    assert_eq!((usage.model_calls, usage.tool_calls), (5, 2));
    // The second call of the lead's model is one too many, and so is the first of the helper's.
    for (most, last) in [(4, "lead failed limit-reached"), (2, "helper failed limit-reached")] {
        let runner = agents().limits("lead", Limits { max_turns: most, ..Limits::default() }).runner();
        let (result, heard) = ask(&runner, "go").await;
        let problem = result.unwrap_err();
        assert!(problem.detail.contains(&format!("`lead` reached its limit `max_turns: {most}`")), "{problem:?}");
        assert!(heard.lines().contains(&last.to_owned()), "{:?}", heard.lines());
    }
}

#[tokio::test]
async fn agents_call_each_other_over_so_many_steps() {
    let names: Vec<_> = std::iter::once("lead".to_owned()).chain((1..=9).map(|step| format!("a{step}"))).collect();
    let mut turns = Vec::new();
    for pair in names.windows(2) {
        turns.push(asks(&format!("to {}", pair[0]), &[(&pair[1], &format!("to {}", pair[1]))]));
    }
    let turns = flat(&json!([turns.concat(), [json!({"user": "to a9", "model": "end"})]]));
    let mut agents = Agents::new(&turns);
    for (place, name) in names.iter().enumerate() {
        let calls: Vec<_> = names.get(place + 1).into_iter().map(|next| (next.as_str(), Access::Read)).collect();
        agents = agents.agent(name, &calls);
    }
    let (_, heard) = ask(&agents.runner(), "to lead").await;
    let lines = heard.lines();
    assert!(lines.contains(&"a8 a9 failed".to_owned()) && lines.contains(&"a7 a8 done".to_owned()), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("a9")), "{lines:?}");
}

#[test]
fn agents_in_a_circle_are_refused() {
    let agents = Agents::new(&json!([])).agent("lead", &[("helper", Access::Read)]);
    let agents = agents.agent("helper", &[("third", Access::Read)]).agent("third", &[("helper", Access::Read)]);
    let verified = agents.bundle.emit().unwrap().verified;
    let refused =
        instantiate(verified, &Environment::default(), Scope::All, &Writes::Stubbed, State::default()).unwrap_err();
    assert!(refused.message.starts_with("agents of the bundle call each other in a circle"), "{refused:?}");
}

#[tokio::test]
async fn a_session_that_is_not_the_callers_is_none() {
    let call = |session: &str| json!({"name": "helper", "arguments": {"message": "hi", "session": session}});
    let stranger = "0123456789abcdef0123456789abcdef";
    let calls = [call(stranger), call("the last one"), call("")];
    let turns = json!([
        {"user": "go", "model": {"calls": calls}},
        {"results": ["helper", "helper", "helper"], "model": "done"},
        {"user": "hi", "model": "yes"},
    ]);
    let runner = Agents::new(&turns).agent("lead", &[("helper", Access::Read)]).agent("helper", &[]).runner();
    let told: Vec<_> = results(&runner, "go").await.iter().map(|result| result.content.to_value()).collect();
    let unknown = |session: &str| {
        format!("the agent `helper` has no session `{session}` of yours; leave `session` out to start a new one")
    };
    assert_eq!((&told[0]["error"], &told[1]["error"]), (&unknown(stranger).into(), &unknown("the last one").into()));
    assert_eq!(told[2]["response"], "yes");
}

#[tokio::test]
async fn what_runs_while_the_runner_drains_may_still_call() {
    let turns = flat(&json!([asks("go", &[("helper", "hi")]), [json!({"user": "hi", "model": "yes"})]]));
    let runner = Agents::new(&turns).agent("lead", &[("helper", Access::Read)]).agent("helper", &[]).runner();
    let (admitted, heard) = (admitted(&runner, "user:ann", "go").await, Heard::default());
    runner.work().drain();
    let (answer, ()) = tokio::join!(admitted.run(&heard), runner.work().finished());
    answer.unwrap();
    assert!(heard.lines().contains(&"helper done".to_owned()), "{:?}", heard.lines());
}

#[test]
fn one_agent_in_scope_brings_those_it_calls() {
    let agents = Agents::new(&json!([])).agent("lead", &[("helper", Access::Read)]);
    let agents = agents.agent("helper", &[]).agent("other", &[]);
    let verified = agents.bundle.emit().unwrap().verified;
    let lead = "lead".parse().unwrap();
    let runner =
        instantiate(verified, &Environment::default(), Scope::Agent(&lead), &Writes::Stubbed, State::default())
            .unwrap();
    let names: BTreeSet<_> = runner.agents().map(|agent| agent.name.to_string()).collect();
    assert_eq!(names, BTreeSet::from(["helper".to_owned(), "lead".to_owned()]));
    let tool = runner.tools(&lead).unwrap().iter().next().unwrap();
    assert_eq!((tool.introduction(), tool.key()), ("helper (read, agent)".to_owned(), "paceline://helper".to_owned()));
    let declared = &runner.tools(&lead).unwrap().declarations()[0];
    assert_eq!(declared.description, "Helps");
}

/// Turns in one list.
fn flat(parts: &Value) -> Value {
    parts.as_array().unwrap().iter().flat_map(|part| part.as_array().unwrap().clone()).collect()
}
