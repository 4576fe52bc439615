//! Bodies of answers: unpacked, and no longer than they may be.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::write::{DeflateDecoder, GzDecoder, ZlibDecoder};
use http_body_util::BodyExt;
use hyper::body::Incoming;

use super::connect::Problem;

/// How much packed text is unpacked at a time, bytes: it can become a thousand times as much.
const PIECE: usize = 4096;

/// What all bodies of one call hold together.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    held: Arc<AtomicUsize>,
    most: usize,
}

/// A part of the budget, given back when dropped.
#[derive(Debug)]
pub(crate) struct Held {
    budget: Budget,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(most: usize) -> Self {
        Self { held: Arc::default(), most }
    }

    pub(crate) fn hold(&self) -> Held {
        Held { budget: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Takes so many bytes more, or none.
    pub(crate) fn add(&mut self, bytes: usize) -> Result<(), Problem> {
        let held = self.budget.held.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if held > self.budget.most {
            self.budget.held.fetch_sub(bytes, Ordering::Relaxed);
            let words = format!("the requests under way hold more than {} bytes together", self.budget.most);
            return Err(Problem::new("ERR_BODY_TOO_LONG", words));
        }
        self.bytes += bytes;
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Where unpacked bytes go, up to a bound.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

enum Unpacker {
    Plain(Bounded),
    Gzip(GzDecoder<Bounded>),
    Zlib(ZlibDecoder<Bounded>),
    Deflate(DeflateDecoder<Bounded>),
}

impl Unpacker {
    /// `deflate` means zlib by the standard and raw deflate by some servers; the first byte tells them apart.
    fn new(coding: &str, first: Option<u8>, most: usize) -> Option<Self> {
        let sink = Bounded { bytes: Vec::new(), most };
        Some(match coding {
            "" | "identity" => Self::Plain(sink),
            "gzip" | "x-gzip" => Self::Gzip(GzDecoder::new(sink)),
            "deflate" if first.is_some_and(|byte| byte & 0x0F == 8) => Self::Zlib(ZlibDecoder::new(sink)),
            "deflate" => Self::Deflate(DeflateDecoder::new(sink)),
            _ => return None,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Plain(sink) => sink.write_all(bytes),
            Self::Gzip(decoder) => decoder.write_all(bytes),
            Self::Zlib(decoder) => decoder.write_all(bytes),
            Self::Deflate(decoder) => decoder.write_all(bytes),
        }
    }

    fn length(&self) -> usize {
        match self {
            Self::Plain(sink) => sink.bytes.len(),
            Self::Gzip(decoder) => decoder.get_ref().bytes.len(),
            Self::Zlib(decoder) => decoder.get_ref().bytes.len(),
            Self::Deflate(decoder) => decoder.get_ref().bytes.len(),
        }
    }

    fn finish(self) -> std::io::Result<Vec<u8>> {
        Ok(match self {
            Self::Plain(sink) => sink.bytes,
            Self::Gzip(decoder) => decoder.finish()?.bytes,
            Self::Zlib(decoder) => decoder.finish()?.bytes,
            Self::Deflate(decoder) => decoder.finish()?.bytes,
        })
    }
}

/// The whole body, unpacked by `coding`, at most `most` bytes.
pub(crate) async fn read(mut body: Incoming, coding: &str, most: usize, held: &mut Held) -> Result<Vec<u8>, Problem> {
    let mut unpacker = None;
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|error| Problem::new("ECONNRESET", format!("the answer ends in its middle: {error}")))?;
        let Ok(data) = frame.into_data() else { continue };
        for piece in data.chunks(PIECE) {
            let unpacker = match &mut unpacker {
                Some(unpacker) => unpacker,
                empty => empty.insert(start(coding, piece.first().copied(), most)?),
            };
            let before = unpacker.length();
            unpacker.write(piece).map_err(|error| unreadable(&error, coding, most))?;
            held.add(unpacker.length() - before)?;
        }
        // A packed body can be long work for few bytes; others come first.
        if unpacker.as_ref().is_some_and(|unpacker| !matches!(unpacker, Unpacker::Plain(_))) {
            tokio::task::yield_now().await;
        }
    }
    match unpacker {
        Some(unpacker) => unpacker.finish().map_err(|error| unreadable(&error, coding, most)),
        None => Ok(Vec::new()),
    }
}

fn start(coding: &str, first: Option<u8>, most: usize) -> Result<Unpacker, Problem> {
    let unknown =
        || Problem::new("ERR_CONTENT_ENCODING", format!("the answer is packed as `{coding}`, which was not asked for"));
    Unpacker::new(coding, first, most).ok_or_else(unknown)
}

fn unreadable(error: &std::io::Error, coding: &str, most: usize) -> Problem {
    if error.kind() == std::io::ErrorKind::FileTooLarge {
        return Problem::new("ERR_BODY_TOO_LONG", format!("the answer is longer than {most} bytes"));
    }
    Problem::new("ERR_CONTENT_ENCODING", format!("the answer is not `{coding}`, as it says: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_together_has_an_end_and_comes_back() {
        let budget = Budget::new(10);
        let (mut first, mut second) = (budget.hold(), budget.hold());
        first.add(6).unwrap();
        assert_eq!(second.add(5).unwrap_err().code, "ERR_BODY_TOO_LONG");
        second.add(4).unwrap();
        assert!(second.add(1).is_err());
        drop(first);
        second.add(6).unwrap();
        drop(second);
        budget.hold().add(10).unwrap();
    }
}
