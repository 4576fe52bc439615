//! The conversation on the screen, drawn from the event stream as it happens. Whatever comes from a model or a service is
//! made printable first; colours only help, and nothing rests on them.

mod below;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::io::{Write, stdout};
use std::sync::{Mutex, PoisonError};

use pace_diag::render::{Colour, Glyphs};
use pace_ir::program::AgentName;
use pace_ir::text::{quoted, shortened};
use pace_runner::conversation::{ToolCall, ToolResult};
use pace_runner::events::{Answer, CallStatus, Event, EventSink, Source, how_far};
use pace_runner::id::InvocationId;
use pace_runner::instantiate::ServedAgent;
use pace_runner::tool::{AgentTools, Cause, Level, Mode};
use unicode_width::UnicodeWidthStr as _;

use self::below::Below;
use crate::commands::chat::calls;
use crate::commands::chat::talk::Talk;
use crate::exit;
use crate::foreign::{Filter, filtered};
use crate::wrap::{Wrap, columns, wrapped};

const BOLD: &str = "1";
const DIM: &str = "2";

/// The most characters of a line of a tool's console.
const MOST_LINE: usize = 200;
/// The most lines of one call's console that are shown.
const MOST_LINES: usize = 20;

/// Prints a conversation on standard output. A terminal that is gone is noticed at the prompt, not here.
#[derive(Debug)]
pub(super) struct Printer {
    agent: AgentName,
    /// Whether replies are data, shown when they are whole.
    is_data: bool,
    /// Tools whose calls are not made, of this agent and of those it calls.
    stubbed: BTreeSet<(AgentName, String)>,
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
    /// The calls of this turn of the model, and of those of the agents that are called.
    calls: Vec<Shown>,
    /// What called agents are saying.
    below: Below,
    /// What was said once and is not said again.
    told: BTreeSet<&'static str>,
}

/// A call on the screen.
#[derive(Debug)]
struct Shown {
    invocation: InvocationId,
    id: String,
    /// With its arguments.
    called: String,
    /// What its later lines begin with: with its arguments, where these tell it from another.
    named: String,
    /// How many lines of its console were shown.
    lines: usize,
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
    /// After how far a call is, which takes this many columns and gives way to whatever comes next.
    Step(usize),
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
    pub(super) fn new(talk: &Talk, colour: Colour, glyphs: Glyphs) -> Self {
        let tools = |agent: ServedAgent<'_>| {
            let tools = agent.tools.into_iter().flat_map(AgentTools::iter);
            let stubbed = tools.filter(|tool| tool.mode == Mode::Stubbed);
            stubbed.map(|tool| (agent.name.clone(), tool.name.clone())).collect::<Vec<_>>()
        };
        let stubbed = talk.runner().agents().flat_map(tools).collect();
        let (agent, is_data) = (talk.agent().clone(), talk.is_data());
        Self { agent, is_data, stubbed, colour, glyphs, screen: Mutex::default() }
    }

    /// The first lines: who answers, and what it can call.
    pub(super) fn greeting(&self, talk: &Talk) {
        let dot = match self.glyphs {
            Glyphs::Unicode => "🟢 ",
            Glyphs::Ascii => "",
        };
        let model = talk.model().map(|model| format!(" ({model})")).unwrap_or_default();
        print(&format!("{dot}{}{model}\n", paint(self.colour, BOLD, self.agent.as_str())));
        let tools = talk.introductions();
        if !tools.is_empty() {
            print(&format!("{}\n", wrapped(&format!("   tools: {}", tools.join(", ")), columns(&stdout()))));
        }
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
            Line::Step(width) => print(&format!("\r{}\r", " ".repeat(width))),
            Line::Reply => print(&format!("{}\n", screen.wrap.end(columns(&stdout())))),
        }
        screen.filter = Filter::default();
        screen.breaks.clear();
    }

    fn name(&self, screen: &mut Screen) {
        if matches!(screen.line, Line::Step(_)) {
            self.start(screen);
        }
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

    /// Something on a line of its own that is said once in a conversation.
    fn once(&self, screen: &mut Screen, text: &'static str) {
        if screen.told.insert(text) {
            self.aside(screen, text);
        }
    }

    /// A call that is not going to be made is told by what comes of it.
    fn call(&self, screen: &mut Screen, source: &Source, call: &ToolCall) {
        let (name, called, invocation) = (quoted(&call.name), calls::called(call), source.invocation);
        if !self.stubbed.contains(&(source.agent.clone(), call.name.clone())) {
            self.aside(screen, &format!("{}calls {called}", calls::whose(source)));
        }
        let mut named = name.clone();
        let is_like =
            |other: &&mut Shown| other.invocation == invocation && other.called.starts_with(&format!("{name} "));
        for other in screen.calls.iter_mut().filter(is_like) {
            other.named.clone_from(&other.called);
            named.clone_from(&called);
        }
        screen.calls.push(Shown { invocation, id: call.id.clone(), called, named, lines: 0 });
    }

    fn console(&self, screen: &mut Screen, source: &Source, (call, level, text): (&ToolCall, Level, &str)) {
        let Some(shown) = screen.calls.iter_mut().find(|shown| shown.is(source, &call.id)) else { return };
        let (named, level) = (calls::whose(source) + &shown.named, calls::level(level));
        let lines: Vec<_> = text.lines().take(MOST_LINES.saturating_sub(shown.lines).saturating_add(1)).collect();
        let mut asides = Vec::new();
        for line in lines {
            shown.lines = shown.lines.saturating_add(1);
            match shown.lines.cmp(&MOST_LINES.saturating_add(1)) {
                Ordering::Less => asides.push(format!("{named} {level}: {}", shortened(line, MOST_LINE))),
                Ordering::Equal => asides.push(format!("{named} wrote more, which is not shown")),
                Ordering::Greater => {}
            }
        }
        for aside in asides {
            self.aside(screen, &aside);
        }
    }

    /// How far a call is, on a line that the next one replaces. A terminal that does not say how wide it is shows none: a line
    /// that breaks cannot be taken back.
    fn step(&self, screen: &mut Screen, source: &Source, call: &ToolCall, far: &str) {
        let Some(shown) = screen.calls.iter().find(|shown| shown.is(source, &call.id)) else { return };
        let Some(columns) = columns(&stdout()) else { return };
        // A character may take two columns, and the last one of a line is left free: some terminals break behind it.
        let words = format!("{}{} {far}", calls::whose(source), shown.named);
        let mut most = columns.saturating_sub(5).min(MOST_LINE);
        let mut words = shortened(&words, most);
        while words.width().saturating_add(5) > columns && most > 0 {
            most -= 1;
            words = shortened(&words, most);
        }
        let text = format!("  [{words}]");
        self.start(screen);
        print(&paint(self.colour, DIM, &text));
        screen.line = Line::Step(text.width());
    }

    fn came(&self, screen: &mut Screen, source: &Source, result: &ToolResult, came: (CallStatus, Option<&Cause>)) {
        let (status, cause) = came;
        let shown = screen.calls.iter().find(|shown| shown.is(source, &result.id));
        let words = shown.and_then(|shown| calls::came(&shown.named, &shown.called, result, status));
        if let Some(words) = words {
            self.aside(screen, &(calls::whose(source) + &words));
        }
        match status {
            CallStatus::Stubbed => self.once(screen, calls::LIVE),
            CallStatus::Denied => self.once(screen, calls::denied(cause)),
            CallStatus::Done | CallStatus::Failed | CallStatus::Invalid => {}
        }
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

impl Shown {
    fn is(&self, source: &Source, id: &str) -> bool {
        self.invocation == source.invocation && self.id == id
    }
}

impl EventSink for Printer {
    fn on_event(&self, source: &Source, event: &Event<'_>) {
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let screen = &mut *screen;
        match event {
            Event::ModelRetry { attempt, wait, why } => {
                let wait = format!("{:.1}", wait.as_secs_f64());
                let wait = wait.trim_end_matches(".0");
                let whose = calls::whose(source);
                self.aside(screen, &format!("{whose}{}; attempt {attempt} in {wait} s", quoted(why)));
            }
            Event::Repair { .. } => {
                let whose = calls::whose(source);
                self.aside(screen, &format!("{whose}the reply does not fit the schema; asking once more"));
            }
            Event::ModelCall { .. } => screen.calls.retain(|shown| shown.invocation != source.invocation),
            Event::ToolCall { call, .. } => self.call(screen, source, call),
            Event::ToolConsole { call, level, text } => self.console(screen, source, (call, *level, text)),
            Event::ToolProgress { call, progress, total, message } => {
                self.step(screen, source, call, &how_far(*progress, *total, *message));
            }
            Event::ToolResult { result, status, cause, .. } => self.came(screen, source, result, (*status, *cause)),
            _ => {}
        }
        if source.parent.is_some() {
            let lines = screen.below.hear(source, event);
            return lines.iter().for_each(|line| self.aside(screen, line));
        }
        match event {
            Event::ModelCall { .. } | Event::ModelRetry { .. } => self.name(screen),
            Event::Text(text) if !self.is_data => self.text(screen, text),
            Event::Done(answer) => self.done(screen, answer),
            Event::Failed(_) => self.start(screen),
            _ => {}
        }
    }
}
