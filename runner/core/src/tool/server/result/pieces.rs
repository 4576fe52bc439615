//! The pieces of a server's result, each as a model is told of it.

use pace_ir::text::quoted;
use pace_mcp::{Content, Contents};
use serde_json::{Value, json};

use crate::conversation::{Image, Size, size_of};

/// The most images of one result. Services take some more in a whole conversation, and each is sent again with every turn.
const MOST_IMAGES: usize = 8;

/// The images of a result, as far as they are taken.
#[derive(Debug, Default)]
pub(super) struct Images(Vec<Image>);

impl Images {
    /// Those that were taken.
    pub(super) fn taken(self) -> Vec<Image> {
        self.0
    }

    /// Takes the images of a result that says the rest as data.
    pub(super) fn gather(&mut self, content: Vec<Content>) {
        for piece in content {
            if !matches!(piece, Content::Text(_)) {
                self.piece(piece);
            }
        }
    }

    /// What a model is told of a piece.
    pub(super) fn piece(&mut self, content: Content) -> Value {
        match content {
            Content::Text(text) => Value::String(text),
            Content::Image { data, mime_type } => Value::String(self.take(&data, Some(&mime_type))),
            Content::Audio { data, mime_type } => {
                let size = Size(size_of(&data));
                Value::String(format!(
                    "left out: a sound ({}, {size}), because models are given none",
                    quoted(&mime_type)
                ))
            }
            Content::Link { uri, name, title, description, mime_type } => {
                let more = [("title", title), ("description", description), ("mime_type", mime_type)];
                with(json!({ "type": "link", "uri": uri, "name": name }), more)
            }
            Content::Resource { uri, mime_type, contents } => {
                let (key, contents) = match contents {
                    Contents::Text(text) => ("text", text),
                    Contents::Blob(blob) => ("blob", self.blob(&blob, mime_type.as_deref())),
                };
                with(json!({ "type": "resource", "uri": uri }), [("mime_type", mime_type), (key, Some(contents))])
            }
        }
    }

    /// Bytes that may be an image, whatever is said of them; others are named.
    fn blob(&mut self, data: &str, said: Option<&str>) -> String {
        if said.is_some_and(|said| said.starts_with("image/")) || Image::read(data).is_ok() {
            return self.take(data, said);
        }
        let (said, size) = (quoted(said.unwrap_or("of no type")), Size(size_of(data)));
        format!("left out: {size} ({said}), because models are given text and images alone")
    }

    /// Takes an image, and says which it is, or why it is not taken.
    fn take(&mut self, data: &str, said: Option<&str>) -> String {
        let left_out = |why: &str| {
            let (said, size) = (quoted(said.unwrap_or("of no type")), Size(size_of(data)));
            format!("left out: an image ({said}, {size}), because {why}")
        };
        match Image::read(data) {
            Ok(_) if self.0.len() >= MOST_IMAGES => {
                left_out(&format!("of one result, {MOST_IMAGES} images are shown; ask for fewer"))
            }
            Ok(image) => {
                let told = format!("image {} ({image})", self.0.len() + 1);
                self.0.push(image);
                told
            }
            Err(why) => left_out(&why.to_string()),
        }
    }
}

fn with<const N: usize>(mut object: Value, more: [(&str, Option<String>); N]) -> Value {
    if let Some(object) = object.as_object_mut() {
        object.extend(more.into_iter().filter_map(|(key, value)| Some((key.to_owned(), Value::String(value?)))));
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIF: &str = "R0lGODlh";

    fn image(data: &str, mime_type: &str) -> Content {
        Content::Image { data: data.to_owned(), mime_type: mime_type.to_owned() }
    }

    fn told(content: Content) -> (String, usize) {
        let mut images = Images::default();
        (images.piece(content).to_string(), images.0.len())
    }

    #[test]
    fn images_are_numbered_and_their_bytes_say_what_they_are() {
        let mut images = Images::default();
        assert_eq!(images.piece(image(GIF, "image/png")), "image 1 (image/gif, 6 bytes)");
        let blob = Contents::Blob(GIF.to_owned());
        let resource = Content::Resource { uri: "x://y".to_owned(), mime_type: None, contents: blob };
        assert_eq!(images.piece(resource)["blob"], "image 2 (image/gif, 6 bytes)");
        assert_eq!(images.taken().len(), 2);
    }

    #[test]
    fn what_is_no_image_is_named_and_left_out() {
        let (words, count) = told(image("PHN2Zy8+", "image/svg+xml\u{1b}[2J"));
        let wanted = "left out: an image (image/svg+xml\\\\u{1b}[2J, 6 bytes), because its bytes are no PNG";
        assert!(words.contains(wanted) && count == 0, "{words}");
        assert!(told(image("?", "image/png")).0.contains("its base64 cannot be read"));
        let (words, count) = told(image(&"A".repeat(5 << 20), "image/png"));
        assert!(words.contains("3.9 MB), because it is larger than 3 MiB") && count == 0, "{words}");
        let sound = Content::Audio { data: "AAAA".to_owned(), mime_type: "audio/wav".to_owned() };
        assert!(told(sound).0.contains("left out: a sound (audio/wav, 3 bytes)"));
        let blob = |mime_type: &str| Content::Resource {
            uri: "x://y".to_owned(),
            mime_type: Some(mime_type.to_owned()),
            contents: Contents::Blob("AAAA".to_owned()),
        };
        assert!(told(blob("application/pdf")).0.contains("left out: 3 bytes (application/pdf)"));
        assert!(told(blob("image/png")).0.contains("left out: an image (image/png, 3 bytes)"));
    }

    #[test]
    fn a_flood_of_images_is_bounded() {
        let mut images = Images::default();
        let words: Vec<_> = (0..20).map(|_| images.piece(image(GIF, "image/gif")).to_string()).collect();
        assert!(words[7].starts_with("\"image 8") && words[8].contains("8 images are shown"), "{words:?}");
        assert_eq!(images.taken().len(), MOST_IMAGES);
    }
}
