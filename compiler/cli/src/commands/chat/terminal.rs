//! `pace chat` for people: a prompt, the reply as it arrives, and a way out of everything. What goes wrong ends a turn, never
//! the conversation, and what was typed is an Up away.

mod command;
mod echo;
mod history;
mod line;
mod printer;

use std::path::Path;
use std::time::Duration;

use pace_runner::problem::Code;
use tokio::runtime::Runtime;

use self::command::{Command, Typed};
use self::echo::Unseen;
use self::history::History;
use self::line::{Lines, Said};
use self::printer::{Printer, print, print_failure};
use super::talk::{self, Talk};
use crate::exit::{Ended, ExitCode};
use crate::output::Output;

/// How long programs of MCP servers have to end by themselves.
const SERVERS_END: Duration = Duration::from_secs(3);

/// Runs the conversation until the person leaves.
pub(super) fn run(talk: Talk, root: &Path, output: Output, runtime: &Runtime) -> anyhow::Result<ExitCode> {
    let printer = Printer::new(&talk, output.colour_of_data(), output.glyphs());
    let lines = Lines::new(History::open(root, talk.agent()), output.colour_of_data())?;
    echo::restore_when_ended(runtime, talk.runner());
    let mut chat = TerminalChat { talk, printer, lines, runtime };
    chat.greet();
    let code = chat.turns();
    chat.finish_writes();
    chat.runtime.block_on(chat.talk.runner().close(SERVERS_END));
    Ok(code)
}

struct TerminalChat<'r> {
    talk: Talk,
    printer: Printer,
    lines: Lines,
    runtime: &'r Runtime,
}

impl TerminalChat<'_> {
    fn greet(&self) {
        self.printer.greeting(&self.talk);
        for trouble in self.runtime.block_on(self.talk.troubles()) {
            self.printer.note(&trouble);
        }
        if let Some(named) = self.talk.named() {
            let name = named.name();
            let what = match named.turns() {
                0 => format!("session `{name}` begins"),
                1 => format!("session `{name}` goes on after 1 turn"),
                turns => format!("session `{name}` goes on after {turns} turns"),
            };
            self.printer.note(&what);
        }
        print("\n");
    }

    fn turns(&mut self) -> ExitCode {
        let mut was_interrupted = false;
        loop {
            match self.lines.read() {
                Said::Text(text) => {
                    was_interrupted = false;
                    if let Some(code) = self.typed(&text) {
                        return code;
                    }
                }
                Said::Nothing => was_interrupted = false,
                Said::Interrupted if was_interrupted => return ExitCode::Interrupted,
                Said::Interrupted => {
                    was_interrupted = true;
                    self.printer.note("press Ctrl-C again to leave, or type /quit");
                }
                Said::End => return ExitCode::Success,
            }
        }
    }

    /// Does what was typed; an exit code if that was to leave.
    fn typed(&mut self, text: &str) -> Option<ExitCode> {
        if let Some(why) = self.lines.keep(text) {
            self.printer.note(&why);
        }
        match command::parse(text) {
            Typed::Message(message) => self.ask(message),
            Typed::Command(Command::Help) => print(command::HELP),
            Typed::Command(Command::Reset) => self.reset(),
            Typed::Command(Command::Quit) => return Some(ExitCode::Success),
            Typed::Unknown { message, help } => {
                print_failure(&message, Some(&help));
                print("\n");
            }
        }
        None
    }

    fn ask(&mut self, message: &str) {
        let admitted = match self.runtime.block_on(self.talk.say(message.to_owned())) {
            Ok(admitted) => admitted,
            Err(problem) => return self.failed(&problem),
        };
        let cancel = admitted.cancellation().clone();
        let unseen = Unseen::begin();
        let answer = self.runtime.block_on(async {
            let run = admitted.run(&self.printer);
            tokio::pin!(run);
            tokio::select! {
                answer = &mut run => answer,
                // Where signals cannot be heard, the answer cannot be cancelled, and that is all.
                Ok(()) = tokio::signal::ctrl_c() => {
                    cancel.cancel();
                    run.await
                }
            }
        });
        drop(unseen);
        match answer {
            Ok(answer) => {
                if let Err(ended) = self.talk.answered(&answer) {
                    tell(&ended);
                }
                if let Some(why) = talk::cut(&answer) {
                    self.printer.note(&why);
                }
                print("\n");
            }
            Err(problem) => self.failed(&problem),
        }
    }

    /// The message is not put into the prompt: what was typed meanwhile would go into the middle of it.
    fn failed(&self, problem: &pace_runner::Problem) {
        if problem.code == Code::Cancelled {
            self.printer.note("cancelled");
            self.finish_writes();
        } else {
            print_failure(&problem.detail, talk::help(problem).as_deref());
        }
        self.printer.note("Up brings your message back");
        print("\n");
    }

    /// Waits for what was begun as a live write, before anything else is typed over its record. Ctrl-C ends the waiting.
    fn finish_writes(&self) {
        let waiting = || self.printer.note("a write that was begun is finished first; Ctrl-C leaves it");
        self.runtime.block_on(async {
            tokio::select! {
                () = talk::written(self.talk.runner().work(), waiting) => {}
                Ok(()) = tokio::signal::ctrl_c() => {}
            }
        });
    }

    fn reset(&mut self) {
        match self.runtime.block_on(self.talk.reset()) {
            Ok(()) => self.printer.note(&match self.talk.named() {
                Some(named) => {
                    format!("session `{}` begins anew; what was said in it is forgotten", named.name())
                }
                None => "a new conversation begins".to_owned(),
            }),
            Err(ended) => tell(&ended),
        }
        print("\n");
    }
}

/// Says what would end another command.
fn tell(ended: &Ended) {
    print_failure(&ended.to_string(), ended.help());
}
