//! The answer for people.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use pace_ir::VerifiedBundle;
use pace_ir::access::Subject;
use pace_ir::program::{AgentName, Principal};

use super::findings::{Answer, Finding, Row, Verb};
use super::question::{Question, Thing, Who};
use pace_runner::printable;

use crate::summary::authentication_note;

/// The whole matrix by principal, or one row or column with its reasons.
pub(super) fn render(verified: &VerifiedBundle, answer: &Answer) -> String {
    let bundle = verified.bundle();
    let mut text = format!("Who can do what in the project `{}`, bundle {}\n", bundle.meta.project, verified.id());
    if let Some(note) = authentication_note(&bundle.auth.authentication) {
        let _infallible = writeln!(text, "{note}");
    }
    if let Some(note) = &answer.note {
        let _infallible = writeln!(text, "{note}");
    }
    if tells_of_loops(answer) {
        text.push_str(LOOPS_NOTE);
    }
    match &answer.question {
        Question::Everything => text.push_str(&matrix(answer)),
        Question::Who(_) => answer.rows.iter().for_each(|row| text.push_str(&row_with_reasons(row))),
        Question::What(things) => text.push_str(&columns(things, answer)),
    }
    text.push_str(&left_out(&answer.left_out));
    format!("{}\n", text.trim_end())
}

/// What is true of the rules is not yet true of runners.
const LOOPS_NOTE: &str =
    "no runner of this version fires loops or has them triggered yet: of loops, this is what the rules allow\n";

/// Whether it says that somebody may do something with a loop that nothing does yet.
fn tells_of_loops(answer: &Answer) -> bool {
    let mut may = answer.rows.iter().flat_map(|row| &row.may);
    may.any(|finding| matches!(finding.verb, Verb::Trigger | Verb::Instruct | Verb::Run))
}

/// Each principal with what it may besides what anyone may.
fn matrix(answer: &Answer) -> String {
    let open: BTreeSet<_> = answer.rows.iter().take(1).flat_map(|row| &row.may).map(Finding::key).collect();
    let mut text = String::new();
    for row in &answer.rows {
        let is_own = |finding: &&Finding| row.who == Who::Anyone || !open.contains(&finding.key());
        let own: Vec<_> = row.may.iter().filter(is_own).collect();
        if own.is_empty() && row.who == Who::Operator {
            continue;
        }
        let _infallible = writeln!(text, "\n{}", printable(&row.who.to_string()));
        text.push_str(&deeds(&own));
        if own.is_empty() {
            let nothing = if row.who == Who::Anyone { "nothing" } else { "nothing beyond what anyone may" };
            let _infallible = writeln!(text, "  {nothing}");
        }
    }
    if !answer.nobody.is_empty() {
        text.push_str("\nnobody\n");
        let lines = answer.nobody.iter().map(|(thing, verb)| (*verb, printable(&thing.to_string())));
        text.push_str(&by_verb(lines));
    }
    text
}

fn deeds(findings: &[&Finding]) -> String {
    by_verb(findings.iter().map(|finding| (finding.verb, named(finding))))
}

/// One line a verb: `  execute            helper, writer`.
fn by_verb(deeds: impl Iterator<Item = (Verb, String)>) -> String {
    let mut lines: BTreeMap<Verb, Vec<String>> = BTreeMap::new();
    for (verb, what) in deeds {
        lines.entry(verb).or_default().push(what);
    }
    let line = |(verb, names): (Verb, Vec<String>)| format!("  {:<17}  {}\n", verb.as_str(), names.join(", "));
    lines.into_iter().map(line).collect()
}

/// `vault (through front → desk)`.
fn named(finding: &Finding) -> String {
    let name = printable(&finding.thing.to_string());
    let way: Vec<_> = finding.through.iter().map(AgentName::as_str).collect();
    if way.is_empty() { name } else { format!("{name} (through {})", way.join(" → ")) }
}

fn row_with_reasons(row: &Row) -> String {
    let line = |finding: &Finding| {
        format!("  {} {}: {}\n", finding.verb.as_str(), named(finding), printable(&finding.reason.to_string()))
    };
    let block = |title: &str, findings: &[Finding]| match findings {
        [] => String::new(),
        _ => format!("\n{title}\n{}", findings.iter().map(line).collect::<String>()),
    };
    let who = printable(&row.who.to_string());
    if row.may.is_empty() {
        // What they may not is everything there is: a reason for each would say the same many times.
        return format!("\n{who} may do nothing\n");
    }
    block(&format!("{who} may"), &row.may) + &block(&format!("{who} may not"), &row.may_not)
}

/// Who may do what with each thing. What anyone may is said once.
fn columns(things: &BTreeSet<Thing>, answer: &Answer) -> String {
    let open: BTreeSet<_> = answer.rows.iter().take(1).flat_map(|row| &row.may).map(Finding::key).collect();
    let mut columns: BTreeMap<&Thing, Column> = things.iter().map(|thing| (thing, Column::default())).collect();
    for row in &answer.rows {
        let is_said = |finding: &&Finding| row.who != Who::Anyone && open.contains(&finding.key());
        for finding in row.may.iter().filter(|finding| !is_said(finding)) {
            columns.entry(&finding.thing).or_default().may.add(row, finding);
        }
        for finding in &row.may_not {
            columns.entry(&finding.thing).or_default().may_not.add(row, finding);
        }
    }
    for (thing, verb) in &answer.nobody {
        columns.entry(thing).or_default().may.0.entry(*verb).or_default().push("nobody".to_owned());
    }
    columns.into_iter().map(|(thing, column)| column.print(thing)).collect()
}

/// Who may do what with one thing.
#[derive(Default)]
struct Column {
    may: ByVerb,
    may_not: ByVerb,
}

impl Column {
    fn print(self, thing: &Thing) -> String {
        let title = format!("the {} `{}`", thing.kind(), printable(&thing.to_string()));
        format!("\n{}{}", self.may.print(&title, "who may"), self.may_not.print(&title, "who may not"))
    }
}

/// How many are not shown, by kind, and how to see one.
fn left_out(subjects: &BTreeSet<Subject>) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for subject in subjects {
        let kind = match subject.principal {
            Principal::User(_) => "users",
            Principal::Group(_) => "groups",
            Principal::ServiceAccount(_) => "service accounts",
            Principal::Authenticated | Principal::Anonymous => continue,
        };
        *kinds.entry(kind).or_default() += 1;
    }
    if subjects.is_empty() {
        return String::new();
    }
    let counts: Vec<_> = kinds
        .into_iter()
        .map(|(kind, count)| format!("{count} {}", if count == 1 { kind.trim_end_matches('s') } else { kind }))
        .collect();
    format!(
        "\nthe rules name {} principals, too many to show ({})\n  help: ask for one: `pace who-can <principal>`\n",
        subjects.len(),
        counts.join(", ")
    )
}

/// Lines of a column.
#[derive(Default)]
struct ByVerb(BTreeMap<Verb, Vec<String>>);

impl ByVerb {
    fn add(&mut self, row: &Row, finding: &Finding) {
        let way: Vec<_> = finding.through.iter().map(AgentName::as_str).collect();
        let way = if way.is_empty() { String::new() } else { format!(" through {}", way.join(" → ")) };
        let who = printable(&row.who.to_string());
        let line = format!("{who}{way}: {}", printable(&finding.reason.to_string()));
        self.0.entry(finding.verb).or_default().push(line);
    }

    fn print(self, title: &str, who: &str) -> String {
        let line = |line: String| format!("  {line}\n");
        let block = |(verb, lines): (Verb, Vec<String>)| {
            let lines: String = lines.into_iter().map(line).collect();
            format!("{who} {} {title}\n{lines}\n", verb.as_str())
        };
        self.0.into_iter().map(block).collect()
    }
}
