//! Where the files of a project are, and what stands where nothing reads it.

use std::collections::{BTreeMap, BTreeSet};

use pace_diag::{Diagnostic, Sink};
use pace_ir::digest::Digest;
use pace_syntax::{Document, FileId, SourceMap};

use super::decode::Decode;
use super::file::{self, SpecFile};
use super::recording::{self, Recorded};
use super::skill;
use super::spec::{AgentSpec, LoopSpec, ProjectSpec};
use crate::pins::{self, LockFile};
use crate::world::{DirEntry, EntryKind, World, WorldError};

/// A project being read.
pub(super) struct Reading<'a> {
    pub(super) world: &'a dyn World,
    pub(super) sources: &'a mut SourceMap,
    sink: &'a mut Sink,
    pub(super) complete: bool,
    pub(super) documents: Vec<(FileId, Document)>,
    pub(super) misplaced: Vec<Diagnostic>,
    pub(super) inputs: BTreeMap<String, Digest>,
}

impl<'a> Reading<'a> {
    /// Nothing read yet.
    pub(super) fn new(world: &'a dyn World, sources: &'a mut SourceMap, sink: &'a mut Sink) -> Self {
        let (documents, misplaced) = (Vec::new(), Vec::new());
        Self { world, sources, sink, complete: true, documents, misplaced, inputs: BTreeMap::new() }
    }

    /// `paceline.yaml`, where there is one.
    pub(super) fn project(&mut self) -> Result<Option<SpecFile<ProjectSpec>>, WorldError> {
        self.misplaced_at_the_top()?;
        self.spec("paceline.yaml", "`version: 1`")
    }

    /// `agents/*/spec.yaml`.
    pub(super) fn agents(&mut self) -> Result<Vec<SpecFile<AgentSpec>>, WorldError> {
        let mut agents = Vec::new();
        for entry in self.list("agents")? {
            let path = format!("agents/{}/spec.yaml", entry.name);
            self.must_be_there("agents", &entry)?;
            if entry.kind == EntryKind::Directory {
                let spec = self.spec(&path, "`name:`")?;
                if spec.is_none() {
                    self.misplaced_in_agent(&entry.name)?;
                }
                agents.extend(spec);
            } else {
                self.misplaced_agent(&entry)?;
            }
        }
        Ok(agents)
    }

    /// `loops/*.yaml`.
    pub(super) fn loops(&mut self) -> Result<Vec<SpecFile<LoopSpec>>, WorldError> {
        let mut loops = Vec::new();
        for entry in self.list("loops")? {
            let path = format!("loops/{}", entry.name);
            self.must_be_there("loops", &entry)?;
            let stem = entry.name.strip_suffix(".yaml").filter(|_| entry.kind == EntryKind::File);
            match stem {
                Some(_) => loops.extend(self.spec(&path, "`name:`")?),
                None => self.misplaced_loop(&entry)?,
            }
        }
        Ok(loops)
    }

    /// The names of `tools/*.ts`.
    pub(super) fn tools(&mut self) -> Result<Vec<String>, WorldError> {
        let entries = self.list("tools")?;
        for entry in entries.iter().filter(|entry| tool_stem(&entry.name).is_some()) {
            self.must_be_there("tools", entry)?;
        }
        let files = entries.into_iter().filter(|entry| entry.kind == EntryKind::File);
        Ok(files.filter_map(|entry| tool_stem(&entry.name)).collect())
    }

    /// `skills/*/SKILL.md`.
    pub(super) fn skills(&mut self) -> Result<BTreeSet<String>, WorldError> {
        let mut skills = BTreeSet::new();
        for entry in self.list("skills")? {
            let path = format!("skills/{}/SKILL.md", entry.name);
            self.must_be_there("skills", &entry)?;
            if entry.kind != EntryKind::Directory {
                continue;
            }
            if let Some(bytes) = self.read(&path)? {
                if let Ok(file) = file::text(&path, bytes, self.sources, self.sink) {
                    // A broken skill was reported, and is still the one that agents mean.
                    let _reported = skill::check(&path, file, &entry.name, self.sources, self.sink);
                }
                skills.insert(entry.name);
            }
        }
        Ok(skills)
    }

    /// The recordings that models name.
    pub(super) fn recordings(
        &mut self,
        project: Option<&SpecFile<ProjectSpec>>,
    ) -> Result<BTreeMap<String, Option<Recorded>>, WorldError> {
        let mut recordings = BTreeMap::new();
        let spec = project.and_then(|project| project.spec.as_ref());
        for model in spec.map_or(&[][..], |spec| spec.value.models.items()) {
            let path = model.value.turns.get().filter(|path| stays_inside(&path.0));
            if let Some(path) = path.filter(|path| !recordings.contains_key(&path.0)) {
                let bytes = self.read(&path.0)?;
                let recorded = bytes.map(|bytes| recording::read(&path.0, bytes, self.sources));
                recordings.insert(path.0.clone(), recorded);
            }
        }
        Ok(recordings)
    }

    /// `mcp.lock`, where there is one.
    pub(super) fn lock(&mut self) -> Result<Option<LockFile>, WorldError> {
        let Some(bytes) = self.read(pins::PATH)? else { return Ok(None) };
        let (sources, sink) = (&mut *self.sources, &mut *self.sink);
        let read = file::text(pins::PATH, bytes, sources, sink).and_then(|file| {
            file::not_merged(file, sources, sink)?;
            let document = file::tree(file, sources, sink)?;
            let text = sources.get(file).map_or_else(String::new, |source| source.text().to_owned());
            Ok(LockFile { text, ..pins::read(&document, file, sink)? })
        });
        Ok(read.ok())
    }

    /// Lists a directory. A world sorts by itself; every order of ours hangs on it, so it is made sure here.
    pub(super) fn list(&self, path: &str) -> Result<Vec<DirEntry>, WorldError> {
        let mut entries = self.world.list(path)?;
        entries.sort();
        Ok(entries)
    }

    /// Something that is neither file nor folder, such as a link that leads nowhere: reading it says what it is. Passing
    /// over it would leave out an agent or a loop in silence.
    fn must_be_there(&self, folder: &str, entry: &DirEntry) -> Result<(), WorldError> {
        match entry.kind {
            EntryKind::Other => self.world.read(&format!("{folder}/{}", entry.name)).map(|_| ()),
            EntryKind::File | EntryKind::Directory => Ok(()),
        }
    }

    /// Reads a file and remembers its digest.
    fn read(&mut self, path: &str) -> Result<Option<Vec<u8>>, WorldError> {
        let bytes = self.world.read(path)?;
        if let Some(bytes) = &bytes {
            self.inputs.insert(path.to_owned(), Digest::of(bytes));
        }
        Ok(bytes)
    }

    /// Reads the spec in a file, if there is such a file.
    fn spec<T: Decode>(&mut self, path: &str, example: &str) -> Result<Option<SpecFile<T>>, WorldError> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        let (sources, sink) = (&mut *self.sources, &mut *self.sink);
        let Ok(file) = file::text(path, bytes, sources, sink) else {
            self.complete = false;
            return Ok(None);
        };
        let spec = file::tree(file, sources, sink).and_then(|document| {
            let spec = file::spec(&document, file, path, example, sink);
            self.documents.push((file, document));
            spec
        });
        self.complete &= spec.is_ok();
        Ok(Some(SpecFile { path: path.to_owned(), file, spec: spec.ok() }))
    }
}

/// The name of a tool's file without its ending; declarations and tests are no tools.
fn tool_stem(name: &str) -> Option<String> {
    let stem = name.strip_suffix(".ts")?;
    (!stem.contains('.')).then(|| stem.to_owned())
}

/// Whether a path is relative, in the project, and spelled plainly.
pub(crate) fn stays_inside(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    !path.contains(['\\', '\0']) && path.split('/').all(plain)
}
