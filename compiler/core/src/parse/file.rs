//! One YAML file: bytes, text, tree, spec.

use pace_diag::{Code, Diagnostic, Reported, Sink, code};
use pace_syntax::source::decode::{DecodeError, DecodeErrorKind, decode};
use pace_syntax::yaml::{self, Document, Limits, SyntaxError, SyntaxErrorKind};
use pace_syntax::{FileId, SourceMap, Span, Spanned};

use super::decode::{Decode, Reader};

/// A file and the spec in it.
#[derive(Debug)]
pub(crate) struct SpecFile<T> {
    /// The path in the project.
    pub(crate) path: String,
    /// Its place in the source map.
    pub(crate) file: FileId,
    /// What it says; absent if that was reported.
    pub(crate) spec: Option<Spanned<T>>,
}

/// Reads text, or says why a file is not text.
pub(super) fn text(path: &str, bytes: Vec<u8>, sources: &mut SourceMap, sink: &mut Sink) -> Result<FileId, Reported> {
    match decode(path, bytes) {
        Ok(text) => Ok(sources.add(path, text)),
        Err(error) => Err(not_text(path, error, sources, sink)),
    }
}

fn not_text(path: &str, error: DecodeError, sources: &mut SourceMap, sink: &mut Sink) -> Reported {
    let file = sources.add(path, error.text);
    let span = Span::new(file, error.span);
    let diagnostic = match error.kind {
        DecodeErrorKind::NotUtf8 { byte, .. } => {
            Diagnostic::new(&code::NOT_UTF8, format!("`{path}` is not UTF-8"))
                .at(span, format!("the byte 0x{byte:02x} is no part of a character"))
                .help("save the file as UTF-8")
        }
        DecodeErrorKind::OtherEncoding { encoding } => {
            Diagnostic::new(&code::NOT_UTF8, format!("`{path}` is {encoding}, not UTF-8"))
                .at(span, "expected UTF-8")
                .help("save the file as UTF-8")
        }
        DecodeErrorKind::TooLarge { bytes } => {
            let max = pace_syntax::source::MAX_FILE_BYTES;
            Diagnostic::new(&code::TOO_LARGE, format!("`{path}` is too large"))
                .at(span, format!("{bytes} bytes, of at most {max}"))
                .help("split it, or move long texts elsewhere")
        }
    };
    sink.error(diagnostic)
}

/// Reads a tree, and reports what is wrong with it. `Err` if nothing below the top can be trusted.
pub(super) fn tree(file: FileId, sources: &SourceMap, sink: &mut Sink) -> Result<Document, Reported> {
    let text = sources.get(file).map_or("", |source| source.text());
    let document = yaml::parse(file, text, Limits::default());
    report(&document, sink)?;
    Ok(document)
}

/// Reports a tree's errors. `Err` if the tree is not whole.
pub(super) fn report(document: &Document, sink: &mut Sink) -> Result<(), Reported> {
    let mut result = Ok(());
    for error in &document.errors {
        let reported = sink.error(diagnostic(error));
        if !is_recoverable(error.kind) {
            result = Err(reported);
        }
    }
    result
}

/// Whether the tree around the error is still what the author meant.
fn is_recoverable(kind: SyntaxErrorKind) -> bool {
    matches!(kind, SyntaxErrorKind::DuplicateKey | SyntaxErrorKind::MergeKey)
}

fn diagnostic(error: &SyntaxError) -> Diagnostic {
    let (code, label, help): (&Code, &str, Option<&str>) = match error.kind {
        SyntaxErrorKind::Syntax | SyntaxErrorKind::UnknownAnchor => (&code::YAML_SYNTAX, "", None),
        SyntaxErrorKind::DuplicateKey => (&code::DUPLICATE_KEY, "set again here", Some("remove one of them")),
        SyntaxErrorKind::SeveralDocuments => (
            &code::SEVERAL_DOCUMENTS,
            "a second document starts here",
            Some("put each document in a file of its own"),
        ),
        SyntaxErrorKind::MergeKey => (
            &code::MERGE_KEY,
            "not part of YAML 1.2",
            Some("write the keys out; anchors and aliases of whole values work"),
        ),
        SyntaxErrorKind::RecursiveAlias => (&code::RECURSIVE_ALIAS, "this would never end", Some("write the value out")),
        SyntaxErrorKind::TooDeep | SyntaxErrorKind::TooManyNodes => (&code::TOO_LARGE, "", None),
        SyntaxErrorKind::UnsupportedTag => (&code::UNSUPPORTED_TAG, "", Some("remove the tag")),
        SyntaxErrorKind::Empty => (&code::EMPTY_FILE, "", None),
    };
    let mut diagnostic = Diagnostic::new(code, error.message.clone()).at(error.span, label);
    if let Some((span, text)) = error.other {
        diagnostic = diagnostic.also(span, text);
    }
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Reads a spec out of a tree. `subject` is what the author knows it as: ``an agent``.
pub(super) fn spec<T: Decode>(
    document: &Document,
    file: FileId,
    path: &str,
    example: &str,
    sink: &mut Sink,
) -> Result<Spanned<T>, Reported> {
    let Some(root) = document.root else {
        let diagnostic = Diagnostic::new(&code::EMPTY_FILE, format!("`{path}` is empty"))
            .at(Span::new(file, 0..0), "nothing is defined here")
            .help(format!("begin with {example}, or remove the file"));
        return Err(sink.error(diagnostic));
    };
    Reader::new(document, sink, &format!("`{path}`")).spanned(root)
}
