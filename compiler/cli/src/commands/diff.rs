//! `pace diff`: two bundles compared by what they mean.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use pace_ir::VerifiedBundle;
use serde::Serialize;

use super::inspect::bundle_path;
use crate::arguments::Global;
use crate::diff::{self, Change, Direction, Place, aside};
use crate::exit::ExitCode;
use crate::output::out;
use crate::view::text::escaped;
use crate::{bundle_file, manifest};

/// Compare two bundles by what they mean
///
/// Each line says what is different in the second bundle: `+` somebody can do more or a guard fell away, `-` somebody can
/// do less, `~` neither can be said (prompts, models, schedules). The group `who can do what` is there if more follows for
/// somebody than these lines say by themselves, through delegation too; the group `beside the program` holds what runs
/// the same either way.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The bundle to start from
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The bundle to compare with it
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Exit with 1 if there is a difference of this kind
    #[arg(long, value_enum, value_name = "KIND")]
    fail_on: Option<FailOn>,
}

/// What makes the command fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    /// Somebody can do more
    Grow,
}

/// Runs the command.
pub(crate) fn run(command: &Diff, global: &Global) -> anyhow::Result<ExitCode> {
    let old = bundle_file::read(&bundle_path(&command.old, global))?;
    let new = bundle_file::read(&bundle_path(&command.new, global))?;
    let comparison = Comparison::of(&old, &new);
    out(&if command.json { manifest::pretty(&comparison.json()) } else { comparison.text() })?;
    let grows = comparison.count(Direction::Grows) > 0;
    Ok(if command.fail_on == Some(FailOn::Grow) && grows { ExitCode::Errors } else { ExitCode::Success })
}

/// Two bundles and how they differ.
struct Comparison<'b> {
    old: &'b VerifiedBundle,
    new: &'b VerifiedBundle,
    changes: Vec<Change>,
    aside: Vec<String>,
    /// Differences of the inputs: told to people only where nothing else explains why the ids differ.
    sources: Vec<String>,
}

impl<'b> Comparison<'b> {
    fn of(old: &'b VerifiedBundle, new: &'b VerifiedBundle) -> Self {
        let (a, b) = (old.bundle(), new.bundle());
        Self { old, new, changes: diff::of(a, b), aside: aside::of(a, b), sources: aside::sources(a, b) }
    }

    fn is_same_program(&self) -> bool {
        self.old.program_digest() == self.new.program_digest()
    }

    fn count(&self, direction: Direction) -> usize {
        self.changes.iter().filter(|change| change.direction == direction).count()
    }

    fn text(&self) -> String {
        if self.old.id() == self.new.id() {
            return "same bundle\n".to_owned();
        }
        let mut text = String::new();
        let mut place: Option<&Place> = None;
        for change in &self.changes {
            if place != Some(&change.place) {
                place = Some(&change.place);
                text.extend([&escaped(&change.place.to_string()), "\n"]);
            }
            text.extend(["  ", change.direction.sign(), " ", &escaped(&change.text), "\n"]);
        }
        let sources = if self.is_same_program() { self.sources.as_slice() } else { &[] };
        let aside: Vec<_> = self.aside.iter().chain(sources).collect();
        if !aside.is_empty() {
            text.push_str("beside the program\n");
            text.extend(aside.into_iter().map(|line| format!("    {}\n", escaped(line))));
        }
        text.push_str(&self.total());
        text
    }

    fn total(&self) -> String {
        if self.is_same_program() {
            return "same program\n".to_owned();
        }
        let [grows, shrinks, changes] =
            [Direction::Grows, Direction::Shrinks, Direction::Changes].map(|direction| self.count(direction));
        format!("total: {grows} more (+), {shrinks} less (-), {changes} other (~)\n")
    }

    fn json(&self) -> ComparisonJson<'_> {
        ComparisonJson {
            same_bundle: self.old.id() == self.new.id(),
            same_program: self.is_same_program(),
            old: BundleJson::of(self.old),
            new: BundleJson::of(self.new),
            changes: self.changes.iter().map(ChangeJson::of).collect(),
            beside_the_program: self.aside.iter().chain(&self.sources).map(String::as_str).collect(),
            totals: TotalsJson {
                grows: self.count(Direction::Grows),
                shrinks: self.count(Direction::Shrinks),
                changes: self.count(Direction::Changes),
            },
        }
    }
}

#[derive(Debug, Serialize)]
struct ComparisonJson<'c> {
    same_bundle: bool,
    same_program: bool,
    old: BundleJson,
    new: BundleJson,
    changes: Vec<ChangeJson<'c>>,
    beside_the_program: Vec<&'c str>,
    totals: TotalsJson,
}

#[derive(Debug, Serialize)]
struct BundleJson {
    id: String,
    program_digest: String,
}

#[derive(Debug, Serialize)]
struct ChangeJson<'c> {
    direction: &'static str,
    kind: &'static str,
    name: Option<&'c str>,
    key: &'static str,
    text: &'c str,
}

#[derive(Debug, Serialize)]
struct TotalsJson {
    grows: usize,
    shrinks: usize,
    changes: usize,
}

impl BundleJson {
    fn of(verified: &VerifiedBundle) -> Self {
        Self { id: verified.id().to_string(), program_digest: verified.program_digest().to_string() }
    }
}

impl<'c> ChangeJson<'c> {
    fn of(change: &'c Change) -> Self {
        let (kind, name) = change.place.parts();
        Self { direction: change.direction.as_str(), kind, name, key: change.what, text: &change.text }
    }
}
