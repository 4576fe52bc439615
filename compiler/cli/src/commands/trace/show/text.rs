//! A trace for people: the invocation, its steps in order, and below each call of an agent the invocation that it became.

use std::fmt::Write;
use std::time::Duration;

use pace_diag::render::Glyphs;
use pace_ir::program::MicroUsd;
use pace_ir::text::{quoted, shortened};
use pace_runner::trace::{Class, ModelStep, Payload, Step, ToolStep, Trace};

use super::Tree;
use crate::commands::trace::row::{agent, duration, mark, who};
use crate::foreign::filtered;

/// How much is shown of what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// A line of it.
    Short,
    /// All that was kept.
    Whole,
}

/// The most characters of a line of it.
const SHORT: usize = 160;

/// The text, ending in a line break.
pub(super) fn render(tree: &Tree, length: Length, glyphs: Glyphs) -> String {
    let mut page = Page { text: String::new(), length, glyphs };
    page.tree(tree, 0);
    page.text
}

struct Page {
    text: String,
    length: Length,
    glyphs: Glyphs,
}

impl Page {
    fn tree(&mut self, tree: &Tree, depth: usize) {
        self.head(&tree.trace, depth);
        let mut left: Vec<_> = tree.children.iter().collect();
        for step in &tree.trace.steps {
            match step {
                Step::Model(model) => self.model(model, depth),
                Step::Tool(tool) => {
                    self.tool(tool, depth);
                    let is_its = |child: &&Tree| child.trace.span.parent_id.as_deref() == Some(&tool.span.span_id);
                    for child in left.extract_if(.., |child| is_its(child)) {
                        self.tree(child, depth + 2);
                    }
                }
            }
        }
        if tree.trace.steps_left_out > 0 {
            self.line(depth + 1, &format!("… and {} steps that were not kept", tree.trace.steps_left_out));
        }
        if let Some(response) = &tree.trace.response {
            self.said(depth + 1, "answered", response);
        }
        for child in left {
            self.tree(child, depth + 2);
        }
    }

    fn head(&mut self, trace: &Trace, depth: usize) {
        let tokens = trace.usage.input_tokens.saturating_add(trace.usage.output_tokens);
        let (mark, agent, who) = (mark(trace.status, self.glyphs), agent(&trace.agent), who(&trace.subject));
        let took = milliseconds(trace.duration_ms);
        let status = trace.status.as_str();
        let cost = trace.usage.cost_micro_usd.map(|cost| format!("  {}", MicroUsd(cost))).unwrap_or_default();
        self.line(depth, &format!("{mark} {agent}  {who}  {status}  {took}  {tokens}tok{cost}"));
        let started = trace.started.to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
        let model = if trace.model.is_empty() { String::new() } else { format!(", model {}", quoted(&trace.model)) };
        self.line(depth + 1, &format!("{} at {started}{model}", trace.id));
        if depth == 0 {
            self.line(depth + 1, &format!("bundle {}", quoted(&trace.bundle)));
        }
        if let Some(name) = &trace.scheduled {
            self.line(depth + 1, &format!("fired by the loop {}", quoted(name)));
        }
        if !trace.actors.is_empty() {
            self.line(depth + 1, &format!("through {}", quoted(&trace.actors.join(", "))));
        }
        self.said(depth + 1, "asked", &trace.message);
        if let Some(error) = &trace.error {
            let detail = filtered(&error.detail).replace('\n', " ");
            self.line(depth + 1, &format!("{}: {detail}", quoted(&error.code)));
            self.place(depth + 1, error.place.as_deref());
        }
    }

    fn model(&mut self, step: &ModelStep, depth: usize) {
        let tokens = step.usage.input_tokens.saturating_add(step.usage.output_tokens);
        let took = step.took_ms.map_or_else(|| "no answer".to_owned(), milliseconds);
        let retries = if step.retries > 0 { format!(", asked again {} times", step.retries) } else { String::new() };
        self.line(depth + 1, &format!("model, turn {}: {took}, {tokens}tok{retries}", step.turn));
        if let Some(why) = &step.mended {
            self.line(depth + 2, &format!("had to mend its reply: {}", self.short(why)));
        }
    }

    fn tool(&mut self, step: &ToolStep, depth: usize) {
        let class = step.class.map_or("unknown", |class| match class {
            Class::Read => "read",
            Class::Write => "write",
        });
        let target = step.tool.as_ref().filter(|tool| **tool != step.name);
        let target = target.map(|tool| format!(" ({})", quoted(tool))).unwrap_or_default();
        let status = step.status.map_or("not over", pace_runner::events::CallStatus::as_str);
        let took = step.took_ms.map(|took| format!(", {}", milliseconds(took))).unwrap_or_default();
        self.line(depth + 1, &format!("call of {}{target}, {class}: {status}{took}", quoted(&step.name)));
        self.place(depth + 2, step.place.as_deref());
        self.said(depth + 2, "arguments", &step.arguments);
        if let Some(result) = &step.result {
            self.said(depth + 2, "result", result);
        }
        for line in &step.console {
            self.line(depth + 2, &format!("console {}", self.short(line)));
        }
    }

    /// The line of the project to look at.
    fn place(&mut self, depth: usize, place: Option<&str>) {
        if let Some(place) = place {
            self.line(depth, &format!("see {}", quoted(place)));
        }
    }

    fn said(&mut self, depth: usize, what: &str, payload: &Payload) {
        let shown = filtered(&payload.shown());
        let shown = match self.length {
            Length::Short => self.short(&shown),
            Length::Whole => shown.trim_end().replace('\n', &format!("\n{}", indent(depth + 1))),
        };
        self.line(depth, &format!("{what}: {shown}"));
    }

    fn short(&self, text: &str) -> String {
        let line = filtered(text).split_whitespace().collect::<Vec<_>>().join(" ");
        if self.length == Length::Whole { line } else { shortened(&line, SHORT) }
    }

    fn line(&mut self, depth: usize, text: &str) {
        let _infallible = writeln!(self.text, "{}{text}", indent(depth));
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

fn milliseconds(milliseconds: f64) -> String {
    duration(Duration::try_from_secs_f64(milliseconds / 1e3).unwrap_or_default())
}
