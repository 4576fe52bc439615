//! Images that come with results: of a kind that models take, and no larger than all services take. What an image is, its
//! first bytes say; what a server says of it decides nothing, because a service that finds it to be something else refuses the
//! whole conversation.

use std::fmt;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest image, bytes. The strictest of the services takes 5 MB of base64.
pub const MOST_IMAGE: usize = 3 << 20;

/// Servers leave the padding out now and then.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An image.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Image {
    /// Which kind.
    pub media_type: MediaType,
    /// In base64, as all services want it: a conversation that is kept holds no bytes that have to be escaped.
    data: String,
}

/// A kind of image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum MediaType {
    /// PNG.
    #[serde(rename = "image/png")]
    Png,
    /// JPEG.
    #[serde(rename = "image/jpeg")]
    Jpeg,
    /// GIF.
    #[serde(rename = "image/gif")]
    Gif,
    /// WebP.
    #[serde(rename = "image/webp")]
    Webp,
}

/// Why something is no image that goes to a model. Reads well after "because".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoImage {
    /// More than [`MOST_IMAGE`].
    #[error("it is larger than {} MiB", MOST_IMAGE >> 20)]
    TooLarge,
    /// Its base64 is none.
    #[error("its base64 cannot be read")]
    Unreadable,
    /// Whatever it is.
    #[error("its bytes are no PNG, JPEG, GIF or WebP")]
    Unknown,
}

impl Image {
    /// What a server gave as an image, in base64.
    ///
    /// # Errors
    /// [`NoImage`].
    pub fn read(base64: &str) -> Result<Self, NoImage> {
        if size_of(base64) > MOST_IMAGE {
            return Err(NoImage::TooLarge);
        }
        let bytes = BASE64.decode(base64).map_err(|_| NoImage::Unreadable)?;
        let media_type = MediaType::of(&bytes).ok_or(NoImage::Unknown)?;
        Ok(Self { media_type, data: BASE64.encode(bytes) })
    }

    /// In base64, with padding.
    pub fn base64(&self) -> &str {
        &self.data
    }

    /// How long it is, bytes.
    pub fn bytes(&self) -> usize {
        size_of(&self.data)
    }
}

/// `image/png, 1.2 KB`
impl fmt::Display for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}, {}", self.media_type.as_str(), Size(self.bytes()))
    }
}

/// Without its bytes.
impl fmt::Debug for Image {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Image({self})")
    }
}

impl MediaType {
    /// As it is registered with IANA.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// What begins like this.
    fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::Webp),
            _ => None,
        }
    }
}

/// How many bytes a base64 stands for.
pub(crate) fn size_of(base64: &str) -> usize {
    base64.trim_end_matches('=').len() / 4 * 3 + (base64.trim_end_matches('=').len() % 4).saturating_sub(1)
}

/// A number of bytes, for people and models.
pub(crate) struct Size(pub(crate) usize);

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = |unit: usize| (self.0 / unit, self.0 % unit * 10 / unit);
        let (whole, tenth, unit) = match self.0 {
            bytes if bytes < 1_000 => return write!(formatter, "{bytes} bytes"),
            bytes if bytes < 1_000_000 => (tenths(1_000).0, tenths(1_000).1, "KB"),
            _ => (tenths(1_000_000).0, tenths(1_000_000).1, "MB"),
        };
        write!(formatter, "{whole}.{tenth} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(bytes: &[u8]) -> String {
        BASE64.encode(bytes)
    }

    #[test]
    fn an_image_is_what_its_bytes_say() {
        for (bytes, media_type) in [
            (&b"\x89PNG\r\n\x1a\n...."[..], MediaType::Png),
            (b"\xff\xd8\xff\xe0", MediaType::Jpeg),
            (b"GIF89a", MediaType::Gif),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", MediaType::Webp),
        ] {
            let image = Image::read(&encoded(bytes)).unwrap();
            assert_eq!((image.media_type, image.bytes()), (media_type, bytes.len()));
            let json = serde_json::to_string(&image).unwrap();
            assert!(json.contains(media_type.as_str()), "{json}");
            assert_eq!(serde_json::from_str::<Image>(&json).unwrap(), image);
        }
        // Padding may be missing, and is added.
        assert_eq!(Image::read(encoded(b"GIF89a!").trim_end_matches('=')).unwrap().base64(), encoded(b"GIF89a!"));
    }

    #[test]
    fn what_is_none_says_why() {
        assert_eq!(Image::read("a-_b"), Err(NoImage::Unreadable));
        assert_eq!(Image::read("é"), Err(NoImage::Unreadable));
        for text in ["", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "RIFF0000WAVE", "GIF8", "II*\0"] {
            assert_eq!(Image::read(&encoded(text.as_bytes())), Err(NoImage::Unknown), "{text}");
        }
        let mut large = b"\x89PNG\r\n\x1a\n".to_vec();
        large.resize(MOST_IMAGE, 0);
        assert_eq!(Image::read(&encoded(&large)).map(|image| image.bytes()), Ok(MOST_IMAGE));
        large.push(0);
        assert_eq!(Image::read(&encoded(&large)), Err(NoImage::TooLarge));
        assert_eq!(NoImage::TooLarge.to_string(), "it is larger than 3 MiB");
    }

    #[test]
    fn sizes_read_well() {
        let sizes = [0, 999, 1_000, 12_345, 999_999, 3_145_728].map(|bytes| Size(bytes).to_string());
        assert_eq!(sizes, ["0 bytes", "999 bytes", "1.0 KB", "12.3 KB", "999.9 KB", "3.1 MB"]);
    }
}
