//! What can go wrong, and whose fault it is: the machine's ([`EngineError`]), the source's ([`CompileError`]), the
//! bundle's ([`LoadError`]) or the tool's ([`ToolError`]).

/// The engine cannot be set up on this machine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// No memory, no threads, or a processor that the machine code inside is not for.
    #[error("the sandbox cannot be set up: {0}")]
    Setup(String),
    /// `SSL_CERT_FILE` or the like.
    #[error("the root certificates in `{path}` cannot be used: {problem}")]
    Certificates {
        /// The file.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// JavaScript that the engine refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CompileError {
    /// In the words of the engine, such as `SyntaxError: unexpected token in expression`.
    pub message: String,
    /// Line in the source, from 1, where known.
    pub line: Option<u32>,
    /// Column in that line, from 1, where known.
    pub column: Option<u32>,
}

/// Bytes that are no bytecode of this engine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Longer than an instance can hold.
    #[error("the bytecode is {length} bytes long; a tool has at most {most}")]
    TooLong {
        /// Its length, bytes.
        length: usize,
        /// The bound, bytes.
        most: usize,
    },
}

/// How a call failed. Everything in here is fit for the model and the trace: secrets are replaced, and each text is cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ToolError {
    /// What kind of failure.
    pub kind: ToolErrorKind,
    /// One line that stands alone: for [`ToolErrorKind::Threw`] `<name>: <message>` as the tool threw it; and what
    /// to use instead, where it asked for something that only Node.js or a browser has.
    pub message: String,
    /// Where in the module, one frame a line in the form of V8 (`    at execute (tool.js:12:5)`), innermost first; empty
    /// where the engine knows no place. Lines and columns are those of the module's ES2022 source.
    pub stack: String,
    /// The host that the tool wanted and that no rule of its `net` is about, as `net` would list it; where that is what it
    /// failed of. Known from the refusal itself, not from the tool's words; nothing where the host holds a secret.
    pub unlisted: Option<String>,
}

/// Kinds of failure, for those who act on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ToolErrorKind {
    /// The tool threw, or the promise it returned was rejected.
    Threw,
    /// Its time was up.
    Time,
    /// It needed more memory than it has.
    Memory,
    /// Its result is too long, nested too deeply, or cannot be said in JSON.
    Result,
    /// It waits for something that can never come.
    Deadlock,
    /// Its bytecode is broken, or has no tool inside.
    Module,
    /// The arguments are no JSON.
    Arguments,
    /// It left the sandbox's engine in a state from which there is no way on; nothing outside is touched.
    Crashed,
}

impl ToolErrorKind {
    /// Its name for machines, stable for ever.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Threw => "threw",
            Self::Time => "time",
            Self::Memory => "memory",
            Self::Result => "result",
            Self::Deadlock => "deadlock",
            Self::Module => "module",
            Self::Arguments => "arguments",
            Self::Crashed => "crashed",
        }
    }
}
