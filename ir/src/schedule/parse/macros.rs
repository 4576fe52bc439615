//! `@daily` and its kin.

use super::part::Part;
use super::{Result, five_fields};
use crate::schedule::error::ScheduleErrorKind;
use crate::schedule::field::within_one_edit;
use crate::schedule::rule::Rule;

/// The macros there are and what they stand for, as in `crontab(5)`.
const MACROS: [(&str, &str); 5] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
];

/// Other crons' second names for them.
const ALIASES: [(&str, &str); 2] = [("@midnight", "@daily"), ("@annually", "@yearly")];

/// Reads a macro; `whole` starts with `@`. Case counts, as it does in Kubernetes.
pub(super) fn rule(whole: Part<'_>) -> Result<Rule> {
    match MACROS.iter().find(|(name, _)| *name == whole.text) {
        Some((_, fields)) => five_fields(Part::new(fields)),
        None => Err(whole.blame(refusal(whole))),
    }
}

fn refusal(whole: Part<'_>) -> ScheduleErrorKind {
    let name = whole.text.to_ascii_lowercase();
    if let Some((_, instead)) = ALIASES.iter().find(|(alias, _)| *alias == name) {
        return ScheduleErrorKind::MacroAlias { name: whole.text.to_owned(), instead };
    }
    match name.split_ascii_whitespace().next() {
        Some("@reboot") => ScheduleErrorKind::RebootMacro,
        Some("@every") => ScheduleErrorKind::EveryMacro,
        _ => ScheduleErrorKind::UnknownMacro { name: whole.text.to_owned(), nearest: nearest(&name) },
    }
}

/// One edit away is well within a third of six letters.
fn nearest(name: &str) -> Vec<&'static str> {
    MACROS.iter().map(|(known, _)| *known).filter(|known| within_one_edit(name, known)).collect()
}
