//! `pace chat` for people: a prompt, the reply as it arrives, and a way out of everything. What goes wrong ends a turn, never
//! the conversation, and what was typed is offered again.

mod command;
mod history;
mod line;
mod printer;

use std::path::Path;

use pace_runner::problem::Code;
use tokio::runtime::{Builder, Runtime};

use self::command::{Command, Typed};
use self::history::History;
use self::line::{Lines, Said};
use self::printer::{Printer, print, print_failure};
use super::talk::{self, Talk};
use crate::exit::{Ended, ExitCode};
use crate::output::Output;

/// Runs the conversation until the person leaves.
pub(super) fn run(talk: Talk, root: &Path, output: Output) -> anyhow::Result<ExitCode> {
    let printer = Printer::new(talk.agent(), talk.is_data(), output.colour_of_data(), output.glyphs());
    let lines = Lines::new(History::open(root, talk.agent()), output.colour_of_data())?;
    // One worker keeps connections alive and answers signals while the person types.
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut chat = TerminalChat { talk, printer, lines, runtime, draft: String::new() };
    chat.greet();
    let code = chat.turns();
    // Whatever still waits for a service is not waited for.
    chat.runtime.shutdown_background();
    Ok(code)
}

struct TerminalChat {
    talk: Talk,
    printer: Printer,
    lines: Lines,
    runtime: Runtime,
    /// A message that was not answered, to be offered again.
    draft: String,
}

impl TerminalChat {
    fn greet(&self) {
        self.printer.greeting(self.talk.model());
        if let Some(file) = self.talk.file() {
            let what = match file.length() {
                0 => format!("session `{}` begins", file.name()),
                1 => format!("session `{}` goes on after 1 message", file.name()),
                length => format!("session `{}` goes on after {length} messages", file.name()),
            };
            self.printer.note(&what);
        }
        print("\n");
    }

    fn turns(&mut self) -> ExitCode {
        let mut was_interrupted = false;
        loop {
            let draft = std::mem::take(&mut self.draft);
            match self.lines.read(&draft) {
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
        let admitted = match self.talk.say(message.to_owned()) {
            Ok(admitted) => admitted,
            Err(problem) => return self.failed(message, &problem),
        };
        let cancel = admitted.cancellation().clone();
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
            Err(problem) => self.failed(message, &problem),
        }
    }

    fn failed(&mut self, message: &str, problem: &pace_runner::Problem) {
        if problem.code == Code::Cancelled {
            self.printer.note("cancelled");
        } else {
            print_failure(&problem.detail, talk::help(problem).as_deref());
        }
        print("\n");
        self.draft = command::typed_as(message);
    }

    fn reset(&mut self) {
        let what = match self.talk.file() {
            Some(file) => format!("session `{}` begins anew; what was said in it is forgotten", file.name()),
            None => "a new conversation begins".to_owned(),
        };
        self.printer.note(&what);
        if let Err(ended) = self.talk.reset() {
            tell(&ended);
        }
        print("\n");
    }
}

/// Says what would end another command.
fn tell(ended: &Ended) {
    print_failure(&ended.to_string(), ended.help());
}
