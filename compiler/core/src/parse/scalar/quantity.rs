//! Durations and sizes: a whole number and a unit.

use pace_diag::{Applicability, Diagnostic, Reported, code};
use pace_ir::program::{ByteSize, Milliseconds};
use pace_syntax::{NodeId, Value as Scalar};
use serde_json::{Value, json};

use crate::parse::decode::{Decode, Reader, one_of};
use crate::parse::shape::Shapes;

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
            let whole =
                units.iter().filter(|(_, factor)| max.is_multiple_of(*factor)).max_by_key(|(_, factor)| *factor);
            let most = whole.map_or_else(|| max.to_string(), |(unit, factor)| format!("{}{unit}", max / factor));
            let least = units.iter().find(|(_, factor)| *factor == 1).map_or("", |(unit, _)| *unit);
            let message = format!("{} must be from 1{least} to {most}", reader.subject());
            Err(reader.not_allowed(span, message, "out of range"))
        }
        _ => {
            let message = format!("{} must be {wanted}, not `{text}`", reader.subject());
            let names: Vec<_> = units.iter().map(|(name, _)| format!("`{name}`")).collect();
            let why = format!("a whole number and a unit: {}", one_of(&names));
            let diagnostic = Diagnostic::new(&code::VALUE_NOT_ALLOWED, message).at(span, why);
            Err(reader.sink.error(match rewritten(number, unit, units) {
                Some(better) => diagnostic.fix(format!("write `{better}`"), Applicability::Unsafe, span, better),
                None => diagnostic,
            }))
        }
    }
}

/// A number whose unit is written as people write it: `10 minutes`, `1 Hour`, `32MB`. Megabytes are taken for the unit of
/// 1024 that there is.
fn rewritten(number: &str, unit: &str, units: &[(&str, u64)]) -> Option<String> {
    let meant = match unit.trim().to_ascii_lowercase().as_str() {
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => "ms",
        "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hrs" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        "b" | "byte" | "bytes" => "B",
        "k" | "kb" | "kib" => "KiB",
        "mb" | "mib" => "MiB",
        "g" | "gb" | "gib" => "GiB",
        _ => return None,
    };
    // The empty number is none, and `10m` is no size.
    let is_known = units.iter().any(|(known, _)| *known == meant);
    (is_known && number.parse::<u64>().is_ok_and(|number| number > 0)).then(|| format!("{number}{meant}"))
}
