//! Loops: `P0601` and `P0602` (a schedule that cannot be read), `P0603` (a time zone that is none), and the lints
//! `never-fires` and `both-day-fields`.

use pace_diag::{Applicability, Diagnostic, Lints, Sink, code, nearest};
use pace_ir::program::name::LoopName;
use pace_ir::program::{AgentName, Principal, Role, ServiceAccountName};
use pace_ir::schedule::{Schedule, ScheduleError, ScheduleErrorKind, Timezone};
use pace_syntax::Spanned;

use super::access_list;
use crate::parse::scalar::Line;
use crate::parse::spec::LoopSpec;
use crate::resolve::{Resolved, ResolvedLoop};

/// A loop without errors.
#[derive(Debug)]
pub(crate) struct CheckedLoop<'p> {
    /// What was read.
    pub(crate) spec: &'p LoopSpec,
    /// The name and its place.
    pub(crate) name: &'p Spanned<LoopName>,
    /// When.
    pub(crate) schedule: Schedule,
    /// Where the schedule's clock hangs.
    pub(crate) timezone: Timezone,
    /// Who works.
    pub(crate) agent: &'p AgentName,
    /// Who it acts as.
    pub(crate) run_as: ServiceAccountName,
    /// What is said at each firing.
    pub(crate) instruction: &'p str,
    /// Who may trigger and read it.
    pub(crate) acl: Option<std::collections::BTreeSet<(Principal, Role)>>,
}

/// Checks a loop.
pub(super) fn check<'p>(
    l: &'p ResolvedLoop<'p>,
    resolved: &Resolved<'_>,
    lints: &Lints,
    sink: &mut Sink,
) -> Option<CheckedLoop<'p>> {
    let schedule = l.spec.schedule.spanned().and_then(|text| schedule(text, l, resolved, lints, sink));
    let timezone = match l.spec.timezone.sound() {
        Ok(None) => Some(Timezone::default()),
        Ok(Some(_)) => l.spec.timezone.spanned().and_then(|name| timezone(name, sink)),
        Err(_) => None,
    };
    let acl = access_list::of(&l.spec.acl, sink);
    Some(CheckedLoop {
        spec: l.spec,
        name: l.name,
        schedule: schedule?,
        timezone: timezone?,
        agent: l.agent?,
        run_as: l.run_as.as_ref()?.value.clone(),
        instruction: &l.spec.instruction.get()?.0,
        acl,
    })
}

fn schedule(
    text: &Spanned<Line>,
    l: &ResolvedLoop<'_>,
    resolved: &Resolved<'_>,
    lints: &Lints,
    sink: &mut Sink,
) -> Option<Schedule> {
    match Schedule::parse(&text.value.0) {
        Ok(schedule) => {
            lint(&schedule, text, lints, sink);
            Some(schedule)
        }
        Err(error) => {
            sink.error(malformed(&error, text, l, resolved));
            None
        }
    }
}

/// The error, at the bad part inside the string where the string is written in one piece.
fn malformed(error: &ScheduleError, text: &Spanned<Line>, l: &ResolvedLoop<'_>, resolved: &Resolved<'_>) -> Diagnostic {
    let span = resolved.parsed.inner_span(text.span, error.range.clone());
    let code = match error.kind {
        ScheduleErrorKind::SecondsField
        | ScheduleErrorKind::YearField { .. }
        | ScheduleErrorKind::Unsupported { .. }
        | ScheduleErrorKind::MacroAlias { .. }
        | ScheduleErrorKind::RebootMacro
        | ScheduleErrorKind::EveryMacro
        | ScheduleErrorKind::TimezonePrefix { .. } => &code::UNSUPPORTED_SCHEDULE,
        _ => &code::MALFORMED_SCHEDULE,
    };
    let name = l.name.value.as_str();
    let diagnostic = Diagnostic::new(code, format!("the loop `{name}` has no valid schedule: {}", error.kind))
        .at(span, label(error));
    advice(error, text, diagnostic)
}

fn label(error: &ScheduleError) -> String {
    match (&error.kind, error.field) {
        (ScheduleErrorKind::TimezonePrefix { .. }, _) => "not part of a schedule".to_owned(),
        (_, Some(field)) => format!("in the {field} field"),
        (_, None) => String::new(),
    }
}

fn advice(error: &ScheduleError, text: &Spanned<Line>, diagnostic: Diagnostic) -> Diagnostic {
    match &error.kind {
        ScheduleErrorKind::UnknownName { nearest, .. } | ScheduleErrorKind::UnknownMacro { nearest, .. } => {
            match nearest.first() {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
                None => diagnostic,
            }
        }
        ScheduleErrorKind::EmptyRange { wrapped, .. } => diagnostic.help(format!("write `{wrapped}`")),
        ScheduleErrorKind::MacroAlias { instead, .. } => {
            diagnostic.fix(format!("write `{instead}`"), Applicability::Safe, text.span, format!("\"{instead}\""))
        }
        ScheduleErrorKind::TimezonePrefix { zone } => {
            diagnostic.help(format!("remove it here and add the key `timezone: {zone}`"))
        }
        ScheduleErrorKind::RebootMacro | ScheduleErrorKind::EveryMacro => {
            diagnostic.help("write the times of day, such as `*/15 * * * *` for every quarter of an hour")
        }
        ScheduleErrorKind::SecondsField => diagnostic.help(without_a_field(&text.value.0)),
        ScheduleErrorKind::YearField { found: 7 } => {
            diagnostic.help("remove the first field (seconds) and the last (year)")
        }
        ScheduleErrorKind::YearField { .. } => diagnostic.help("remove the last field (year)"),
        ScheduleErrorKind::WrongFieldCount { .. } if names_a_weekday(&text.value.0) => {
            diagnostic.help("write five fields, such as `0 9 * * MON` for Mondays at nine")
        }
        ScheduleErrorKind::Empty | ScheduleErrorKind::WrongFieldCount { .. } => {
            diagnostic.help("write five fields, such as `0 9 * * MON-FRI` for nine o'clock on working days")
        }
        _ => diagnostic,
    }
}

/// What is left of six fields without the first or without the last, whichever is a schedule: which of them is one too
/// many, only the author knows.
fn without_a_field(text: &str) -> String {
    let fields: Vec<_> = text.split_whitespace().collect();
    let without = |fields: Option<&[&str]>, why: &str| {
        let kept = fields?.join(" ");
        Schedule::parse(&kept).is_ok().then(|| format!("`{kept}` without the {why}"))
    };
    let first = without(fields.get(1..), "first (seconds)");
    let last = without(fields.get(..fields.len().saturating_sub(1)), "last (year)");
    let kept: Vec<_> = [first, last].into_iter().flatten().collect();
    match kept.as_slice() {
        [] => "keep five fields: minute, hour, day of month, month and day of week".to_owned(),
        kept => format!("keep five fields: {}", kept.join(", or ")),
    }
}

/// Whether a text in words names a day of the week.
fn names_a_weekday(text: &str) -> bool {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let text = text.to_lowercase();
    text.split(|character: char| !character.is_alphabetic())
        .any(|word| DAYS.contains(&word.strip_suffix('s').unwrap_or(word)))
}

fn lint(schedule: &Schedule, text: &Spanned<Line>, lints: &Lints, sink: &mut Sink) {
    if schedule.never_fires() {
        let diagnostic = Diagnostic::new(&code::NEVER_FIRES, format!("the schedule `{schedule}` never fires"))
            .at(text.span, "no month it names has such a day")
            .help("correct the day or the month");
        sink.lint(lints, diagnostic);
    } else if schedule.both_days_restricted() {
        let message = format!("the schedule `{schedule}` restricts both day fields");
        let diagnostic = Diagnostic::new(&code::BOTH_DAY_FIELDS, message)
            .at(text.span, "fires on the days of the month *or* the days of the week")
            .note("cron joins the two day fields with *or* as soon as neither is `*`")
            .help("leave one of them `*`, or allow `both-day-fields` under `lints`");
        sink.lint(lints, diagnostic);
    }
}

fn timezone(name: &Spanned<Line>, sink: &mut Sink) -> Option<Timezone> {
    let text = name.value.0.as_str();
    if let Ok(zone) = Timezone::parse(text) {
        return Some(zone);
    }
    let diagnostic = Diagnostic::new(&code::UNKNOWN_TIMEZONE, format!("unknown time zone `{text}`"))
        .at(name.span, "expected a name of the IANA time zone database");
    sink.error(match nearest_zone(text) {
        _ if is_offset(text) => {
            diagnostic.help("offsets change with the seasons; name the place, such as `Europe/Berlin`")
        }
        Some(near) => diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, name.span, near),
        None => diagnostic.help("write it as `Europe/Berlin`, `America/New_York` or `UTC`"),
    });
    None
}

/// `+02:00`, `UTC+2`, `CET+1`, `GMT-05:30`.
fn is_offset(text: &str) -> bool {
    let number = text.trim_start_matches(|character: char| character.is_ascii_alphabetic());
    let letters = text.len() - number.len();
    let digits = number.strip_prefix(['+', '-']).unwrap_or_default();
    letters <= 4 && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
}

/// The zone nearest by name, or the one whose city is the text. Never one of the short names, such as `CET` and `EST`:
/// most stand for a fixed offset, and nobody gets from one to another by mistyping.
fn nearest_zone(text: &str) -> Option<&'static str> {
    let plain = text.replace(' ', "_");
    let city = |zone: &&str| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(&plain));
    let places = Timezone::all_names().filter(|zone| zone.len() > 3 || zone.eq_ignore_ascii_case(&plain));
    nearest::nearest(&plain, places).or_else(|| Timezone::all_names().find(city))
}
