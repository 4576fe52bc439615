//! Where things were written, for the errors of the runner.

use std::collections::BTreeMap;

use pace_ir::program::SourceMapSection;
use pace_ir::program::record::SourceLocation;
use pace_syntax::{SourceMap, Span};

use crate::check::Checked;

/// The `SRCM` section.
pub(super) fn of(checked: &Checked<'_>, sources: &SourceMap) -> SourceMapSection {
    let mut locations = BTreeMap::new();
    let mut note = |what: String, span: Option<Span>| {
        let Some(span) = span else { return };
        let place = sources.line_column(span);
        let file = sources.path(span.file).to_owned();
        locations.insert(what, SourceLocation { file, line: place.line, column: place.column });
    };
    for agent in &checked.agents {
        let (name, spec) = (&agent.resolved.name.value, agent.resolved.spec);
        note(format!("agents/{name}"), Some(agent.resolved.name.span));
        note(format!("agents/{name}/model"), agent.resolved.model_name.and_then(|(_, place)| place));
        note(format!("agents/{name}/output"), spec.output.key());
        note(format!("agents/{name}/limits"), spec.limits.key());
        for (index, tool) in agent.tools.iter().enumerate() {
            note(format!("agents/{name}/tools/{index}"), Some(tool.resolved.named_at));
        }
        for (index, skill) in agent.skills.iter().enumerate() {
            note(format!("agents/{name}/skills/{index}"), Some(skill.span));
        }
    }
    for l in &checked.loops {
        note(format!("loops/{}", l.name.value), Some(l.name.span));
        note(format!("loops/{}/schedule", l.name.value), l.spec.schedule.span());
        note(format!("loops/{}/agent", l.name.value), l.spec.agent.span());
    }
    for (name, model) in &checked.resolved.models {
        if let crate::resolve::ResolvedModel::Declared(spec) = model {
            note(format!("models/{name}"), spec.name.span());
        }
    }
    SourceMapSection { locations }
}
