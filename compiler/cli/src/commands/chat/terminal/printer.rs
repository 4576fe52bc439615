//! The conversation on the screen, drawn from the event stream as it happens. Whatever comes from a model or a service is
//! made printable first; colours only help, and nothing rests on them.

use std::io::{Write, stdout};
use std::sync::{Mutex, PoisonError};

use pace_diag::render::{Colour, Glyphs};
use pace_ir::program::{AgentName, ModelName};
use pace_ir::text::{quoted, shortened};
use pace_runner::events::{Answer, Event, EventSink, Source};

use crate::exit;
use crate::foreign::{Filter, filtered};
use crate::wrap::{Wrap, columns, wrapped};

const BOLD: &str = "1";
const DIM: &str = "2";

/// The most characters of a call's arguments that are shown.
const ARGUMENTS: usize = 60;

/// Prints a conversation on standard output. A terminal that is gone is noticed at the prompt, not here.
#[derive(Debug)]
pub(super) struct Printer {
    agent: AgentName,
    /// Whether replies are data, shown when they are whole.
    is_data: bool,
    colour: Colour,
    glyphs: Glyphs,
    screen: Mutex<Screen>,
}

/// Where the cursor is.
#[derive(Debug, Default)]
struct Screen {
    line: Line,
    filter: Filter,
    wrap: Wrap,
    /// Line breaks that are printed only when something follows: how a reply ends is not left to the model.
    breaks: String,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// At the start of a line.
    #[default]
    Start,
    /// After the agent's name, with nothing said yet.
    Named,
    /// In a reply.
    Reply,
}

/// Words in a style, where colours are wanted.
pub(super) fn paint(colour: Colour, style: &str, words: &str) -> String {
    match colour {
        Colour::Plain => words.to_owned(),
        Colour::Ansi => format!("\u{1b}[{style}m{words}\u{1b}[0m"),
    }
}

/// Prints a text as it is.
pub(super) fn print(text: &str) {
    let mut stdout = stdout().lock();
    let _gone = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Prints why there is no answer, and what to do.
pub(super) fn print_failure(message: &str, help: Option<&str>) {
    let words = exit::words(message, help);
    let lines: Vec<_> = words.split('\n').map(pace_runner::printable).collect();
    print(&wrapped(&lines.join("\n"), columns(&stdout())));
}

impl Printer {
    pub(super) fn new(agent: &AgentName, is_data: bool, colour: Colour, glyphs: Glyphs) -> Self {
        Self { agent: agent.clone(), is_data, colour, glyphs, screen: Mutex::default() }
    }

    /// The first line.
    pub(super) fn greeting(&self, model: Option<&ModelName>) {
        let dot = match self.glyphs {
            Glyphs::Unicode => "🟢 ",
            Glyphs::Ascii => "",
        };
        let model = model.map(|model| format!(" ({model})")).unwrap_or_default();
        print(&format!("{dot}{}{model}\n", paint(self.colour, BOLD, self.agent.as_str())));
    }

    /// Something that is neither message nor reply, on a line of its own.
    pub(super) fn note(&self, text: &str) {
        let text = wrapped(&format!("({})", pace_runner::printable(text)), columns(&stdout()));
        print(&format!("{}\n", paint(self.colour, DIM, &text)));
    }

    /// Goes to the start of a line; a name that nothing follows is taken back.
    fn start(&self, screen: &mut Screen) {
        match std::mem::take(&mut screen.line) {
            Line::Start => {}
            Line::Named => {
                let width = self.agent.as_str().len() + 2;
                print(&format!("\r{}\r", " ".repeat(width)));
            }
            Line::Reply => print(&format!("{}\n", screen.wrap.end(columns(&stdout())))),
        }
        screen.filter = Filter::default();
        screen.breaks.clear();
    }

    fn name(&self, screen: &mut Screen) {
        if screen.line == Line::Start {
            print(&paint(self.colour, BOLD, &format!("{}: ", self.agent)));
            screen.line = Line::Named;
            screen.wrap = Wrap::after(self.agent.as_str().len() + 2, 0);
        }
    }

    fn aside(&self, screen: &mut Screen, text: &str) {
        self.start(screen);
        let text = wrapped(&format!("  [{text}]"), columns(&stdout()));
        print(&format!("{}\n", paint(self.colour, DIM, &text)));
    }

    fn text(&self, screen: &mut Screen, text: &str) {
        self.name(screen);
        let printable = std::mem::take(&mut screen.breaks) + &screen.filter.pass(text);
        let (said, breaks) = printable.split_at(printable.trim_end_matches('\n').len());
        breaks.clone_into(&mut screen.breaks);
        screen.line = Line::Reply;
        print(&screen.wrap.pass(said, columns(&stdout())));
    }

    fn done(&self, screen: &mut Screen, answer: &Answer) {
        if let Some(output) = &answer.output {
            self.name(screen);
            screen.line = Line::Reply;
            print(&filtered(&serde_json::to_string_pretty(output).unwrap_or_default()));
        }
        self.start(screen);
    }
}

impl EventSink for Printer {
    fn on_event(&self, _: &Source, event: &Event<'_>) {
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let screen = &mut *screen;
        match event {
            Event::ModelCall { .. } => self.name(screen),
            Event::ModelRetry { attempt, wait, why } => {
                let wait = format!("{:.1}", wait.as_secs_f64());
                let wait = wait.trim_end_matches(".0");
                self.aside(screen, &format!("{}; attempt {attempt} in {wait} s", quoted(why)));
                self.name(screen);
            }
            Event::Repair { .. } => self.aside(screen, "the reply does not fit the schema; asking once more"),
            Event::Text(text) if !self.is_data => self.text(screen, text),
            Event::ToolCall { call, .. } => {
                let arguments = shortened(&call.arguments.to_string(), ARGUMENTS);
                self.aside(screen, &format!("calls {} {arguments}", quoted(&call.name)));
            }
            Event::ToolResult { result, .. } if result.is_error => {
                let why = result.content.get("error").and_then(serde_json::Value::as_str);
                let why = shortened(why.unwrap_or(&result.content.to_string()), ARGUMENTS);
                self.aside(screen, &format!("{} failed: {why}", quoted(&result.name)));
            }
            Event::Done(answer) => self.done(screen, answer),
            Event::Failed(_) => self.start(screen),
            _ => {}
        }
    }
}
