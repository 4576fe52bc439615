//! Anchors and aliases. An alias is a link, but it weighs as much as what it refers to: nine lists of nine aliases each
//! would else be a document of a hundred nodes that takes a consumer hours to walk.

use std::ops::Range;

use crate::source::MAX_FILE_BYTES;
use crate::span::Span;
use crate::yaml::build::{Builder, Step};
use crate::yaml::document::{NodeId, NodeKind};
use crate::yaml::error::{SyntaxError, SyntaxErrorKind};
use crate::yaml::explain::excerpt;

/// How large a value is with its aliases followed.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Extent {
    nodes: usize,
    depth: usize,
    /// Of text.
    bytes: usize,
}

impl Extent {
    /// A value without children or text.
    pub(super) const LEAF: Self = Self { nodes: 1, depth: 0, bytes: 0 };

    /// A text of so many bytes.
    pub(super) fn text(bytes: usize) -> Self {
        Self { bytes, ..Self::LEAF }
    }

    /// Two siblings.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            nodes: self.nodes.saturating_add(other.nodes),
            depth: self.depth.max(other.depth),
            bytes: self.bytes.saturating_add(other.bytes),
        }
    }

    /// The list or mapping around these children.
    pub(super) fn enclosed(self) -> Self {
        Self { nodes: self.nodes.saturating_add(1), depth: self.depth + 1, bytes: self.bytes }
    }
}

/// The anchors so far. The parser numbers them from 1 in the order they are defined.
#[derive(Debug, Default)]
pub(super) struct Anchors(Vec<Anchor>);

#[derive(Debug)]
struct Anchor {
    name: String,
    node: NodeId,
    span: Span,
    /// `None` as long as the value it marks is open.
    extent: Option<Extent>,
}

impl Anchors {
    /// The value of `node` is complete; if it has an anchor, aliases may refer to it now.
    pub(super) fn complete(&mut self, node: NodeId, extent: Extent) {
        // Anchors are in the order of their nodes.
        if let Ok(index) = self.0.binary_search_by_key(&node, |anchor| anchor.node)
            && let Some(anchor) = self.0.get_mut(index)
        {
            anchor.extent = Some(extent);
        }
    }

    /// The first few names, for help.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.0.iter().take(8).map(|anchor| format!("`&{}`", excerpt(&anchor.name))).collect();
        names.sort();
        names.dedup();
        names
    }
}

impl Builder<'_> {
    /// The anchor of the node just added.
    pub(super) fn anchor(&mut self, name: &str, range: Range<usize>) {
        let span = self.span(range);
        let Some(node) = self.nodes.last_mut() else { return };
        node.anchor = Some(span);
        let node = NodeId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX));
        let open = self.open.last().is_some_and(|open| open.id == node);
        let text = self.nodes.last().and_then(|node| match &node.kind {
            NodeKind::Scalar(scalar) => Some(scalar.text.len()),
            _ => None,
        });
        let extent = (!open).then(|| Extent::text(text.unwrap_or(0)));
        self.anchors.0.push(Anchor { name: name.to_owned(), node, span, extent });
    }

    pub(super) fn alias(&mut self, number: usize, range: Range<usize>) -> Step {
        self.cursor = range.end;
        let Some(anchor) = number.checked_sub(1).and_then(|index| self.anchors.0.get(index)) else {
            return self.unknown_anchor("", range);
        };
        let (node, span) = (anchor.node, anchor.span);
        let name = excerpt(&anchor.name);
        let Some(extent) = anchor.extent else {
            let message = format!("alias `*{name}` is inside the value it refers to");
            let error = self.error(SyntaxErrorKind::RecursiveAlias, range.clone(), message);
            return self.hole(range, error.also(span, "the value starts here"));
        };
        if self.open.len() + extent.depth > self.limits.depth {
            let message = format!("alias `*{name}` makes this nest more than {} levels deep", self.limits.depth);
            let error = self.error(SyntaxErrorKind::TooDeep, range.clone(), message);
            return self.hole(range, error.also(span, "what it refers to"));
        }
        if self.expanded.saturating_add(extent.nodes) > self.limits.nodes {
            let message = format!("alias `*{name}` makes this more than {} values", self.limits.nodes);
            let error = self.error(SyntaxErrorKind::TooManyNodes, range.clone(), message);
            return self.hole(range, error.also(span, "what it refers to"));
        }
        if self.repeated.saturating_add(extent.bytes) > MAX_FILE_BYTES {
            let message = format!("alias `*{name}` makes this more than {MAX_FILE_BYTES} bytes of text");
            let error = self.error(SyntaxErrorKind::TooManyNodes, range.clone(), message);
            return self.hole(range, error.also(span, "what it refers to"));
        }
        self.repeated += extent.bytes;
        // The link itself is counted as it is added.
        self.expanded += extent.nodes - 1;
        self.leaf(range, NodeKind::Alias(node), None, extent)
    }

    pub(super) fn unknown_anchor(&mut self, name: &str, range: Range<usize>) -> Step {
        self.cursor = range.end;
        if let Some(text) = self.unquoted(range.start) {
            return self.star(text);
        }
        let message = format!("alias `*{}` refers to an anchor that is not defined before it", excerpt(name));
        let error = self.error(SyntaxErrorKind::UnknownAnchor, range.clone(), message);
        let names = self.anchors.names();
        let help = if names.is_empty() {
            "put it in quotes if it is meant as text".to_owned()
        } else {
            format!("use one of {}, or put it in quotes if it is meant as text", names.join(", "))
        };
        self.hole(range, error.help(help))
    }

    /// The bytes of a text that begins with `*` and was meant as one, such as a cron expression: nothing an alias could be
    /// followed by stands behind its first word.
    fn unquoted(&self, start: usize) -> Option<Range<usize>> {
        let line = self.text.get(start..self.range.end)?.lines().next()?;
        let text = line.split(" #").next()?.trim_end();
        let is_text = text.starts_with("*/") || text.contains(' ') && !text.contains([',', ']', '}', ':']);
        is_text.then(|| start..start + text.len())
    }

    /// Tells of such a text. What follows on its line would only be told wrongly, so reading ends here.
    fn star(&mut self, range: Range<usize>) -> Step {
        let text = self.text.get(range.clone()).unwrap_or_default().to_owned();
        let message = "a text that begins with `*` must be in quotes";
        let error = self.error(SyntaxErrorKind::UnknownAnchor, range, message);
        self.errors.push(error.help(format!("write `\"{}\"`", excerpt(&text))));
        Step::Break(())
    }

    fn hole(&mut self, range: Range<usize>, error: SyntaxError) -> Step {
        self.errors.push(error);
        self.leaf(range, NodeKind::Hole, None, Extent::LEAF)
    }
}
