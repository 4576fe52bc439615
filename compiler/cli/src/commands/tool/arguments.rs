//! The arguments of a call, as they are typed or piped.

use std::io::{Read, stdin};

use pace_ir::text::quoted;
use serde_json::Value;

use crate::exit::Ended;
use crate::world::plain;

/// The most bytes of arguments: more than any model writes.
const MOST_BYTES: u64 = 8 << 20;

/// The arguments that are meant: none are an empty object, and `-` is what standard input says.
///
/// # Errors
/// They are no JSON.
pub(in crate::commands) fn read(given: Option<&str>) -> Result<Value, Ended> {
    match given {
        None => Ok(Value::Object(serde_json::Map::new())),
        Some("-") => parse(&piped()?),
        Some(text) => parse(text),
    }
}

fn parse(text: &str) -> Result<Value, Ended> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!("the arguments are no JSON: {}", quoted(&error.to_string()));
        Ended::usage(
            message,
            "write an object between single quotes, as in `'{\"city\": \"Rome\"}'`, or `-` to pipe it in",
        )
    })
}

fn piped() -> Result<String, Ended> {
    let mut bytes = Vec::new();
    stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| {
        Ended::usage(format!("cannot read standard input: {}", plain(&error)), "pipe the arguments into the command")
    })?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MOST_BYTES {
        return Err(Ended::usage(
            format!("the arguments are longer than {} MiB", MOST_BYTES >> 20),
            "send less of them",
        ));
    }
    String::from_utf8(bytes)
        .map_err(|_| Ended::usage("the arguments are not UTF-8", "convert them, for example by `iconv`"))
}
