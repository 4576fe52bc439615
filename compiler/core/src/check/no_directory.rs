//! `no-directory`, `P0315`: the filesystem server of the MCP project with neither a directory in `args` nor `roots`. In
//! `pace chat`, `pace mcp call` and `pace mcp serve` it is told of the project's folder; in production of nothing, and reaches nothing.

use pace_diag::{Diagnostic, Lints, Sink, code};

use crate::resolve::{ResolvedTarget, ResolvedTool};

const FILESYSTEM: &str = "mcp://npx/@modelcontextprotocol/server-filesystem";

/// Looks at an entry.
pub(super) fn check(tool: &ResolvedTool<'_>, lints: &Lints, sink: &mut Sink) {
    let ResolvedTarget::Server(address) = &tool.target else { return };
    let (args, roots) = (&tool.keys.args, &tool.keys.roots);
    let has_any = !args.items().is_empty() || !roots.items().is_empty();
    // What is broken was told, and may be what is missing.
    let is_whole = args.is_complete() && roots.is_complete();
    if address.key != FILESYSTEM || has_any || !is_whole {
        return;
    }
    let diagnostic = Diagnostic::new(&code::NO_DIRECTORY, "this server reaches no directory in production")
        .at(tool.named_at, "neither `args` nor `roots` names one")
        .note("`pace chat`, `pace mcp call` and `pace mcp serve` tell it of the project's folder; the runner tells it of `roots`")
        .help("add `roots: [<directory>]`, or the directory as an argument: `args: [<directory>]`");
    sink.lint(lints, diagnostic);
}
