//! Tags: those of the core schema are honoured where they fit, all others refused, because nothing here could act on them.

use granit_parser::Tag;

use crate::span::Spanned;
use crate::yaml::build::Builder;
use crate::yaml::error::SyntaxErrorKind;
use crate::yaml::explain::excerpt;
use crate::yaml::scalar::CoreTag;

impl Builder<'_> {
    /// The tag and where it is written, or an error and nothing.
    pub(super) fn tag(&mut self, place: &granit_parser::Span, tag: &Tag) -> Option<Spanned<CoreTag>> {
        let written = place.tag_span().map_or_else(|| self.bytes(place), |place| self.bytes(&place));
        let span = self.span(written.clone());
        if let Some(value) = tag.core_suffix().and_then(CoreTag::of) {
            return Some(Spanned::new(value, span));
        }
        let message = format!("unsupported tag `{}`", excerpt(self.text.get(written.clone()).unwrap_or("")));
        let error = self.error(SyntaxErrorKind::UnsupportedTag, written, message);
        let known = "`!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!map`, `!!seq`";
        self.errors.push(
            error.help(format!("remove it, or put the value in quotes if `!` is part of it; known tags are {known}")),
        );
        None
    }

    /// The tag if it fits the value, else an error and nothing.
    pub(super) fn fitting(
        &mut self,
        tag: Option<Spanned<CoreTag>>,
        fits: impl FnOnce(CoreTag) -> bool,
        value: impl FnOnce() -> String,
    ) -> Option<Spanned<CoreTag>> {
        let tag = tag?;
        if fits(tag.value) {
            return Some(tag);
        }
        let written = excerpt(self.text.get(tag.span.range()).unwrap_or(""));
        let message = format!("tag `{written}` does not fit {}", value());
        self.errors.push(self.error(SyntaxErrorKind::UnsupportedTag, tag.span.range(), message));
        None
    }
}
