//! What the other tests share: trees as JSON, errors as text, and what must hold of every document.

use pace_syntax::{Document, Limits, NodeId, NodeKind, SourceMap, SyntaxErrorKind, Value, parse};
use serde_json::json;

/// A document and the map its spans point into.
pub(crate) struct Read {
    pub(crate) map: SourceMap,
    pub(crate) document: Document,
}

/// Parses with the default limits and checks what must hold of every document.
pub(crate) fn read(text: &str) -> Read {
    let mut map = SourceMap::new();
    let file = map.add("f.yaml", text);
    let document = parse(file, text, Limits::default());
    let read = Read { map, document };
    read.check();
    read
}

/// Parses a text that has nothing wrong with it.
pub(crate) fn clean(text: &str) -> Read {
    let read = read(text);
    assert_eq!(read.errors(), Vec::<String>::new(), "in {text:?}");
    read
}

impl Read {
    /// Each error as `kind line:column «text» message`.
    pub(crate) fn errors(&self) -> Vec<String> {
        let show = |span| {
            let at = self.map.line_column(span);
            let shown = [('\n', "␊"), ('\t', "␉"), ('\0', "␀"), ('\u{feff}', "BOM")];
            let text = shown.iter().fold(self.map.text(span).to_owned(), |text, (from, to)| text.replace(*from, to));
            format!("{}:{} «{text}»", at.line, at.column)
        };
        let line = |error: &pace_syntax::SyntaxError| {
            let other = error.other.map_or_else(String::new, |(span, why)| format!(" | {} {why}", show(span)));
            let help = error.help.as_ref().map_or_else(String::new, |help| format!(" | help: {help}"));
            format!("{:?} {} {}{other}{help}", error.kind, show(error.span), error.message)
        };
        self.document.errors.iter().map(line).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<SyntaxErrorKind> {
        self.document.errors.iter().map(|error| error.kind).collect()
    }

    /// The whole tree, aliases followed. Floats as text, so that they compare.
    pub(crate) fn json(&self) -> serde_json::Value {
        self.document.root.map_or(serde_json::Value::Null, |root| self.json_of(root))
    }

    fn json_of(&self, id: NodeId) -> serde_json::Value {
        let document = &self.document;
        match document.kind(id) {
            NodeKind::Scalar(scalar) => match scalar.resolve() {
                Value::Null => serde_json::Value::Null,
                Value::Bool(value) => json!(value),
                Value::Int(value) => json!(value),
                Value::Float(value) => json!(format!("float {value}")),
                Value::OutOfRange(text) => json!(format!("beyond {text}")),
                Value::Str(text) => json!(text),
            },
            NodeKind::Sequence(items) => items.iter().map(|item| self.json_of(*item)).collect(),
            NodeKind::Mapping(entries) => {
                let entry = |(key, value): &(NodeId, NodeId)| {
                    (document.key_text(*key).unwrap().to_owned(), self.json_of(*value))
                };
                serde_json::Value::Object(entries.iter().map(entry).collect())
            }
            NodeKind::Alias(_) | NodeKind::Hole => json!("hole"),
        }
    }

    /// The text of the node at a path of keys and indices.
    pub(crate) fn text_at(&self, path: &str) -> &str {
        self.map.text(self.document.span(self.at(path)))
    }

    pub(crate) fn at(&self, path: &str) -> NodeId {
        path.split('/').filter(|step| !step.is_empty()).fold(self.document.root.unwrap(), |id, step| {
            match self.document.items(id) {
                Some(items) => items[step.parse::<usize>().unwrap()],
                None => self.document.get(id, step).unwrap_or_else(|| panic!("no {step} in {path}")).1,
            }
        })
    }

    fn check(&self) {
        let text = self.map.files().next().unwrap().1.text();
        let whole = |span: pace_syntax::Span| {
            assert!(text.get(span.range()).is_some(), "{span:?} is no part of {text:?}");
        };
        for (id, node) in self.document.nodes() {
            whole(node.span);
            node.anchor.into_iter().chain(node.tag.map(|tag| tag.span)).for_each(whole);
            assert!(!matches!(self.document.kind(id), NodeKind::Alias(_)));
            self.check_children(id);
        }
        for error in &self.document.errors {
            whole(error.span);
            error.other.into_iter().for_each(|(span, _)| whole(span));
            check_words(&error.message, text);
            error.help.iter().for_each(|help| check_words(help, text));
        }
        assert!(self.document.errors.is_sorted_by_key(|error| error.span.start));
        assert!(self.document.complete || !self.document.errors.is_empty());
        assert!(self.document.root.is_some() || !self.document.errors.is_empty());
    }

    /// Children lie inside their parents, and a plain key on one line is spelled as it reads.
    fn check_children(&self, id: NodeId) {
        let document = &self.document;
        let parent = document.node(id);
        let mut children = Vec::new();
        match &parent.kind {
            NodeKind::Sequence(items) => children.clone_from(items),
            NodeKind::Mapping(entries) => children.extend(entries.iter().flat_map(|(key, value)| [*key, *value])),
            NodeKind::Scalar(scalar) => {
                let length = scalar.text.len();
                for range in [0..length, 0..0, length..length, length / 2..length, 0..usize::MAX] {
                    let inner = self.map.text(document.inner_span(id, range.clone()));
                    let exact = matches!(scalar.style, pace_syntax::Style::Plain) && !scalar.text.contains(['\n', ' ']);
                    if exact && range == (0..length) {
                        assert_eq!(inner, scalar.text);
                    }
                }
            }
            NodeKind::Alias(_) | NodeKind::Hole => {}
        }
        for child in &children {
            let span = document.span(*child);
            assert!(parent.span.start <= span.start && span.end <= parent.span.end, "{span:?} in {:?}", parent.span);
        }
        assert!(children.is_sorted_by_key(|child| document.span(*child).start));
    }
}

fn check_words(words: &str, text: &str) {
    assert!(!words.is_empty() && !words.contains('\n') && !words.ends_with('.'), "{words:?} about {text:?}");
    assert!(words.chars().next().is_some_and(|first| !first.is_uppercase()), "{words:?} about {text:?}");
}
