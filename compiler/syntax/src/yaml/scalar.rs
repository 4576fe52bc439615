//! Scalars and what they mean under the core schema of YAML 1.2.2 (§10.3): only plain ones can be anything but text, and
//! `yes`, `on`, `0777` and `1_000` are not what YAML 1.1 made of them.

use granit_parser::ScalarStyle;

use crate::yaml::layout::Layout;

/// A scalar as written and as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Escapes, folding and chomping done. Empty where nothing is written.
    pub text: String,
    /// How it is written.
    pub style: Style,
    /// Its tag, if it has one of the core schema that fits.
    pub tag: Option<CoreTag>,
    /// Where `text` stands in the file.
    pub(crate) layout: Layout,
}

/// The five ways to write a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// The tags of the core schema (YAML 1.2.2 §10.3), all in `tag:yaml.org,2002:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreTag {
    /// `!!str`
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!map`
    Map,
    /// `!!seq`
    Seq,
}

/// What a scalar means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Decimal, `0o` or `0x`.
    Int(i64),
    /// With a point, an exponent, or one of `.inf` and `.nan`.
    Float(f64),
    /// A number beyond `i64` or `f64`, as written.
    OutOfRange(&'a str),
    /// Text.
    Str(&'a str),
}

impl Scalar {
    /// What it means under the core schema; a tag decides over the style.
    pub fn resolve(&self) -> Value<'_> {
        match self.tag {
            Some(CoreTag::Str) => Value::Str(&self.text),
            Some(CoreTag::Float) => float(&self.text).unwrap_or(Value::Str(&self.text)),
            Some(_) => plain(&self.text),
            None if self.style == Style::Plain => plain(&self.text),
            None => Value::Str(&self.text),
        }
    }

    /// Whether nothing is written at all, as after `tools:` with no value. Means null; its span is empty and stands
    /// right after the indicator that announced it.
    pub fn is_absent(&self) -> bool {
        self.style == Style::Plain && self.text.is_empty()
    }
}

impl Style {
    pub(crate) fn of(style: ScalarStyle) -> Self {
        match style {
            ScalarStyle::Plain => Self::Plain,
            ScalarStyle::SingleQuoted => Self::SingleQuoted,
            ScalarStyle::DoubleQuoted => Self::DoubleQuoted,
            ScalarStyle::Literal => Self::Literal,
            ScalarStyle::Folded => Self::Folded,
        }
    }
}

impl CoreTag {
    /// `str` to its tag.
    pub(crate) fn of(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "str" => Self::Str,
            "int" => Self::Int,
            "float" => Self::Float,
            "bool" => Self::Bool,
            "null" => Self::Null,
            "map" => Self::Map,
            "seq" => Self::Seq,
            _ => return None,
        })
    }

    /// Whether a scalar of this text may carry the tag.
    pub(crate) fn fits(self, text: &str) -> bool {
        match self {
            Self::Str => true,
            Self::Int => int(text).is_some(),
            Self::Float => float(text).is_some(),
            Self::Bool => matches!(plain(text), Value::Bool(_)),
            Self::Null => plain(text) == Value::Null,
            Self::Map | Self::Seq => false,
        }
    }
}

impl Value<'_> {
    /// What it is, with an article, for messages: `a string`, `null`.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) => "an integer",
            Self::Float(_) | Self::OutOfRange(_) => "a number",
            Self::Str(_) => "a string",
        }
    }
}

/// The core schema's table of regular expressions, in its order.
fn plain(text: &str) -> Value<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => int(text).or_else(|| float(text)).unwrap_or(Value::Str(text)),
    }
}

/// `[-+]?[0-9]+ | 0o[0-7]+ | 0x[0-9a-fA-F]+`
fn int(text: &str) -> Option<Value<'_>> {
    let (digits, radix) = match (text.strip_prefix("0o"), text.strip_prefix("0x")) {
        (Some(digits), _) => (digits, 8),
        (_, Some(digits)) => (digits, 16),
        _ => (unsigned(text), 10),
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let number = if radix == 10 { text.parse().ok() } else { i64::from_str_radix(digits, radix).ok() };
    Some(number.map_or(Value::OutOfRange(text), Value::Int))
}

/// `[-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`, `[-+]? \.inf`, `\.nan`
fn float(text: &str) -> Option<Value<'_>> {
    match unsigned(text) {
        ".inf" | ".Inf" | ".INF" => {
            return Some(Value::Float(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }));
        }
        ".nan" | ".NaN" | ".NAN" if text.starts_with('.') => return Some(Value::Float(f64::NAN)),
        _ => {}
    }
    let (mantissa, exponent) = match unsigned(text).split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (unsigned(text), None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let written = !whole.is_empty() || !fraction.is_empty();
    let exponent_written = exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    if !(written && digits(whole) && digits(fraction) && exponent_written) {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    Some(if number.is_finite() { Value::Float(number) } else { Value::OutOfRange(text) })
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_decides_plain_scalars() {
        let table = [
            ("", Value::Null),
            ("~", Value::Null),
            ("NULL", Value::Null),
            ("nULL", Value::Str("nULL")),
            ("True", Value::Bool(true)),
            ("FALSE", Value::Bool(false)),
            ("tRUE", Value::Str("tRUE")),
            ("yes", Value::Str("yes")),
            ("on", Value::Str("on")),
            ("0", Value::Int(0)),
            ("-0", Value::Int(0)),
            ("+12", Value::Int(12)),
            ("0777", Value::Int(777)),
            ("0o777", Value::Int(511)),
            ("0xfF", Value::Int(255)),
            ("-0xff", Value::Str("-0xff")),
            ("0o8", Value::Str("0o8")),
            ("0b11", Value::Str("0b11")),
            ("0x", Value::Str("0x")),
            ("1_000", Value::Str("1_000")),
            ("12:30:45", Value::Str("12:30:45")),
            ("2001-01-01", Value::Str("2001-01-01")),
            ("9223372036854775807", Value::Int(i64::MAX)),
            ("-9223372036854775808", Value::Int(i64::MIN)),
            ("9223372036854775808", Value::OutOfRange("9223372036854775808")),
            ("0xffffffffffffffff", Value::OutOfRange("0xffffffffffffffff")),
            ("1.", Value::Float(1.0)),
            (".5", Value::Float(0.5)),
            ("-1e3", Value::Float(-1000.0)),
            ("+1.5E-1", Value::Float(0.15)),
            ("1e400", Value::OutOfRange("1e400")),
            (".", Value::Str(".")),
            ("+", Value::Str("+")),
            ("1e", Value::Str("1e")),
            ("e1", Value::Str("e1")),
            ("--1", Value::Str("--1")),
            ("1.2.3", Value::Str("1.2.3")),
            ("inf", Value::Str("inf")),
            ("nan", Value::Str("nan")),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
            ("+.INF", Value::Float(f64::INFINITY)),
            ("-.nan", Value::Str("-.nan")),
            ("١", Value::Str("١")),
        ];
        for (text, expected) in table {
            assert_eq!(plain(text), expected, "{text:?}");
        }
        assert!(matches!(plain(".NaN"), Value::Float(number) if number.is_nan()));
    }

    #[test]
    fn style_and_tag_decide_together() {
        let scalar = |text: &str, style, tag| Scalar { text: text.to_owned(), style, tag, layout: Layout::Opaque };
        assert_eq!(scalar("1", Style::DoubleQuoted, None).resolve(), Value::Str("1"));
        assert_eq!(scalar("", Style::SingleQuoted, None).resolve(), Value::Str(""));
        assert_eq!(scalar("1", Style::Plain, Some(CoreTag::Str)).resolve(), Value::Str("1"));
        assert_eq!(scalar("1", Style::DoubleQuoted, Some(CoreTag::Int)).resolve(), Value::Int(1));
        assert_eq!(scalar("1", Style::Plain, Some(CoreTag::Float)).resolve(), Value::Float(1.0));
        assert!(scalar("", Style::Plain, None).is_absent());
        assert!(!scalar("", Style::DoubleQuoted, None).is_absent());
        assert!(!CoreTag::Int.fits("1.5") && CoreTag::Float.fits("1") && !CoreTag::Seq.fits("x"));
    }
}
