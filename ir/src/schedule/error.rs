//! What can be wrong with a schedule, and where. The words are short enough to stand in a diagnostic; advice is the
//! compiler's to give.

use std::ops::Range;

use thiserror::Error;

use super::field::Field;

/// A refused schedule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind}")]
pub struct ScheduleError {
    /// What is wrong.
    pub kind: ScheduleErrorKind,
    /// The smallest part to blame, in bytes of the text: a value of a list or range, else a field, else everything but
    /// surrounding blanks. Always on character boundaries; empty only where the text has nothing but blanks in it.
    pub range: Range<usize>,
    /// The field it is in, where it is in one.
    pub field: Option<Field>,
}

/// What is wrong with a schedule. Displays as one line in lower case that also says what is valid.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ScheduleErrorKind {
    /// Nothing but blanks.
    #[error("a schedule has five fields: {FIELDS}")]
    Empty,
    /// Neither five, six nor seven fields.
    #[error("found {found} {}, but a schedule has five: {FIELDS}", if *found == 1 { "field" } else { "fields" })]
    WrongFieldCount {
        /// How many there are.
        found: usize,
    },
    /// Six fields: the first is taken for seconds.
    #[error("found 6 fields, but a schedule has no seconds, only five fields: {FIELDS}")]
    SecondsField,
    /// Seven fields, or six of which the last is a year.
    #[error("found {found} fields, but a schedule has no year, only five fields: {FIELDS}")]
    YearField {
        /// How many there are; with 7 the first is seconds.
        found: usize,
    },
    /// A number the field does not have.
    #[error("{field} `{value}` is out of range, {min} to {max}")]
    OutOfRange {
        /// The field.
        field: Field,
        /// The number as written, of any length.
        value: String,
        /// The smallest there is.
        min: u8,
        /// The largest there is.
        max: u8,
    },
    /// A word the field does not know.
    #[error("unknown {field} `{name}`: it is a number from {} to {} or a name from {} to {}",
        field.lowest(), field.highest(), first(field.names()), last(field.names()))]
    UnknownName {
        /// The field, one that has names.
        field: Field,
        /// The word as written.
        name: String,
        /// The names it may stand for; empty where none is near. [`Field::names`] lists all.
        nearest: Vec<&'static str>,
    },
    /// A name of another field, or any word in a field of numbers.
    #[error("`{name}` is not {}, which is a number from {} to {}{}",
        field.with_article(), field.lowest(), field.highest(), or_names(*field))]
    MisplacedName {
        /// The field it stands in.
        field: Field,
        /// The word as written.
        name: String,
        /// The field that knows this name, if one does.
        belongs: Option<Field>,
    },
    /// Syntax of another cron.
    #[error("`{character}` is not supported: {hint}")]
    Unsupported {
        /// `L`, `W`, `#`, `?`, `H` or `~`.
        character: char,
        /// What it means elsewhere and what there is here.
        hint: &'static str,
    },
    /// A range that ends before it starts. Ranges do not wrap around.
    #[error("range `{start}-{end}` ends before it starts: a range runs from the lower {field} to the higher")]
    EmptyRange {
        /// The field.
        field: Field,
        /// The start as written.
        start: String,
        /// The end as written.
        end: String,
        /// What wraps around as the author may have meant it: `fri-sat,sun-mon`.
        wrapped: String,
    },
    /// `*/0`.
    #[error("a step of 0 never moves on: it is 1 or more")]
    ZeroStep,
    /// A word after `@` that no cron knows, or in another case.
    #[error("unknown macro `{name}`: there are {MACROS}")]
    UnknownMacro {
        /// As written, with its `@`.
        name: String,
        /// The macros it may stand for; empty where none is near.
        nearest: Vec<&'static str>,
    },
    /// `@midnight` or `@annually`: second names for macros that there are.
    #[error("macro `{name}` is written `{instead}`: there are {MACROS}")]
    MacroAlias {
        /// As written.
        name: String,
        /// The macro that means the same.
        instead: &'static str,
    },
    /// `@reboot`.
    #[error("`@reboot` names no time: a schedule is five fields or one of {MACROS}")]
    RebootMacro,
    /// `@every <duration>`.
    #[error("`@every` counts from a start that is not written down: a schedule is five fields or one of {MACROS}")]
    EveryMacro,
    /// `TZ=` or `CRON_TZ=` in front.
    #[error("a schedule has no time zone in it: the zone is the key `timezone`")]
    TimezonePrefix {
        /// What stands after the `=`.
        zone: String,
    },
    /// Anything else.
    #[error("`{text}` is not {}: it takes `*`, a value from {} to {}, ranges `a-b`, lists `a,b` and steps `*/n`",
        field.with_article(), field.lowest(), field.highest())]
    Malformed {
        /// The field.
        field: Field,
        /// The part as written.
        text: String,
    },
}

const FIELDS: &str = "minute, hour, day-of-month, month, day-of-week";
const MACROS: &str = "`@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`";

fn first(names: &[&'static str]) -> &'static str {
    names.first().copied().unwrap_or_default()
}

fn last(names: &[&'static str]) -> &'static str {
    names.last().copied().unwrap_or_default()
}

fn or_names(field: Field) -> String {
    match field.names() {
        [] => String::new(),
        names => format!(" or a name from {} to {}", first(names), last(names)),
    }
}
