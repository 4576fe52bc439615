//! Fourth pass: a checked project becomes a program. Cannot fail and has nothing to say: after `check`, the author has
//! nothing left to get wrong here, and the signature says so.

mod access;
mod agents;
mod locations;

use pace_ir::program::{AuthSection, BlobSection, ProgramSection, ProjectName, SourceMapSection};
use pace_syntax::SourceMap;

use crate::check::{Checked, CheckedModel};

/// A program: all that the specs say, before what lies outside of them is attached.
#[derive(Debug)]
pub(crate) struct Program {
    /// What the project is called.
    pub(crate) project: ProjectName,
    /// Agents, loops, models.
    pub(crate) content: ProgramSection,
    /// Who may do what.
    pub(crate) auth: AuthSection,
    /// Files stored in the bundle.
    pub(crate) blobs: BlobSection,
    /// Where things were written.
    pub(crate) source_map: SourceMapSection,
}

/// Lowers a project.
pub(crate) fn lower(checked: &Checked<'_>, sources: &SourceMap) -> Program {
    let mut blobs = BlobSection::default();
    let models = checked.models.iter().map(|(name, checked)| {
        let CheckedModel { model, turns } = checked;
        let mut model = model.clone();
        model.turns = turns.map(|bytes| blobs.insert(bytes.to_vec()));
        (name.clone(), model)
    });
    let models = models.collect();
    let content = ProgramSection { agents: agents::agents(checked), loops: agents::loops(checked), models };
    Program {
        project: checked.project.clone(),
        content,
        auth: access::auth(checked),
        blobs,
        source_map: locations::of(checked, sources),
    }
}
