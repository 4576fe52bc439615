//! The bounds of one invocation, judged before each call: what is over is not begun. What an invocation takes, those that
//! called it take too; a bound of theirs stops it like one of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pace_ir::program::{AgentName, Limits, Price};

use crate::conversation::Usage;
use crate::events::Spent;
use crate::problem::{Code, Problem};

/// What an invocation has taken so far, and what it may take.
#[derive(Debug)]
pub(crate) struct Budget {
    agent: AgentName,
    limits: Limits,
    price: Option<Price>,
    taken: Mutex<Taken>,
    /// That of the invocation that called it.
    above: Option<Arc<Self>>,
}

#[derive(Debug, Default)]
struct Taken {
    /// Everything, that of called agents included; the cost as far as prices are known.
    spent: Spent,
    /// What its own model took, of which the cost is rounded up as a whole.
    own: Usage,
    /// Whether something was taken that has no price.
    is_unpriced: bool,
}

impl Budget {
    pub(crate) fn new(agent: &AgentName, limits: &Limits, price: Option<&Price>, above: Option<Arc<Self>>) -> Self {
        let (agent, limits, price) = (agent.clone(), limits.clone(), price.copied());
        Self { agent, limits, price, taken: Mutex::default(), above }
    }

    /// What was taken so far, by called agents too. The cost is there where all of it is known.
    pub(crate) fn spent(&self) -> Spent {
        let taken = self.lock();
        Spent { cost_micro_usd: taken.spent.cost_micro_usd.filter(|_| !taken.is_unpriced), ..taken.spent }
    }

    /// Counts one more model call.
    ///
    /// # Errors
    /// [`Code::LimitReached`], with the limit's key and value; also where nobody could say when a limit in dollars is reached,
    /// because the model has no price. No compiler lets such a bundle through.
    pub(crate) fn model_call(&self) -> Result<(), Problem> {
        self.take(|level, spent| {
            let limits = &level.limits;
            let over = |is_over: bool, what: &str, limit: &dyn std::fmt::Display| {
                if is_over { Err(level.reached(what, limit)) } else { Ok(()) }
            };
            over(spent.model_calls >= limits.max_turns, "max_turns", &limits.max_turns)?;
            if let Some(most) = limits.max_tokens {
                over(spent.tokens.total() >= most, "max_tokens", &most)?;
            }
            if let Some(most) = limits.max_cost {
                if self.price.is_none() {
                    return Err(level.unpriced(&self.agent));
                }
                over(spent.cost_micro_usd.unwrap_or_default() >= most.0, "max_cost_usd", &most)?;
            }
            Ok(Spent { model_calls: spent.model_calls + 1, ..*spent })
        })
    }

    /// Counts the tool calls of one turn: all of them are made, or none.
    ///
    /// # Errors
    /// [`Code::LimitReached`].
    pub(crate) fn tool_calls(&self, count: usize) -> Result<(), Problem> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.take(|level, spent| {
            let tool_calls = spent.tool_calls.saturating_add(count);
            match level.limits.max_tool_calls.filter(|most| tool_calls > *most) {
                Some(most) => Err(level.reached("max_tool_calls", &most)),
                None => Ok(Spent { tool_calls, ..*spent }),
            }
        })
    }

    /// Adds what a model call took.
    pub(crate) fn used(&self, usage: Usage) {
        let cost = self.price.map(|price| {
            let mut taken = self.lock();
            let before = taken.own.cost(&price).0;
            taken.own = taken.own.plus(usage);
            taken.own.cost(&price).0.saturating_sub(before)
        });
        for level in self.levels() {
            let mut taken = level.lock();
            taken.spent.tokens = taken.spent.tokens.plus(usage);
            match cost {
                Some(cost) => {
                    let sum = taken.spent.cost_micro_usd.unwrap_or_default().saturating_add(cost);
                    taken.spent.cost_micro_usd = Some(sum);
                }
                None => taken.is_unpriced = true,
            }
        }
    }

    /// Goes to the next state on every level, or stays on all of them. The locks are taken from here upwards, always.
    fn take(&self, next: impl Fn(&Self, &Spent) -> Result<Spent, Problem>) -> Result<(), Problem> {
        let mut all = Vec::with_capacity(1);
        for level in self.levels() {
            let taken = level.lock();
            let next = next(level, &taken.spent)?;
            all.push((taken, next));
        }
        for (mut taken, next) in all {
            taken.spent = next;
        }
        Ok(())
    }

    /// This one, and those above.
    fn levels(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |level| level.above.as_deref())
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Every change is made whole before the lock is given up, so what a panicking thread leaves is sound.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unpriced(&self, of: &AgentName) -> Problem {
        let detail = format!(
            "the agent `{}` has the limit `max_cost_usd`, and the model of `{of}`, which would count into it, has no price",
            self.agent
        );
        let problem = Problem::new(Code::LimitReached, detail).limit_of(&self.agent);
        problem.help("give the model a `price` in `paceline.yaml`, and build the bundle again")
    }

    fn reached(&self, what: &str, limit: &dyn std::fmt::Display) -> Problem {
        let detail = format!("the agent `{}` reached its limit `{what}: {limit}` before it had an answer", self.agent);
        let problem = Problem::new(Code::LimitReached, detail).limit_of(&self.agent);
        problem.help(format!("ask for less, or raise `limits.{what}` in its spec"))
    }
}

#[cfg(test)]
mod tests {
    use pace_ir::program::MicroUsd;

    use super::*;

    fn budget(agent: &str, limits: &Limits, price: Option<u64>, above: Option<&Arc<Budget>>) -> Arc<Budget> {
        let price = price.map(MicroUsd).map(|price| Price { input: price, cached_input: None, output: price });
        Arc::new(Budget::new(&agent.parse().unwrap(), limits, price.as_ref(), above.cloned()))
    }

    fn tokens(input_tokens: u64) -> Usage {
        Usage { input_tokens, ..Usage::default() }
    }

    #[test]
    fn what_a_called_agent_takes_its_caller_takes_too() {
        let lead = budget("lead", &Limits { max_tool_calls: Some(3), ..Limits::default() }, Some(1_000_000), None);
        let first = budget("first", &Limits::default(), Some(2_000_000), Some(&lead));
        let second = budget("second", &Limits::default(), None, Some(&first));
        first.model_call().unwrap();
        first.used(tokens(10));
        first.tool_calls(2).unwrap();
        assert_eq!((lead.spent(), lead.spent().cost_micro_usd), (first.spent(), Some(20)));
        let refused = second.tool_calls(2).unwrap_err();
        assert!(refused.detail.contains("the agent `lead` reached its limit `max_tool_calls: 3`"), "{refused:?}");
        let counts = |budget: &Budget| budget.spent().tool_calls;
        assert_eq!((counts(&lead), counts(&first), counts(&second)), (2, 2, 0));
        second.used(tokens(1));
        assert_eq!((lead.spent().tokens.input_tokens, lead.spent().cost_micro_usd), (11, None));
    }

    #[test]
    fn the_cost_is_rounded_up_as_a_whole() {
        let budget = budget("a", &Limits { max_cost: Some(MicroUsd(2)), ..Limits::default() }, Some(300_000), None);
        for _ in 0..3 {
            budget.model_call().unwrap();
            budget.used(tokens(1));
        }
        assert_eq!(budget.spent().cost_micro_usd, Some(1));
        budget.used(tokens(1));
        assert!(budget.model_call().unwrap_err().detail.contains("max_cost_usd: $0.000002"));
    }

    #[test]
    fn a_limit_in_dollars_lets_nobody_call_a_model_without_a_price() {
        let lead = budget("lead", &Limits { max_cost: Some(MicroUsd(5)), ..Limits::default() }, Some(1), None);
        let first = budget("first", &Limits::default(), None, Some(&lead));
        lead.model_call().unwrap();
        let refused = first.model_call().unwrap_err();
        assert!(
            refused.detail.contains("`lead` has the limit `max_cost_usd`, and the model of `first`"),
            "{refused:?}"
        );
        assert_eq!((lead.spent().model_calls, first.spent().model_calls), (1, 0));
    }

    #[test]
    fn a_limit_of_nothing_allows_nothing() {
        let none = budget("a", &Limits { max_cost: Some(MicroUsd(0)), ..Limits::default() }, Some(1), None);
        assert!(none.model_call().unwrap_err().detail.contains("max_cost_usd"));
    }
}
