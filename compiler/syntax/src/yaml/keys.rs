//! What may be a key: text, once, and not `<<`. Decided when the key is complete, so that its entry can be left out.

use std::collections::HashMap;

use crate::yaml::document::{Node, NodeId, NodeKind};
use crate::yaml::error::{SyntaxError, SyntaxErrorKind};
use crate::yaml::explain::excerpt;
use crate::yaml::scalar::{Scalar, Style, Value};

/// The keys of one mapping so far, by their text, so that a mapping of n keys costs n look-ups.
pub(crate) type Seen = HashMap<String, NodeId>;

/// Why an entry is left out.
pub(crate) enum Refusal {
    /// For a reason to be told.
    Error(SyntaxError),
    /// The key is a hole, which was reported.
    Silent,
}

/// `{{ name }}` is what lists and mappings as keys come from: a mapping in a mapping to YAML, a template to its author.
const QUOTE: &str = "put it in quotes if it is meant as text";

/// Takes `key` into `seen`, or says why its entry is left out.
pub(crate) fn check(nodes: &[Node], seen: &mut Seen, key: NodeId) -> Result<(), Box<Refusal>> {
    let node = |id: NodeId| nodes.get(id.0 as usize);
    let Some(written) = node(key) else { return Err(Box::new(Refusal::Silent)) };
    let read = match written.kind {
        NodeKind::Alias(target) => node(target).unwrap_or(written),
        _ => written,
    };
    let error = match &read.kind {
        NodeKind::Scalar(scalar) => {
            let first = seen.get(&scalar.text).map(|first| node(*first));
            let error = refused(scalar, written).or_else(|| Some(duplicate(scalar, written, first?)));
            let Some(error) = error else {
                seen.insert(scalar.text.clone(), key);
                return Ok(());
            };
            error
        }
        NodeKind::Sequence(_) => unsupported(written, "expected text as a key, found a list").help(QUOTE),
        NodeKind::Mapping(_) => unsupported(written, "expected text as a key, found a mapping").help(QUOTE),
        NodeKind::Alias(_) | NodeKind::Hole => return Err(Box::new(Refusal::Silent)),
    };
    Err(Box::new(Refusal::Error(error)))
}

/// Scalars that are no keys.
fn refused(scalar: &Scalar, written: &Node) -> Option<SyntaxError> {
    if scalar.text == "<<" && scalar.style == Style::Plain && scalar.tag.is_none() {
        let error =
            SyntaxError::new(SyntaxErrorKind::MergeKey, written.span, "merge keys (`<<`) are not part of YAML 1.2");
        return Some(error.help("write the entries out, or give the whole value an anchor and use an alias of it"));
    }
    if scalar.is_absent() {
        return Some(unsupported(written, "expected a key before the `:`, found none"));
    }
    (scalar.resolve() == Value::Null)
        .then(|| unsupported(written, format!("expected text as a key, found `{}` (null)", scalar.text)).help(QUOTE))
}

fn unsupported(written: &Node, message: impl Into<String>) -> SyntaxError {
    SyntaxError::new(SyntaxErrorKind::UnsupportedKey, written.span, message)
}

fn duplicate(scalar: &Scalar, written: &Node, first: Option<&Node>) -> SyntaxError {
    let key = if scalar.text.is_empty() { "\"\"".to_owned() } else { excerpt(&scalar.text) };
    let message = format!("duplicate key `{key}`");
    let error = SyntaxError::new(SyntaxErrorKind::DuplicateKey, written.span, message);
    match first {
        Some(first) => error.also(first.span, "first defined here"),
        None => error,
    }
}
