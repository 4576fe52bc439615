//! Did-you-mean: the candidate nearest to what was written, and a short listing of what there is when nothing is near.
//!
//! Called once for each name that does not resolve; never decides anything, it only finds words for a help line.

/// Names shown by [`listing`] before it counts the rest: more than eight are not read, they are skipped.
pub const LISTED: usize = 8;

/// Longest name, in characters, that is compared by distance. Nobody mistypes a longer one in a way that a third of its
/// length would catch, and a pasted document must not be compared with thousands of names.
const COMPARED: usize = 64;

/// The candidate that `wanted` most likely stands for: one that differs only in case or in `-` for `_`, otherwise the one
/// at the smallest edit distance (transpositions count once, case not at all), if that is at most a third of the length
/// of `wanted`. Names of one or two characters have no near names, those over 64 only such that differ in case or dashes.
///
/// Of equally near candidates the first in byte order is taken, whatever order they come in. `wanted` itself is never
/// proposed. Linear in the candidates; most are dismissed without computing a distance.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted_name = Name::new(wanted);
    candidates
        .into_iter()
        .filter(|candidate| *candidate != wanted)
        .filter_map(|candidate| Some((wanted_name.farness(candidate)?, candidate)))
        .min()
        .map(|(_, candidate)| candidate)
}

/// What there is, for a help line: the names sorted, each in backticks, at most [`LISTED`] of them and the number of the
/// others: "`a`, `b` and 12 more". One name too many is shown as well: "1 more" is no shorter. Duplicates count once; no
/// names give an empty string.
pub fn listing<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let fits = if names.len() == LISTED + 1 { names.len() } else { LISTED };
    let rest = names.len().saturating_sub(fits);
    let mut shown: Vec<String> = names.iter().take(fits).map(|name| format!("`{name}`")).collect();
    if rest > 0 {
        shown.push(format!("{rest} more"));
    }
    match shown.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
    }
}

/// How far a candidate is; the order is the order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Farness {
    Case,
    Dashes,
    Edits(usize),
}

/// The name looked for, prepared once for many comparisons.
struct Name {
    lower: String,
    dashed: String,
    length: usize,
    /// Most edits that still count as near.
    limit: usize,
    histogram: Histogram,
}

impl Name {
    fn new(wanted: &str) -> Self {
        let lower = wanted.to_lowercase();
        let length = lower.chars().count();
        let limit = if (3..=COMPARED).contains(&length) { length / 3 } else { 0 };
        Self { dashed: dashed(&lower), histogram: Histogram::of(&lower), lower, length, limit }
    }

    fn farness(&self, candidate: &str) -> Option<Farness> {
        // A character has at most four bytes, and lower case at most three characters for one: nothing that is longer
        // than this can be near, and it is not even read.
        if candidate.len() > self.lower.len().max(self.length + self.limit).saturating_mul(4) {
            return None;
        }
        let lower = candidate.to_lowercase();
        if lower == self.lower {
            return Some(Farness::Case);
        }
        if dashed(&lower) == self.dashed {
            return Some(Farness::Dashes);
        }
        if self.limit == 0 || self.histogram.least_edits(&Histogram::of(&lower)) > self.limit {
            return None;
        }
        let distance = strsim::osa_distance(&self.lower, &lower);
        (distance <= self.limit).then_some(Farness::Edits(distance))
    }
}

fn dashed(lower: &str) -> String {
    lower.replace('_', "-")
}

/// How often each character occurs, characters folded into 64 counters. Two histograms give a lower bound of the edit
/// distance for a fraction of its cost: each edit adds at most one character and removes at most one.
struct Histogram([u16; 64]);

impl Histogram {
    fn of(text: &str) -> Self {
        let mut counts = [0_u16; 64];
        for character in text.chars() {
            if let Some(count) = counts.get_mut(character as usize % 64) {
                *count = count.saturating_add(1);
            }
        }
        Self(counts)
    }

    fn least_edits(&self, other: &Self) -> usize {
        let missing = |from: &Self, of: &Self| -> usize {
            from.0.iter().zip(&of.0).map(|(have, want)| usize::from(want.saturating_sub(*have))).sum()
        };
        missing(self, other).max(missing(other, self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_comes_before_distance() {
        assert_eq!(nearest("Helper", ["helpers", "helper", "Helpes"]), Some("helper"));
        assert_eq!(nearest("file_reader", ["file-reader", "file-readers"]), Some("file-reader"));
        assert_eq!(nearest("A", ["a", "b"]), Some("a"));
    }

    #[test]
    fn a_third_of_the_length_is_near() {
        assert_eq!(nearest("refund", ["refunds", "triage"]), Some("refunds"));
        assert_eq!(nearest("claude-sonet-4", ["claude-opus-4", "claude-sonnet-4"]), Some("claude-sonnet-4"));
        assert_eq!(nearest("abc", ["abd"]), Some("abd"));
        assert_eq!(nearest("abc", ["add"]), None);
        assert_eq!(nearest("ab", ["ac"]), None);
        assert_eq!(nearest("modle", ["model"]), Some("model"), "a transposition is one edit");
    }

    #[test]
    fn ties_do_not_depend_on_the_order() {
        assert_eq!(nearest("cat", ["rat", "bat", "hat"]), Some("bat"));
        assert_eq!(nearest("cat", ["hat", "bat", "rat"]), Some("bat"));
    }

    #[test]
    fn a_name_is_never_its_own_suggestion() {
        assert_eq!(nearest("helper", ["helper"]), None);
        assert_eq!(nearest("helper", ["helper", "helpers"]), Some("helpers"));
        assert_eq!(nearest("helper", []), None);
        assert_eq!(nearest("", ["a", ""]), None);
    }

    #[test]
    fn foreign_letters_count_as_one() {
        assert_eq!(nearest("größe", ["grösse", "große"]), Some("große"));
        assert_eq!(nearest("ÄRGER", ["ärger"]), Some("ärger"));
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test is about time")]
    fn huge_input_is_dismissed_quickly() {
        let long = "x".repeat(1 << 20);
        let names: Vec<String> = (0..10_000).map(|number| format!("agent-with-a-long-name-{number:05}")).collect();
        let started = std::time::Instant::now();
        assert_eq!(nearest(&long, names.iter().map(String::as_str)), None);
        assert_eq!(nearest("agent", [long.as_str()]), None);
        for wanted in 0..10 {
            let wanted = format!("Xagent-with-a-long-name-{wanted:05}");
            assert!(nearest(&wanted, names.iter().map(String::as_str)).is_some());
        }
        assert!(started.elapsed().as_secs() < 60, "took {:?}", started.elapsed());
    }

    #[test]
    fn listings_are_sorted_and_short() {
        assert_eq!(listing([]), "");
        assert_eq!(listing(["a"]), "`a`");
        assert_eq!(listing(["b", "a", "b"]), "`a` and `b`");
        assert_eq!(listing(["c", "b", "a"]), "`a`, `b` and `c`");
        let many: Vec<String> = (0..20).map(|number| format!("n{number:02}")).collect();
        assert_eq!(
            listing(many.iter().map(String::as_str)),
            "`n00`, `n01`, `n02`, `n03`, `n04`, `n05`, `n06`, `n07` and 12 more"
        );
        let nine = many.iter().take(9).map(String::as_str);
        assert_eq!(listing(nine), "`n00`, `n01`, `n02`, `n03`, `n04`, `n05`, `n06`, `n07` and `n08`");
    }
}
