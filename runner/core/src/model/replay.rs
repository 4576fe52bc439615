//! The provider `replay`: answers from a recording and calls nobody. A conversation decides alone which turn answers, so
//! the same messages get the same answers, in any order and from any number of invocations at once.

use std::time::Duration;

use pace_ir::program::recording::{Asked, RecordedAnswer, RecordedTurn, Recording};
use pace_ir::program::{LockSection, ModelName};
use pace_ir::text::shortened;
use pace_ir::{Bundle, Digest};

use super::{Listener, Progress};
use crate::conversation::{Finish, Message, ModelTurn, ToolCall, Usage};
use crate::problem::Problem;
use crate::setup::SetupError;

mod miss;

/// A recording, ready to answer.
#[derive(Debug)]
pub(super) struct Replay {
    recording: Recording,
    /// The author's file, where the bundle still knows its name.
    file: Option<String>,
}

/// What a conversation asks for: its last message, and how many messages of the user there are.
#[derive(Debug, Clone, Copy)]
struct Question<'a> {
    asked: AskedNow<'a>,
    turn: usize,
}

#[derive(Debug, Clone, Copy)]
enum AskedNow<'a> {
    User(&'a str),
    Results(&'a [crate::conversation::ToolResult]),
}

impl Replay {
    /// The recording that a bundle holds under a digest.
    ///
    /// # Errors
    /// There is none, or it cannot be read; no compiler of this version writes such a bundle.
    pub(super) fn configure(bundle: &Bundle, name: &ModelName, turns: Option<Digest>) -> Result<Self, SetupError> {
        let bytes = turns.and_then(|digest| bundle.blobs.blobs.get(&digest));
        let unreadable = |why: String| {
            SetupError::new(
                format!("the recorded turns of the model `{name}` cannot be read: {why}"),
                "build the bundle again",
            )
        };
        let bytes = bytes.ok_or_else(|| unreadable("there are none".to_owned()))?;
        let recording = Recording::parse(bytes).map_err(|why| unreadable(why.to_string()))?;
        Ok(Self { recording, file: turns.and_then(|digest| file(&bundle.lock, digest)) })
    }

    /// The first recorded turn that matches.
    ///
    /// # Errors
    /// [`Code::NoRecordedTurn`](crate::problem::Code::NoRecordedTurn).
    pub(super) async fn answer(
        &self,
        name: &ModelName,
        messages: &[Message],
        listener: Listener<'_>,
    ) -> Result<ModelTurn, Problem> {
        let question = question(messages);
        let turn = self.recording.turns.iter().find(|turn| question.is_some_and(|question| matches(turn, question)));
        let Some(turn) = turn else { return Err(self.miss(name, question)) };
        pause(turn.wait).await;
        let mut is_first = true;
        for word in turn.answer.text.split_inclusive(char::is_whitespace) {
            if !is_first {
                pause(turn.pace).await;
            }
            is_first = false;
            listener(Progress::Text(word));
        }
        Ok(said(&turn.answer, messages.len()))
    }
}

/// The path of the input with this digest.
fn file(lock: &LockSection, digest: Digest) -> Option<String> {
    lock.inputs.iter().find_map(|(path, of)| (*of == digest).then(|| path.clone()))
}

/// Timers cost more than they are worth where nothing is to be waited for.
async fn pause(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

/// `None` where the model is not asked anything, which the turn loop never does.
fn question(messages: &[Message]) -> Option<Question<'_>> {
    let asked = match messages.last()? {
        Message::User(text) => AskedNow::User(text.trim()),
        Message::ToolResults(results) => AskedNow::Results(results),
        Message::Model(_) => return None,
    };
    Some(Question { asked, turn: messages.iter().filter(|message| matches!(message, Message::User(_))).count() })
}

fn matches(recorded: &RecordedTurn, question: Question<'_>) -> bool {
    is_turn(recorded, question) && is_asked(&recorded.asked, question.asked)
}

fn is_turn(recorded: &RecordedTurn, question: Question<'_>) -> bool {
    recorded.turn.is_none_or(|turn| usize::try_from(turn) == Ok(question.turn))
}

fn is_asked(recorded: &Asked, now: AskedNow<'_>) -> bool {
    match (recorded, now) {
        (Asked::User(recorded), AskedNow::User(text)) => recorded == text,
        (Asked::Contains(recorded), AskedNow::User(text)) => text.contains(recorded.as_str()),
        (Asked::Results(names), AskedNow::Results(results)) => {
            names.iter().eq(results.iter().map(|result| &result.name))
        }
        _ => false,
    }
}

/// The turn as a model would have taken it. `at` is its place in the conversation, which makes its calls' ids unique.
fn said(answer: &RecordedAnswer, at: usize) -> ModelTurn {
    let calls = answer.calls.iter().enumerate().map(|(number, call)| ToolCall {
        id: format!("replay-{at}-{number}"),
        name: call.name.clone(),
        arguments: (&call.arguments).into(),
    });
    let finish = match answer.cut.as_deref() {
        Some("length") => Finish::Length,
        Some(reason) => Finish::Filtered(shortened(reason, MOST_REASON)),
        None if answer.calls.is_empty() => Finish::Stop,
        None => Finish::ToolCalls,
    };
    ModelTurn {
        text: answer.text.clone(),
        calls: calls.collect(),
        finish,
        usage: Usage { input_tokens: answer.usage.input, cached_input_tokens: 0, output_tokens: answer.usage.output },
        raw: None,
    }
}

/// The most characters of a reason for a cut.
const MOST_REASON: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::ToolResult;
    use crate::problem::Code;

    const NAME: &str = "recorded";

    fn replay(text: &str) -> Replay {
        Replay { recording: Recording::parse(text.as_bytes()).unwrap(), file: Some("turns.json".to_owned()) }
    }

    fn results(names: &[&str]) -> Message {
        let result = |name: &&str| ToolResult {
            id: "1".to_owned(),
            name: (*name).to_owned(),
            content: serde_json::Value::Null.into(),
            is_error: false,
            images: Vec::new(),
            forgotten: 0,
        };
        Message::ToolResults(names.iter().map(result).collect())
    }

    fn user(text: &str) -> Message {
        Message::User(text.to_owned())
    }

    fn ask(replay: &Replay, messages: &[Message]) -> (Result<ModelTurn, Problem>, Vec<String>) {
        let mut heard = Vec::new();
        let mut listener = |progress: Progress<'_>| match progress {
            Progress::Text(text) => heard.push(text.to_owned()),
            Progress::Retry { .. } => heard.push("retry".to_owned()),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let turn = runtime.block_on(replay.answer(&NAME.parse().unwrap(), messages, &mut listener));
        (turn, heard)
    }

    #[test]
    fn the_first_that_matches_answers_in_words() {
        let replay = replay(
            r#"[
                {"user": "hi", "turn": 2, "model": "hello again"},
                {"user": "hi", "model": "hello  there\nyou"},
                {"user": {"contains": "weather"}, "model": {"calls": [{"name": "a"}, {"name": "b", "arguments": "x"}]}},
                {"results": ["a", "b"], "model": {"text": "so", "cut": "safety", "usage": {"input": 3, "output": 4}}},
                {"user": {"contains": ""}, "model": {"text": "all else", "cut": "length"}}
            ]"#,
        );
        let (turn, heard) = ask(&replay, &[user(" hi\n")]);
        assert_eq!(heard, ["hello ", " ", "there\n", "you"]);
        assert_eq!(turn.unwrap().text, "hello  there\nyou");
        let model = Message::Model(ModelTurn::default());
        let (turn, _) = ask(&replay, &[user("x"), model.clone(), user("hi")]);
        assert_eq!(turn.unwrap().text, "hello again");
        let (turn, heard) = ask(&replay, &[user("the weather?")]);
        let turn = turn.unwrap();
        assert_eq!((turn.finish, heard.len()), (Finish::ToolCalls, 0));
        let told: Vec<_> =
            turn.calls.iter().map(|call| format!("{} {} {}", call.id, call.name, call.arguments)).collect();
        assert_eq!(told, ["replay-1-0 a {}", "replay-1-1 b \"x\""]);
        let (turn, _) = ask(&replay, &[user("the weather?"), model, results(&["a", "b"])]);
        let turn = turn.unwrap();
        assert_eq!((turn.finish, turn.usage.total()), (Finish::Filtered("safety".to_owned()), 7));
        let (turn, _) = ask(&replay, &[user("other")]);
        assert_eq!(turn.unwrap().finish, Finish::Length);
    }

    #[test]
    fn pauses_are_taken() {
        let replay = replay(r#"[{"user": "hi", "model": "a b c", "wait": "30ms", "pace": "10ms"}]"#);
        let begun = std::time::Instant::now();
        ask(&replay, &[user("hi")]).0.unwrap();
        assert!(begun.elapsed() >= Duration::from_millis(50));
    }

    #[test]
    fn a_miss_says_what_differed() {
        let recorded = replay(
            r#"[
                {"user": "What is the weather in Oslo?", "model": "rain"},
                {"user": "Good bye", "turn": 2, "model": "bye"},
                {"results": ["forecast"], "model": "rain"}
            ]"#,
        );
        let miss = |replay: &Replay, messages: &[Message]| {
            let problem = ask(replay, messages).0.unwrap_err();
            assert_eq!(problem.code, Code::NoRecordedTurn);
            (problem.detail, problem.help.unwrap())
        };
        let (detail, help) = miss(&recorded, &[user("What is the weather in Rome?\u{1b}[2J")]);
        assert_eq!(
            detail,
            "no recorded turn of `recorded` is for the message `What is the weather in Rome?\\u{1b}[2J`; \
             the nearest, number 1 of the list, is for `What is the weather in Oslo?`"
        );
        assert_eq!(
            help,
            "add a turn to `turns.json`: `{\"user\": \"What is the weather in Rome?\\u001b[2J\", \"model\": \"…\"}`"
        );
        let (detail, _) = miss(&recorded, &[user("Good bye")]);
        assert_eq!(
            detail,
            "no recorded turn of `recorded` is for the message `Good bye`; \
             the nearest, number 2 of the list, is for `Good bye` as message 2 of the user, and this is message 1"
        );
        let (detail, help) = miss(&recorded, &[user("x"), results(&["forecast", "clock"])]);
        assert_eq!(
            detail,
            "no recorded turn of `recorded` is for results of `forecast`, `clock`; \
             the nearest, number 3 of the list, is for results of `forecast`"
        );
        assert_eq!(help, "add a turn to `turns.json`: `{\"results\": [\"forecast\",\"clock\"], \"model\": \"…\"}`");
        let (detail, _) = miss(&recorded, &[user("Tell me a story")]);
        assert_eq!(detail, "no recorded turn of `recorded` is for the message `Tell me a story`; none is like it");
        let (detail, _) = miss(&replay("[]"), &[user("x")]);
        assert_eq!(detail, "no recorded turn of `recorded` is for the message `x`; the recording is empty");
        let (detail, _) = miss(&replay(r#"[{"results": ["a"], "model": "b"}]"#), &[user("x")]);
        assert_eq!(
            detail,
            "no recorded turn of `recorded` is for the message `x`; all of them are for results of tools"
        );
    }
}
