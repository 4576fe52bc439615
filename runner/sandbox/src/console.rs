//! Where the lines of a tool's console go.

/// Takes the lines of a tool's console. Called from whatever thread runs the tool, so it must not wait.
pub trait Console: std::fmt::Debug + Send + Sync {
    /// One call of `console.log` or its kin; `text` may hold line ends and control characters, never a secret.
    fn line(&self, level: Level, text: &str);
}

/// How loud a line is: the method of `console` it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `console.debug`, `console.trace`.
    Debug,
    /// `console.log`, `console.info` and the rest.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, `console.assert`.
    Error,
}

/// Drops every line.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoConsole;

impl Console for NoConsole {
    fn line(&self, _level: Level, _text: &str) {}
}
