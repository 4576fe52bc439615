//! What called agents say, in lines: several may speak at once, and a line says whose it is.

use std::collections::BTreeMap;

use pace_ir::text::shortened;
use pace_runner::events::{Event, Source};
use pace_runner::id::InvocationId;

use crate::commands::chat::calls;

/// The most characters of a line.
const MOST_LINE: usize = 200;
/// The most lines of one invocation: who asked waits for the answer of the agent they talk to.
const MOST_LINES: usize = 20;
/// The most bytes of a line that has not ended.
const MOST_BYTES: usize = 4 << 10;

/// The lines that have not ended.
#[derive(Debug, Default)]
pub(super) struct Below(BTreeMap<InvocationId, Speaking>);

#[derive(Debug, Default)]
struct Speaking {
    line: String,
    lines: usize,
}

impl Below {
    /// The lines that an event ends.
    pub(super) fn hear(&mut self, source: &Source, event: &Event<'_>) -> Vec<String> {
        let speaking = self.0.entry(source.invocation).or_default();
        let mut ended = Vec::new();
        match event {
            Event::Text(text) => {
                for piece in text.split_inclusive('\n') {
                    let room = MOST_BYTES.saturating_sub(speaking.line.len());
                    speaking.line.extend(piece.chars().take(room));
                    if piece.ends_with('\n') {
                        ended.extend(speaking.end());
                    }
                }
            }
            Event::ModelAnswered { .. } => ended.extend(speaking.end()),
            Event::Done(_) | Event::Failed(_) => {
                ended.extend(speaking.end());
                self.0.remove(&source.invocation);
            }
            _ => {}
        }
        ended.into_iter().map(|line| calls::whose(source) + &line).collect()
    }
}

impl Speaking {
    fn end(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        if line.is_empty() || self.lines > MOST_LINES {
            return None;
        }
        self.lines += 1;
        Some(if self.lines > MOST_LINES {
            "says more, which is not shown".to_owned()
        } else {
            shortened(line, MOST_LINE)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_when_they_end_and_say_whose_they_are() {
        let source = |agent: &str| Source {
            invocation: InvocationId::new().unwrap(),
            parent: Some(InvocationId::new().unwrap()),
            agent: agent.parse().unwrap(),
        };
        let (one, other, mut below) = (source("one"), source("other"), Below::default());
        assert!(below.hear(&one, &Event::Text("a")).is_empty());
        assert_eq!(below.hear(&other, &Event::Text("x\n\ny")), ["other: x"]);
        assert_eq!(below.hear(&one, &Event::Text("b\nc\u{1b}[2J\n")), ["one: ab", "one: c\\u{1b}[2J"]);
        let answered = Event::ModelAnswered { turn: 1, usage: pace_runner::conversation::Usage::default() };
        assert_eq!(below.hear(&other, &answered), ["other: y"]);
        let told = below.hear(&one, &Event::Text(&"z\n".repeat(100)));
        assert_eq!(told.len(), MOST_LINES - 1);
        assert_eq!(told.last().map(String::as_str), Some("one: says more, which is not shown"));
    }
}
