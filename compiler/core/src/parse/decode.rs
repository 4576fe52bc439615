//! From YAML nodes to typed values. Each type of the spec language says once how it is read and what its JSON Schema is
//! ([`Decode`]); a [`mapping!`] lists its keys once for both.

use pace_diag::{Applicability, Diagnostic, Reported, Sink, code, nearest};
use pace_syntax::{Document, NodeId, NodeKind, Span, Spanned, SyntaxErrorKind, Value as Scalar};
use serde_json::Value;

use super::field::{Field, List, Table};
use super::other_words;
use super::other_words::synonyms::{self, Advice};
use super::plain_key;
use super::shape::Shapes;

/// A value of the spec language.
pub(crate) trait Decode: Sized {
    /// Reads a node, or says what is wrong with it.
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported>;

    /// The JSON Schema of what [`Self::decode`] takes without a structural error.
    fn shape(shapes: &mut Shapes) -> Value;
}

/// A document being read.
pub(crate) struct Reader<'a> {
    /// What is read.
    pub(crate) document: &'a Document,
    /// Where complaints go.
    pub(crate) sink: &'a mut Sink,
    /// What the value at hand is to the author: `` `tools` ``, ``an entry of `tools` ``.
    subject: String,
    /// Whether what holds it can do without.
    need: Need,
}

/// Whether a value may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Optional,
    Required,
}

impl<'a> Reader<'a> {
    /// Reads `document`, which the author knows as `subject`.
    pub(crate) fn new(document: &'a Document, sink: &'a mut Sink, subject: &str) -> Self {
        Self { document, sink, subject: subject.to_owned(), need: Need::Optional }
    }

    /// What the value at hand is to the author.
    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    /// The bytes of a node.
    pub(crate) fn span(&self, node: NodeId) -> Span {
        self.document.span(node)
    }

    /// Reads a node and keeps its place.
    pub(crate) fn spanned<T: Decode>(&mut self, node: NodeId) -> Result<Spanned<T>, Reported> {
        let span = self.span(node);
        T::decode(node, self).map(|value| Spanned::new(value, span))
    }

    /// Runs `read` with another subject.
    pub(crate) fn about<T>(&mut self, subject: String, read: impl FnOnce(&mut Self) -> T) -> T {
        self.about_value(subject, Need::Optional, read)
    }

    fn about_value<T>(&mut self, subject: String, need: Need, read: impl FnOnce(&mut Self) -> T) -> T {
        let outer = (std::mem::replace(&mut self.subject, subject), std::mem::replace(&mut self.need, need));
        let result = read(self);
        (self.subject, self.need) = outer;
        result
    }

    /// The scalar at `node`, if it is one.
    pub(crate) fn scalar(&self, node: NodeId) -> Option<Scalar<'a>> {
        self.document.value(node)
    }

    /// Says that a node is not what `wanted` names.
    pub(crate) fn wrong_type(&mut self, node: NodeId, wanted: &str) -> Reported {
        let advice = self.reshaped(node, wanted);
        self.wrong_type_but(node, wanted, advice)
    }

    /// Says that a node is not what `wanted` names, and what to do about it.
    pub(crate) fn wrong_type_but(&mut self, node: NodeId, wanted: &str, advice: Option<String>) -> Reported {
        if let (NodeKind::Hole, Err(reported)) = (self.document.kind(node), self.sink.check()) {
            return reported;
        }
        if let Some(reported) = self.marred(node) {
            return reported;
        }
        let found = self.document.describe(node);
        let span = self.span(node);
        let subject = self.subject.clone();
        if self.scalar(node) == Some(Scalar::Null) {
            let diagnostic = Diagnostic::new(&code::WRONG_TYPE, format!("{subject} has no value"))
                .at(span, format!("expected {wanted}"))
                .help(match (wanted, self.need) {
                    ("a list", Need::Optional) => "write `[]` for none, give it a value, or remove it",
                    ("a list", Need::Required) => "write `[]` for none, or give it a value",
                    (_, Need::Optional) => "give it a value, or remove it",
                    (_, Need::Required) => "give it a value",
                });
            return self.sink.error(diagnostic);
        }
        let diagnostic = Diagnostic::new(&code::WRONG_TYPE, format!("{subject} must be {wanted}, not {found}"))
            .at(span, format!("this is {found}"));
        let diagnostic = match self.retyped(node, wanted) {
            Some((text, replacement)) => diagnostic.fix(text, Applicability::Safe, span, replacement),
            None => advice.into_iter().fold(diagnostic, Diagnostic::help),
        };
        self.sink.error(diagnostic)
    }

    /// The report of an entry of this very mapping that was not read: a merge key, or a key that is no text. What the
    /// mapping lacks, or that it is one at all, may be due to that.
    pub(crate) fn marred(&self, node: NodeId) -> Option<Reported> {
        let entries = self.document.entries(node)?;
        let inside =
            |outer: Span, inner: Span| outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end;
        let is_unread = |kind| matches!(kind, SyntaxErrorKind::MergeKey | SyntaxErrorKind::UnsupportedKey);
        let own = self.document.errors.iter().filter(|error| is_unread(error.kind)).any(|error| {
            inside(self.span(node), error.span)
                && !entries.iter().any(|(_, value)| inside(self.span(*value), error.span))
        });
        if own { self.sink.check().err() } else { None }
    }

    /// Whether a node stands inside `{…}`, where no line of its own can be begun. Brackets are no part of the tree, but
    /// of a mapping's bytes, which otherwise begin with its first key and end with its last value.
    fn is_in_brackets(&self, node: NodeId) -> bool {
        let place = self.span(node);
        self.document.nodes().any(|(outer, _)| {
            let ends = self.document.entries(outer).and_then(|entries| Some((entries.first()?.0, entries.last()?.1)));
            let span = self.span(outer);
            span.start <= place.start
                && place.end <= span.end
                && ends.is_some_and(|(key, value)| span.start < self.span(key).start && self.span(value).end < span.end)
        })
    }

    /// How to write a value as what it should be, where the author most likely forgot the form and not the value.
    fn reshaped(&self, node: NodeId, wanted: &str) -> Option<String> {
        match (wanted, self.document.kind(node), self.scalar(node)) {
            ("a list", _, Some(_)) if self.is_in_brackets(node) => {
                Some(format!("write `[{}]`", self.document.key_text(node)?))
            }
            ("a list", _, Some(_)) => Some("write each entry on a line of its own, after `- `".to_owned()),
            ("a list", NodeKind::Mapping(_), _) => Some("begin each entry with `- `".to_owned()),
            ("a mapping", NodeKind::Sequence(_), _) => Some("write `key: value` without `- `".to_owned()),
            ("`true` or `false`", _, Some(Scalar::Str(text))) => {
                let word = match text.to_ascii_lowercase().as_str() {
                    "yes" | "y" | "on" | "true" => "true",
                    "no" | "n" | "off" | "false" => "false",
                    _ => return None,
                };
                Some(format!("write `{word}`"))
            }
            _ => None,
        }
    }

    /// The edit that makes a scalar the type it should be without changing what it says.
    fn retyped(&self, node: NodeId, wanted: &str) -> Option<(&'static str, String)> {
        match self.scalar(node)? {
            Scalar::Str(text) if wanted.contains("number") && text.parse::<f64>().is_ok_and(f64::is_finite) => {
                Some(("remove the quotes", text.to_owned()))
            }
            Scalar::Bool(_) | Scalar::Int(_) | Scalar::OutOfRange(_) | Scalar::Float(_) if wanted == "a string" => {
                let text = self.document.key_text(node)?;
                Some(("put it in quotes", format!("\"{text}\"")))
            }
            _ => None,
        }
    }

    /// The text of a string node.
    ///
    /// # Errors
    /// When the node is anything else.
    pub(crate) fn string(&mut self, node: NodeId) -> Result<&'a str, Reported> {
        match self.scalar(node) {
            Some(Scalar::Str(text)) => Ok(text),
            _ => Err(self.wrong_type(node, "a string")),
        }
    }

    /// Says that a value is not among those possible.
    pub(crate) fn not_allowed(&mut self, span: Span, message: String, why: &str) -> Reported {
        self.sink.error(Diagnostic::new(&code::VALUE_NOT_ALLOWED, message).at(span, why))
    }

    /// Reads one of a closed set of words.
    ///
    /// # Errors
    /// When the node is not one of them.
    pub(crate) fn word<T: Copy>(&mut self, node: NodeId, words: &[(&str, T)]) -> Result<T, Reported> {
        let text = self.string(node)?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == text) {
            return Ok(*value);
        }
        let all: Vec<_> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        let message = format!("{} must be {}, not `{text}`", self.subject, one_of(&all));
        let diagnostic = Diagnostic::new(&code::VALUE_NOT_ALLOWED, message).at(self.span(node), "not one of these");
        let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
        let near = match synonyms::find(text, &words) {
            Some(Advice::Help(help)) => return Err(self.sink.error(diagnostic.help(help))),
            Some(Advice::Word(word)) => Some(word),
            None => nearest::nearest(text, words.iter().copied()),
        };
        let diagnostic = match near {
            Some(near) => {
                diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, self.span(node), near)
            }
            None => diagnostic,
        };
        Err(self.sink.error(diagnostic))
    }

    /// Opens a mapping whose keys the language defines. `title` says what it is, with its article: `an agent`.
    ///
    /// # Errors
    /// When the node is no mapping.
    pub(crate) fn mapping(&mut self, node: NodeId, title: &'static str) -> Result<Keys, Reported> {
        let Some(entries) = self.document.entries(node) else {
            let scalar = self.scalar(node).filter(|scalar| *scalar != Scalar::Null);
            let text = scalar.and_then(|_| self.document.key_text(node)).filter(|text| !text.contains('\n'));
            let advice = text.and_then(|text| other_words::as_mapping(title, text));
            let advice = advice.or_else(|| self.reshaped(node, "a mapping"));
            return Err(self.wrong_type_but(node, "a mapping", advice));
        };
        let entries = entries.to_vec();
        Ok(Keys { node, title, entries, known: Vec::new(), present: Vec::new(), told: Vec::new() })
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(crate) fn one_of(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The keys of an open mapping.
pub(crate) struct Keys {
    node: NodeId,
    title: &'static str,
    entries: Vec<(NodeId, NodeId)>,
    known: Vec<&'static str>,
    /// Those of the known keys that are there.
    present: Vec<&'static str>,
    /// Keys that were reported where the one they stand for was missed.
    told: Vec<NodeId>,
}

impl Keys {
    /// Knows the key `type`, whose word was read already.
    pub(crate) fn tag(&mut self, _word: &'static str) {
        self.known.push("type");
    }

    /// Reads a key that may be absent.
    pub(crate) fn optional<T: Decode>(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Field<T> {
        self.read(key, Need::Optional, reader)
    }

    fn read<T: Decode>(&mut self, key: &'static str, need: Need, reader: &mut Reader<'_>) -> Field<T> {
        self.known.push(key);
        let found = self.entries.iter().find(|(k, _)| reader.document.key_text(*k) == Some(key));
        let Some(&(key_node, value)) = found else { return Field::Absent };
        self.present.push(key);
        let key_span = reader.span(key_node);
        match reader.about_value(format!("`{key}`"), need, |reader| reader.spanned(value)) {
            Ok(value) => Field::Given { key: key_span, value },
            Err(reported) => Field::Broken(reported),
        }
    }

    /// Reads a key that must be there.
    pub(crate) fn required<T: Decode>(&mut self, key: &'static str, reader: &mut Reader<'_>) -> Field<T> {
        let field = self.read(key, Need::Required, reader);
        if !field.is_absent() {
            return field;
        }
        if let Some(reported) = reader.marred(self.node) {
            return Field::Broken(reported);
        }
        if let Some(written) = self.written_as(key, reader) {
            self.told.push(written);
            return Field::Broken(self.unknown(written, reader));
        }
        let diagnostic = Diagnostic::new(&code::MISSING_KEY, format!("{} needs the key `{key}`", self.title))
            .at(self.place(reader), format!("`{key}` is missing here"))
            .help(format!("add `{key}: …`"));
        Field::Broken(reader.sink.error(diagnostic))
    }

    /// Where a missing key would be noticed: the first key of the mapping, or all of an empty one.
    fn place(&self, reader: &Reader<'_>) -> Span {
        self.entries.first().map_or_else(|| reader.span(self.node), |(key, _)| reader.span(*key))
    }

    /// The unknown key under which a missing one seems to be written: one mistake, told once.
    fn written_as(&self, missing: &'static str, reader: &Reader<'_>) -> Option<NodeId> {
        let mut entries = self.entries.iter().map(|(key, _)| *key).filter(|key| !self.told.contains(key));
        entries.find(|key| {
            let text = reader.document.key_text(*key).filter(|text| !self.known.contains(text));
            text.is_some_and(|text| {
                let meant = other_words::find(self.title, text).and_then(|word| word.instead);
                meant == Some(missing) || nearest::nearest(text, [missing]).is_some()
            })
        })
    }

    /// Complains of every key that was not asked for.
    pub(crate) fn finish(self, reader: &mut Reader<'_>) {
        let unknown = self.entries.iter().map(|(key, _)| *key).filter(|key| {
            let text = reader.document.key_text(*key);
            text.is_some_and(|text| !self.known.contains(&text)) && !self.told.contains(key)
        });
        for node in unknown.collect::<Vec<_>>() {
            self.unknown(node, reader);
        }
    }

    fn unknown(&self, node: NodeId, reader: &mut Reader<'_>) -> Reported {
        let text = reader.document.key_text(node).unwrap_or_default();
        let span = reader.span(node);
        let diagnostic = Diagnostic::new(&code::UNKNOWN_KEY, format!("unknown key `{text}`"))
            .at(span, format!("{} has no such key", self.title));
        let diagnostic = match (nearest::nearest(text, self.known.iter().copied()), other_words::find(self.title, text))
        {
            (Some(near), _) => {
                let applicability = self.renaming(near, text);
                diagnostic.fix(format!("did you mean `{near}`?"), applicability, span, near)
            }
            (None, Some(word)) => diagnostic.help(word.help),
            (None, None) => match other_words::deeper(self.title, text) {
                Some((near, holder)) => diagnostic.help(format!("did you mean `{near}`? write it under `{holder}`")),
                None => self.listing(diagnostic),
            },
        };
        reader.sink.error(diagnostic)
    }

    /// The keys that are not there yet: one of them may be meant.
    fn listing(&self, diagnostic: Diagnostic) -> Diagnostic {
        match nearest::listing(self.known.iter().copied().filter(|known| !self.present.contains(known))) {
            none if none.is_empty() => diagnostic.help("remove it"),
            keys => diagnostic.help(format!("remove it, or choose among {keys}")),
        }
    }

    /// Only the case of a key can be put right without asking, where the key is not there otherwise and gives nobody
    /// access: what had no effect so far must not begin to let somebody in.
    fn renaming(&self, near: &'static str, text: &str) -> Applicability {
        let plain = plain_key::gives_no_access(near) && !self.present.contains(&near);
        if plain && near.eq_ignore_ascii_case(text) { Applicability::Safe } else { Applicability::Unsafe }
    }
}

impl<T: Decode> Decode for List<T> {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let document = reader.document;
        let Some(nodes) = document.items(node) else {
            return Err(reader.wrong_type(node, "a list"));
        };
        let subject = format!("an entry of {}", reader.subject);
        let read = |reader: &mut Reader<'_>| nodes.iter().map(|item| reader.spanned(*item)).collect::<Vec<_>>();
        let read: Vec<Result<Spanned<T>, Reported>> = reader.about(subject, read);
        let complete = read.iter().all(Result::is_ok);
        Ok(Self { items: read.into_iter().flatten().collect(), complete })
    }

    fn shape(shapes: &mut Shapes) -> Value {
        let items = T::shape(shapes);
        serde_json::json!({"type": "array", "items": items})
    }
}

impl<K: Decode, V: Decode> Decode for Table<K, V> {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let document = reader.document;
        let Some(nodes) = document.entries(node) else {
            return Err(reader.wrong_type(node, "a mapping"));
        };
        let mut entries = Vec::with_capacity(nodes.len());
        for (key_node, value_node) in nodes {
            let subject = format!("a key of {}", reader.subject);
            let key = reader.about(subject, |reader| reader.spanned(*key_node));
            let subject = format!("`{}`", document.key_text(*key_node).unwrap_or_default());
            let value = reader.about(subject, |reader| reader.spanned(*value_node));
            entries.push(key.and_then(|key| value.map(|value| (key, value))));
        }
        let complete = entries.iter().all(Result::is_ok);
        Ok(Self { entries: entries.into_iter().flatten().collect(), complete })
    }

    fn shape(shapes: &mut Shapes) -> Value {
        let (keys, values) = (K::shape(shapes), V::shape(shapes));
        serde_json::json!({"type": "object", "propertyNames": keys, "additionalProperties": values})
    }
}

/// Defines a mapping of the spec language: its keys, their types and their documentation, once for reading and once for
/// the JSON Schema.
macro_rules! mapping {
    (
        $(#[doc = $doc:literal])+
        pub(crate) struct $name:ident ($title:literal $(, type $tag:literal)?) {
            $($(#[doc = $field_doc:literal])+ $(#[expect($($expect:tt)+)])? $need:ident $field:ident : $type:ty,)*
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub(crate) struct $name {
            $($(#[doc = $field_doc])+ $(#[expect($($expect)+)])? pub(crate) $field: $crate::parse::field::Field<$type>,)*
        }

        impl $crate::parse::decode::Decode for $name {
            fn decode(
                node: pace_syntax::NodeId,
                reader: &mut $crate::parse::decode::Reader<'_>,
            ) -> Result<Self, pace_diag::Reported> {
                let mut keys = reader.mapping(node, $title)?;
                $(keys.tag($tag);)?
                let value = Self { $($field: keys.$need(stringify!($field), reader),)* };
                keys.finish(reader);
                Ok(value)
            }

            fn shape(shapes: &mut $crate::parse::shape::Shapes) -> serde_json::Value {
                shapes.object(stringify!($name), concat!($($doc, "\n"),+), |object| {
                    $(object.tag($tag);)?
                    $(object.$need::<$type>(stringify!($field), concat!($($field_doc, "\n"),+));)*
                })
            }
        }
    };
}

pub(crate) use mapping;
