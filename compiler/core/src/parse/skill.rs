//! `skills/<name>/SKILL.md`: front matter and text.

use pace_diag::{Diagnostic, Reported, Sink, code};
use pace_syntax::front_matter::{self, FrontMatterError};
use pace_syntax::{FileId, Limits, SourceMap, Span};

use super::decode::{Decode, Reader};
use super::file;
use super::json::JsonSpec;

/// Checks a skill. `folder` is the name it must have.
pub(super) fn check(
    path: &str,
    file: FileId,
    folder: &str,
    sources: &SourceMap,
    sink: &mut Sink,
) -> Result<(), Reported> {
    let text = sources.get(file).map_or("", |source| source.text());
    let parts = front_matter::split(text).map_err(|error| no_front_matter(path, file, &error, sink))?;
    let document = pace_syntax::parse_range(file, text, parts.yaml.clone(), Limits::default());
    file::report(&document, sink)?;
    let place = Span::new(file, parts.yaml);
    let Some(root) = document.root else { return Err(needs(path, "name", place, sink)) };
    // Front matter may hold keys of other systems, so only the two that every skill has are read.
    JsonSpec::decode(root, &mut Reader::new(&document, sink, "the front matter"))?;
    let first = document.entries(root).and_then(|entries| entries.first().copied());
    let first = first.map_or_else(|| document.span(root), |(key, _)| document.span(key));
    let mut string = |key: &str| {
        let Some((_, node)) = document.get(root, key) else { return Err(needs(path, key, first, sink)) };
        let value = Reader::new(&document, sink, &format!("`{key}`")).string(node)?.to_owned();
        if value.trim().is_empty() {
            Err(needs(path, key, document.span(node), sink))
        } else {
            Ok((value, document.span(node)))
        }
    };
    let name = string("name");
    let description = string("description");
    let ((name, span), _) = (name?, description?);
    if name != folder {
        let diagnostic =
            Diagnostic::new(&code::SKILL_FRONT_MATTER, format!("the skill in `skills/{folder}` is named `{name}`"))
                .at(span, format!("expected `{folder}`, the name of its folder"))
                .help(format!("name it `{folder}`, or rename the folder"));
        return Err(sink.error(diagnostic));
    }
    Ok(())
}

fn no_front_matter(path: &str, file: FileId, error: &FrontMatterError, sink: &mut Sink) -> Reported {
    let diagnostic = Diagnostic::new(&code::SKILL_FRONT_MATTER, format!("`{path}` has no front matter: {error}"))
        .at(Span::new(file, error.range()), "expected YAML between two lines `---`")
        .help(match error {
            FrontMatterError::Missing { .. } => "begin with `---`, `name: …`, `description: …`, `---`",
            FrontMatterError::Unclosed { .. } => "end the front matter with a second line `---`",
        });
    sink.error(diagnostic)
}

fn needs(path: &str, key: &str, span: Span, sink: &mut Sink) -> Reported {
    let diagnostic = Diagnostic::new(&code::SKILL_FRONT_MATTER, format!("`{path}` needs the key `{key}`"))
        .at(span, format!("`{key}` is missing here"))
        .help(format!("add `{key}: …`"));
    sink.error(diagnostic)
}
