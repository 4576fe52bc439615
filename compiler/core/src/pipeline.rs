//! The passes in their order; nothing else calls a pass.

use std::borrow::Cow;

use pace_diag::{Diagnostic, Reported, Sink, code};
use pace_ir::{EmitError, Emitted};
use pace_syntax::SourceMap;

use crate::check::Checked;
use crate::world::{World, WorldError};
use crate::{check as check_pass, emit, link, lower, parse, resolve};

/// What a run of the compiler leaves: a result, everything it said, and the files that the words point into.
#[derive(Debug)]
pub struct Outcome<T> {
    /// What was asked for, or why there is none.
    pub result: Result<T, Failure>,
    /// Everything said to the author, in order.
    pub diagnostics: Vec<Diagnostic>,
    /// The files read.
    pub sources: SourceMap,
}

impl<T> Outcome<T> {
    /// The files as they may be shown. What looks like a secret is hidden: output ends up in logs that more people read
    /// than the file.
    pub fn shown(&self) -> Cow<'_, SourceMap> {
        let secrets = self.diagnostics.iter().filter(|diagnostic| *diagnostic.code == code::SECRET_LITERAL);
        let mut sources = Cow::Borrowed(&self.sources);
        for label in secrets.filter_map(|diagnostic| diagnostic.primary.as_ref()) {
            sources.to_mut().hide(label.span);
        }
        sources
    }
}

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The diagnostics say why.
    #[error("the project has errors")]
    Reported,
    /// The surroundings failed.
    #[error(transparent)]
    World(#[from] WorldError),
    /// The bundle cannot be written.
    #[error(transparent)]
    Emit(#[from] EmitError),
}

/// How much a project holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Agents.
    pub agents: usize,
    /// Loops.
    pub loops: usize,
    /// Entries of `tools`, over all agents.
    pub tools: usize,
}

/// A bundle and how much it holds.
#[derive(Debug)]
pub struct Built {
    /// The bundle, verified.
    pub emitted: Emitted,
    /// How much it holds.
    pub counts: Counts,
}

/// Checks a project; starts nothing and writes nothing.
pub fn check(world: &dyn World) -> Outcome<Counts> {
    run(world, |checked, _, _| Ok(counts(checked)))
}

/// Builds a project.
pub fn build(world: &dyn World) -> Outcome<Built> {
    run(world, |checked, sources, sink| {
        let program = lower::lower(checked, sources);
        let linked = link::link(checked, program, sink)?;
        Ok(Built { emitted: emit::emit(&linked)?, counts: counts(checked) })
    })
}

fn run<T>(
    world: &dyn World,
    finish: impl FnOnce(&Checked<'_>, &SourceMap, &mut Sink) -> Result<T, Failure>,
) -> Outcome<T> {
    let (mut sources, mut sink) = (SourceMap::new(), Sink::new());
    let result = parse::parse(world, &mut sources, &mut sink).map_err(Failure::from).and_then(|parsed| {
        let resolved = resolve::resolve(&parsed, &mut sink);
        let checked = check_pass::check(&resolved, &mut sink)?;
        finish(&checked, &sources, &mut sink)
    });
    Outcome { result, diagnostics: sink.finish(), sources }
}

fn counts(checked: &Checked<'_>) -> Counts {
    let tools = checked.agents.iter().map(|agent| agent.tools.len()).sum();
    Counts { agents: checked.agents.len(), loops: checked.loops.len(), tools }
}

impl From<Reported> for Failure {
    fn from(_: Reported) -> Self {
        Self::Reported
    }
}
