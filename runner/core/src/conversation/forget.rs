//! How many images a conversation holds. Every image is sent again with every turn, and services take so many in one request;
//! where there are more, the oldest are forgotten, and models are told so in their place. What is kept of a session is what is
//! sent: it is bounded with it.

use super::{Message, ToolResult};

/// The most images of one conversation: what the strictest of the services takes in one request (Amazon Bedrock 20; Anthropic
/// beyond 20 takes smaller ones only).
pub const MOST_IMAGES: usize = 20;
/// The most bytes of them, in base64. A session has 8 MiB, and Gemini takes 20 MB in one request with all else.
pub const MOST_IMAGE_BYTES: usize = 6 << 20;

/// What is kept where it was more. Half of it, because what is forgotten changes the beginning of what is sent, which services
/// have to read anew instead of finding it in their cache: better seldom than with every new image.
const KEPT: Room = Room { images: MOST_IMAGES / 2, bytes: MOST_IMAGE_BYTES / 2 };

/// Room for images.
#[derive(Debug, Clone, Copy)]
struct Room {
    images: usize,
    bytes: usize,
}

impl Room {
    /// Takes the room that an image of this length needs, if there is as much.
    fn take(&mut self, bytes: usize) -> Option<()> {
        let left = Self { images: self.images.checked_sub(1)?, bytes: self.bytes.checked_sub(bytes)? };
        *self = left;
        Some(())
    }
}

/// How long all images of a conversation are, bytes of base64.
pub(crate) fn image_bytes(messages: &[Message]) -> usize {
    results(messages).flat_map(|result| &result.images).map(|image| image.base64().len()).sum()
}

/// Forgets the oldest images where there are more than [`MOST_IMAGES`], or more bytes of them than [`MOST_IMAGE_BYTES`] and than
/// `room`. Those of the last message, which no model has seen yet, go last.
pub(crate) fn forget_images(messages: &mut [Message], room: usize) {
    let most = Room { images: MOST_IMAGES, bytes: MOST_IMAGE_BYTES.min(room) };
    let mut left = most;
    if results(messages).flat_map(|result| &result.images).all(|image| left.take(image.base64().len()).is_some()) {
        return;
    }
    let (mut newest, mut older) = (most, Room { images: KEPT.images, bytes: KEPT.bytes.min(most.bytes) });
    let last = messages.len().saturating_sub(1);
    let mut is_full = false;
    for (at, message) in messages.iter_mut().enumerate().rev() {
        let Message::ToolResults(results) = message else { continue };
        for result in results.iter_mut().rev() {
            let is_kept = |length: usize| {
                let in_newest = newest.take(length);
                let in_older = older.take(length);
                if at == last { in_newest.is_some() } else { in_older.is_some() }
            };
            is_full = forget(result, is_full, is_kept);
        }
    }
}

/// Forgets the images of a result before the last ones that are kept; whether there are any that are not.
fn forget(result: &mut ToolResult, is_full: bool, mut is_kept: impl FnMut(usize) -> bool) -> bool {
    let lengths = result.images.iter().rev().map(|image| image.base64().len());
    let kept = if is_full { 0 } else { lengths.take_while(|length| is_kept(*length)).count() };
    let gone = result.images.len().saturating_sub(kept);
    result.images.drain(..gone);
    result.forgotten = result.forgotten.saturating_add(u32::try_from(gone).unwrap_or(u32::MAX));
    is_full || gone > 0
}

fn results(messages: &[Message]) -> impl Iterator<Item = &ToolResult> {
    messages.iter().flat_map(|message| match message {
        Message::ToolResults(results) => results.as_slice(),
        Message::User(_) | Message::Model(_) => &[],
    })
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::conversation::{Image, JsonText};

    /// An image of so many bytes of base64.
    fn image(length: usize) -> Image {
        let mut bytes = b"GIF89a".to_vec();
        bytes.resize(length / 4 * 3, 0);
        Image::read(&base64::engine::general_purpose::STANDARD.encode(bytes)).unwrap()
    }

    fn result(lengths: &[usize]) -> ToolResult {
        let images = lengths.iter().map(|length| image(*length)).collect();
        let content = JsonText::from(serde_json::Value::Null);
        ToolResult { id: "1".into(), name: "look".into(), content, is_error: false, images, forgotten: 0 }
    }

    /// How many images each result has after, and how many were forgotten.
    fn after(messages: &mut [Message], room: usize) -> Vec<(usize, u32)> {
        forget_images(messages, room);
        results(messages).map(|result| (result.images.len(), result.forgotten)).collect()
    }

    fn one_each(count: usize, length: usize) -> Vec<Message> {
        (0..count).map(|_| Message::ToolResults(vec![result(&[length])])).collect()
    }

    #[test]
    fn the_oldest_go_first_and_half_stay() {
        assert_eq!(after(&mut one_each(MOST_IMAGES, 8), usize::MAX), [(1, 0); 20], "as many as there may be");
        let mut more = one_each(MOST_IMAGES + 1, 8);
        assert_eq!(after(&mut more, usize::MAX), [vec![(0, 1); 11], vec![(1, 0); 10]].concat());
        let again = more.clone();
        more.extend(one_each(10, 8));
        assert_eq!(after(&mut more, usize::MAX)[..21], [vec![(0, 1); 11], vec![(1, 0); 10]].concat());
        assert_eq!(more[..21], again[..], "what was sent is sent again as it was, until there are too many once more");
    }

    #[test]
    fn bytes_count_as_well() {
        let mebibyte = 1 << 20;
        assert_eq!(after(&mut one_each(6, mebibyte), usize::MAX), [(1, 0); 6]);
        assert_eq!(after(&mut one_each(7, mebibyte), usize::MAX), [vec![(0, 1); 4], vec![(1, 0); 3]].concat());
        // Texts have taken the rest of the session.
        assert_eq!(after(&mut one_each(6, mebibyte), 2 * mebibyte), [vec![(0, 1); 4], vec![(1, 0); 2]].concat());
        assert_eq!(image_bytes(&one_each(6, mebibyte)), 6 * mebibyte);
    }

    #[test]
    fn what_no_model_has_seen_yet_stays_as_long_as_there_is_room() {
        let mut messages = one_each(12, 8);
        messages.push(Message::ToolResults(vec![result(&[8; 8]), result(&[8; 8])]));
        let old = vec![(0, 1); 12];
        assert_eq!(after(&mut messages, usize::MAX), [old, vec![(8, 0); 2]].concat(), "more than half, but new");
        let mut flood = vec![Message::ToolResults(vec![result(&[8; 8]), result(&[8; 8]), result(&[8; 8])])];
        assert_eq!(after(&mut flood, usize::MAX), [(4, 4), (8, 0), (8, 0)], "no more than there may be");
        // Once others follow, they are as old as any.
        messages.extend(one_each(5, 8));
        assert_eq!(after(&mut messages, usize::MAX)[12..], [vec![(0, 8), (5, 3)], vec![(1, 0); 5]].concat());
    }

    #[test]
    fn a_conversation_without_images_stays_as_it_is() {
        let mut messages = vec![Message::User("a".into()), Message::ToolResults(vec![result(&[])])];
        let before = messages.clone();
        forget_images(&mut messages, 0);
        assert_eq!(messages, before);
    }
}
