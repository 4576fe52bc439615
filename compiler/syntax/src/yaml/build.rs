//! From parser events to the tree. One pass, no recursion: open lists and mappings are on a stack of their own, which
//! the depth limit bounds.

mod anchors;
mod open;
mod tags;

use std::ops::{ControlFlow, Range};

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError};

use crate::source::FileId;
use crate::span::{Span, Spanned};
use crate::yaml::Limits;
use crate::yaml::build::anchors::{Anchors, Extent};
use crate::yaml::build::open::{Children, Open};
use crate::yaml::document::{Document, Node, NodeId, NodeKind};
use crate::yaml::error::{SyntaxError, SyntaxErrorKind};
use crate::yaml::explain::context::{Context, Neighbour, Role};
use crate::yaml::explain::explain;
use crate::yaml::gap;
use crate::yaml::keys::Refusal;
use crate::yaml::layout::Layout;
use crate::yaml::scalar::{CoreTag, Scalar, Style};

/// How many characters a key may have before its `:` (YAML 1.2.2 §7.4.2), which is how far the parser reads ahead.
const LOOK_AHEAD: usize = 1024;

/// How many errors are told of one file. An author fixes a few and runs again; 100,000 copies of a long line, each with
/// its frame, would be gigabytes.
const MOST_ERRORS: usize = 1_000;

/// Builds the document in `range` of `text`; the range is known to be one.
pub(crate) fn build(file: FileId, text: &str, range: Range<usize>, limits: Limits) -> Document {
    let part = text.get(range.clone()).unwrap_or("");
    let mut builder = Builder::new(file, text, range, limits);
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        emit_anchor_events: true,
        simple_key_max_lookahead: LOOK_AHEAD,
        // Our own limit counts both kinds together, but events come up to a look-ahead after the parser's check, which
        // with the same numbers would speak first and of a later place. This far behind it only bounds the parser's queue.
        flow_nesting_limit: limits.depth.saturating_add(2 * LOOK_AHEAD),
        block_nesting_limit: limits.depth.saturating_add(2 * LOOK_AHEAD),
    };
    for event in Parser::new_from_str_with_options(part, options) {
        let step = match event {
            Ok((event, place)) => builder.event(event, &place),
            Err(error) => builder.syntax(&error),
        };
        if step.is_break() || builder.errors.len() >= MOST_ERRORS {
            builder.complete = builder.second;
            break;
        }
    }
    builder.finish()
}

/// Go on, or stop because an error was reported after which nothing can be read.
type Step = ControlFlow<()>;

const GO_ON: Step = Step::Continue(());

struct Builder<'a> {
    file: FileId,
    text: &'a str,
    range: Range<usize>,
    limits: Limits,
    nodes: Vec<Node>,
    root: Option<NodeId>,
    errors: Vec<SyntaxError>,
    open: Vec<Open>,
    anchors: Anchors,
    /// How many nodes there are with aliases followed.
    expanded: usize,
    /// Bytes of text that aliases repeat.
    repeated: usize,
    /// Where the last thing that belongs to a node ends; the gap before the next node starts here.
    cursor: usize,
    /// The last scalar, for explanations.
    last: Option<Neighbour>,
    /// A second document was found: the first one was read to its end.
    second: bool,
    complete: bool,
}

impl<'a> Builder<'a> {
    fn new(file: FileId, text: &'a str, range: Range<usize>, limits: Limits) -> Self {
        Self {
            file,
            text,
            limits,
            nodes: Vec::new(),
            root: None,
            errors: Vec::new(),
            open: Vec::new(),
            anchors: Anchors::default(),
            expanded: 0,
            repeated: 0,
            cursor: range.start,
            last: None,
            second: false,
            complete: true,
            range,
        }
    }

    fn event(&mut self, event: Event<'_>, place: &granit_parser::Span) -> Step {
        let range = self.bytes(place);
        match event {
            Event::Scalar(text, style, _, tag) => {
                let tag = tag.and_then(|tag| self.tag(place, &tag));
                return self.scalar(text.into_owned(), style, range, tag);
            }
            Event::SequenceStart(_, _, tag) => {
                let tag = tag.and_then(|tag| self.tag(place, &tag));
                return self.start(Children::sequence(), range, tag);
            }
            Event::MappingStart(_, _, tag) => {
                let tag = tag.and_then(|tag| self.tag(place, &tag));
                return self.start(Children::mapping(), range, tag);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&range),
            Event::Anchor(_, name) => self.anchor(&name, range),
            Event::Alias(anchor) => return self.alias(anchor, range),
            Event::UnresolvedAlias(name) => return self.unknown_anchor(&name, range),
            Event::DocumentStart(..) if self.root.is_some() => return self.second_document(range),
            _ => {}
        }
        GO_ON
    }

    /// Where a parser's span is in the whole text.
    fn bytes(&self, place: &granit_parser::Span) -> Range<usize> {
        let base = self.range.start;
        place.byte_range().map_or(base..base, |range| range.start + base..range.end + base)
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range)
    }

    fn error(&self, kind: SyntaxErrorKind, range: Range<usize>, message: impl Into<String>) -> SyntaxError {
        SyntaxError::new(kind, self.span(range), message)
    }

    /// Adds a node; `Break` if there are too many.
    fn node(&mut self, range: Range<usize>, kind: NodeKind, tag: Option<Spanned<CoreTag>>) -> Result<NodeId, ()> {
        if self.expanded >= self.limits.nodes {
            let message = format!("more than {} values in one file", self.limits.nodes);
            self.errors.push(self.error(SyntaxErrorKind::TooManyNodes, self.visible(range), message));
            return Err(());
        }
        self.expanded += 1;
        let id = NodeId(u32::try_from(self.nodes.len()).map_err(|_| ())?);
        self.nodes.push(Node { span: self.span(range), kind, anchor: None, tag });
        Ok(id)
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, range: Range<usize>, tag: Option<Spanned<CoreTag>>) -> Step {
        let style = Style::of(style);
        let gap = self.text.get(self.cursor..range.start).unwrap_or("");
        let (text, range, content) = match style {
            // The parser reads `~` into a value that is not there.
            Style::Plain if range.is_empty() => {
                let at = self.absent(gap, range.start);
                (String::new(), at..at, at..at)
            }
            Style::Plain => (text, range.clone(), range),
            Style::SingleQuoted | Style::DoubleQuoted => (text, range.clone(), range.start + 1..range.end - 1),
            Style::Literal | Style::Folded => {
                let content = self.block(gap, range);
                (text, content.clone(), content)
            }
        };
        let layout = Layout::of(&text, self.text.get(content.clone()).unwrap_or(""), content.start);
        let tag = self.fitting(tag, |tag| tag.fits(&text), || format!("`{}`", crate::yaml::explain::excerpt(&text)));
        let scalar = Scalar { text, style, tag: tag.map(|tag| tag.value), layout };
        self.cursor = range.end;
        self.last = Some(Neighbour { range: range.clone(), style, role: self.role() });
        let extent = Extent::text(scalar.text.len());
        self.leaf(range, NodeKind::Scalar(scalar), tag, extent)
    }

    /// Where a node that is not there would be: right after the indicator that announces it, however many comments and
    /// empty lines follow; a missing key right before its `:`. The parser says so where something follows on the line.
    fn absent(&self, gap: &str, at: usize) -> usize {
        let rest = self.text.get(at..self.range.end).and_then(|rest| rest.strip_prefix(':'));
        // In `::` the first one starts the next key, as it does in `:,` unless brackets are around.
        let ends = |next: char| next.is_ascii_whitespace() || (self.in_flow() && matches!(next, ',' | ']' | '}'));
        let colon = rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(ends));
        match self.role() {
            Role::Key if rest.is_some() => at,
            Role::Value if colon => at + 1,
            _ => self.cursor + gap::words(gap).last().map_or(0, |(word, _)| word.end),
        }
    }

    /// Content of a block scalar without the line breaks that end it; its header if it has none.
    fn block(&self, gap: &str, range: Range<usize>) -> Range<usize> {
        let content = self.text.get(range.clone()).unwrap_or("");
        let kept = content.trim_end_matches([' ', '\t', '\r', '\n']).len();
        match gap::block_header(gap) {
            Some(header) if kept == 0 => self.cursor + header.start..self.cursor + header.end,
            _ => range.start..range.start + kept,
        }
    }

    /// Adds a node without children where the next child goes.
    fn leaf(&mut self, range: Range<usize>, kind: NodeKind, tag: Option<Spanned<CoreTag>>, extent: Extent) -> Step {
        let Ok(id) = self.node(range.clone(), kind, tag) else { return Step::Break(()) };
        self.attach(id, range, extent);
        GO_ON
    }

    fn start(&mut self, children: Children, range: Range<usize>, tag: Option<Spanned<CoreTag>>) -> Step {
        if self.open.len() >= self.limits.depth {
            self.too_deep(range.start);
            return Step::Break(());
        }
        let range = self.first_dash(&children, range);
        let tag = self.fitting(tag, |tag| tag == children.tag(), || children.describe().to_owned());
        let Ok(id) = self.node(range.clone(), NodeKind::Hole, tag) else { return Step::Break(()) };
        if self.text.get(range.clone()).is_some_and(|text| !text.is_empty()) {
            self.cursor = range.end;
        }
        self.open.push(Open::new(id, children, range));
        GO_ON
    }

    /// A list that is indented no further than its key starts after its first `-` for the parser; for us, with it. No
    /// other dash can stand between a key and its value.
    fn first_dash(&self, children: &Children, range: Range<usize>) -> Range<usize> {
        if !matches!(children, Children::Sequence(_)) || !matches!(self.role(), Role::Key | Role::Value) {
            return range;
        }
        let gap = self.text.get(self.cursor..range.start).unwrap_or("");
        match gap::words(gap).find(|(_, word)| *word == "-") {
            Some((dash, _)) => self.cursor + dash.start..self.cursor + dash.start,
            None => range,
        }
    }

    /// Closes the innermost list or mapping. Only a bracket has an extent of its own; a block ends with its last child.
    fn end(&mut self, range: &Range<usize>) {
        let Some(open) = self.open.pop() else { return };
        let end = if range.is_empty() { open.end } else { range.end };
        if !range.is_empty() {
            self.cursor = range.end;
        }
        let extent = open.extent.enclosed();
        self.anchors.complete(open.id, extent);
        let whole = open.start..end.max(open.start);
        let span = self.span(whole.clone());
        if let Some(node) = self.nodes.get_mut(open.id.0 as usize) {
            node.span = span;
            node.kind = open.children.into_kind();
        }
        self.attach(open.id, whole, extent);
    }

    /// Gives a complete node to the list or mapping it is in.
    fn attach(&mut self, id: NodeId, range: Range<usize>, extent: Extent) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(id);
            return;
        };
        open.take(range, extent);
        if let Err(refusal) = open.children.push(&self.nodes, id)
            && let Refusal::Error(error) = *refusal
            && self.complete
        {
            self.errors.push(error);
        }
    }

    fn second_document(&mut self, range: Range<usize>) -> Step {
        let message = "a second document starts here, where a file holds one";
        let error = self.error(SyntaxErrorKind::SeveralDocuments, self.visible(range), message);
        self.errors.push(error.help("move it to a file of its own, or remove the line between the two"));
        self.second = true;
        Step::Break(())
    }

    fn too_deep(&mut self, at: usize) {
        let message = format!("nested more than {} levels deep", self.limits.depth);
        let error = self.error(SyntaxErrorKind::TooDeep, self.visible(at..at), message);
        self.errors.push(error.help("flatten it; no file of a project nests this deep"));
    }

    fn syntax(&mut self, error: &ScanError) -> Step {
        let at = self.range.start + error.marker().byte_offset().unwrap_or(0);
        let at = self.text.floor_char_boundary(at.clamp(self.range.start, self.range.end));
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            self.too_deep(at);
        } else {
            let explanation = explain(error, at, &self.context());
            self.errors.push(explanation.into_error(self.file));
        }
        Step::Break(())
    }

    /// The range, or the word at its start if it is empty.
    fn visible(&self, range: Range<usize>) -> Range<usize> {
        if range.is_empty() { self.context().word(range.start) } else { range }
    }

    fn context(&self) -> Context<'_> {
        let open = self.open.iter().map(Open::enclosing).collect();
        Context { text: self.text, range: self.range.clone(), open, last: self.last.as_ref(), cursor: self.cursor }
    }

    fn finish(mut self) -> Document {
        while let Some(open) = self.open.last_mut() {
            let end = open.end;
            if open.children.expects_value() {
                let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
                self.nodes.push(Node {
                    span: Span::new(self.file, end..end),
                    kind: NodeKind::Hole,
                    anchor: None,
                    tag: None,
                });
                self.attach(id, end..end, Extent::LEAF);
            }
            self.end(&(end..end));
        }
        if self.root.is_none_or(|root| self.is_nothing(root)) && self.complete && self.errors.is_empty() {
            self.root = None;
            let start = self.range.start;
            self.errors.push(self.error(SyntaxErrorKind::Empty, start..start, "expected a value, found nothing"));
        }
        self.errors.sort_by_key(|error| error.span.start);
        Document { nodes: self.nodes, root: self.root, errors: self.errors, complete: self.complete }
    }

    fn is_nothing(&self, id: NodeId) -> bool {
        self.nodes.get(id.0 as usize).is_some_and(|node| match &node.kind {
            NodeKind::Scalar(scalar) => scalar.is_absent() && node.anchor.is_none() && node.tag.is_none(),
            _ => false,
        })
    }
}
