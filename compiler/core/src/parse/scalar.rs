//! The scalar types of the spec language: text, numbers within bounds, durations, sizes, money, names, references, and
//! words of a closed set.

mod name;
mod number;
mod quantity;
mod template;
mod text;

use serde_json::{Value, json};

pub(crate) use number::{Share, Temperature, Whole};
pub(crate) use text::{Line, Text};

/// The schema of one of these words.
pub(crate) fn words_shape<T>(words: &[(&str, T)]) -> Value {
    json!({"type": "string", "enum": words.iter().map(|(word, _)| *word).collect::<Vec<_>>()})
}

macro_rules! decode_word {
    ($type:ty, [$($word:literal => $value:expr),+ $(,)?]) => {
        impl $crate::parse::decode::Decode for $type {
            fn decode(
                node: pace_syntax::NodeId,
                reader: &mut $crate::parse::decode::Reader<'_>,
            ) -> Result<Self, pace_diag::Reported> {
                reader.word(node, &[$(($word, $value)),+])
            }

            fn shape(_: &mut $crate::parse::shape::Shapes) -> serde_json::Value {
                $crate::parse::scalar::words_shape(&[$(($word, $value)),+])
            }
        }
    };
}

pub(crate) use decode_word;
