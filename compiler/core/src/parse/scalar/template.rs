//! Texts with references that the runner resolves.

use pace_diag::{Diagnostic, Reported, code};
use pace_ir::program::Template;
use pace_ir::program::template::TemplatePart;
use pace_syntax::NodeId;
use serde_json::{Value, json};

use crate::parse::decode::{Decode, Reader};
use crate::parse::shape::Shapes;

/// A string with `${env:NAME}` and `${credential:NAME}`.
impl Decode for Template {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let text = reader.string(node)?;
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, from) = rest.split_at(at);
            literal.push_str(before);
            let Some((part, length)) = reference(from) else {
                let start = text.len() - from.len();
                let end = from.find('}').map_or(text.len(), |close| start + close + 1);
                return Err(malformed_reference(node, start..end, reader));
            };
            if !literal.is_empty() {
                parts.push(TemplatePart::Literal(std::mem::take(&mut literal)));
            }
            parts.push(part);
            rest = from.get(length..).unwrap_or_default();
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            parts.push(TemplatePart::Literal(literal));
        }
        Ok(Self { parts })
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string"})
    }
}

/// The reference at the start of `text` and its length.
fn reference(text: &str) -> Option<(TemplatePart, usize)> {
    let (inside, _) = text.strip_prefix("${")?.split_once('}')?;
    let (kind, name) = inside.split_once(':')?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let is_variable = !name.is_empty() && name.bytes().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    let is_credential = !name.is_empty() && name.bytes().all(|byte| plain(byte) || byte == b'-' || byte == b'.');
    let part = match kind {
        "env" if is_variable => TemplatePart::Env(name.to_owned()),
        "credential" if is_credential => TemplatePart::Credential(name.to_owned()),
        _ => return None,
    };
    Some((part, inside.len() + 3))
}

fn malformed_reference(node: NodeId, range: std::ops::Range<usize>, reader: &mut Reader<'_>) -> Reported {
    let span = reader.document.inner_span(node, range);
    let diagnostic =
        Diagnostic::new(&code::MALFORMED_REFERENCE, format!("malformed reference in {}", reader.subject()))
            .at(span, "expected `${env:NAME}` or `${credential:NAME}`")
            .note("references are resolved by the runner; their values are never stored in a bundle");
    reader.sink.error(diagnostic)
}
