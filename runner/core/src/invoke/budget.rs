//! The bounds of one invocation, judged before each call: what is over is not begun.

use pace_ir::program::{AgentName, Limits, Price};

use crate::conversation::Usage;
use crate::events::Spent;
use crate::problem::{Code, Problem};

/// What an invocation has taken so far, and what it may take.
#[derive(Debug)]
pub(super) struct Budget<'a> {
    agent: &'a AgentName,
    limits: &'a Limits,
    price: Option<&'a Price>,
    spent: Spent,
}

impl<'a> Budget<'a> {
    pub(super) fn new(agent: &'a AgentName, limits: &'a Limits, price: Option<&'a Price>) -> Self {
        Self { agent, limits, price, spent: Spent::default() }
    }

    /// What was taken so far.
    pub(super) fn spent(&self) -> Spent {
        self.spent
    }

    /// Counts one more model call, from 1.
    ///
    /// # Errors
    /// [`Code::LimitReached`], with the limit's key and value.
    pub(super) fn model_call(&mut self) -> Result<u32, Problem> {
        let limits = self.limits;
        let over = |is_over: bool, what: &str, limit: &dyn std::fmt::Display| {
            if is_over { Err(self.reached(what, limit)) } else { Ok(()) }
        };
        over(self.spent.model_calls >= limits.max_turns, "max_turns", &limits.max_turns)?;
        if let Some(most) = limits.max_tokens {
            over(self.spent.tokens.total() >= most, "max_tokens", &most)?;
        }
        if let (Some(most), Some(cost)) = (limits.max_cost, self.spent.cost_micro_usd) {
            over(cost >= most.0, "max_cost_usd", &most)?;
        }
        self.spent.model_calls += 1;
        Ok(self.spent.model_calls)
    }

    /// Counts the tool calls of one turn: all of them are made, or none.
    ///
    /// # Errors
    /// [`Code::LimitReached`].
    pub(super) fn tool_calls(&mut self, count: usize) -> Result<(), Problem> {
        let calls = self.spent.tool_calls.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if let Some(most) = self.limits.max_tool_calls.filter(|most| calls > *most) {
            return Err(self.reached("max_tool_calls", &most));
        }
        self.spent.tool_calls = calls;
        Ok(())
    }

    /// Adds what a model call took.
    pub(super) fn used(&mut self, usage: Usage) {
        self.spent.tokens = self.spent.tokens.plus(usage);
        self.spent.cost_micro_usd = self.price.map(|price| self.spent.tokens.cost(price).0);
    }

    fn reached(&self, what: &str, limit: &dyn std::fmt::Display) -> Problem {
        let detail = format!("the agent `{}` reached its limit `{what}: {limit}` before it had an answer", self.agent);
        Problem::new(Code::LimitReached, detail).help(format!("ask for less, or raise `limits.{what}` in its spec"))
    }
}
