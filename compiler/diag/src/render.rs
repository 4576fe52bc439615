//! From diagnostics to text: one module a format, all of the same words. Called once, at the end of a command, by the
//! command line, which alone knows flags, streams and exit codes.
//!
//! | format | for | stream |
//! |---|---|---|
//! | [`human`] | people, the default | stderr |
//! | [`short`] | a list to work through | stderr |
//! | [`json`] | editors and agents, one object a line | stdout |
//! | [`github`] | annotations in a pull request, besides another format | stdout |
//! | [`sarif`] | code scanning, one document | stdout |

mod frame;
mod github;
mod human;
pub mod json;
mod place;
mod sarif;
mod short;
mod text;

use std::fmt;

use pace_syntax::SourceMap;

use crate::diagnostic::{Diagnostic, Severity};

pub use self::github::github;
pub use self::human::{human, human_within};
pub use self::sarif::sarif;
pub use self::short::short;

/// What `--message-format` may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Messages with source lines.
    #[default]
    Human,
    /// The list of the roadmap's Milestone 4.
    Short,
    /// One object a line.
    Json,
    /// GitHub's workflow commands.
    Github,
    /// One SARIF 2.1.0 document.
    Sarif,
}

impl Format {
    /// Every format, in the order the help lists them.
    pub const ALL: [Self; 5] = [Self::Human, Self::Short, Self::Json, Self::Github, Self::Sarif];

    /// The word on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Short => "short",
            Self::Json => "json",
            Self::Github => "github",
            Self::Sarif => "sarif",
        }
    }
}

/// What `--color` may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// Colours on a terminal.
    #[default]
    Auto,
    /// Colours also into files and pipes.
    Always,
    /// None.
    Never,
}

/// What the output goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Something that shows colours and on which the reader wants them: a terminal, with `NO_COLOR` unset.
    Terminal,
    /// A file, a pipe, or a terminal whose user set `NO_COLOR`.
    Plain,
}

impl ColorChoice {
    /// The colours to use on `stream`.
    pub fn on(self, stream: Stream) -> Colour {
        match (self, stream) {
            (Self::Always, _) | (Self::Auto, Stream::Terminal) => Colour::Ansi,
            (Self::Never, _) | (Self::Auto, Stream::Plain) => Colour::Plain,
        }
    }
}

/// Whether to write colours. Nothing rests on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// No escape sequences at all.
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// Which characters the frames are drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Glyphs {
    /// Box drawing, `✗`, `⚠`, `…`.
    Unicode,
    /// ASCII, for a locale that is not UTF-8. The project's own text stays as it is.
    Ascii,
}

/// What the command does; it gives the headings their word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `pace build`.
    Build,
    /// `pace check`.
    Check,
    /// `pace mcp update`.
    Update,
    /// `pace mcp probe`.
    Probe,
}

/// What warnings do to the outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Warnings {
    /// They are shown.
    #[default]
    Allowed,
    /// They make the command fail: `--deny-warnings`.
    Denied,
}

/// All that one run has to say, in the order of [`Sink::finish`](crate::Sink::finish).
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What is said.
    pub diagnostics: &'a [Diagnostic],
    /// The files it is said about.
    pub sources: &'a SourceMap,
    /// What was tried.
    pub action: Action,
    /// What warnings do.
    pub warnings: Warnings,
}

/// How many diagnostics people are shown; the totals count all. Whoever has more starts with the first.
const MOST_SHOWN: usize = 500;

impl<'a> Report<'a> {
    /// What people are shown.
    fn told(&self) -> &'a [Diagnostic] {
        self.diagnostics.get(..MOST_SHOWN).unwrap_or(self.diagnostics)
    }

    /// The line that says how many are not shown; empty if all are.
    fn untold(&self) -> String {
        match self.diagnostics.len().saturating_sub(MOST_SHOWN) {
            0 => String::new(),
            more => format!(
                "... and {more} more; these are the first {MOST_SHOWN}, and `--message-format json` tells all\n\n"
            ),
        }
    }

    /// A report in which warnings are allowed.
    pub fn new(diagnostics: &'a [Diagnostic], sources: &'a SourceMap, action: Action) -> Self {
        Self { diagnostics, sources, action, warnings: Warnings::default() }
    }

    /// The same report with another rule for warnings.
    #[must_use]
    pub fn with_warnings(self, warnings: Warnings) -> Self {
        Self { warnings, ..self }
    }

    /// How much there is of each severity.
    pub fn totals(&self) -> Totals {
        let count = |severity| self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        Totals { errors: count(Severity::Error), warnings: count(Severity::Warning) }
    }

    /// Whether the action fails for what is said here.
    pub fn failed(&self) -> bool {
        let totals = self.totals();
        totals.errors > 0 || (totals.warnings > 0 && self.warnings == Warnings::Denied)
    }
}

/// Numbers of diagnostics. Displayed without what there is none of: "3 errors, 1 warning".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Totals {
    fn errors(self) -> String {
        counted(self.errors, "error")
    }

    fn warnings(self) -> String {
        counted(self.warnings, "warning")
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.errors, self.warnings) {
            (_, 0) => formatter.write_str(&self.errors()),
            (0, _) => formatter.write_str(&self.warnings()),
            _ => write!(formatter, "{}, {}", self.errors(), self.warnings()),
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

impl Action {
    fn verb(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Check => "check",
            Self::Update => "update",
            Self::Probe => "probe",
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Build => "Build",
            Self::Check => "Check",
            Self::Update => "Update",
            Self::Probe => "Probe",
        }
    }
}

/// Parameters of ANSI colour sequences, the same as codespan's.
const BOLD: &str = "1";
const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const CYAN: &str = "1;36";

impl Colour {
    fn paint(self, style: &str, words: &str) -> String {
        match self {
            Self::Plain => words.to_owned(),
            Self::Ansi => format!("\u{1b}[{style}m{words}\u{1b}[0m"),
        }
    }
}
