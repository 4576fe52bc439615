//! The turn loop.

use std::time::Duration;

use futures_util::future::BoxFuture;

use super::budget::Budget;
use super::dispatch::Dispatch;
use super::{Calling, Running, output};
use crate::conversation::{Finish, Message, ModelTurn, forget_images, image_bytes};
use crate::events::{Answer, Event, EventSink, Source};
use crate::instantiate::ServedAgent;
use crate::model::{Progress, Request};
use crate::problem::{Code, Problem};
use crate::schema::Schema;
use crate::session::{MAX_SESSION_BYTES, Turn};
use crate::tool::AgentTools;

/// Takes turns until there is an answer, for as long as the agent has time. The session is yet to be kept.
///
/// # Errors
/// Why there is none.
pub(super) fn within_time<'a>(
    running: &'a Running,
    message: String,
    turn: Turn,
    sink: &'a dyn EventSink,
) -> BoxFuture<'a, Result<(Answer, Turn), Problem>> {
    Box::pin(answered(running, message, turn, sink))
}

async fn answered(
    running: &Running,
    message: String,
    turn: Turn,
    sink: &dyn EventSink,
) -> Result<(Answer, Turn), Problem> {
    let (runner, source) = (&running.runner, &running.source);
    let Some(agent) = runner.agent(&source.agent) else { return Err(runner.unknown_agent(source.agent.as_str())) };
    let limit = agent.spec.limits.timeout;
    let dispatch = Dispatch { tools: agent.tools, calling: Calling { running, sink } };
    let turns = Turns { agent, source, sink, dispatch, budget: &running.budget };
    let result = tokio::time::timeout(Duration::from_millis(limit.0), turns.taken(message, turn)).await;
    result.unwrap_or_else(|_elapsed| {
        let detail = format!("the agent `{}` had no answer within its limit `timeout: {limit}`", source.agent);
        Err(Problem::new(Code::TimedOut, detail).help("ask for less, or raise `limits.timeout` in its spec"))
    })
}

/// A reply that does not fit, once there is one.
struct Misfit {
    /// Where it stands in the conversation.
    at: usize,
    why: String,
}

/// What stays the same over the turns of an invocation.
struct Turns<'a> {
    agent: ServedAgent<'a>,
    source: &'a Source,
    sink: &'a dyn EventSink,
    dispatch: Dispatch<'a>,
    budget: &'a Budget,
}

impl Turns<'_> {
    fn taken(&self, message: String, session: Turn) -> BoxFuture<'_, Result<(Answer, Turn), Problem>> {
        Box::pin(self.take(message, session))
    }

    /// Asks the model, for the `number`th time.
    fn asked<'a>(&'a self, number: u32, messages: &'a [Message]) -> BoxFuture<'a, Result<ModelTurn, Problem>> {
        Box::pin(self.ask(number, messages))
    }

    async fn take(&self, message: String, mut session: Turn) -> Result<(Answer, Turn), Problem> {
        let agent = &self.agent;
        session.messages.push(Message::User(message));
        keep_bounded(&mut session);
        let mut misfit: Option<Misfit> = None;
        let mut number = 0_u32;
        loop {
            number = number.saturating_add(1);
            let turn = match (self.asked(number, &session.messages).await, &misfit) {
                (Ok(turn), _) => turn,
                // Whoever recorded the first reply is told what is wrong with it: the request to mend it is the runner's own.
                (Err(problem), Some(misfit)) if problem.code == Code::NoRecordedTurn => {
                    return Err(misrecorded(self.source, &misfit.why));
                }
                (Err(problem), _) => return Err(problem),
            };
            if !turn.calls.is_empty() {
                self.call(turn, &mut session).await?;
                continue;
            }
            let cut = cut(&turn, agent)?;
            let output = match agent.output.map(|schema| output::read(schema, &turn.text)) {
                None => None,
                Some(Ok(output)) => Some(output),
                Some(Err(why)) if misfit.is_none() && cut.is_none() => {
                    self.sink.on_event(self.source, &Event::Repair { why: &why });
                    let (at, request) = (session.messages.len(), output::repair(&why));
                    misfit = Some(Misfit { at, why });
                    session.messages.extend([Message::Model(turn), Message::User(request)]);
                    continue;
                }
                Some(Err(why)) => return Err(mismatch(self.source, &why, cut.as_deref())),
            };
            if output.is_some() {
                // It was held back until it was known to fit.
                self.sink.on_event(self.source, &Event::Text(&turn.text));
            }
            if let Some(Misfit { at, .. }) = misfit {
                // The conversation goes on as if the reply had been right at once.
                session.messages.drain(at..at.saturating_add(2));
            }
            let answer = Answer {
                response: turn.text.clone(),
                output,
                session: session.id(),
                invocation: self.source.invocation,
                cut,
                unkept: None,
                usage: self.budget.spent(),
            };
            session.messages.push(Message::Model(turn));
            return Ok((answer, session));
        }
    }

    /// Makes the calls that a turn wants, and adds both to the conversation.
    async fn call(&self, turn: ModelTurn, session: &mut Turn) -> Result<(), Problem> {
        self.budget.tool_calls(turn.calls.len())?;
        // Images that are there already make way for what comes.
        let room = MAX_SESSION_BYTES.saturating_sub(texts(session));
        let results = self.dispatch.make(&turn.calls, room).await;
        session.messages.extend([Message::Model(turn), Message::ToolResults(results)]);
        keep_bounded(session);
        if session.bytes() > MAX_SESSION_BYTES { Err(too_long(self.source)) } else { Ok(()) }
    }

    async fn ask(&self, number: u32, messages: &[Message]) -> Result<ModelTurn, Problem> {
        let agent = &self.agent;
        self.budget.model_call()?;
        self.sink.on_event(self.source, &Event::ModelCall { turn: number });
        let request = Request {
            system: &agent.spec.prompt,
            messages,
            tools: agent.tools.map(AgentTools::declarations).unwrap_or_default(),
            generation: &agent.spec.generation,
            output: agent.output.map(Schema::value),
            images: agent.model.images(),
        };
        let is_data = agent.output.is_some();
        let (source, sink) = (self.source, self.sink);
        let mut listener = |progress: Progress<'_>| match progress {
            Progress::Text(_) if is_data => {}
            Progress::Text(text) => sink.on_event(source, &Event::Text(text)),
            Progress::Retry { attempt, wait, why } => {
                sink.on_event(source, &Event::ModelRetry { attempt, wait, why });
            }
        };
        let turn = agent.model.answer(&request, &mut listener).await?;
        self.budget.used(turn.usage);
        sink.on_event(source, &Event::ModelAnswered { turn: number, usage: turn.usage });
        Ok(turn)
    }
}

/// Sees to it that the images of a conversation are no more than go along with it.
fn keep_bounded(session: &mut Turn) {
    let room = MAX_SESSION_BYTES.saturating_sub(texts(session));
    forget_images(&mut session.messages, room);
}

/// Bytes of a conversation without its images.
fn texts(session: &Turn) -> usize {
    session.bytes().saturating_sub(image_bytes(&session.messages))
}

/// Why the answer is cut, if it is.
///
/// # Errors
/// Nothing of it is left.
fn cut(turn: &ModelTurn, agent: &ServedAgent<'_>) -> Result<Option<String>, Problem> {
    let is_empty = turn.text.trim().is_empty();
    match &turn.finish {
        Finish::Filtered(reason) if is_empty => {
            let detail = format!("the service of `{}` blocked the answer: {reason}", agent.spec.model);
            Err(Problem::new(Code::AnswerBlocked, detail).help("say it in other words"))
        }
        Finish::Length if is_empty => {
            let detail = format!("`{}` reached its longest output before it said anything", agent.spec.model);
            let help = "raise `generation.max_output_tokens`, or lower `generation.thinking_budget`";
            Err(Problem::new(Code::EmptyAnswer, detail).help(help))
        }
        _ if is_empty => {
            let detail = format!("`{}` ended its turn without saying anything", agent.spec.model);
            Err(Problem::new(Code::EmptyAnswer, detail).help("send the message again"))
        }
        Finish::Filtered(reason) => Ok(Some(reason.clone())),
        Finish::Length => Ok(Some("length".to_owned())),
        Finish::Stop | Finish::ToolCalls => Ok(None),
    }
}

fn too_long(source: &Source) -> Problem {
    let most = MAX_SESSION_BYTES >> 20;
    let detail =
        format!("what the tools of `{}` gave back is more than the {most} MiB of a conversation", source.agent);
    Problem::new(Code::LimitReached, detail).help("ask for less, or let the tools give back less")
}

fn misrecorded(source: &Source, why: &str) -> Problem {
    let why = why.replace('\n', "; ");
    let detail = format!("the recorded reply does not fit the `output` of `{}`: {why}", source.agent);
    Problem::new(Code::OutputMismatch, detail).help("record one that fits, as in `\"model\": {\"output\": {…}}`")
}

fn mismatch(source: &Source, why: &str, cut: Option<&str>) -> Problem {
    let agent = &source.agent;
    let why = why.replace('\n', "; ");
    match cut {
        Some("length") => {
            let detail = format!("the reply does not fit the `output` of `{agent}`, because it was cut at its longest");
            Problem::new(Code::OutputMismatch, detail).help("raise `generation.max_output_tokens`")
        }
        Some(reason) => {
            let detail = format!("the reply does not fit the `output` of `{agent}`: the service cut it ({reason})");
            Problem::new(Code::OutputMismatch, detail).help("say it in other words")
        }
        None => {
            let detail = format!("the reply does not fit the `output` of `{agent}`, and neither did the first: {why}");
            Problem::new(Code::OutputMismatch, detail)
                .help("make the schema simpler, or say in the prompt what it means")
        }
    }
}
