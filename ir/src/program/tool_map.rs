//! From the one JavaScript module a tool was bundled to, back to the files its author wrote.

use std::collections::BTreeMap;

use bincode::{Decode, Encode};

use super::record::SourceLocation;

/// Where the code of compiled tools was written (section `TMAP`, optional). Errors of a tool name lines of its bundled
/// module; this leads to lines of the `.ts` file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ToolMapSection {
    /// By the tool's key in `TOOL.local`.
    pub tools: BTreeMap<String, ToolMap>,
}

/// The source map of one bundled module.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct ToolMap {
    /// Paths in the project; those of packages begin with `node_modules/`.
    pub sources: Vec<String>,
    /// `mappings` of a source map of revision 3 (ECMA-426), without names.
    pub mappings: String,
}

/// A mapped place: the generated line and column, the source, its line and column; all from 0, columns in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped {
    /// Line of the bundled module.
    pub line: u32,
    /// Column of the bundled module.
    pub column: u32,
    /// Which of [`ToolMap::sources`].
    pub source: u32,
    /// Line of the source.
    pub source_line: u32,
    /// Column of the source.
    pub source_column: u32,
}

impl ToolMap {
    /// A map of places in the order of their generated line and column.
    pub fn new(sources: Vec<String>, places: &[Mapped]) -> Self {
        Self { sources, mappings: encode(places) }
    }

    /// Where a place of the bundled module (line and column from 1, as engines count) was written: the nearest mapped
    /// place before it on its line. Linear in the map; called once for each frame of a failure.
    pub fn locate(&self, line: u32, column: u32) -> Option<SourceLocation> {
        let (line, column) = (line.checked_sub(1)?, column.saturating_sub(1));
        let on_line = Places::new(&self.mappings).skip_while(|at| at.line < line).take_while(|at| at.line == line);
        let mut found = None;
        for place in on_line {
            if found.is_none() || place.column <= column {
                found = Some(place);
            }
        }
        let place = found?;
        let file = self.sources.get(usize::try_from(place.source).ok()?)?.clone();
        Some(SourceLocation {
            file,
            line: place.source_line.saturating_add(1),
            column: place.source_column.saturating_add(1),
        })
    }
}

/// What stack traces call the one module that a tool was bundled to.
pub const MODULE: &str = "tool.js";

/// The line and column, from 1, of a frame in that module, such as `    at execute (tool.js:12:5)`; nothing for frames
/// elsewhere.
pub fn frame(text: &str) -> Option<(u32, u32)> {
    let (_, place) = text.rsplit_once(MODULE)?;
    let mut numbers = place.trim_start_matches(':').trim_end_matches(')').split(':');
    Some((numbers.next()?.parse().ok()?, numbers.next().and_then(|column| column.parse().ok()).unwrap_or(1)))
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn encode(places: &[Mapped]) -> String {
    let mut text = String::new();
    let mut last = Mapped { line: 0, column: 0, source: 0, source_line: 0, source_column: 0 };
    let mut is_first = true;
    for place in places {
        if place.line > last.line {
            text.extend(std::iter::repeat_n(';', (place.line - last.line) as usize));
            last.column = 0;
        } else if !is_first {
            text.push(',');
        }
        is_first = false;
        for (new, old) in [
            (place.column, last.column),
            (place.source, last.source),
            (place.source_line, last.source_line),
            (place.source_column, last.source_column),
        ] {
            push(&mut text, i64::from(new) - i64::from(old));
        }
        last = *place;
    }
    text
}

/// A Base64 VLQ: five bits a digit, the lowest first, the sign in the first bit.
fn push(text: &mut String, value: i64) {
    let mut rest = (value.unsigned_abs() << 1) | u64::from(value < 0);
    loop {
        let digit = rest & 31;
        rest >>= 5;
        let index = usize::try_from(if rest == 0 { digit } else { digit | 32 }).unwrap_or(0);
        text.push(DIGITS.get(index).copied().map_or('A', char::from));
        if rest == 0 {
            return;
        }
    }
}

/// Reads mappings; stops at the first text that is none.
struct Places<'m> {
    rest: std::slice::Iter<'m, u8>,
    last: Mapped,
}

impl<'m> Places<'m> {
    fn new(mappings: &'m str) -> Self {
        let last = Mapped { line: 0, column: 0, source: 0, source_line: 0, source_column: 0 };
        Self { rest: mappings.as_bytes().iter(), last }
    }

    fn number(&mut self) -> Option<i64> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = *self.rest.next()?;
            let digit = DIGITS.iter().position(|digit| *digit == byte)? as u64;
            value |= (digit & 31).checked_shl(shift).filter(|_| shift < 40)?;
            shift += 5;
            if digit & 32 == 0 {
                break;
            }
        }
        let magnitude = i64::try_from(value >> 1).ok()?;
        Some(if value & 1 == 1 { -magnitude } else { magnitude })
    }

    fn moved(&mut self, from: u32) -> Option<u32> {
        u32::try_from(i64::from(from).checked_add(self.number()?)?).ok()
    }
}

impl Iterator for Places<'_> {
    type Item = Mapped;

    fn next(&mut self) -> Option<Mapped> {
        while let Some(byte) = self.rest.as_slice().first() {
            match byte {
                b';' => {
                    self.last.line = self.last.line.checked_add(1)?;
                    self.last.column = 0;
                }
                b',' => {}
                _ => {
                    self.last.column = self.moved(self.last.column)?;
                    self.last.source = self.moved(self.last.source)?;
                    self.last.source_line = self.moved(self.last.source_line)?;
                    self.last.source_column = self.moved(self.last.source_column)?;
                    return Some(self.last);
                }
            }
            self.rest.next();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32, source: u32, source_line: u32, source_column: u32) -> Mapped {
        Mapped { line, column, source, source_line, source_column }
    }

    fn map() -> ToolMap {
        let places = [at(0, 4, 0, 6, 2), at(2, 0, 1, 0, 0), at(2, 20, 1, 70_000, 3), at(5, 1, 0, 2, 2)];
        ToolMap::new(vec!["tools/a.ts".into(), "node_modules/b/index.js".into()], &places)
    }

    fn found(line: u32, column: u32) -> Option<(String, u32, u32)> {
        map().locate(line, column).map(|at| (at.file, at.line, at.column))
    }

    #[test]
    fn places_are_found_again() {
        assert_eq!(map().mappings, "IAME;;ACNF,oBAg3oEG;;;CD92oED");
        assert_eq!(found(1, 9), Some(("tools/a.ts".into(), 7, 3)));
        assert_eq!(found(3, 20), Some(("node_modules/b/index.js".into(), 1, 1)));
        assert_eq!(found(3, 21), Some(("node_modules/b/index.js".into(), 70_001, 4)));
        assert_eq!(found(6, 1), Some(("tools/a.ts".into(), 3, 3)), "before the first place of a line, the first");
        assert_eq!((found(2, 1), found(0, 1), found(99, 1)), (None, None, None));
    }

    #[test]
    fn frames_are_read() {
        assert_eq!(frame("    at execute (tool.js:12:5)"), Some((12, 5)));
        assert_eq!(frame("    at tool.js:3:1"), Some((3, 1)));
        assert_eq!(frame("    at <anonymous> (tool.js:7)"), Some((7, 1)));
        assert_eq!(frame("    at map (native)"), None);
    }

    #[test]
    fn what_is_no_map_leads_nowhere() {
        for mappings in ["!", "AAA", "AAgggggggggggggggggE", "AAD", "////////////////", "A\u{e9}AA"] {
            let map = ToolMap { sources: vec!["a".into()], mappings: mappings.into() };
            assert_eq!(map.locate(1, 1), None, "{mappings}");
        }
    }
}
