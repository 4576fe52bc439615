//! Fifth pass: what lies outside of the specs is attached to the program: compiled tools, pinned servers, skills. The
//! compilers of tools, the pins of servers and the registries of skills are not built yet; until they are, the first entry
//! that needs one is reported here (`P0510`), and only when there is nothing else to report.

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
    if let Some((what, span)) = first_unbuildable(checked) {
        let diagnostic = Diagnostic::new(&code::NOT_BUILDABLE_YET, format!("{what} cannot be built into a bundle yet"))
            .at(span, "checked, but this version of Paceline has nothing to run it with")
            .help("`pace check` covers the whole project; build one without this entry meanwhile");
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
    };
    Ok(LinkedProgram { bundle })
}

/// The first tool entry or skill, in the order of the agents' names and then the author's.
fn first_unbuildable(checked: &Checked<'_>) -> Option<(String, Span)> {
    checked.agents.iter().find_map(|agent| {
        let tool = agent.tools.first().map(|tool| {
            let what = match &tool.resolved.target {
                ResolvedTarget::Local(name) | ResolvedTarget::Skill(name) => format!("the tool `{name}`"),
                ResolvedTarget::Server(address) => format!("the server `{}`", address.key),
                ResolvedTarget::Agent(name, _) => format!("the call to the agent `{name}`"),
            };
            (what, tool.resolved.named_at)
        });
        tool.or_else(|| agent.skills.first().map(|skill| (format!("the skill `{}`", skill.text), skill.span)))
    })
}
