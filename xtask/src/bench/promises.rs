//! What the design promises, and whether it was kept.

use crate::command::Verdict;

/// The promises of one bench.
#[derive(Debug, Default)]
pub(super) struct Promises {
    lines: Vec<String>,
    missed: usize,
}

impl Promises {
    /// Judges a figure: `what` names it, `most` is the most it may be, both in `unit`.
    pub(super) fn judge(&mut self, what: &str, figure: f64, most: f64, unit: &str) {
        // A figure that is no number was not measured.
        let word = if figure <= most { "kept" } else { "MISSED" };
        self.missed += usize::from(word == "MISSED");
        self.lines.push(format!("{word}: {what}: {figure:.2} {unit}, promised at most {most} {unit}"));
    }

    /// Prints all of them; one that is missed fails the bench.
    pub(super) fn verdict(&self) -> Verdict {
        println!("\n{}", self.lines.join("\n"));
        if self.missed == 0 { Verdict::Passed } else { Verdict::Failed }
    }
}
