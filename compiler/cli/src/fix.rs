//! `pace check --fix`: applies the edits that keep what the author meant. Overlapping edits wait for the next run.

use std::collections::BTreeMap;
use std::path::Path;

use pace_diag::{Applicability, Diagnostic, Edit};
use pace_syntax::{FileId, SourceMap};

use crate::bundle_file;

/// What was changed.
#[derive(Debug, Default)]
pub(crate) struct Fixed {
    /// How many edits in which file.
    files: BTreeMap<String, usize>,
}

impl Fixed {
    /// Whether anything was.
    pub(crate) fn changed(&self) -> bool {
        !self.files.is_empty()
    }

    /// One line a file.
    pub(crate) fn summary(&self) -> String {
        if self.files.is_empty() {
            return "nothing to fix by itself\n".to_owned();
        }
        let line = |(path, count): (&String, &usize)| match count {
            1 => format!("fixed {path} (1 change)\n"),
            _ => format!("fixed {path} ({count} changes)\n"),
        };
        self.files.iter().map(line).collect()
    }
}

/// Applies the safe edits of a run to the files it read.
pub(crate) fn apply(root: &Path, diagnostics: &[Diagnostic], sources: &SourceMap) -> anyhow::Result<Fixed> {
    let mut edits: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    let help = diagnostics.iter().flat_map(|diagnostic| &diagnostic.help);
    for edit in help.filter(|help| help.applicability == Applicability::Safe).flat_map(|help| &help.edits) {
        edits.entry(edit.span.file).or_default().push(edit);
    }
    let mut fixed = Fixed::default();
    for (file, mut edits) in edits {
        let Some(source) = sources.get(file) else { continue };
        let count = disjoint(&mut edits);
        bundle_file::write_whole(&root.join(source.path()), edited(source.text(), &edits).as_bytes())?;
        fixed.files.insert(source.path().to_owned(), count);
    }
    Ok(fixed)
}

/// Keeps the edits that do not overlap an earlier one, in the order of the file.
fn disjoint(edits: &mut Vec<&Edit>) -> usize {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut end = 0;
    edits.retain(|edit| {
        let fits = edit.span.start >= end;
        if fits {
            end = edit.span.end.max(edit.span.start + 1);
        }
        fits
    });
    edits.len()
}

fn edited(text: &str, edits: &[&Edit]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        let range = edit.span.range();
        result.push_str(text.get(at..range.start).unwrap_or_default());
        result.push_str(&edit.replacement);
        at = range.end;
    }
    result.push_str(text.get(at..).unwrap_or_default());
    result
}
