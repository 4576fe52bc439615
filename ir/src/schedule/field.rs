//! The five fields of a schedule: their bounds and the names they know. Numbers here are the ones an author may write.

use std::fmt;

/// One of the five fields, in the order they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 0 to 59.
    Minute,
    /// 0 to 23.
    Hour,
    /// 1 to 31.
    DayOfMonth,
    /// 1 to 12, or `JAN` to `DEC`.
    Month,
    /// 0 to 7, or `SUN` to `SAT`; 0 and 7 are Sunday.
    DayOfWeek,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

impl Field {
    /// All five, in the order they are written.
    pub const ALL: [Self; 5] = [Self::Minute, Self::Hour, Self::DayOfMonth, Self::Month, Self::DayOfWeek];

    /// The smallest number an author may write.
    pub fn lowest(self) -> u8 {
        match self {
            Self::Minute | Self::Hour | Self::DayOfWeek => 0,
            Self::DayOfMonth | Self::Month => 1,
        }
    }

    /// The largest number an author may write; 7 for the day of week, a second way to say Sunday.
    pub fn highest(self) -> u8 {
        match self {
            Self::DayOfWeek => 7,
            other => other.last(),
        }
    }

    /// The value `*` and `a/n` run to: 6 for the day of week, so that `*/7` and `1/3` do not meet Sunday twice.
    pub(super) fn last(self) -> u8 {
        match self {
            Self::Minute => 59,
            Self::Hour => 23,
            Self::DayOfMonth => 31,
            Self::Month => 12,
            Self::DayOfWeek => 6,
        }
    }

    /// The names this field knows, in upper case and in order of their values; empty for fields of numbers only.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Month => &MONTHS,
            Self::DayOfWeek => &WEEKDAYS,
            Self::Minute | Self::Hour | Self::DayOfMonth => &[],
        }
    }

    /// The value of a name, in any case.
    pub(super) fn named(self, name: &str) -> Option<u8> {
        let index = self.names().iter().position(|known| known.eq_ignore_ascii_case(name))?;
        u8::try_from(index).ok()?.checked_add(self.lowest())
    }

    /// The name of a value, where the field has names.
    pub(super) fn name_of(self, value: u8) -> Option<&'static str> {
        let index = usize::from(value.checked_sub(self.lowest())?);
        self.names().get(index).copied()
    }

    /// `an hour`, `a minute`.
    pub(super) fn with_article(self) -> String {
        let article = if self == Self::Hour { "an" } else { "a" };
        format!("{article} {self}")
    }

    /// The names an author who wrote `name` may have meant: those it abbreviates or spells out (`MONDAY`, `SEPT`), else
    /// those one edit away (a third of three letters).
    pub(super) fn nearest(self, name: &str) -> Vec<&'static str> {
        let name = name.to_ascii_uppercase();
        let spelled_out: Vec<_> =
            self.names().iter().copied().filter(|known| name.starts_with(known) || known.starts_with(&name)).collect();
        if !spelled_out.is_empty() {
            return spelled_out;
        }
        self.names().iter().copied().filter(|known| within_one_edit(&name, known)).collect()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::DayOfMonth => "day-of-month",
            Self::Month => "month",
            Self::DayOfWeek => "day-of-week",
        })
    }
}

/// Whether one letter inserted, removed or replaced, or two neighbours swapped, turns `a` into `b`: what is left after
/// the common start and the common end is short on both sides.
pub(super) fn within_one_edit(a: &str, b: &str) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.as_bytes().get(common..).unwrap_or_default(), b.as_bytes().get(common..).unwrap_or_default());
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    match (a.get(..a.len() - tail).unwrap_or_default(), b.get(..b.len() - tail).unwrap_or_default()) {
        ([] | [_], [] | [_]) => true,
        ([first, second], [third, fourth]) => first == fourth && second == third,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_the_values_of_their_place() {
        assert_eq!(Field::Month.named("jan"), Some(1));
        assert_eq!(Field::Month.named("Dec"), Some(12));
        assert_eq!(Field::DayOfWeek.named("SUN"), Some(0));
        assert_eq!(Field::DayOfWeek.named("sat"), Some(6));
        assert_eq!(Field::DayOfWeek.named("JAN"), None);
        assert_eq!(Field::DayOfWeek.name_of(5), Some("FRI"));
        assert_eq!(Field::Month.name_of(0), None);
    }

    #[test]
    fn nearest_names_are_spelled_out_or_one_edit_away() {
        assert_eq!(Field::DayOfWeek.nearest("monday"), ["MON"]);
        assert_eq!(Field::Month.nearest("SEPT"), ["SEP"]);
        assert_eq!(Field::DayOfWeek.nearest("T"), ["TUE", "THU"]);
        assert_eq!(Field::DayOfWeek.nearest("TEU"), ["TUE", "THU"]);
        assert_eq!(Field::DayOfWeek.nearest("MNO"), ["MON"]);
        assert_eq!(Field::Month.nearest("JAM"), ["JAN"]);
        assert_eq!(Field::Month.nearest("XYZ"), [""; 0]);
        assert_eq!(Field::Minute.nearest("MON"), [""; 0]);
    }
}
