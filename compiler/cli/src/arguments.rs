//! The command line, and the words of its help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::commands;

/// Compile AI agents written in YAML to one bundle that says all they may do.
///
/// A project is a folder with `agents/` or `paceline.yaml`. `pace build` checks everything that can be known before
/// anything runs, and writes one `.pace` file; `pace-runner` executes that file and nothing else.
#[derive(Debug, Parser)]
#[command(name = "pace", version, propagate_version = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// Options that go with every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that go with every command.
#[derive(Debug, Clone, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Global {
    /// Run as if started in this directory
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Say nothing but errors and what was asked for
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say which files are read
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// Ask no server and no registry: build from what is pinned. Models are asked all the same
    #[arg(long, global = true)]
    pub(crate) offline: bool,
    /// Change no lock file, and fail if one would have to change; the default where CI=true
    #[arg(long, global = true)]
    pub(crate) frozen: bool,
    /// When to use colours
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN", global = true)]
    pub(crate) color: Color,
    /// How to print diagnostics
    #[arg(long, value_enum, value_name = "FORMAT", global = true)]
    pub(crate) message_format: Option<MessageFormat>,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How to print diagnostics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// Frames with the source (the default)
    Human,
    /// A few lines each, grouped by place
    Short,
    /// One JSON object a line, on standard output
    Json,
    /// GitHub workflow commands; also printed by themselves when GITHUB_ACTIONS=true
    Github,
    /// One SARIF 2.1.0 document, on standard output
    Sarif,
}

/// What to do. The help of each is the documentation of its arguments.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(commands::init::Init),
    Chat(commands::chat::Chat),
    Build(commands::build::Build),
    Check(commands::check::Check),
    Inspect(commands::inspect::Inspect),
    Diff(commands::diff::Diff),
    WhoCan(commands::who_can::WhoCan),
    Tool(commands::tool::Tool),
    Mcp(commands::mcp::Mcp),
    Auth(commands::auth::Auth),
    Serve(commands::serve::Serve),
    Trace(commands::trace::Trace),
    Demo(commands::demo::Demo),
    Explain(commands::explain::Explain),
    Schema(commands::schema::Schema),
    Completions(commands::completions::Completions),
}
