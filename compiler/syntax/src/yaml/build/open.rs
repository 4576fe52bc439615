//! Lists and mappings whose end was not yet seen.

use std::ops::Range;

use crate::yaml::build::Builder;
use crate::yaml::build::anchors::Extent;
use crate::yaml::document::{Node, NodeId, NodeKind};
use crate::yaml::explain::context::{Enclosing, Role};
use crate::yaml::keys::{self, Refusal, Seen};
use crate::yaml::scalar::CoreTag;

/// A list or mapping that is being filled.
pub(super) struct Open {
    pub(super) id: NodeId,
    pub(super) children: Children,
    pub(super) start: usize,
    /// Where its last child ends.
    pub(super) end: usize,
    /// The sum of its children.
    pub(super) extent: Extent,
    first: Option<Range<usize>>,
    /// Whether it starts with a bracket of its own: a block may start with one too, that of its first key.
    bracketed: bool,
}

/// What is in it.
pub(super) enum Children {
    Sequence(Vec<NodeId>),
    Mapping { entries: Vec<(NodeId, NodeId)>, next: Next, seen: Seen },
}

/// What the next child of a mapping is.
pub(super) enum Next {
    Key,
    ValueOf(NodeId),
    /// The key was refused, its value is left out.
    LeftOut,
}

impl Open {
    pub(super) fn new(id: NodeId, children: Children, range: Range<usize>) -> Self {
        let bracketed = !range.is_empty();
        Self { id, children, start: range.start, end: range.end, extent: Extent::default(), first: None, bracketed }
    }

    /// Accounts for a child.
    pub(super) fn take(&mut self, range: Range<usize>, extent: Extent) {
        self.end = self.end.max(range.end);
        self.extent = self.extent.and(extent);
        self.first.get_or_insert(range);
    }

    pub(super) fn enclosing(&self) -> Enclosing {
        let mapping = matches!(self.children, Children::Mapping { .. });
        Enclosing { start: self.start, first: self.first.clone(), mapping, bracketed: self.bracketed }
    }
}

impl Children {
    pub(super) fn sequence() -> Self {
        Self::Sequence(Vec::new())
    }

    pub(super) fn mapping() -> Self {
        Self::Mapping { entries: Vec::new(), next: Next::Key, seen: Seen::new() }
    }

    /// The only tag it may have.
    pub(super) fn tag(&self) -> CoreTag {
        match self {
            Self::Sequence(_) => CoreTag::Seq,
            Self::Mapping { .. } => CoreTag::Map,
        }
    }

    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Sequence(_) => "a list",
            Self::Mapping { .. } => "a mapping",
        }
    }

    /// Whether a key waits for its value.
    pub(super) fn expects_value(&self) -> bool {
        matches!(self, Self::Mapping { next: Next::ValueOf(_), .. })
    }

    /// Adds a child; of a mapping keys and values in turn.
    pub(super) fn push(&mut self, nodes: &[Node], id: NodeId) -> Result<(), Box<Refusal>> {
        match self {
            Self::Sequence(items) => items.push(id),
            Self::Mapping { entries, next, seen } => match *next {
                Next::Key => {
                    let checked = keys::check(nodes, seen, id);
                    *next = if checked.is_ok() { Next::ValueOf(id) } else { Next::LeftOut };
                    return checked;
                }
                Next::ValueOf(key) => {
                    entries.push((key, id));
                    *next = Next::Key;
                }
                Next::LeftOut => *next = Next::Key,
            },
        }
        Ok(())
    }

    pub(super) fn into_kind(self) -> NodeKind {
        match self {
            Self::Sequence(items) => NodeKind::Sequence(items),
            Self::Mapping { entries, .. } => NodeKind::Mapping(entries),
        }
    }
}

impl Builder<'_> {
    /// Whether the next node will be between brackets, where no block can be.
    pub(super) fn in_flow(&self) -> bool {
        self.open.iter().any(|open| open.bracketed)
    }

    /// What the next node will be to the one around it.
    pub(super) fn role(&self) -> Role {
        match self.open.last().map(|open| &open.children) {
            None => Role::Root,
            Some(Children::Sequence(_)) => Role::Item,
            Some(Children::Mapping { next: Next::Key, .. }) => Role::Key,
            Some(Children::Mapping { .. }) => Role::Value,
        }
    }
}
