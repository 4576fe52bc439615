//! The passes in their order; nothing else calls a pass.

use pace_diag::Sink;
use pace_ir::program::ProjectName;
use pace_syntax::SourceMap;

use crate::check::Checked;
use crate::outcome::{Built, Counts, Failure, Outcome};
use crate::overrides::Overrides;
use crate::pin::Updated;
use crate::pins::Lock;
use crate::resolve::tool_files;
use crate::servers::{PinMode, ServerProber};
use crate::tools::ToolCompiler;
use crate::uses::{self as uses_of, ToolUse};
use crate::world::World;
use crate::{check as check_pass, emit, link, lower, parse, pin, resolve};

/// What a build asks of its surroundings besides files.
#[derive(Debug, Clone, Copy)]
pub struct Doors<'d> {
    /// Compiles the tools that the agents list.
    pub tools: &'d dyn ToolCompiler,
    /// Asks the servers that they list.
    pub servers: &'d dyn ServerProber,
    /// Which of them are asked.
    pub pins: PinMode,
}

/// Checks a project; starts nothing and writes nothing. Of its tools it looks only at whether their files are text, and
/// of its servers at what is pinned.
pub fn check(world: &dyn World) -> Outcome<Counts> {
    run(|sources, sink| {
        let parsed = parse::parse(world, sources, sink)?;
        let overrides = Overrides::default();
        let resolved = resolve::resolve(&parsed, &overrides, sink);
        tool_files::read(&resolved, world, sources, sink)?;
        // What is pinned is judged whatever else is wrong, so that all of it is told at once.
        let checked = check_pass::sound(&resolved, sink);
        pin::verify(&checked, sink)?;
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

/// Builds a project.
pub fn build(world: &dyn World, doors: Doors<'_>) -> Outcome<Built> {
    build_with(world, doors, &Overrides::default())
}

/// Builds a project with a few things changed.
pub fn build_with(world: &dyn World, doors: Doors<'_>, overrides: &Overrides) -> Outcome<Built> {
    let mut kept = None;
    let mut outcome = run(|sources, sink| {
        let parsed = parse::parse(world, sources, sink)?;
        let resolved = resolve::resolve(&parsed, overrides, sink);
        let mut needed = tool_files::read(&resolved, world, sources, sink)?;
        needed.wanted.retain(|key, _| doors.tools.knows(key));
        let compiled = doors.tools.compile(&needed.wanted, sources, sink)?;
        let checked = check_pass::sound(&resolved, sink);
        if let Err(reported) = sink.check() {
            kept = pin::ask_new(&checked, doors.servers, doors.pins, sink);
            return Err(reported.into());
        }
        let pinned = pin::pin(&checked, doors.servers, doors.pins, &mut kept, sink)?;
        let program = lower::lower(&checked, sources);
        let linked = link::link(&checked, program, compiled, &pinned, sink)?;
        Ok(Built { emitted: emit::emit(&linked)?, counts: counts(&checked), pins: pinned.report })
    });
    outcome.kept = kept;
    outcome
}

/// What `mcp.lock` pins; nothing where there is none. Nothing else of the project is read.
pub fn pins(world: &dyn World) -> Outcome<Lock> {
    run(|sources, sink| {
        let lock = parse::lock(world, sources, sink)?;
        sink.check()?;
        Ok(lock)
    })
}

/// What a project is called, whatever else is wrong with it. Nothing but its settings is read.
pub fn project_name(world: &dyn World) -> Outcome<ProjectName> {
    run(|sources, sink| Ok(parse::project_name(world, sources, sink)?))
}

/// Pins what servers offer now (`pace mcp update`). `only` names servers by address or alias, or tools of them
/// (`<server>/<tool>`); what is not named stays as it is pinned. Without any, all servers are asked, and those that no agent
/// lists any more are forgotten. Servers that could not be pinned are [`Updated::failed`], and the diagnostics say why.
pub fn update_pins(world: &dyn World, servers: &dyn ServerProber, only: &[String]) -> Outcome<Updated> {
    run(|sources, sink| {
        let parsed = parse::parse(world, sources, sink)?;
        let overrides = Overrides::default();
        let resolved = resolve::resolve(&parsed, &overrides, sink);
        let checked = check_pass::check(&resolved, sink)?;
        Ok(pin::update(&checked, servers, only, sink)?)
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
