//! First pass: files become typed specs, each value with its place. Never fails on what an author wrote; what cannot be
//! read is reported and left out, with a mark that something is missing.

pub(crate) mod decode;
pub(crate) mod field;
mod file;
pub(crate) mod json;
mod misplaced;
mod other_words;
mod plain_key;
pub(crate) mod recording;
pub(crate) mod scalar;
pub(crate) mod shape;
mod skill;
pub(crate) mod spec;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pace_diag::{Diagnostic, Sink};
use pace_ir::digest::Digest;
use pace_ir::program::ProjectName;
use pace_syntax::{Document, FileId, SourceMap, Span, Spanned};

pub(crate) use file::{SpecFile, text};
use spec::{AgentSpec, LoopSpec, ProjectSpec};
pub(crate) use tree::stays_inside;

use crate::pins::{Lock, LockFile};
use crate::world::{World, WorldError};

/// Everything an author wrote.
#[derive(Debug)]
pub(crate) struct Parsed {
    /// `paceline.yaml`, where there is one.
    pub(crate) project: Option<SpecFile<ProjectSpec>>,
    /// `agents/*/spec.yaml`, by path.
    pub(crate) agents: Vec<SpecFile<AgentSpec>>,
    /// `loops/*.yaml`, by path.
    pub(crate) loops: Vec<SpecFile<LoopSpec>>,
    /// Whether every file could be read as the spec it should be.
    pub(crate) complete: bool,
    /// The names of `tools/*.ts`, without the ending.
    pub(crate) tools: Vec<String>,
    /// The folders of `skills/*/SKILL.md`.
    pub(crate) skills: BTreeSet<String>,
    /// Files of recorded turns that models name, by path; `None` where there is no such file.
    pub(crate) recordings: BTreeMap<String, Option<recording::Recorded>>,
    /// What `mcp.lock` pins, where there is one that could be read.
    pub(crate) lock: Option<LockFile>,
    /// Every YAML tree read but the lock's, for the checks that look at all texts.
    pub(crate) documents: Vec<(FileId, Document)>,
    /// Files that stand where nothing reads them: lints, told once their levels are known.
    pub(crate) misplaced: Vec<Diagnostic>,
    /// Digests of all files read.
    pub(crate) inputs: BTreeMap<String, Digest>,
}

/// Reads every file of the project.
///
/// # Errors
/// When the surroundings fail; never because of what a file says.
pub(crate) fn parse(world: &dyn World, sources: &mut SourceMap, sink: &mut Sink) -> Result<Parsed, WorldError> {
    let mut reading = tree::Reading::new(world, sources, sink);
    let project = reading.project()?;
    let agents = reading.agents()?;
    let loops = reading.loops()?;
    let tools = reading.tools()?;
    let skills = reading.skills()?;
    let recordings = reading.recordings(project.as_ref())?;
    let lock = reading.lock()?;
    let tree::Reading { complete, documents, misplaced, inputs, .. } = reading;
    Ok(Parsed { project, agents, loops, complete, tools, skills, recordings, lock, documents, misplaced, inputs })
}

/// Reads what `paceline.yaml` calls the project.
///
/// # Errors
/// When the surroundings fail; never because of what the file says.
pub(crate) fn project_name(
    world: &dyn World,
    sources: &mut SourceMap,
    sink: &mut Sink,
) -> Result<ProjectName, WorldError> {
    let file = tree::Reading::new(world, sources, sink).project()?;
    Ok(file.and_then(|file| file.spec).and_then(|spec| spec.value.project.get().cloned()).unwrap_or_default())
}

/// Reads `mcp.lock` and nothing else.
///
/// # Errors
/// When the surroundings fail; never because of what the file says.
pub(crate) fn lock(world: &dyn World, sources: &mut SourceMap, sink: &mut Sink) -> Result<Lock, WorldError> {
    let file = tree::Reading::new(world, sources, sink).lock()?;
    Ok(file.map(|file| file.lock).unwrap_or_default())
}

impl Parsed {
    /// The project's own settings, where they could be read.
    pub(crate) fn settings(&self) -> Option<&ProjectSpec> {
        self.project.as_ref().and_then(|file| file.spec.as_ref()).map(|spec: &Spanned<ProjectSpec>| &spec.value)
    }

    /// Whether there is a lock that could not be read: then nobody knows what is pinned.
    pub(crate) fn has_broken_lock(&self) -> bool {
        self.lock.is_none() && self.inputs.contains_key(crate::pins::PATH)
    }

    /// The tree of a file.
    pub(crate) fn document(&self, file: FileId) -> Option<&Document> {
        self.documents.iter().find_map(|(id, document)| (*id == file).then_some(document))
    }

    /// A part of a text in a spec: exact where the text stands in the file as it is read, else all of it. `range` counts
    /// bytes of the text. Looks through the file, so only for what is reported.
    pub(crate) fn inner_span(&self, text: Span, range: Range<usize>) -> Span {
        let document = self.document(text.file);
        let node = document.and_then(|document| document.nodes().find(|(_, node)| node.span == text));
        match (document, node) {
            (Some(document), Some((node, _))) => document.inner_span(node, range),
            _ => text,
        }
    }
}
