//! JSON Schemas (draft 2020-12) of the files an author writes, made from the types that read them.

use serde_json::Value;

use crate::parse::shape::Shapes;
use crate::parse::spec::{AgentSpec, LoopSpec, ProjectSpec};

/// A file with a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpecKind {
    /// `agents/*/spec.yaml`
    Agent,
    /// `loops/*.yaml`
    Loop,
    /// `paceline.yaml`
    Project,
}

/// The schema of a kind of file.
pub fn schema(kind: SpecKind) -> Value {
    let id = |name| format!("https://paceline.dev/schema/v1/{name}.json");
    match kind {
        SpecKind::Agent => Shapes::root::<AgentSpec>(&id("agent"), "Paceline agent (agents/*/spec.yaml)"),
        SpecKind::Loop => Shapes::root::<LoopSpec>(&id("loop"), "Paceline loop (loops/*.yaml)"),
        SpecKind::Project => Shapes::root::<ProjectSpec>(&id("project"), "Paceline project (paceline.yaml)"),
    }
}
