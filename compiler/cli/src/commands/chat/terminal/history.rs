//! What was typed to an agent before: `.pace/chat-history/<agent>`, for its owner's eyes only, one JSON string a line, since a
//! message may have several. Kept after each message, so that no end of the process loses any.

use std::path::{Path, PathBuf};

use pace_ir::program::AgentName;

use crate::private_file;
use crate::world::plain;

/// The most messages kept.
pub(super) const MOST: usize = 1_000;

/// The most bytes kept, and read.
const MOST_BYTES: u64 = 1 << 20;

/// The history of an agent.
#[derive(Debug)]
pub(super) struct History {
    root: PathBuf,
    /// Relative to the project.
    path: String,
    /// Whether it was said already that nothing can be kept.
    is_given_up: bool,
}

impl History {
    /// The history of an agent in a project, which need not have one.
    pub(super) fn open(root: &Path, agent: &AgentName) -> Self {
        Self { root: root.to_owned(), path: format!(".pace/chat-history/{agent}"), is_given_up: false }
    }

    /// The messages, oldest first. What cannot be read is no loss worth an error.
    pub(super) fn messages(&self) -> Vec<String> {
        let text = private_file::read(&self.root.join(&self.path), MOST_BYTES).ok().flatten().unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Adds a message; what to tell the person, once, if it cannot be kept.
    pub(super) fn add(&mut self, message: &str) -> Option<String> {
        // Read again, because another conversation may have added its own.
        let mut messages = self.messages();
        if messages.last().is_some_and(|last| last == message) {
            return None;
        }
        messages.push(message.to_owned());
        let text = bounded(&messages);
        let error = private_file::write(&self.root, &self.path, text.as_bytes()).err()?;
        let is_told = std::mem::replace(&mut self.is_given_up, true);
        (!is_told).then(|| format!("`{}` cannot be written, so this is not kept: {}", self.path, plain(&error)))
    }
}

/// The newest messages that are within the bounds, oldest first.
fn bounded(messages: &[String]) -> String {
    let mut bytes = 0;
    let lines = messages.iter().rev().take(MOST).map_while(|message| {
        let line = format!("{}\n", serde_json::Value::from(message.as_str()));
        bytes += line.len();
        u64::try_from(bytes).is_ok_and(|bytes| bytes <= MOST_BYTES).then_some(line)
    });
    let mut lines: Vec<_> = lines.collect();
    lines.reverse();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_kept_in_order_within_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::open(folder.path(), &"helper".parse().unwrap());
        assert_eq!(history.messages(), Vec::<String>::new());
        for message in ["one", "two\nlines", "two\nlines", "\u{1b}"] {
            assert_eq!(history.add(message), None);
        }
        assert_eq!(history.messages(), ["one", "two\nlines", "\u{1b}"]);
        let place = folder.path().join(".pace/chat-history/helper");
        std::fs::write(&place, "no JSON\n\"whole\"\n\"cut").unwrap();
        assert_eq!(history.messages(), ["whole"]);
        let many: Vec<_> = (0..MOST + 5).map(|number| number.to_string()).collect();
        let kept = bounded(&many);
        assert_eq!((kept.lines().count(), kept.lines().next()), (MOST, Some("\"5\"")));
        let long = "x".repeat(600 << 10);
        assert_eq!(bounded(&[long.clone(), long]).lines().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_it_and_a_failure_is_told_once() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mut history = History::open(folder.path(), &"helper".parse().unwrap());
        history.add("one");
        let place = folder.path().join(".pace/chat-history/helper");
        assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::remove_file(&place).unwrap();
        std::fs::create_dir_all(place.join("in the way")).unwrap();
        assert!(history.add("two").unwrap().starts_with("`.pace/chat-history/helper` cannot be written"));
        assert_eq!(history.add("three"), None);
    }
}
