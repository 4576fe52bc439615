//! Fifth pass: what lies outside of the specs is attached to the program: compiled tools, pinned servers, skills. The
//! compilers of tools, the pins of servers and the registries of skills are not built yet; until they are, the entries
//! that need one are reported here at once (`P0510`), and only when there is nothing else to report.

use pace_diag::{Diagnostic, Reported, Sink, code};
use pace_ir::Bundle;
use pace_ir::program::{LockSection, Meta, ToolSection};
use pace_syntax::Span;

use crate::check::Checked;
use crate::lower::Program;
use crate::resolve::ResolvedTarget;

/// A program with everything it needs.
#[derive(Debug)]
pub(crate) struct LinkedProgram {
    /// What the bundle will hold.
    pub(crate) bundle: Bundle,
}

/// Attaches what the program needs.
///
/// # Errors
/// When something it needs cannot be had.
pub(crate) fn link(checked: &Checked<'_>, program: Program, sink: &mut Sink) -> Result<LinkedProgram, Reported> {
    if let Some(diagnostic) = not_buildable_yet(&unbuildable(checked)) {
        return Err(sink.error(diagnostic));
    }
    let meta = Meta {
        project: program.project,
        compiler: env!("CARGO_PKG_VERSION").to_owned(),
        engine: None,
        required_features: std::collections::BTreeSet::new(),
    };
    let bundle = Bundle {
        meta,
        program: program.content,
        auth: program.auth,
        tools: ToolSection::default(),
        blobs: program.blobs,
        lock: LockSection { inputs: checked.resolved.parsed.inputs.clone() },
        source_map: Some(program.source_map),
        sbom: None,
        tool_map: None,
    };
    Ok(LinkedProgram { bundle })
}

/// How many entries are pointed at; whoever reads eight frames has understood.
const POINTED_AT: usize = 8;

/// One diagnostic for all entries, since nothing is wrong with any of them.
fn not_buildable_yet(entries: &[(String, Span)]) -> Option<Diagnostic> {
    const FINE: &str = "nothing is wrong with this entry";
    let ((only, place), others) = entries.split_first()?;
    let what = match others.len() {
        0 => only.clone(),
        more => format!("{} entries of this project", more + 1),
    };
    let diagnostic = Diagnostic::new(&code::NOT_BUILDABLE_YET, format!("{what} cannot be built into a bundle yet"));
    let others = others.iter().take(POINTED_AT - 1);
    let diagnostic = others.fold(diagnostic.at(*place, FINE), |diagnostic, (_, span)| diagnostic.also(*span, FINE));
    let them = if entries.len() == 1 { "it" } else { "them" };
    let verifies = format!("`pace check` verifies {them}; to build now, comment {them} out (`tools: []`)");
    Some(diagnostic.help(verifies))
}

/// Every tool entry and skill, in the order of the agents' names and then the author's.
fn unbuildable(checked: &Checked<'_>) -> Vec<(String, Span)> {
    let entries = checked.agents.iter().flat_map(|agent| {
        let tools = agent.tools.iter().map(|tool| {
            let what = match &tool.resolved.target {
                ResolvedTarget::Local(name) | ResolvedTarget::Skill(name) => format!("the tool `{name}`"),
                ResolvedTarget::Server(address) => format!("the server `{}`", address.key),
                ResolvedTarget::Agent(name, _) => format!("the call to the agent `{name}`"),
            };
            (what, tool.resolved.named_at)
        });
        tools.chain(agent.skills.iter().map(|skill| (format!("the skill `{}`", skill.text), skill.span)))
    });
    entries.collect()
}
