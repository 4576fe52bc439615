//! The ui suite: every folder `tests/ui/<subject>/<case>/` is a small real project that `pace` judges, and so is every
//! folder of `templates/`. A mark stands on each line that fails; the words are stored beside the project.
//!
//! `cargo uitest <filter>` runs the cases whose path holds the filter; `BLESS=1 cargo uitest <filter>` stores what they
//! print now. Marks are never written by the suite: what is wrong with a project is the author's word, not the compiler's.

#![expect(clippy::print_stderr, reason = "a suite that refuses to run says why")]

mod case;
mod formats;
mod judge;
mod mark;
mod messages;
mod picture;
mod project;
mod served;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::case::Case;
use crate::judge::Pictures;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let set = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let pictures = if set("BLESS", "1") { Pictures::Bless } else { Pictures::Compare };
    if set("CI", "true") && matches!(pictures, Pictures::Bless) {
        eprintln!("error: CI never blesses; run `BLESS=1 cargo uitest` at home and read the difference");
        return ExitCode::from(2);
    }
    let pace = match project::binary() {
        Ok(pace) => pace,
        Err(why) => {
            eprintln!("error: {why}");
            return ExitCode::from(2);
        }
    };
    let found = case::find();
    let mut trials: Vec<Trial> = found.cases.into_iter().map(|case| trial(case, pace.clone(), pictures)).collect();
    trials.push(Trial::test("suite/folders", move || complaints(&found.strays)));
    trials.extend(mark::tests());
    trials.extend(picture::tests());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(case: Case, pace: std::path::PathBuf, pictures: Pictures) -> Trial {
    let missing = case.missing();
    if let Some(program) = &missing {
        eprintln!("skipped: tests/ui/{} needs `{program}`", case.name);
    }
    let trial = Trial::test(case.name.clone(), move || match judge::judge(&case, &pace, pictures) {
        Ok(complaints) => failed(&complaints, &case),
        Err(error) => Err(Failed::from(format!("the case could not be run: {error}"))),
    });
    trial.with_ignored_flag(missing.is_some())
}

fn failed(complaints: &[String], case: &Case) -> Result<(), Failed> {
    complaints.is_empty().then_some(()).ok_or_else(|| {
        let all = complaints.join("\n\n");
        Failed::from(format!("{all}\n\nIf the new words are right: BLESS=1 cargo uitest {}\n", case.name))
    })
}

fn complaints(strays: &[String]) -> Result<(), Failed> {
    strays.is_empty().then_some(()).ok_or_else(|| Failed::from(strays.join("\n")))
}
