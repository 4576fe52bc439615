//! The host capability *metrics*: what a runner counts and measures, for Prometheus. Counted are events as they happen
//! ([`Meter`]) and requests as they are answered; what is known elsewhere at any moment is looked up when somebody asks
//! ([`now`]). Labels hold names of the bundle, routes and words of a fixed set, never what a client or a model made up.

mod meter;
pub(crate) mod now;

use std::time::Duration;

use pace_ir::program::{AgentName, ModelName};
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use crate::trace::Status;
pub(crate) use meter::Meter;

/// Labels and their values.
pub(crate) type Labels<const N: usize> = [(&'static str, String); N];

type Counters<const N: usize> = Family<Labels<N>, Counter>;
type Histograms = Family<Labels<1>, Histogram, fn() -> Histogram>;

/// From an answer out of memory to an agent that works for minutes, seconds.
const BUCKETS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];

/// What a runner counts.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Counters<3>,
    request_seconds: Histograms,
    invocations: Counters<2>,
    invocation_seconds: Histograms,
    model_calls: Counters<2>,
    model_seconds: Histograms,
    model_retries: Counters<1>,
    tokens: Counters<2>,
    tool_calls: Counters<3>,
    tool_seconds: Histograms,
    tools_running: Family<Labels<1>, Gauge>,
}

impl Metrics {
    /// For these agents and models. They are there from the start, with nothing counted: what has not failed yet can be told from what
    /// is not there.
    pub(crate) fn new<'a>(
        agents: impl IntoIterator<Item = &'a AgentName>,
        models: impl IntoIterator<Item = &'a ModelName>,
    ) -> Self {
        let histograms = || Histograms::new_with_constructor(|| Histogram::new(BUCKETS));
        let mut metrics = Self {
            registry: Registry::with_prefix("paceline"),
            requests: Family::default(),
            request_seconds: histograms(),
            invocations: Family::default(),
            invocation_seconds: histograms(),
            model_calls: Family::default(),
            model_seconds: histograms(),
            model_retries: Family::default(),
            tokens: Family::default(),
            tool_calls: Family::default(),
            tool_seconds: histograms(),
            tools_running: Family::default(),
        };
        metrics.register();
        for agent in agents {
            for status in Status::ALL {
                metrics.invocations.get_or_create(&invocation(agent, status)).inc_by(0);
            }
            drop(metrics.invocation_seconds.get_or_create(&[("agent", agent.to_string())]));
        }
        for model in models {
            for status in ["ok", "failed"] {
                let labels = [("model", model.to_string()), ("status", status.to_owned())];
                metrics.model_calls.get_or_create(&labels).inc_by(0);
            }
        }
        metrics
    }

    fn register(&mut self) {
        let Self { registry, .. } = self;
        registry.register("http_requests", "Requests by route, method and status", self.requests.clone());
        let help = "Time from a request's head to the head of its answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, self.request_seconds.clone());
        let help = "Invocations that ended: ok, failed, denied, cancelled; those of called agents too";
        registry.register("invocations", help, self.invocations.clone());
        let help = "Time of an invocation, from its admission to its end";
        registry.register_with_unit("invocation_duration", help, Unit::Seconds, self.invocation_seconds.clone());
        registry.register("model_calls", "Questions to a model, all attempts together", self.model_calls.clone());
        let help = "Time of a question to a model that was answered, all attempts together";
        registry.register_with_unit("model_call_duration", help, Unit::Seconds, self.model_seconds.clone());
        registry.register("model_retries", "Times that a model's service was asked again", self.model_retries.clone());
        let help = "Tokens by model: read, of these from the provider's cache, written";
        registry.register("model_tokens", help, self.tokens.clone());
        let help = "Calls of tools: done, failed, invalid, denied, stubbed; `unknown` is what there is no tool for";
        registry.register("tool_calls", help, self.tool_calls.clone());
        let help = "Time of a call that was made";
        registry.register_with_unit("tool_call_duration", help, Unit::Seconds, self.tool_seconds.clone());
        let help = "Calls of tools under way: `local` in the sandbox, `server` by MCP, `agent` by an invocation";
        registry.register("tool_calls_running", help, self.tools_running.clone());
    }

    /// A request was answered.
    pub(crate) fn answered(&self, route: &'static str, method: &'static str, status: u16, took: Duration) {
        let labels = [("route", route.to_owned()), ("method", method.to_owned()), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.request_seconds.get_or_create(&[("route", route.to_owned())]).observe(took.as_secs_f64());
    }

    /// An invocation ended.
    pub(crate) fn ended(&self, agent: &AgentName, status: Status, took: Option<Duration>) {
        self.invocations.get_or_create(&invocation(agent, status)).inc();
        if let Some(took) = took {
            self.invocation_seconds.get_or_create(&[("agent", agent.to_string())]).observe(took.as_secs_f64());
        }
    }

    /// What was counted so far, in the text format of OpenMetrics, without its end.
    pub(crate) fn write(&self, into: &mut String) -> std::fmt::Result {
        encode_registry(into, &self.registry)
    }
}

fn invocation(agent: &AgentName, status: Status) -> Labels<2> {
    [("agent", agent.to_string()), ("status", status.as_str().to_owned())]
}
