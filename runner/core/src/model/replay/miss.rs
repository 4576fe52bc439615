//! What somebody is told whose question no recorded turn is for: what was asked, the nearest there is, and the turn to add.

use pace_ir::program::ModelName;
use pace_ir::program::recording::{Asked, RecordedTurn};
use pace_ir::text::{quoted, shortened};

use super::{AskedNow, Question, Replay, is_asked};
use crate::problem::{Code, Problem};

/// The most characters of a message that are compared: what differs further on is told as well by the beginning.
const COMPARED: usize = 200;

/// The most characters of a message in the turn to add, which is there to be copied.
const MOST_COPIED: usize = 400;

impl Replay {
    pub(super) fn miss(&self, name: &ModelName, question: Option<Question<'_>>) -> Problem {
        let Some(question) = question else {
            return Problem::new(Code::NoRecordedTurn, format!("`{name}` was asked nothing"));
        };
        let nearest = match self.nearest(question) {
            Some((number, turn)) => format!("the nearest, turn {}, is for {}", number + 1, difference(turn, question)),
            None if self.recording.turns.is_empty() => "the recording is empty".to_owned(),
            None => match question.asked {
                AskedNow::User(_) => "all of them are for results of tools".to_owned(),
                AskedNow::Results(_) => "all of them are for messages".to_owned(),
            },
        };
        let detail = format!("no recorded turn of `{name}` is for {}; {nearest}", told(question.asked));
        let file =
            self.file.as_deref().map_or_else(|| "its recording".to_owned(), |file| format!("`{}`", quoted(file)));
        Problem::new(Code::NoRecordedTurn, detail).help(format!("add a turn to {file}: `{}`", to_add(question.asked)))
    }

    /// The turn for the same kind of message that is most like it; the first of several.
    fn nearest(&self, question: Question<'_>) -> Option<(usize, &RecordedTurn)> {
        let scored = self
            .recording
            .turns
            .iter()
            .enumerate()
            .filter_map(|(number, turn)| Some((likeness(&turn.asked, question.asked)?, number, turn)));
        let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, number, turn)| (number, turn))
    }
}

/// From 0 to 1; `None` where it is another kind of message.
fn likeness(recorded: &Asked, now: AskedNow<'_>) -> Option<f64> {
    if is_asked(recorded, now) {
        return Some(1.0);
    }
    match (recorded, now) {
        (Asked::User(recorded) | Asked::Contains(recorded), AskedNow::User(text)) => {
            let start = |text: &str| text.chars().take(COMPARED).collect::<String>().to_lowercase();
            Some(strsim::sorensen_dice(&start(recorded), &start(text)))
        }
        (Asked::Results(names), AskedNow::Results(results)) => {
            let names = names.join(" ");
            let results: Vec<_> = results.iter().map(|result| result.name.as_str()).collect();
            Some(strsim::sorensen_dice(&names, &results.join(" ")))
        }
        _ => None,
    }
}

/// What the nearest turn is for, as far as it is not what was asked.
fn difference(turn: &RecordedTurn, question: Question<'_>) -> String {
    let told = match &turn.asked {
        Asked::User(text) => format!("`{}`", quoted(text)),
        Asked::Contains(text) => format!("a message with `{}` in it", quoted(text)),
        Asked::Results(names) => format!("results of {}", list(names.iter().map(String::as_str))),
    };
    match turn.turn.filter(|_| !super::is_turn(turn, question)) {
        None => told,
        Some(wanted) => format!("{told} as message {wanted} of the user, and this is message {}", question.turn),
    }
}

fn told(asked: AskedNow<'_>) -> String {
    match asked {
        AskedNow::User(text) => format!("the message `{}`", quoted(text)),
        AskedNow::Results(results) => format!("results of {}", list(results.iter().map(|result| result.name.as_str()))),
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{}`", quoted(name))).collect::<Vec<_>>().join(", ")
}

/// The turn to add, as JSON but for the answer.
fn to_add(asked: AskedNow<'_>) -> String {
    let json = |value: serde_json::Value| shortened(&value.to_string(), MOST_COPIED);
    match asked {
        AskedNow::User(text) => format!("{{\"user\": {}, \"model\": \"…\"}}", json(text.into())),
        AskedNow::Results(results) => {
            let names = results.iter().map(|result| result.name.as_str()).collect::<Vec<_>>();
            format!("{{\"results\": {}, \"model\": \"…\"}}", json(names.into()))
        }
    }
}
