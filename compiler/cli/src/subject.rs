//! People on the command line: `user:ann,group:ops`.

use pace_ir::access::Subject;
use pace_ir::program::Principal;
use pace_ir::program::principal::MalformedPrincipal;
use pace_ir::text::quoted;

/// Without the spaces that people put after commas: no principal, agent, loop or tool has any.
pub(crate) fn tightened(argument: &str) -> String {
    argument.split(',').map(str::trim).collect::<Vec<_>>().join(",")
}

/// `user:ann,group:ops`.
///
/// # Errors
/// What stands before the groups is no principal.
pub(crate) fn subject(argument: &str) -> Result<Subject, MalformedPrincipal> {
    let mut words = argument.split(",group:");
    let principal = words.next().unwrap_or_default().parse()?;
    Ok(Subject { principal, groups: words.map(str::to_owned).collect() })
}

/// As [`subject`], where groups alone are those of the person who runs the command.
///
/// # Errors
/// As [`subject`], for one word of the list at a time; and a word after the first that is of no kind, which would become
/// part of a name.
pub(crate) fn asked_as(argument: &str) -> Result<Subject, String> {
    let argument = tightened(argument);
    if let Some(word) = argument.split(',').skip(1).find(|word| !word.is_empty() && !word.contains(':')) {
        let word = quoted(word);
        return Err(format!("`{word}` has no kind\n  help: write `group:{word}`"));
    }
    let whole = if argument.starts_with("group:") { format!("{},{argument}", operator()) } else { argument };
    let subject = subject(&whole).map_err(|error| error.to_string())?;
    // A group is a principal in lists, and is read by the same rules.
    for group in &subject.groups {
        format!("group:{group}").parse::<Principal>().map_err(|error| error.to_string())?;
    }
    Ok(subject)
}

/// The person who runs this command: `user:` and the login name, by the variables of the session or else by the system's list
/// of users, so that it is the same name where there is no session, as in containers and under cron.
pub(crate) fn operator() -> Principal {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let login = set("USER").or_else(|| set("LOGNAME")).unwrap_or_else(listed);
    let name: String = login.trim().chars().map(|c| if is_plain(c) { c } else { '-' }).take(MOST).collect();
    format!("user:{name}").parse().unwrap_or(Principal::Anonymous)
}

/// Bytes of a user's id are bounded, and a character has at most four.
const MOST: usize = 60;

/// Commas would begin a group where the name is typed again.
fn is_plain(character: char) -> bool {
    !character.is_control() && !character.is_whitespace() && character != ',' && !pace_ir::text::is_invisible(character)
}

/// The name by which the system lists the user; where it does not, the number.
#[cfg(unix)]
fn listed() -> String {
    let user = nix::unistd::geteuid();
    let name = nix::unistd::User::from_uid(user).ok().flatten().map(|user| user.name);
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| format!("uid-{user}"))
}

#[cfg(not(unix))]
fn listed() -> String {
    "local".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `id -un` says it, which asks the same list.
    #[cfg(unix)]
    #[test]
    fn without_a_session_the_system_says_the_name() {
        let output = std::process::Command::new("id").arg("-un").output().unwrap();
        let name = String::from_utf8(output.stdout).unwrap();
        if output.status.success() {
            assert_eq!(listed(), name.trim());
        } else {
            assert!(listed().starts_with("uid-"));
        }
    }

    #[test]
    fn groups_alone_are_the_operators() {
        let subject = asked_as("group:ops, group:staff").unwrap();
        assert_eq!(subject.principal, operator());
        assert_eq!(subject.groups.into_iter().collect::<Vec<_>>(), ["ops", "staff"]);
        let subject = asked_as("user:ann, group:ops").unwrap();
        assert_eq!((subject.principal.to_string().as_str(), subject.groups.len()), ("user:ann", 1));
        for bad in ["", "ann", "user:", "user:ann,group:", "user:a b", "group:", "user:ann,staff"] {
            assert!(asked_as(bad).is_err(), "{bad}");
        }
    }
}
