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

    /// A line a file, where there are several, and one for all: what was done, and how much of what was found after it
    /// waits for a person.
    pub(crate) fn summary(&self, left: usize) -> String {
        let left = match left {
            0 => "nothing is left for you".to_owned(),
            1 => "1 problem is left for you".to_owned(),
            _ => format!("{left} problems are left for you"),
        };
        let line = |(path, count): (&String, &usize)| format!("  {path}: {}\n", counted(*count, "change"));
        let files = if self.files.len() > 1 { self.files.iter().map(line).collect() } else { String::new() };
        match self.files.iter().next() {
            None => format!("nothing could be fixed by itself; {left}\n"),
            Some((path, count)) if self.files.len() == 1 => {
                format!("fixed {} in {path}; {left}\n", counted(*count, "change"))
            }
            Some(_) => {
                let changes = counted(self.files.values().sum(), "change");
                format!("fixed {changes} in {}; {left}\n{files}", counted(self.files.len(), "file"))
            }
        }
    }
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
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

#[cfg(test)]
mod tests {
    use super::Fixed;

    #[test]
    fn what_was_done_and_what_is_left() {
        let fixed = |files: &[(&str, usize)]| Fixed {
            files: files.iter().map(|(path, count)| ((*path).to_owned(), *count)).collect(),
        };
        assert_eq!(fixed(&[]).summary(2), "nothing could be fixed by itself; 2 problems are left for you\n");
        assert_eq!(
            fixed(&[("paceline.yaml", 1)]).summary(8),
            "fixed 1 change in paceline.yaml; 8 problems are left for you\n"
        );
        assert_eq!(
            fixed(&[("a.yaml", 2), ("b.yaml", 1)]).summary(1),
            "fixed 3 changes in 2 files; 1 problem is left for you\n  a.yaml: 2 changes\n  b.yaml: 1 change\n"
        );
        assert_eq!(fixed(&[("a.yaml", 2)]).summary(0), "fixed 2 changes in a.yaml; nothing is left for you\n");
    }
}
