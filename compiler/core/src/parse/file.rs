//! One YAML file: bytes, text, tree, spec.

use pace_diag::{Diagnostic, Reported, Sink, code};
use pace_syntax::source::decode::{DecodeError, DecodeErrorKind, decode};
use pace_syntax::{Document, FileId, Limits, SourceMap, Span, Spanned, SyntaxError, SyntaxErrorKind};

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
pub(crate) fn text(path: &str, bytes: Vec<u8>, sources: &mut SourceMap, sink: &mut Sink) -> Result<FileId, Reported> {
    match decode(path, bytes) {
        Ok(text) => Ok(sources.add(path, text)),
        Err(error) => Err(not_text(path, error, sources, sink)),
    }
}

fn not_text(path: &str, error: DecodeError, sources: &mut SourceMap, sink: &mut Sink) -> Reported {
    let file = sources.add(path, error.text);
    let span = Span::new(file, error.span);
    let diagnostic = match error.kind {
        DecodeErrorKind::NotUtf8 { byte, .. } => Diagnostic::new(&code::NOT_UTF8, format!("`{path}` is not UTF-8"))
            .at(span, format!("the byte 0x{byte:02x} is no part of a character"))
            .help("save the file as UTF-8"),
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

/// Refuses a file in which a merge left both sides. What a YAML parser says of it leads nowhere.
pub(super) fn not_merged(file: FileId, sources: &SourceMap, sink: &mut Sink) -> Result<(), Reported> {
    let text = sources.get(file).map_or("", |source| source.text());
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("<<<<<<< ") {
            let span = Span::new(file, start..start + line.trim_end().len());
            let diagnostic = Diagnostic::new(&code::MALFORMED_LOCK, "`mcp.lock` holds both sides of a merge")
                .at(span, "a merge left this")
                .help("take one side, and pin the servers of the other again with `pace mcp update`");
            return Err(sink.error(diagnostic));
        }
        start += line.len();
    }
    Ok(())
}

/// Reads a tree, and reports what is wrong with it. `Err` if nothing below the top can be trusted.
pub(super) fn tree(file: FileId, sources: &SourceMap, sink: &mut Sink) -> Result<Document, Reported> {
    let text = sources.get(file).map_or("", |source| source.text());
    let document = pace_syntax::parse(file, text, Limits::default());
    report(&document, sink)?;
    Ok(document)
}

/// Reports a tree's errors. `Err` if a part of the file was not read.
pub(super) fn report(document: &Document, sink: &mut Sink) -> Result<(), Reported> {
    // Beyond the limit every further alias is beyond it: one of them is enough to say so.
    let too_many = document.errors.iter().position(|error| error.kind == SyntaxErrorKind::TooManyNodes);
    let told = |(index, error): &(usize, &SyntaxError)| match error.kind {
        SyntaxErrorKind::Empty => false,
        SyntaxErrorKind::TooManyNodes => too_many == Some(*index),
        _ => true,
    };
    let errors = document.errors.iter().enumerate().filter(told).map(|(_, error)| error);
    let reported = errors.map(|error| sink.error(diagnostic(error))).last();
    match reported {
        Some(reported) if !document.complete || document.root.is_none() => Err(reported),
        _ => Ok(()),
    }
}

fn diagnostic(error: &SyntaxError) -> Diagnostic {
    let (code, label) = match error.kind {
        SyntaxErrorKind::Syntax | SyntaxErrorKind::UnknownAnchor | SyntaxErrorKind::UnsupportedKey => {
            (&code::YAML_SYNTAX, "")
        }
        SyntaxErrorKind::DuplicateKey => (&code::DUPLICATE_KEY, "defined again here"),
        SyntaxErrorKind::SeveralDocuments => (&code::SEVERAL_DOCUMENTS, ""),
        SyntaxErrorKind::MergeKey => (&code::MERGE_KEY, ""),
        SyntaxErrorKind::RecursiveAlias => (&code::RECURSIVE_ALIAS, "this would never end"),
        SyntaxErrorKind::TooDeep | SyntaxErrorKind::TooManyNodes => (&code::TOO_LARGE, ""),
        SyntaxErrorKind::UnsupportedTag => (&code::UNSUPPORTED_TAG, ""),
        SyntaxErrorKind::Empty => (&code::EMPTY_FILE, ""),
    };
    let mut diagnostic = Diagnostic::new(code, error.message.clone()).at(error.span, label);
    if let Some((span, text)) = error.other {
        diagnostic = diagnostic.also(span, text);
    }
    match (&error.help, error.kind) {
        (Some(help), _) => diagnostic.help(help.clone()),
        (None, SyntaxErrorKind::DuplicateKey) => diagnostic.help("keep one of them"),
        (None, _) => diagnostic,
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
