//! Workflow commands, which GitHub turns into annotations of a pull request. Printed besides another format, because the
//! log should be readable too.
//!
//! The escapes are those of GitHub's own toolkit (`packages/core/src/command.ts` in actions/toolkit).

use super::place::Place;
use super::{Report, text};
use crate::diagnostic::{Diagnostic, Label};

/// One `::error …` or `::warning …` line for each diagnostic. What does not fit an annotation, other places and advice,
/// follows the message in its lines.
pub fn github(report: &Report<'_>) -> String {
    report.diagnostics.iter().map(|diagnostic| command(report, diagnostic)).collect()
}

fn command(report: &Report<'_>, diagnostic: &Diagnostic) -> String {
    let title = format!("title=pace ({})", diagnostic.code.id);
    let place = diagnostic.primary.as_ref().and_then(|label| Place::find(report.sources, label.span));
    let properties =
        std::iter::once(title).chain(place.map(Place::visible).into_iter().flat_map(|place| properties(&place)));
    let properties = properties.collect::<Vec<_>>().join(",");
    format!("::{} {properties}::{}\n", diagnostic.severity.as_str(), data(&words(report, diagnostic)))
}

fn properties(place: &Place<'_>) -> Vec<String> {
    let (start, end) = (place.start, place.end);
    let mut all = vec![
        format!("file={}", property(&text::line(place.path()))),
        format!("line={}", start.line),
        format!("endLine={}", end.line),
    ];
    // GitHub drops annotations that have columns on different lines.
    if start.line == end.line {
        all.push(format!("col={}", start.column));
        all.push(format!("endColumn={}", end.column));
    }
    all
}

/// The lines of the annotation.
fn words(report: &Report<'_>, diagnostic: &Diagnostic) -> String {
    let places = diagnostic.secondary.iter().filter_map(|label| place(report, label));
    let notes = diagnostic.notes.iter().map(|note| format!("note: {}", text::paragraph(note)));
    let help = diagnostic.help.iter().map(|help| format!("help: {}", text::paragraph(&help.text)));
    let message = std::iter::once(text::line(&diagnostic.concise()));
    message.chain(places).chain(notes).chain(help).collect::<Vec<_>>().join("\n")
}

fn place(report: &Report<'_>, label: &Label) -> Option<String> {
    let place = Place::find(report.sources, label.span)?;
    let at = format!("{}:{}", text::line(place.path()), place.start.line);
    Some(if label.text.is_empty() { at } else { format!("{at}: {}", text::line(&label.text)) })
}

fn data(words: &str) -> String {
    words.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(words: &str) -> String {
    data(words).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_the_toolkit() {
        assert_eq!(data("50% of\r\na:b,c %0A"), "50%25 of%0D%0Aa:b,c %250A");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }
}
