//! Lines of a foreign program, none longer in memory than it may be.

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::time::Instant;

use crate::bounds::{LONG, READ_LONG};
use crate::message::{Room, while_read};

/// How much is read at once, bytes: as much as a pipe of Linux holds.
const READ: usize = 64 << 10;
/// A buffer that had to grow beyond this is not kept, bytes.
const KEEP: usize = LONG;

/// What is read line by line.
pub(super) struct Lines<R> {
    read: BufReader<R>,
    line: Vec<u8>,
    /// The longest line that is kept, and the longest that is read at all.
    most: usize,
    most_read: usize,
    /// How long a line is that is too long, as far as it was read.
    discarded: Option<usize>,
    /// Leave to read a long line, and until when.
    room: Option<(Room, Instant)>,
    stray: Option<String>,
}

/// What comes next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line, with its end.
    Whole(Vec<u8>),
    /// A line that was too long; its beginning, as much as is kept. It was read to its end.
    TooLong(Vec<u8>),
    /// A line that is too long to be read to its end.
    Endless,
    /// A long line that has not come to its end in time.
    Stopped,
    /// Nothing any more. A last line without an end is none.
    End,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(read: R, most: usize, most_read: usize) -> Self {
        Self {
            read: BufReader::with_capacity(READ, read),
            line: Vec::new(),
            most,
            most_read,
            discarded: None,
            room: None,
            stray: None,
        }
    }

    /// The next. May be dropped and asked again: what was read of a line until then is kept.
    pub(super) async fn next(&mut self) -> Line {
        loop {
            if self.line.len() > LONG && self.room.is_none() {
                // Until then the program waits, because nothing reads its pipe.
                self.room = Some((while_read().await, Instant::now() + READ_LONG));
            }
            let filled = match &self.room {
                Some((_, ends)) => match tokio::time::timeout_at(*ends, self.read.fill_buf()).await {
                    Ok(filled) => filled,
                    Err(_elapsed) => return Line::Stopped,
                },
                None => self.read.fill_buf().await,
            };
            // A pipe that cannot be read is as good as one that has ended.
            let available = match filled {
                Ok(available) if !available.is_empty() => available,
                _ => return Line::End,
            };
            let end = available.iter().position(|byte| *byte == b'\n').map(|place| place + 1);
            let taken = end.unwrap_or(available.len());
            let length = self.discarded.unwrap_or(self.line.len()) + taken;
            let kept = taken.min(self.most - self.line.len());
            self.line.extend_from_slice(available.get(..kept).unwrap_or_default());
            self.discarded = (length > self.most).then_some(length);
            self.read.consume(taken);
            if self.discarded.is_some_and(|discarded| discarded > self.most_read) {
                return Line::Endless;
            }
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                if self.discarded.take().is_some() {
                    self.room = None;
                    return Line::TooLong(line);
                }
                return Line::Whole(line);
            }
        }
    }

    /// The leave to read the line that was read, if it was long: to be kept for as long as the line is.
    pub(super) fn room(&mut self) -> Option<Room> {
        self.room.take().map(|(room, _)| room)
    }

    /// The memory of a line that was read.
    pub(super) fn give_back(&mut self, mut line: Vec<u8>) {
        self.room = None;
        if line.capacity() <= KEEP && self.line.is_empty() {
            line.clear();
            self.line = line;
        }
    }

    /// Keeps the first of what is no message.
    pub(super) fn note_stray(&mut self, said: String) {
        self.stray.get_or_insert(said);
    }

    pub(super) fn first_stray(&self) -> Option<String> {
        self.stray.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], most: usize, most_read: usize) -> Vec<Line> {
        let mut lines = Lines::new(text, most, most_read);
        let mut all = Vec::new();
        loop {
            let line = lines.next().await;
            let is_last = matches!(line, Line::End | Line::Endless);
            all.push(line);
            if is_last {
                return all;
            }
        }
    }

    #[tokio::test]
    async fn lines_are_read_whole_or_not_at_all() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        assert_eq!(all(b"a\n\nbc\nd", 10, 20).await, [whole("a\n"), whole("\n"), whole("bc\n"), Line::End]);
        assert_eq!(
            all(b"12345\n123456\nx\n", 6, 20).await,
            [whole("12345\n"), Line::TooLong(b"123456".to_vec()), whole("x\n"), Line::End]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_line_has_to_come_to_its_end_in_time() {
        use tokio::io::AsyncWriteExt as _;

        let (mut write, read) = tokio::io::duplex(READ);
        let mut lines = Lines::new(read, 4 * LONG, 8 * LONG);
        let writer = tokio::spawn(async move {
            write.write_all(&[&vec![b'x'; 2 * LONG][..], b"\n"].concat()).await.unwrap();
            // A short one may take its time.
            tokio::time::sleep(2 * READ_LONG).await;
            write.write_all(b"y\n").await.unwrap();
            write.write_all(&vec![b'z'; 2 * LONG]).await.unwrap();
            write
        });
        assert!(matches!(lines.next().await, Line::Whole(line) if line.len() == 2 * LONG + 1));
        assert!(lines.room().is_some() && lines.room().is_none());
        assert_eq!(lines.next().await, Line::Whole(b"y\n".to_vec()));
        assert_eq!(lines.next().await, Line::Stopped);
        drop(writer.await.unwrap());
    }

    #[tokio::test]
    async fn a_line_without_an_end_is_given_up() {
        let endless = vec![b'x'; 3 * READ];
        assert_eq!(all(&endless, READ, 2 * READ).await, [Line::Endless]);
        let mut long = vec![b'x'; 2 * READ - 1];
        long.extend_from_slice(b"\ny\n");
        let read = all(&long, READ, 2 * READ).await;
        assert_eq!(read, [Line::TooLong(vec![b'x'; READ]), Line::Whole(b"y\n".to_vec()), Line::End]);
    }
}
