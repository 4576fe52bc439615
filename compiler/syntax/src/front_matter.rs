//! The front matter of a Markdown file, as `SKILL.md` has it: YAML between two lines of `---` at the very start, then
//! the body. Splitting knows nothing of YAML; [`crate::parse_range`] reads the part found, with offsets of the file.

use std::ops::Range;

/// The line that opens and closes front matter.
const FENCE: &str = "---";

/// Where the two parts of a file are, in bytes from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontMatter {
    /// Between the fences, whole lines; empty if the fences touch.
    pub yaml: Range<usize>,
    /// Everything after the closing fence's line.
    pub body: Range<usize>,
}

/// Why a file has no front matter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontMatterError {
    /// The first line is not `---`.
    #[error("the file does not start with a line `---`")]
    Missing {
        /// The first line.
        first_line: Range<usize>,
    },
    /// No second line `---`.
    #[error("the `---` that opens the front matter is not followed by a second one")]
    Unclosed {
        /// The opening fence.
        opening: Range<usize>,
    },
}

impl FrontMatterError {
    /// The bytes to point at.
    pub fn range(&self) -> Range<usize> {
        match self {
            Self::Missing { first_line } => first_line.clone(),
            Self::Unclosed { opening } => opening.clone(),
        }
    }
}

/// Splits a file. The fences stand alone on their lines, spaces and tabs after them allowed; a byte order mark may come
/// first. The first fence after the opening one closes, even inside a block scalar, as in every reader of such files.
///
/// # Errors
/// [`FrontMatterError`] when there is no opening or no closing fence.
pub fn split(text: &str) -> Result<FrontMatter, FrontMatterError> {
    let start = text.strip_prefix('\u{feff}').map_or(0, |rest| text.len() - rest.len());
    let mut lines = lines(text, start);
    let opening = lines.next().unwrap_or(Line { content: start..start, end: start });
    if !is_fence(text, &opening) {
        return Err(FrontMatterError::Missing { first_line: opening.content });
    }
    match lines.find(|line| is_fence(text, line)) {
        Some(closing) => Ok(FrontMatter { yaml: opening.end..closing.content.start, body: closing.end..text.len() }),
        None => Err(FrontMatterError::Unclosed { opening: start..start + FENCE.len() }),
    }
}

/// A line's bytes without its break, and where the next one starts.
struct Line {
    content: Range<usize>,
    end: usize,
}

fn lines(text: &str, start: usize) -> impl Iterator<Item = Line> {
    text.get(start..).unwrap_or("").split_inclusive('\n').scan(start, |at, line| {
        let start = *at;
        *at += line.len();
        let content = line.strip_suffix('\n').unwrap_or(line);
        let content = content.strip_suffix('\r').unwrap_or(content);
        Some(Line { content: start..start + content.len(), end: *at })
    })
}

fn is_fence(text: &str, line: &Line) -> bool {
    text.get(line.content.clone()).is_some_and(|content| content.trim_end_matches([' ', '\t']) == FENCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (&str, &str) {
        let found = split(text).unwrap();
        (&text[found.yaml], &text[found.body])
    }

    #[test]
    fn splits_at_the_fences() {
        assert_eq!(parts("---\nname: x\n---\n# Body\n---\n"), ("name: x\n", "# Body\n---\n"));
        assert_eq!(parts("---\r\nname: x\r\n---\r\nbody"), ("name: x\r\n", "body"));
        assert_eq!(parts("\u{feff}---  \nname: x\n---\t\n"), ("name: x\n", ""));
        assert_eq!(parts("---\n---"), ("", ""));
    }

    #[test]
    fn a_fence_stands_alone_at_the_start_of_its_line() {
        assert_eq!(parts("---\na: |\n  ---\n----\n--- x\n---\nb"), ("a: |\n  ---\n----\n--- x\n", "b"));
    }

    #[test]
    fn says_what_is_missing() {
        assert_eq!(split("# Title\n---\n"), Err(FrontMatterError::Missing { first_line: 0..7 }));
        assert_eq!(split("\n---\na: b\n---\n"), Err(FrontMatterError::Missing { first_line: 0..0 }));
        assert_eq!(split(""), Err(FrontMatterError::Missing { first_line: 0..0 }));
        assert_eq!(split("\u{feff}---\na: b\n"), Err(FrontMatterError::Unclosed { opening: 3..6 }));
        assert_eq!(split("---\na: b\n").unwrap_err().range(), 0..3);
    }
}
