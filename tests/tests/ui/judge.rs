//! One case: built in two places, compared with its marks and with the words stored for it.

use std::path::Path;

use crate::case::{COMMAND, Case, INSPECT, STDERR};
use crate::formats;
use crate::mark;
use crate::messages::Messages;
use crate::picture;
use crate::project::{Copy, HERE, Ran, THERE};

/// What is done with the stored words.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pictures {
    /// What is printed must be what is stored.
    Compare,
    /// What is printed is stored.
    Bless,
}

/// Judges a case; answers with everything that is wrong with it.
pub(crate) fn judge(case: &Case, pace: &Path, pictures: Pictures) -> std::io::Result<Vec<String>> {
    let arguments = case.arguments();
    let here = Copy::new(case, &HERE)?;
    let ran = here.run(pace, &arguments, &HERE)?;
    let there = Copy::new(case, &THERE)?;
    let again = there.run(pace, &arguments, &THERE)?;
    let stderr = picture::normalise(&ran.stderr, &here.root);

    let mut complaints = Vec::new();
    let elsewhere = picture::normalise(&again.stderr, &there.root);
    if (ran.code, &stderr) != (again.code, &elsewhere) {
        let difference = picture::difference(&stderr, &elsewhere);
        complaints.push(format!("two places, two answers: exit codes {} and {}\n{difference}", ran.code, again.code));
    }
    if here.built()? != there.built()? {
        complaints.push("two places, two builds: the files under `.pace` differ".to_owned());
    }
    if ran.code != 0 && here.root.join(".pace/build").exists() {
        complaints.push("a build that failed left `.pace/build`".to_owned());
    }
    if ran.code != picture::exit_code(&ran.stderr) {
        complaints.push(format!("the exit code is {}, and the words say otherwise:\n{stderr}", ran.code));
    }

    let messages = told_to_programs(case, pace, &arguments, &ran, &mut complaints)?;
    let wanted = Wanted::new(case, &arguments, &ran, &messages);
    let inspected = if wanted.inspect { Some(inspect(&here, pace, &mut complaints)?) } else { None };
    let stderr = wanted.stderr.then_some(stderr);
    for (file, found) in [(STDERR, stderr), (INSPECT, inspected)] {
        complaints.extend(store_or_compare(case, file, found.as_deref(), pictures)?);
    }
    Ok(complaints)
}

/// Which words are stored: failures and warnings whole; of a build that succeeds, what is in the bundle. Where a case says
/// how `pace` is called, it is about what is printed.
struct Wanted {
    stderr: bool,
    inspect: bool,
}

impl Wanted {
    fn new(case: &Case, arguments: &[String], ran: &Ran, messages: &Messages) -> Self {
        let is_build = arguments.first().is_some_and(|verb| verb == "build");
        Self {
            stderr: ran.code != 0 || !messages.diagnostics.is_empty() || case.expectation(COMMAND).is_some(),
            inspect: ran.code == 0 && is_build,
        }
    }
}

/// Compares the diagnostics with the marks, and the formats with each other.
fn told_to_programs(
    case: &Case,
    pace: &Path,
    arguments: &[String],
    ran: &Ran,
    complaints: &mut Vec<String>,
) -> std::io::Result<Messages> {
    let run = |format: &str| Copy::new(case, &HERE)?.run(pace, &formats::with_format(arguments, format), &HERE);
    let json = run("json")?;
    let messages = Messages::parse(&json.stdout).unwrap_or_else(|why| {
        complaints.push(why);
        Messages::default()
    });
    if json.code != ran.code || messages.success.unwrap_or(false) != (ran.code == 0) {
        let said = messages.success;
        complaints.push(format!("json: the exit code is {}, `success` {said:?}; people saw {}", json.code, ran.code));
    }
    let (marks, misspelled) = mark::of(case)?;
    complaints.extend(misspelled);
    complaints.extend(mark::compare(&marks, &messages.marks()));
    if ran.code == 1 {
        for format in ["short", "github", "sarif"] {
            complaints.extend(formats::judge(format, &run(format)?, &messages));
        }
    }
    Ok(messages)
}

/// What the newest bundle says, without what changes with every version of the compiler.
fn inspect(copy: &Copy, pace: &Path, complaints: &mut Vec<String>) -> std::io::Result<String> {
    let inspected = copy.run(pace, &["inspect".to_owned(), "--program".to_owned()], &HERE)?;
    if inspected.code != 0 {
        complaints.push(format!("`pace inspect --program` ends with {}:\n{}", inspected.code, inspected.stderr));
    }
    Ok(picture::normalise(&inspected.stdout, &copy.root))
}

fn store_or_compare(
    case: &Case,
    file: &str,
    found: Option<&str>,
    pictures: Pictures,
) -> std::io::Result<Option<String>> {
    let stored = case.expectation(file);
    if let Pictures::Bless = pictures {
        let path = case.expected.join(file);
        match found {
            Some(found) if stored.as_deref() != Some(found) => {
                std::fs::create_dir_all(&case.expected)?;
                std::fs::write(path, found)?;
            }
            None if stored.is_some() => std::fs::remove_file(path)?,
            _ => {}
        }
        return Ok(None);
    }
    Ok(match (stored, found) {
        (Some(stored), Some(found)) if stored == found => None,
        (None, None) => None,
        (Some(stored), Some(found)) => {
            Some(format!("`{file}` is not what was printed\n{}", picture::difference(&stored, found)))
        }
        (Some(_), None) => Some(format!("`{file}` is expected, and nothing read it")),
        (None, Some(found)) => Some(format!("`{file}` is not stored:\n{found}")),
    })
}
