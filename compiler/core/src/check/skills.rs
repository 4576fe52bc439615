//! Skills: `P0701` (a reference that cannot be read) and `P0702` (a skill of this project that is not there).

use std::collections::BTreeMap;

use pace_diag::{Applicability, Diagnostic, Sink, code, nearest};
use pace_syntax::{Span, Spanned};

use crate::parse::scalar::Line;
use crate::resolve::{Resolved, ResolvedAgent, duplicate_entry};

/// A skill as an agent lists it.
#[derive(Debug)]
pub(crate) struct SkillReference<'p> {
    /// As written.
    pub(crate) text: &'p str,
    /// Where.
    pub(crate) span: Span,
}

/// Checks an agent's skills.
pub(super) fn check<'p>(
    agent: &'p ResolvedAgent<'p>,
    resolved: &Resolved<'_>,
    sink: &mut Sink,
) -> Vec<SkillReference<'p>> {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut skills = Vec::new();
    for skill in agent.spec.skills.items() {
        let Some(reference) = reference(skill, resolved, sink) else { continue };
        if let Some(first) = seen.insert(unversioned(reference.text), skill.span) {
            let what = format!("the skill `{}`", unversioned(reference.text));
            duplicate_entry::report(&what, "`skills`", skill.span, first, sink);
        }
        skills.push(reference);
    }
    skills
}

/// A reference without its version: one skill, whichever version of it.
fn unversioned(text: &str) -> &str {
    match text.split_once("://") {
        Some((_, rest)) => {
            text.get(..text.len() - rest.len() + rest.find(['#', '@']).unwrap_or(rest.len())).unwrap_or(text)
        }
        None => text.rsplit_once('@').map_or(text, |(path, _)| path),
    }
}

fn reference<'p>(skill: &'p Spanned<Line>, resolved: &Resolved<'_>, sink: &mut Sink) -> Option<SkillReference<'p>> {
    let text = skill.value.0.as_str();
    if let Some(name) = text.strip_prefix("./skills/") {
        if resolved.parsed.skills.contains(name) {
            return Some(SkillReference { text, span: skill.span });
        }
        let is_name = name.parse::<pace_ir::program::ProjectName>().is_ok();
        let is_near = nearest::nearest(name, resolved.parsed.skills.iter().map(String::as_str)).is_some();
        sink.error(if is_name || is_near { unknown(name, skill, resolved) } else { no_name(skill) });
        return None;
    }
    if let Some(why) = malformed(text) {
        let diagnostic = Diagnostic::new(&code::MALFORMED_SKILL, format!("`{text}` is not a reference to a skill"))
            .at(skill.span, why)
            .help(advice(text));
        sink.error(diagnostic);
        return None;
    }
    Some(SkillReference { text, span: skill.span })
}

fn no_name(skill: &Spanned<Line>) -> Diagnostic {
    Diagnostic::new(&code::MALFORMED_SKILL, format!("`{}` is not a reference to a skill", skill.value.0))
        .at(skill.span, "the name of a folder in `skills` is expected after `./skills/`")
        .help("write `./skills/<name>`, in lower-case letters, digits and hyphens")
}

/// What to write instead.
fn advice(text: &str) -> String {
    if let Some(rest) = text.strip_prefix("https://") {
        return format!("write `git+https://{}#<ref>`", rest.split('#').next().unwrap_or(rest));
    }
    match (text.starts_with(['.', '/']), text.rsplit('/').next()) {
        (true, Some(name)) if !name.is_empty() => format!("put it into `skills/{name}`, and write `./skills/{name}`"),
        _ => "write `skills.sh/<owner>/<repo>@<version>`, `oci://…`, `git+https://…#<ref>` or `./skills/<name>`"
            .to_owned(),
    }
}

/// What is wrong with a reference to somewhere else.
fn malformed(text: &str) -> Option<&'static str> {
    let no_spaces = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    if let Some(rest) = text.strip_prefix("git+https://") {
        let has_ref = rest.split_once('#').is_some_and(|(path, reference)| path.contains('/') && no_spaces(reference));
        return (!has_ref || !no_spaces(rest)).then_some("expected `git+https://<host>/<path>#<ref>`");
    }
    if let Some(rest) = text.strip_prefix("oci://") {
        let pinned = rest.rsplit('/').next().is_some_and(|last| last.contains([':', '@']));
        return (!pinned || !no_spaces(rest) || !rest.contains('/'))
            .then_some("expected `oci://<host>/<path>:<tag>` or `@<digest>`");
    }
    if text.starts_with(['.', '/']) {
        return Some("the skills of this project are in `./skills/`");
    }
    if text.starts_with("https://") || text.starts_with("http://") {
        return Some("the address of a page is no address of a skill");
    }
    let Some((path, version)) = text.rsplit_once('@') else {
        return Some("a skill is pinned to a version: `@<version>` is missing");
    };
    let parts: Vec<_> = path.split('/').collect();
    let is_path = (3..=4).contains(&parts.len()) && parts.iter().all(|part| no_spaces(part)) && path.contains('.');
    (!is_path || !no_spaces(version)).then_some("expected `<registry>/<owner>/<repo>[/<skill>]@<version>`")
}

fn unknown(name: &str, skill: &Spanned<Line>, resolved: &Resolved<'_>) -> Diagnostic {
    let diagnostic = Diagnostic::new(&code::UNKNOWN_SKILL, format!("unknown skill `{}`", skill.value.0))
        .at(skill.span, format!("there is no file `skills/{name}/SKILL.md`"));
    let names = || resolved.parsed.skills.iter().map(String::as_str);
    match nearest::nearest(name, names()) {
        Some(near) => {
            let near = format!("./skills/{near}");
            diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, skill.span, near)
        }
        None if resolved.parsed.skills.is_empty() => diagnostic.help(format!("write it in `skills/{name}/SKILL.md`")),
        None => diagnostic.help(format!("the skills of this project are {}", nearest::listing(names()))),
    }
}
