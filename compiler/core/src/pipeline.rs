//! The passes in their order; nothing else calls a pass.

use pace_diag::Sink;
use pace_syntax::SourceMap;

use crate::check::Checked;
use crate::outcome::{Built, Counts, Failure, Outcome};
use crate::overrides::Overrides;
use crate::resolve::tool_files;
use crate::tools::ToolCompiler;
use crate::uses::{self as uses_of, ToolUse};
use crate::world::World;
use crate::{check as check_pass, emit, link, lower, parse, resolve};

/// Checks a project; starts nothing and writes nothing. Of its tools it looks only at whether their files are text.
pub fn check(world: &dyn World) -> Outcome<Counts> {
    run(|sources, sink| {
        let parsed = parse::parse(world, sources, sink)?;
        let overrides = Overrides::default();
        let resolved = resolve::resolve(&parsed, &overrides, sink);
        tool_files::read(&resolved, world, sources, sink)?;
        let checked = check_pass::check(&resolved, sink)?;
        Ok(counts(&checked))
    })
}

/// What a project's agents list besides other agents; starts nothing.
pub fn uses(world: &dyn World) -> Outcome<Vec<ToolUse>> {
    run(|sources, sink| {
        let parsed = parse::parse(world, sources, sink)?;
        let overrides = Overrides::default();
        let resolved = resolve::resolve(&parsed, &overrides, sink);
        Ok(uses_of::of(&check_pass::check(&resolved, sink)?))
    })
}

/// Builds a project; `tools` compiles the tools that its agents list.
pub fn build(world: &dyn World, tools: &dyn ToolCompiler) -> Outcome<Built> {
    build_with(world, tools, &Overrides::default())
}

/// Builds a project with a few things changed.
pub fn build_with(world: &dyn World, tools: &dyn ToolCompiler, overrides: &Overrides) -> Outcome<Built> {
    run(|sources, sink| {
        let parsed = parse::parse(world, sources, sink)?;
        let resolved = resolve::resolve(&parsed, overrides, sink);
        let mut needed = tool_files::read(&resolved, world, sources, sink)?;
        needed.wanted.retain(|key, _| tools.knows(key));
        let compiled = tools.compile(&needed.wanted, sources, sink)?;
        let checked = check_pass::check(&resolved, sink)?;
        let program = lower::lower(&checked, sources);
        let linked = link::link(&checked, program, compiled, sink)?;
        Ok(Built { emitted: emit::emit(&linked)?, counts: counts(&checked) })
    })
}

fn run<T>(passes: impl FnOnce(&mut SourceMap, &mut Sink) -> Result<T, Failure>) -> Outcome<T> {
    let (mut sources, mut sink) = (SourceMap::new(), Sink::new());
    let result = passes(&mut sources, &mut sink);
    Outcome::new(result, sink.finish(), sources)
}

fn counts(checked: &Checked<'_>) -> Counts {
    let tools = checked.agents.iter().map(|agent| agent.tools.len()).sum();
    Counts { agents: checked.agents.len(), loops: checked.loops.len(), tools }
}
