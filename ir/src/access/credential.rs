//! Whose credential a server is shown: that of the subject, by the most particular rule there is for it.

use std::collections::BTreeMap;

use super::Subject;
use crate::program::Principal;

/// What is shown to a server on behalf of a subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown<'c, C> {
    /// Nothing: nobody has a credential for this server, so it needs none.
    Nothing,
    /// The credential that is held for this principal.
    Of(&'c Principal, &'c C),
    /// There are credentials for others and none for the subject: the server is not to be asked.
    Missing,
    /// The subject is in several groups that hold one, and nothing says which counts.
    Ambiguous(Vec<&'c Principal>),
}

/// Chooses among the credentials held for one server, by principal: the subject's own, else that of its group, else that of
/// everyone who is `authenticated`. Never one of somebody else.
pub fn shown<'c, C>(subject: &Subject, held: &'c BTreeMap<Principal, C>) -> Shown<'c, C> {
    if held.is_empty() {
        return Shown::Nothing;
    }
    if let Some((principal, credential)) = held.get_key_value(&subject.principal) {
        return Shown::Of(principal, credential);
    }
    let rules = subject.rules();
    let groups: Vec<_> =
        held.iter().filter(|(rule, _)| matches!(rule, Principal::Group(_)) && rules.contains(*rule)).collect();
    match groups.as_slice() {
        [(principal, credential)] => Shown::Of(principal, credential),
        [] => match held.get_key_value(&Principal::Authenticated).filter(|(rule, _)| rules.contains(*rule)) {
            Some((principal, credential)) => Shown::Of(principal, credential),
            None => Shown::Missing,
        },
        several => Shown::Ambiguous(several.iter().map(|(principal, _)| *principal).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(subject: &str, groups: &[&str], held: &[&str]) -> Result<Option<String>, usize> {
        let held = held.iter().map(|rule| (rule.parse().unwrap(), ())).collect();
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        match shown(&Subject { principal: subject.parse().unwrap(), groups }, &held) {
            Shown::Nothing => Ok(None),
            Shown::Of(principal, ()) => Ok(Some(principal.to_string())),
            Shown::Missing => Err(0),
            Shown::Ambiguous(several) => Err(several.len()),
        }
    }

    #[test]
    fn the_most_particular_counts_and_never_anothers() {
        let own = |rule: &str| Ok(Some(rule.to_owned()));
        let all = ["user:ann", "group:ops", "group:dev", "authenticated", "serviceaccount:bot"];
        for (subject, groups, held, wanted) in [
            ("user:ann", &["ops"][..], &all[..], own("user:ann")),
            ("user:bob", &["ops"], &all, own("group:ops")),
            ("user:bob", &["ops", "dev"], &all, Err(2)),
            ("user:ann", &["ops", "dev"], &all, own("user:ann")),
            ("user:bob", &[], &all, own("authenticated")),
            ("user:bob", &["staff"], &all[..3], Err(0)),
            ("serviceaccount:bot", &[], &all, own("serviceaccount:bot")),
            ("anonymous", &["ops"], &all, Err(0)),
            ("anonymous", &[], &[], Ok(None)),
            ("user:bob", &["ops"], &[], Ok(None)),
        ] {
            assert_eq!(of(subject, groups, held), wanted, "{subject} in {groups:?} of {held:?}");
        }
    }
}
