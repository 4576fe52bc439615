//! Sixth pass: what lies outside of the specs is attached to the program: compiled tools, pinned servers, skills. The
//! registries of skills are not built yet; until they are, the entries that need one are reported here at once (`P0510`), and
//! only when there is nothing else to report.

mod servers;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use pace_diag::{Diagnostic, Reported, Sink, code};
use pace_ir::Bundle;
use pace_ir::bundle::verify::TOOL_ABI;
use pace_ir::program::record::Component;
use pace_ir::program::tool::LocalTool;
use pace_ir::program::{BlobSection, LockSection, Meta, SbomSection, ToolMapSection, ToolSection};
use pace_syntax::Span;

use crate::check::Checked;
use crate::lower::Program;
use crate::pin::Pinned;
use crate::resolve::ResolvedTarget;
use crate::tools::CompiledTools;

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
pub(crate) fn link(
    checked: &Checked<'_>,
    program: Program,
    compiled: CompiledTools,
    pinned: &Pinned<'_>,
    sink: &mut Sink,
) -> Result<LinkedProgram, Reported> {
    if let Some(diagnostic) = not_buildable_yet(&unbuildable(checked, &compiled)) {
        return Err(sink.error(diagnostic));
    }
    let mut blobs = program.blobs;
    let mut inputs = checked.resolved.parsed.inputs.clone();
    let has_tools = !compiled.tools.is_empty();
    let meta = Meta {
        project: program.project,
        compiler: env!("CARGO_PKG_VERSION").to_owned(),
        engine: compiled.engine.filter(|_| has_tools),
        required_features: servers::features(pinned).chain(has_tools.then(|| TOOL_ABI.to_owned())).collect(),
    };
    let Tools { section: mut tools, map, packages } = attach(compiled, &mut blobs, &mut inputs);
    servers::attach(pinned, &mut tools, &mut blobs, &mut inputs);
    let bundle = Bundle {
        meta,
        program: program.content,
        auth: program.auth,
        tools,
        blobs,
        lock: LockSection { inputs },
        source_map: Some(program.source_map),
        sbom: (!packages.components.is_empty()).then_some(packages),
        tool_map: has_tools.then_some(map),
    };
    Ok(LinkedProgram { bundle })
}

/// What the compiled tools add to a bundle, besides blobs and inputs.
#[derive(Default)]
struct Tools {
    section: ToolSection,
    map: ToolMapSection,
    packages: SbomSection,
}

fn attach(compiled: CompiledTools, blobs: &mut BlobSection, inputs: &mut BTreeMap<String, pace_ir::Digest>) -> Tools {
    let mut all = Tools::default();
    for (key, tool) in compiled.tools {
        inputs.extend(tool.inputs);
        for (package, component) in tool.packages {
            add_package(&mut all.packages, package, component);
        }
        all.map.tools.insert(key.clone(), tool.map);
        let local = LocalTool {
            name: tool.name,
            description: tool.description,
            parameters: tool.parameters,
            module: blobs.insert(tool.module),
            source: blobs.insert(tool.source),
        };
        all.section.local.insert(key, local);
    }
    all
}

/// Two tools may take different files of one package: what was taken of it is then both.
fn add_package(packages: &mut SbomSection, package: String, component: Component) {
    match packages.components.entry(package) {
        Entry::Vacant(place) => {
            place.insert(component);
        }
        Entry::Occupied(mut place) if place.get().digest != component.digest => {
            let both = [place.get().digest.as_bytes().as_slice(), component.digest.as_bytes()].concat();
            place.get_mut().digest = pace_ir::Digest::of(&both);
        }
        Entry::Occupied(_) => {}
    }
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

/// Every tool entry and skill that is not built yet, in the order of the agents' names and then the author's.
fn unbuildable(checked: &Checked<'_>, compiled: &CompiledTools) -> Vec<(String, Span)> {
    let entries = checked.agents.iter().flat_map(|agent| {
        let tools = agent.tools.iter().filter_map(|tool| {
            let what = match &tool.resolved.target {
                ResolvedTarget::Local(name) if compiled.tools.contains_key(name) => return None,
                ResolvedTarget::Local(name) | ResolvedTarget::Skill(name) => format!("the tool `{name}`"),
                ResolvedTarget::Server(_) | ResolvedTarget::Agent(..) => return None,
            };
            Some((what, tool.resolved.named_at))
        });
        tools.chain(agent.skills.iter().map(|skill| (format!("the skill `{}`", skill.text), skill.span)))
    });
    entries.collect()
}
