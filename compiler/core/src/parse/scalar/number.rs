//! Truth values, and numbers within bounds.

use pace_diag::{Applicability, Diagnostic, Reported, code};
use pace_ir::program::MicroUsd;
use pace_syntax::{NodeId, Value as Scalar};
use serde_json::{Value, json};

use crate::parse::decode::{Decode, Reader};
use crate::parse::shape::Shapes;

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
                let subject = reader.subject();
                let (allowed, why) = if MIN == MAX {
                    let only = format!("this version of Paceline knows `{}: {MIN}` only", subject.trim_matches('`'));
                    (MIN.to_string(), only)
                } else {
                    (format!("from {MIN} to {MAX}"), "out of range".to_owned())
                };
                let message = format!("{subject} must be {allowed}");
                Err(reader.not_allowed(reader.span(node), message, &why))
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
            // `-0.0` is in the range too, and a bundle has one zero: with a positive one added, it is that.
            return Ok(Self(value + 0.0));
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
        if value > 0.0 && value < 1e-6 {
            let message = format!("{} is less than a millionth of a dollar", reader.subject());
            return Err(reader.not_allowed(reader.span(node), message, "would count as nothing"));
        }
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
