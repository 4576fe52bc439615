//! Where words go: data to standard output, everything else to standard error; and in which format.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

use anyhow::bail;
use pace_diag::Severity;
use pace_diag::render::json::Finished;
use pace_diag::render::{self, Action, ColorChoice, Colour, Glyphs, Report, Stream, Warnings};
use pace_syntax::SourceMap;

use crate::arguments::{Color, Global, MessageFormat};
use crate::exit::ExitCode;
use crate::world::plain;
use crate::wrap::columns;

/// The ways diagnostics are told in this run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: MessageFormat,
    also_github: bool,
    choice: ColorChoice,
    colour: Colour,
    glyphs: Glyphs,
    is_quiet: bool,
    is_verbose: bool,
}

impl Output {
    /// By flags and environment.
    pub(crate) fn new(global: &Global) -> Self {
        let format = global.message_format.unwrap_or(MessageFormat::Human);
        let in_github = std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true");
        let choice = match global.color {
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        };
        Self {
            format,
            also_github: in_github && matches!(format, MessageFormat::Human | MessageFormat::Short),
            choice,
            colour: choice.on(stream(&std::io::stderr())),
            glyphs: if is_utf8_locale() { Glyphs::Unicode } else { Glyphs::Ascii },
            is_quiet: global.quiet,
            is_verbose: global.verbose,
        }
    }

    /// Whether people read this run rather than programs.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self.format, MessageFormat::Human | MessageFormat::Short)
    }

    /// Whether a person sits before it and would like to know what takes so long.
    pub(crate) fn is_watched(self) -> bool {
        self.is_for_people() && !self.is_quiet && std::io::stderr().is_terminal()
    }

    /// The colours of what is printed on standard output, where that is for people.
    pub(crate) fn colour_of_data(self) -> Colour {
        self.choice.on(stream(&std::io::stdout()))
    }

    /// What can be drawn.
    pub(crate) fn glyphs(self) -> Glyphs {
        self.glyphs
    }

    /// Whether one JSON object a line is wanted.
    pub(crate) fn is_json(self) -> bool {
        self.format == MessageFormat::Json
    }

    /// Tells everything a run has to say.
    pub(crate) fn report(self, report: &Report<'_>) -> anyhow::Result<()> {
        match self.format {
            MessageFormat::Human => raw_err(&self.human(report)),
            MessageFormat::Short => raw_err(&render::short(&self.quieted(report), self.colour, self.glyphs)),
            MessageFormat::Json => out(&render::json::diagnostics(report))?,
            MessageFormat::Github => out(&render::github(report))?,
            MessageFormat::Sarif => out(&render::sarif(report))?,
        }
        if self.also_github {
            out(&render::github(report))?;
        }
        Ok(())
    }

    /// As [`Self::report`], all of it on standard error: for commands whose standard output is the answer of an agent.
    pub(crate) fn report_aside(self, report: &Report<'_>) {
        let text = match self.format {
            MessageFormat::Human => self.human(report),
            MessageFormat::Short => render::short(&self.quieted(report), self.colour, self.glyphs),
            MessageFormat::Json => render::json::diagnostics(report),
            MessageFormat::Github => render::github(report),
            MessageFormat::Sarif => render::sarif(report),
        };
        raw_err(&text);
        if self.also_github {
            raw_err(&render::github(report));
        }
    }

    /// The default format, as wide as the terminal that it is told on, if it is one.
    fn human(self, report: &Report<'_>) -> String {
        render::human_within(&self.quieted(report), (self.colour, self.glyphs), columns(&std::io::stderr()))
    }

    /// Tells programs that the run is over, and whether it did what it should.
    pub(crate) fn finished(self, report: &Report<'_>, result: &anyhow::Result<ExitCode>) -> anyhow::Result<()> {
        let success = matches!(result, Ok(ExitCode::Success));
        if self.is_json() {
            out(&render::json::finished(&Finished { success, ..Finished::of(report) }))
        } else {
            Ok(())
        }
    }

    /// Under `--quiet`, warnings are not told.
    fn quieted<'a>(self, report: &Report<'a>) -> Report<'a> {
        let has_errors = || report.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        let diagnostics = if self.is_quiet && !has_errors() { &[] } else { report.diagnostics };
        Report { diagnostics, ..*report }
    }

    /// Tells people something that is not asked-for data.
    pub(crate) fn note(self, text: &str) {
        if self.is_for_people() && !self.is_quiet {
            err(text);
        }
    }

    /// Under `--verbose`, tells people what the run works on.
    pub(crate) fn files(self, root: &Path, sources: &SourceMap) {
        if !self.is_verbose {
            return;
        }
        let read = sources.files().map(|(_, file)| format!("  read {}\n", file.path()));
        self.note(&format!("project in {}\n{}", root.display(), read.collect::<String>()));
    }
}

/// What colours can be expected to do on a stream.
fn stream(stream: &impl IsTerminal) -> Stream {
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain || !stream.is_terminal() { Stream::Plain } else { Stream::Terminal }
}

/// Prints data. A reader that has seen enough and closed the pipe is no failure, and changes no verdict.
pub(crate) fn out(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            bail!("cannot write to standard output: {}", plain(&error))
        }
        _ => Ok(()),
    }
}

/// Tells people something. Where nobody can hear it, the exit code has to do. Texts may hold names of files and arguments,
/// so whatever would steer a terminal is escaped.
pub(crate) fn err(text: &str) {
    let printable: Vec<_> = text.split('\n').map(pace_runner::printable).collect();
    raw_err(&printable.join("\n"));
}

/// As [`err`], for texts that the renderers made safe and coloured.
fn raw_err(text: &str) {
    let mut stderr = std::io::stderr().lock();
    let _unheard = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// The report of a run; `shown` is what may be shown of its files.
pub(crate) fn report<'a, T>(
    outcome: &'a pace_compiler::Outcome<T>,
    shown: &'a SourceMap,
    action: Action,
    warnings: Warnings,
) -> Report<'a> {
    Report::new(&outcome.diagnostics, shown, action).with_warnings(warnings)
}

/// What `--deny-warnings` says.
pub(crate) fn warnings(denied: bool) -> Warnings {
    if denied { Warnings::Denied } else { Warnings::Allowed }
}

/// Whether the terminal can be expected to draw more than ASCII (POSIX: `LC_ALL`, `LC_CTYPE`, `LANG`, the first set). An
/// unset locale is taken for UTF-8, as containers and CI have none.
fn is_utf8_locale() -> bool {
    let set =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    set.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}
