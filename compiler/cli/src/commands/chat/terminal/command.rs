//! What is typed at the prompt: a message, or a command that begins with `/`.

use pace_diag::nearest;
use pace_ir::text::quoted;

/// What can be typed, as `/help` prints it.
pub(super) const HELP: &str = "  /help    what can be typed
  /reset   begin a new conversation
  /quit    leave; so does Ctrl-D
  //text   send the message `/text`

  Ctrl-C   cancels an answer; at the prompt, twice leaves
  Up       an earlier message
  \\        at the end of a line: goes on in the next one

";

/// The commands by what is typed.
const COMMANDS: [(&str, Command); 3] = [("/help", Command::Help), ("/reset", Command::Reset), ("/quit", Command::Quit)];

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Say what can be typed.
    Help,
    /// Begin a new conversation.
    Reset,
    /// Leave.
    Quit,
}

/// What was typed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Typed<'t> {
    /// To the agent.
    Message(&'t str),
    /// To this program.
    Command(Command),
    /// To this program, which does not know it.
    Unknown {
        /// What is wrong.
        message: String,
        /// What to do.
        help: String,
    },
}

/// What a text means.
pub(super) fn parse(text: &str) -> Typed<'_> {
    if !text.starts_with('/') {
        return Typed::Message(text);
    }
    if let Some(message) = text.strip_prefix('/').filter(|rest| rest.starts_with('/')) {
        return Typed::Message(message);
    }
    let word = text.split_whitespace().next().unwrap_or(text);
    if let Some((_, command)) = COMMANDS.iter().find(|(name, _)| *name == text.trim_end()) {
        return Typed::Command(*command);
    }
    let advice = match nearest::nearest(word, names()) {
        _ if names().any(|name| name == word) => format!("type `{word}` alone"),
        Some(near) => format!("did you mean `{near}`?"),
        None => "type `/help` for what there is".to_owned(),
    };
    Typed::Unknown {
        message: format!("there is no command `{}`", quoted(text.lines().next().unwrap_or(text))),
        help: format!("{advice}\nto send it as a message, begin with `//`"),
    }
}

/// The commands as they are typed.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|(name, _)| *name)
}

/// A message as it is typed.
pub(super) fn typed_as(message: &str) -> String {
    if message.starts_with('/') { format!("/{message}") } else { message.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_begins_a_command_and_two_a_message() {
        assert_eq!(parse("hello /quit"), Typed::Message("hello /quit"));
        assert_eq!(parse("//quit now"), Typed::Message("/quit now"));
        assert_eq!(parse(&typed_as("/quit now")), Typed::Message("/quit now"));
        assert_eq!(parse("/quit "), Typed::Command(Command::Quit));
        let unknown = |text: &str| match parse(text) {
            Typed::Unknown { message, help } => (message, help.split('\n').next().unwrap().to_owned()),
            other => panic!("{other:?}"),
        };
        let told = |message: &str, help: &str| (message.to_owned(), help.to_owned());
        assert_eq!(unknown("/Quit"), told("there is no command `/Quit`", "did you mean `/quit`?"));
        assert_eq!(unknown("/rest me"), told("there is no command `/rest me`", "did you mean `/reset`?"));
        assert_eq!(unknown("/etc/passwd"), told("there is no command `/etc/passwd`", "type `/help` for what there is"));
        assert_eq!(unknown("/quit now"), told("there is no command `/quit now`", "type `/quit` alone"));
    }
}
