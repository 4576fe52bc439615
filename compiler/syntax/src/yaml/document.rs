//! The tree and the ways through it. Ids stay valid for the life of the document; an id of another one reads as a hole.
//! Every accessor follows aliases, except [`Document::node`] and [`Document::span`], which speak of the node as written.

use std::ops::Range;

use crate::source::FileId;
use crate::span::{Span, Spanned};
use crate::yaml::error::SyntaxError;
use crate::yaml::scalar::{CoreTag, Scalar, Value};

/// One file's document and everything wrong with it.
#[derive(Debug, Clone)]
pub struct Document {
    /// In the order of the file, parents before their children.
    pub(crate) nodes: Vec<Node>,
    /// The outermost value; `None` if the file is empty or its first token is not YAML.
    pub root: Option<NodeId>,
    /// Everything wrong, in the order of the file. Reading stops after a thousand.
    pub errors: Vec<SyntaxError>,
    /// Whether all of the file was read. Where it was not, lists and mappings may lack their last entries, and what is
    /// missing should not be blamed on the author.
    pub complete: bool,
}

/// A node of one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

/// A value as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The value's bytes, without tag, anchor, trailing comment or blank lines. Quotes and brackets are part of it. Of a
    /// block scalar the content, from its first line with text; its header if there is none. Of an absent value nothing,
    /// right after the `:` or `-` that announced it.
    pub span: Span,
    /// What it is.
    pub kind: NodeKind,
    /// The bytes of its `&anchor`.
    pub anchor: Option<Span>,
    /// Its tag, if it is one of the core schema that fits, and its bytes.
    pub tag: Option<Spanned<CoreTag>>,
}

/// The kinds of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeKind {
    /// Text, a number, a boolean, null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<NodeId>),
    /// Keys and values in the author's order. Keys are scalars or aliases of scalars, never null, and no two read alike.
    Mapping(Vec<(NodeId, NodeId)>),
    /// `*name`, and what it refers to: an earlier node that is complete.
    Alias(NodeId),
    /// Something was here that could not be read; an error says what. Nothing more should be said about it.
    Hole,
}

static HOLE: Node =
    Node { span: Span { file: FileId(0), start: 0, end: 0 }, kind: NodeKind::Hole, anchor: None, tag: None };

impl Document {
    /// A node as written; aliases are not followed.
    pub fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.0 as usize).unwrap_or(&HOLE)
    }

    /// All nodes, in the order of the file.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        (0_u32..).map(NodeId).zip(&self.nodes)
    }

    /// Where a node is written; of an alias, the alias.
    pub fn span(&self, id: NodeId) -> Span {
        self.node(id).span
    }

    /// The node itself, or the one its alias refers to. Aliases refer to earlier nodes only, so this ends.
    pub fn deref(&self, mut id: NodeId) -> NodeId {
        while let NodeKind::Alias(target) = self.node(id).kind {
            id = target;
        }
        id
    }

    /// What a node is, aliases followed.
    pub fn kind(&self, id: NodeId) -> &NodeKind {
        &self.node(self.deref(id)).kind
    }

    /// The scalar, if it is one.
    pub fn scalar(&self, id: NodeId) -> Option<&Scalar> {
        if let NodeKind::Scalar(scalar) = self.kind(id) { Some(scalar) } else { None }
    }

    /// What the scalar means, if it is one.
    pub fn value(&self, id: NodeId) -> Option<Value<'_>> {
        self.scalar(id).map(Scalar::resolve)
    }

    /// The items, if it is a list.
    pub fn items(&self, id: NodeId) -> Option<&[NodeId]> {
        if let NodeKind::Sequence(items) = self.kind(id) { Some(items) } else { None }
    }

    /// Keys and values in the author's order, if it is a mapping.
    pub fn entries(&self, id: NodeId) -> Option<&[(NodeId, NodeId)]> {
        if let NodeKind::Mapping(entries) = self.kind(id) { Some(entries) } else { None }
    }

    /// The text of a key, whatever its type: `1` and `"1"` are one key.
    pub fn key_text(&self, key: NodeId) -> Option<&str> {
        self.scalar(key).map(|scalar| scalar.text.as_str())
    }

    /// The entry with this key, if the node is a mapping that has it. Looks through the entries.
    pub fn get(&self, mapping: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        self.entries(mapping)?.iter().copied().find(|(found, _)| self.key_text(*found) == Some(key))
    }

    /// What a node is, with an article, for messages: `a list`, `a string`. A hole is `something unreadable`.
    pub fn describe(&self, id: NodeId) -> &'static str {
        match self.kind(id) {
            NodeKind::Scalar(scalar) if scalar.is_absent() => "nothing",
            NodeKind::Scalar(scalar) => scalar.resolve().describe(),
            NodeKind::Sequence(_) => "a list",
            NodeKind::Mapping(_) => "a mapping",
            NodeKind::Alias(_) | NodeKind::Hole => "something unreadable",
        }
    }

    /// The bytes of the file that a part of a scalar's text was read from. `range` counts bytes of [`Scalar::text`] and is
    /// clipped to it. Exact where the text stands in the file as it is read (plain, quoted without escapes, literal and
    /// folded blocks); else, and for anything but a scalar, the whole node. Of an alias, the value it refers to.
    pub fn inner_span(&self, id: NodeId, range: Range<usize>) -> Span {
        let node = self.node(self.deref(id));
        let NodeKind::Scalar(scalar) = &node.kind else { return node.span };
        let range = range.start.min(scalar.text.len())..range.end.min(scalar.text.len());
        if scalar.text.get(range.clone()).is_none() {
            return node.span;
        }
        scalar.layout.locate(range).map_or(node.span, |found| Span::new(node.span.file, found))
    }
}
