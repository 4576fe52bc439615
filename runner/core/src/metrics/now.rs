//! What is so at the moment somebody asks: how many invocations run, what waits for store and collector, which connections are
//! open, and what runs here at all.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::instantiate::Runner;
use crate::work::MAX_RUNNING;

/// The text format of OpenMetrics 1.0, which Prometheus reads.
pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// All that a runner tells, as text.
///
/// # Errors
/// None that are known: a text takes all that is written to it.
pub(crate) fn text(runner: &Runner) -> Result<String, fmt::Error> {
    let mut text = String::new();
    runner.metrics().write(&mut text)?;
    let mut registry = Registry::with_prefix("paceline");
    registry.register("build", "The program and the bundle that runs", Info::new(build(runner)));
    registry.register_collector(Box::new(Now::of(runner)));
    encode_registry(&mut text, &registry)?;
    encode_eof(&mut text)?;
    Ok(text)
}

fn build(runner: &Runner) -> [(&'static str, String); 3] {
    let project = runner.bundle().meta.project.to_string();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    [("version", version), ("bundle", runner.id().to_string()), ("project", project)]
}

/// Numbers that go up and down, and numbers that others count.
#[derive(Debug)]
struct Now {
    gauges: Vec<(&'static str, &'static str, i64)>,
    counters: Vec<(&'static str, &'static str, u64)>,
}

impl Now {
    fn of(runner: &Runner) -> Self {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let (work, state) = (runner.work(), runner.state());
        let mut gauges = vec![
            ("invocations_running", "Invocations that run", count(work.running())),
            ("invocations_limit", "The most that run at once; over it, requests are answered 429", count(MAX_RUNNING)),
            ("live_writes_running", "Live writes that are being made", count(work.writing())),
            ("draining", "1 while the runner is being stopped", i64::from(work.is_draining())),
        ];
        let mut counters = Vec::new();
        if let Some(open) = runner.server_connections() {
            gauges.push(("mcp_connections", "Open connections to MCP servers", count(open)));
        }
        if let Some(is_well) = state.is_store_well() {
            gauges.push(("store_up", "1 while the store works", i64::from(is_well)));
        }
        if let Some(stored) = state.stored_traces() {
            gauges.push(("traces_waiting", "Traces that wait for the store", number(stored.waiting)));
            counters.push(("traces_stored", "Traces that were stored", stored.stored));
            counters.push(("traces_dropped", "Traces that were not, and never will be", stored.dropped));
        }
        if let Some(exported) = state.exported_spans() {
            gauges.push(("spans_waiting", "Spans that wait for the collector", number(exported.waiting)));
            gauges.push(("collector_up", "1 while the collector takes spans", i64::from(exported.failure.is_none())));
            counters.push(("spans_exported", "Spans that the collector took", exported.exported));
            counters.push(("spans_dropped", "Spans that it never will", exported.dropped));
        }
        Self { gauges, counters }
    }
}

impl Collector for Now {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for (name, help, value) in &self.gauges {
            let gauge = ConstGauge::new(*value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        for (name, help, value) in &self.counters {
            let counter = ConstCounter::new(*value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}
