//! The scalar types of the spec language: text, numbers within bounds, durations, sizes, money, names, references.

use std::str::FromStr;

use pace_diag::{Applicability, Diagnostic, Reported, code};
use pace_ir::program::name::{MalformedName, ToolName};
use pace_ir::program::template::TemplatePart;
use pace_ir::program::{
    AgentName, ByteSize, LoopName, MicroUsd, Milliseconds, ModelName, Principal, ProjectName, ServiceAccountName,
    Template,
};
use pace_syntax::{NodeId, Value as Scalar};
use serde_json::{Value, json};

use super::decode::{Decode, Reader};
use super::shape::Shapes;

/// A text with at least one character that is not white space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl Decode for Text {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let text = reader.string(node)?;
        if text.trim().is_empty() {
            let message = format!("{} is empty", reader.subject());
            return Err(reader.not_allowed(reader.span(node), message, "expected some text"));
        }
        Ok(Self(text.to_owned()))
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string", "minLength": 1, "pattern": "\\S"})
    }
}

/// A [`Text`] of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line(pub(crate) String);

impl Decode for Line {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let Text(text) = Text::decode(node, reader)?;
        let line = text.trim_end_matches('\n');
        if line.contains(['\n', '\r']) {
            let message = format!("{} must be one line", reader.subject());
            return Err(reader.not_allowed(reader.span(node), message, "this text has several"));
        }
        Ok(Self(line.to_owned()))
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string", "minLength": 1, "pattern": "\\S"})
    }
}

/// Any text, empty too.
impl Decode for String {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        reader.string(node).map(str::to_owned)
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string"})
    }
}

impl Decode for bool {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        match reader.scalar(node) {
            Some(Scalar::Bool(value)) => Ok(value),
            _ => Err(reader.wrong_type(node, "`true` or `false`")),
        }
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "boolean"})
    }
}

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole<const MIN: i64, const MAX: i64>(pub(crate) i64);

impl<const MIN: i64, const MAX: i64> Decode for Whole<MIN, MAX> {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        match reader.scalar(node).map(whole) {
            Some(Scalar::Int(value)) if (MIN..=MAX).contains(&value) => Ok(Self(value)),
            Some(Scalar::Int(_) | Scalar::OutOfRange(_)) => {
                let message = format!("{} must be from {MIN} to {MAX}", reader.subject());
                Err(reader.not_allowed(reader.span(node), message, "out of range"))
            }
            _ => Err(reader.wrong_type(node, "a whole number")),
        }
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "integer", "minimum": MIN, "maximum": MAX})
    }
}

/// A number without a fraction is whole however it is written, `1.0` and `1e3` too: JSON Schema knows no other difference
/// between `integer` and `number`.
fn whole(scalar: Scalar<'_>) -> Scalar<'_> {
    /// 2^53: up to here every whole number has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match scalar {
        #[expect(clippy::cast_possible_truncation, reason = "bounded, and without a fraction")]
        Scalar::Float(value) if value.fract() == 0.0 && value.abs() <= EXACT => Scalar::Int(value as i64),
        other => other,
    }
}

/// A finite number, bounds checked by the caller's wrapper.
fn number(node: NodeId, reader: &mut Reader<'_>) -> Result<f64, Reported> {
    match reader.scalar(node) {
        Some(Scalar::Float(value)) if value.is_finite() => Ok(value),
        #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
        Some(Scalar::Int(value)) => Ok(value as f64),
        Some(Scalar::OutOfRange(_) | Scalar::Float(_)) => {
            let message = format!("{} is no number that can be used", reader.subject());
            Err(reader.not_allowed(reader.span(node), message, "expected a finite number"))
        }
        _ => Err(reader.wrong_type(node, "a number")),
    }
}

/// `temperature`: 0 to 2, as all supported providers take it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Temperature(pub(crate) f64);

impl Decode for Temperature {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let value = number(node, reader)?;
        if (0.0..=2.0).contains(&value) {
            return Ok(Self(value));
        }
        let message = format!("{} must be from 0 to 2", reader.subject());
        Err(reader.not_allowed(reader.span(node), message, "out of range"))
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "number", "minimum": 0, "maximum": 2})
    }
}

/// `top_p`: over 0, at most 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Share(pub(crate) f64);

impl Decode for Share {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let value = number(node, reader)?;
        if value > 0.0 && value <= 1.0 {
            return Ok(Self(value));
        }
        let message = format!("{} must be over 0 and at most 1", reader.subject());
        Err(reader.not_allowed(reader.span(node), message, "out of range"))
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
    }
}

/// The most money a spec can name, in dollars; more is a slip of the hand.
const MAX_USD: f64 = 1_000_000.0;

/// US dollars, written as a number.
impl Decode for MicroUsd {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        if let Some(Scalar::Str(text)) = reader.scalar(node)
            && let Some(amount) =
                text.strip_prefix('$').filter(|amount| amount.parse::<f64>().is_ok_and(f64::is_finite))
        {
            let message = format!("{} must be a number, not a string", reader.subject());
            let diagnostic = Diagnostic::new(&code::WRONG_TYPE, message)
                .at(reader.span(node), "dollars, without their sign")
                .fix(format!("write `{amount}`"), Applicability::Safe, reader.span(node), amount);
            return Err(reader.sink.error(diagnostic));
        }
        let value = number(node, reader)?;
        if (0.0..=MAX_USD).contains(&value) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded just above")]
            return Ok(Self((value * 1e6).round() as u64));
        }
        let message = format!("{} must be from 0 to {MAX_USD} dollars", reader.subject());
        Err(reader.not_allowed(reader.span(node), message, "out of range"))
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "number", "minimum": 0, "maximum": MAX_USD})
    }
}

/// The longest time a spec can name: 366 days.
const MAX_MILLISECONDS: u64 = 366 * 86_400_000;
const TIME_UNITS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZE_UNITS: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

/// A duration such as `10s`, `5m`, `1h`.
impl Decode for Milliseconds {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        scaled(node, reader, &TIME_UNITS, MAX_MILLISECONDS, "a duration such as `30s`, `5m` or `1h`", "s").map(Self)
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$", "examples": ["30s", "5m", "1h"]})
    }
}

/// A size such as `64MiB`.
impl Decode for ByteSize {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        scaled(node, reader, &SIZE_UNITS, 1 << 40, "a size such as `512KiB` or `64MiB`", "MiB").map(Self)
    }

    fn shape(_: &mut Shapes) -> Value {
        json!({"type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB)$", "examples": ["512KiB", "64MiB"]})
    }
}

fn scaled(
    node: NodeId,
    reader: &mut Reader<'_>,
    units: &[(&str, u64)],
    max: u64,
    wanted: &str,
    usual_unit: &str,
) -> Result<u64, Reported> {
    let span = reader.span(node);
    if let Some(Scalar::Int(value)) = reader.scalar(node) {
        let message = format!("{} needs a unit", reader.subject());
        let diagnostic = Diagnostic::new(&code::WRONG_TYPE, message).at(span, format!("expected {wanted}")).fix(
            format!("write `{value}{usual_unit}` if that is what you mean"),
            Applicability::Unsafe,
            span,
            format!("{value}{usual_unit}"),
        );
        return Err(reader.sink.error(diagnostic));
    }
    let text = reader.string(node)?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor = units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
    match (number.parse::<u64>().ok(), factor) {
        (Some(number), Some(factor)) if number.checked_mul(factor).is_some_and(|total| total <= max) && number > 0 => {
            Ok(number.saturating_mul(factor))
        }
        (_, Some(_)) if digits > 0 => {
            let message = format!("{} is out of range", reader.subject());
            Err(reader.not_allowed(span, message, &format!("expected {wanted}, more than zero and not beyond reason")))
        }
        _ => {
            let message = format!("{} must be {wanted}, not `{text}`", reader.subject());
            let names: Vec<_> = units.iter().map(|(name, _)| format!("`{name}`")).collect();
            let why = format!("a whole number and a unit: {}", super::decode::one_of(&names));
            Err(reader.not_allowed(span, message, &why))
        }
    }
}

/// Reads a name and offers the nearest one that would do.
fn name<T: FromStr<Err = MalformedName>>(node: NodeId, reader: &mut Reader<'_>, what: &str) -> Result<T, Reported> {
    let text = reader.string(node)?;
    text.parse().map_err(|why: MalformedName| {
        let diagnostic = Diagnostic::new(&code::MALFORMED_NAME, format!("`{text}` cannot be the name of {what}"))
            .at(reader.span(node), format!("a name is {why}"));
        let better = labelled(text);
        let diagnostic = if better.parse::<T>().is_ok() {
            diagnostic.fix(format!("use `{better}`"), Applicability::Unsafe, reader.span(node), better)
        } else {
            diagnostic
        };
        reader.sink.error(diagnostic)
    })
}

/// The label nearest to a text: lower case, everything else a hyphen.
fn labelled(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let mapped: String = text.chars().map(plain).collect();
    let words: Vec<_> = mapped.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

macro_rules! decode_name {
    ($type:ty, $what:literal) => {
        impl Decode for $type {
            fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
                name(node, reader, $what)
            }

            fn shape(_: &mut Shapes) -> Value {
                json!({"type": "string", "pattern": <$type>::PATTERN})
            }
        }
    };
}

decode_name!(AgentName, "an agent");
decode_name!(LoopName, "a loop");
decode_name!(ServiceAccountName, "a service account");
decode_name!(ProjectName, "a project");
decode_name!(ModelName, "a model");
decode_name!(ToolName, "a tool");

impl Decode for Principal {
    fn decode(node: NodeId, reader: &mut Reader<'_>) -> Result<Self, Reported> {
        let text = reader.string(node)?;
        text.parse().map_err(|why: pace_ir::program::principal::MalformedPrincipal| {
            let diagnostic = Diagnostic::new(&code::MALFORMED_PRINCIPAL, format!("`{text}` is not a principal"))
                .at(reader.span(node), why.to_string())
                .help("write `user:<id>`, `group:<name>`, `serviceaccount:<name>`, `authenticated` or `anonymous`");
            reader.sink.error(diagnostic)
        })
    }

    fn shape(_: &mut Shapes) -> Value {
        let pattern = "^(user:\\S+|group:\\S+|serviceaccount:[a-z0-9][a-z0-9-]{0,62}|authenticated|anonymous)$";
        json!({"type": "string", "pattern": pattern})
    }
}

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
