//! The prompt: rustyline edits the line and walks through the history. A line that ends in `\` goes on in the next, and a
//! pasted text stays in one piece.

use std::borrow::Cow;
use std::cell::Cell;

use pace_diag::render::Colour;
use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::{History as _, MemHistory};
use rustyline::validate::Validator;
use rustyline::{ColorMode, Config, Context, Editor, Helper};

use super::command;
use super::history::{self, History};
use super::printer::paint;

const PROMPT: &str = "You: ";
/// As wide as the prompt, so that lines stand under each other.
const CONTINUED: &str = "  …  ";

/// The prompt and what was typed at it.
pub(super) struct Lines {
    editor: Editor<Aid, MemHistory>,
    history: History,
}

/// What a person did at the prompt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Typed this.
    Text(String),
    /// Nothing, or took back what was typed.
    Nothing,
    /// Pressed Ctrl-C with nothing typed.
    Interrupted,
    /// Pressed Ctrl-D, or the terminal is gone.
    End,
}

impl Lines {
    /// A prompt with the history of an agent.
    ///
    /// # Errors
    /// The terminal cannot be used.
    pub(super) fn new(history: History, colour: Colour) -> anyhow::Result<Self> {
        let color_mode = match colour {
            Colour::Ansi => ColorMode::Enabled,
            Colour::Plain => ColorMode::Disabled,
        };
        let config = Config::builder()
            .max_history_size(history::MOST)?
            .auto_add_history(false)
            .bracketed_paste(true)
            .color_mode(color_mode)
            .build();
        let mut known = MemHistory::with_config(&config);
        for message in history.messages() {
            known.add_owned(message)?;
        }
        let mut editor = Editor::with_history(config, known)?;
        editor.set_helper(Some(Aid { colour, is_empty: Cell::new(true) }));
        Ok(Self { editor, history })
    }

    /// What the person types next; `draft` stands there already.
    pub(super) fn read(&mut self, draft: &str) -> Said {
        let mut text = String::new();
        let mut draft = draft;
        loop {
            if let Some(aid) = self.editor.helper() {
                aid.is_empty.set(draft.is_empty() && text.is_empty());
            }
            let prompt = if text.is_empty() { PROMPT } else { CONTINUED };
            match self.editor.readline_with_initial(prompt, (draft, "")) {
                Ok(line) => {
                    let Some(start) = line.strip_suffix('\\') else {
                        text.push_str(&line);
                        break;
                    };
                    text.push_str(start);
                    text.push('\n');
                }
                Err(ReadlineError::Interrupted) => return self.interrupted(&text),
                Err(_) => return Said::End,
            }
            draft = "";
        }
        let text = text.trim_end_matches(['\n', '\r']);
        if text.trim().is_empty() { Said::Nothing } else { Said::Text(text.to_owned()) }
    }

    fn interrupted(&self, text: &str) -> Said {
        let is_empty = text.is_empty() && self.editor.helper().is_some_and(|aid| aid.is_empty.get());
        if is_empty { Said::Interrupted } else { Said::Nothing }
    }

    /// Remembers what was typed; what to tell the person if it cannot be kept.
    pub(super) fn keep(&mut self, text: &str) -> Option<String> {
        // In memory, this cannot fail.
        let _added = self.editor.add_history_entry(text);
        self.history.add(text)
    }
}

/// What rustyline asks while a line is edited.
struct Aid {
    colour: Colour,
    /// Whether nothing is typed: rustyline does not say so when Ctrl-C ends a line.
    is_empty: Cell<bool>,
}

impl Helper for Aid {}

impl Validator for Aid {}

impl Hinter for Aid {
    type Hint = String;

    /// Called at every change of the line. Gives no hints.
    fn hint(&self, line: &str, _: usize, _: &Context<'_>) -> Option<String> {
        self.is_empty.set(line.is_empty());
        None
    }
}

impl Highlighter for Aid {
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        Cow::Owned(paint(self.colour, "1", prompt))
    }
}

impl Completer for Aid {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<String>)> {
        let typed = line.get(..at).unwrap_or(line);
        let fits = |name: &&str| typed.starts_with('/') && name.starts_with(typed);
        Ok((0, command::names().filter(fits).map(str::to_owned).collect()))
    }
}
