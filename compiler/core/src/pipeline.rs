//! The passes in their order; nothing else calls a pass.

use pace_diag::Sink;
use pace_syntax::SourceMap;

use crate::check::Checked;
use crate::outcome::{Built, Counts, Failure, Outcome};
use crate::overrides::Overrides;
use crate::world::World;
use crate::{check as check_pass, emit, link, lower, parse, resolve};

/// Checks a project; starts nothing and writes nothing.
pub fn check(world: &dyn World) -> Outcome<Counts> {
    run(world, &Overrides::default(), |checked, _, _| Ok(counts(checked)))
}

/// Builds a project.
pub fn build(world: &dyn World) -> Outcome<Built> {
    build_with(world, &Overrides::default())
}

/// Builds a project with a few things changed.
pub fn build_with(world: &dyn World, overrides: &Overrides) -> Outcome<Built> {
    run(world, overrides, |checked, sources, sink| {
        let program = lower::lower(checked, sources);
        let linked = link::link(checked, program, sink)?;
        Ok(Built { emitted: emit::emit(&linked)?, counts: counts(checked) })
    })
}

fn run<T>(
    world: &dyn World,
    overrides: &Overrides,
    finish: impl FnOnce(&Checked<'_>, &SourceMap, &mut Sink) -> Result<T, Failure>,
) -> Outcome<T> {
    let (mut sources, mut sink) = (SourceMap::new(), Sink::new());
    let result = parse::parse(world, &mut sources, &mut sink).map_err(Failure::from).and_then(|parsed| {
        let resolved = resolve::resolve(&parsed, overrides, &mut sink);
        let checked = check_pass::check(&resolved, &mut sink)?;
        finish(&checked, &sources, &mut sink)
    });
    Outcome::new(result, sink.finish(), sources)
}

fn counts(checked: &Checked<'_>) -> Counts {
    let tools = checked.agents.iter().map(|agent| agent.tools.len()).sum();
    Counts { agents: checked.agents.len(), loops: checked.loops.len(), tools }
}
