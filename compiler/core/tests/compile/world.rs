//! A world made of strings.

use std::collections::BTreeMap;

use pace_compiler::{Built, Counts, DirEntry, Doors, EntryKind, Outcome, PinMode, ServerProber, World, WorldError};
use pace_diag::Severity;

/// Files by path. Directories are what their paths say.
#[derive(Debug, Clone, Default)]
pub(crate) struct Strings {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) order: Order,
}

/// In which order directories are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// As [`World::list`] promises.
    #[default]
    Sorted,
    /// As no world should.
    Reversed,
}

impl Strings {
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
        Self { files: files.collect(), order: Order::Sorted }
    }

    /// The same world with another file, or another text in one.
    pub(crate) fn with(mut self, path: &str, text: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), text.into());
        self
    }

    pub(crate) fn text(&self, path: &str) -> &str {
        std::str::from_utf8(&self.files[path]).unwrap()
    }

    /// Replaces the one occurrence of `from` in a file.
    pub(crate) fn edit(&mut self, path: &str, from: &str, to: &str) {
        let text = self.text(path);
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {path}");
        let edited = text.replace(from, to).into_bytes();
        self.files.insert(path.to_owned(), edited);
    }

    pub(crate) fn check(&self) -> Outcome<Counts> {
        pace_compiler::check(self)
    }

    pub(crate) fn build(&self) -> Outcome<Built> {
        self.build_asking(&pace_compiler::NoServers, PinMode::Offline)
    }

    /// Builds, and asks `servers`.
    pub(crate) fn build_asking(&self, servers: &dyn ServerProber, pins: PinMode) -> Outcome<Built> {
        pace_compiler::build(self, Doors { tools: &pace_compiler::NoTools, servers, pins })
    }

    /// Builds a project that has to be sound.
    pub(crate) fn built(&self) -> Built {
        let outcome = self.build();
        let errors: Vec<_> = outcome
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == Severity::Error)
            .map(|diagnostic| format!("{} {}", diagnostic.code.id, diagnostic.concise()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
        outcome.result.unwrap()
    }
}

impl World for Strings {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, WorldError> {
        Ok(self.files.get(path).cloned())
    }

    fn list(&self, path: &str) -> Result<Vec<DirEntry>, WorldError> {
        let mut entries = BTreeMap::new();
        for file in self.files.keys() {
            let Some(rest) = file.strip_prefix(path).and_then(|rest| rest.strip_prefix('/')) else { continue };
            let (name, kind) = match rest.split_once('/') {
                Some((name, _)) => (name, EntryKind::Directory),
                None => (rest, EntryKind::File),
            };
            if !name.starts_with('.') {
                entries.insert(name.to_owned(), kind);
            }
        }
        let mut entries: Vec<_> = entries.into_iter().map(|(name, kind)| DirEntry { name, kind }).collect();
        if self.order == Order::Reversed {
            entries.reverse();
        }
        Ok(entries)
    }
}
