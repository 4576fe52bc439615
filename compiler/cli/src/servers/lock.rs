//! What a build did to `mcp.lock`: written before anything that was built from it, and said.

use std::path::Path;

use pace_compiler::{Added, PinReport};
use pace_ir::text::quoted;

use crate::bundle_file::write_whole;
use crate::output::Output;

/// Writes the lock where it changed, and says what is new in it.
///
/// # Errors
/// It cannot be written.
pub(crate) fn keep(root: &Path, report: &PinReport, output: Output) -> anyhow::Result<()> {
    if let Some(lock) = &report.lock {
        write_whole(&root.join(pace_compiler::pins::PATH), lock.as_bytes())?;
    }
    for added in &report.added {
        output.note(&format!("note: pinned {} in `mcp.lock`\n", words(added)));
    }
    Ok(())
}

/// As [`keep`], after a build that failed: the next one does not ask those servers anew.
///
/// # Errors
/// As [`keep`].
pub(crate) fn keep_some(root: &Path, report: Option<&PinReport>, output: Output) -> anyhow::Result<()> {
    report.map_or(Ok(()), |report| keep(root, report, output))
}

/// What entries for reading leave out, a line each. For whoever builds: others have read it then.
pub(crate) fn left_out(report: &PinReport, output: Output) {
    for left_out in &report.left_out {
        let tools: Vec<_> = left_out.tools.iter().map(|tool| format!("`{}`", quoted(tool))).collect();
        let (agent, server) = (&left_out.agent, quoted(&left_out.server));
        output.note(&format!(
            "note: `access: read` leaves out what writes of `{server}` for `{agent}`: {}\n",
            tools.join(", ")
        ));
    }
}

/// ``the 3 tools of `mcp://npx/x` 1.2.3``.
pub(crate) fn words(added: &Added) -> String {
    let tools = if added.tools == 1 { "1 tool".to_owned() } else { format!("{} tools", added.tools) };
    let version = added.version.as_ref().map(|version| format!(" {}", quoted(version))).unwrap_or_default();
    format!("the {tools} of `{}`{version}", quoted(&added.server))
}
