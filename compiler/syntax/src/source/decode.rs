//! From the bytes of a file to its text. Only UTF-8 is read; everything else is told apart well enough to say what the
//! file is instead and where it stops being text.

use std::ops::Range;

use crate::source::{LineColumn, MAX_FILE_BYTES, SourceFile};

/// Why a file is not text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` {kind}")]
pub struct DecodeError {
    /// The path given to [`decode`].
    pub path: String,
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// What can be shown of the file, for a frame: the bytes with U+FFFD for what is not UTF-8, and the valid part before
    /// it byte for byte. Empty where no bytes would mean anything (other encodings, too large).
    pub text: String,
    /// The bytes of `text` to point at; the offset in the file is the same.
    pub span: Range<usize>,
}

/// What is wrong with the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeErrorKind {
    /// A byte that is no part of a character.
    #[error("is not UTF-8: byte 0x{byte:02x} at offset {offset} (line {}, column {})", at.line, at.column)]
    NotUtf8 {
        /// From the start of the file, in bytes.
        offset: usize,
        /// The first byte that does not fit.
        byte: u8,
        /// The same place as an editor shows it.
        at: LineColumn,
    },
    /// Text in an encoding this compiler does not read.
    #[error("is {encoding}, not UTF-8")]
    OtherEncoding {
        /// Which.
        encoding: Encoding,
    },
    /// More than [`MAX_FILE_BYTES`].
    #[error("has {bytes} bytes, more than the {MAX_FILE_BYTES} a source file may have")]
    TooLarge {
        /// The file's size in bytes.
        bytes: usize,
    },
}

/// Encodings that are recognised and not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Encoding {
    /// Little-endian UTF-16, with or without a byte order mark.
    #[error("UTF-16 (little-endian)")]
    Utf16LittleEndian,
    /// Big-endian UTF-16, with or without a byte order mark.
    #[error("UTF-16 (big-endian)")]
    Utf16BigEndian,
    /// Little-endian UTF-32 with a byte order mark.
    #[error("UTF-32 (little-endian)")]
    Utf32LittleEndian,
    /// Big-endian UTF-32 with a byte order mark.
    #[error("UTF-32 (big-endian)")]
    Utf32BigEndian,
}

/// Reads bytes as UTF-8. A byte order mark stays in the text, because spans count from the start of the file; NUL and
/// other control characters stay too and are the YAML parser's to refuse.
///
/// # Errors
/// [`DecodeError`], whose `kind` says why.
pub fn decode(path: &str, bytes: Vec<u8>) -> Result<String, DecodeError> {
    let fail = |kind| DecodeError { path: path.to_owned(), kind, text: String::new(), span: 0..0 };
    if bytes.len() > MAX_FILE_BYTES {
        return Err(fail(DecodeErrorKind::TooLarge { bytes: bytes.len() }));
    }
    if let Some(encoding) = other_encoding(&bytes) {
        return Err(fail(DecodeErrorKind::OtherEncoding { encoding }));
    }
    String::from_utf8(bytes).map_err(|error| not_utf8(path, &error))
}

fn not_utf8(path: &str, error: &std::string::FromUtf8Error) -> DecodeError {
    let offset = error.utf8_error().valid_up_to();
    let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
    let byte = error.as_bytes().get(offset).copied().unwrap_or_default();
    let at = SourceFile::new(path, text.as_str()).line_column(u32::try_from(offset).unwrap_or(u32::MAX));
    DecodeError {
        path: path.to_owned(),
        kind: DecodeErrorKind::NotUtf8 { offset, byte, at },
        text,
        span: offset..offset + char::REPLACEMENT_CHARACTER.len_utf8(),
    }
}

/// Byte order marks, and for UTF-16 without one the NUL in every second byte that ASCII text has there.
fn other_encoding(bytes: &[u8]) -> Option<Encoding> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] => Some(Encoding::Utf32LittleEndian),
        [0, 0, 0xfe, 0xff, ..] => Some(Encoding::Utf32BigEndian),
        [0xff, 0xfe, ..] => Some(Encoding::Utf16LittleEndian),
        [0xfe, 0xff, ..] => Some(Encoding::Utf16BigEndian),
        _ => unmarked_utf16(bytes),
    }
}

/// Looks at the first 32 pairs only: real text of another script soon has bytes that are not NUL.
fn unmarked_utf16(bytes: &[u8]) -> Option<Encoding> {
    let pairs: Vec<_> = bytes.chunks_exact(2).take(32).filter_map(|pair| pair.first().zip(pair.get(1))).collect();
    if pairs.len() < 2 {
        return None;
    }
    if pairs.iter().all(|(low, high)| **low != 0 && **high == 0) {
        return Some(Encoding::Utf16LittleEndian);
    }
    pairs.iter().all(|(high, low)| **high == 0 && **low != 0).then_some(Encoding::Utf16BigEndian)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(bytes: &[u8]) -> DecodeErrorKind {
        decode("f.yaml", bytes.to_vec()).unwrap_err().kind
    }

    #[test]
    fn utf8_passes_with_its_mark_breaks_and_nuls() {
        for text in ["", "a", "\u{feff}a: é\r\n", "a\0", "a\0\0b", "\0", "日本語"] {
            assert_eq!(decode("f", text.as_bytes().to_vec()).unwrap(), text);
        }
    }

    #[test]
    fn the_first_foreign_byte_is_placed() {
        let error = decode("f.yaml", b"a: 1\nb: \xc3\xa9 \xff\xfe c\n".to_vec()).unwrap_err();
        let at = LineColumn { line: 2, column: 6 };
        assert_eq!(error.kind, DecodeErrorKind::NotUtf8 { offset: 11, byte: 0xff, at });
        assert_eq!(error.text, "a: 1\nb: é \u{fffd}\u{fffd} c\n");
        assert_eq!(&error.text[error.span.clone()], "\u{fffd}");
        assert_eq!(error.to_string(), "`f.yaml` is not UTF-8: byte 0xff at offset 11 (line 2, column 6)");
    }

    #[test]
    fn a_character_cut_off_at_the_end_is_placed_at_its_start() {
        let at = LineColumn { line: 1, column: 2 };
        assert_eq!(kind(b"a\xe2\x82"), DecodeErrorKind::NotUtf8 { offset: 1, byte: 0xe2, at });
    }

    #[test]
    fn other_encodings_are_named() {
        let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<_>>();
        for text in ["\u{feff}name: x\n", "name: x\n"] {
            let little = DecodeErrorKind::OtherEncoding { encoding: Encoding::Utf16LittleEndian };
            let big = DecodeErrorKind::OtherEncoding { encoding: Encoding::Utf16BigEndian };
            assert_eq!(kind(&utf16(text, u16::to_le_bytes)), little);
            assert_eq!(kind(&utf16(text, u16::to_be_bytes)), big);
        }
        let utf32 = DecodeErrorKind::OtherEncoding { encoding: Encoding::Utf32LittleEndian };
        assert_eq!(kind(b"\xff\xfe\0\0a\0\0\0"), utf32);
        let utf32 = DecodeErrorKind::OtherEncoding { encoding: Encoding::Utf32BigEndian };
        assert_eq!(kind(b"\0\0\xfe\xff\0\0\0a"), utf32);
    }

    #[test]
    fn the_size_is_bounded() {
        assert!(decode("f", vec![b'a'; MAX_FILE_BYTES]).is_ok());
        assert_eq!(kind(&vec![b'a'; MAX_FILE_BYTES + 1]), DecodeErrorKind::TooLarge { bytes: MAX_FILE_BYTES + 1 });
    }
}
