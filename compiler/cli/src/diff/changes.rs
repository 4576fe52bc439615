//! Differences in the making: where they are noted, and the comparisons that every part shares.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::{Change, Direction, Place};

/// Differences noted so far.
#[derive(Debug)]
pub(super) struct Changes {
    place: Place,
    all: Vec<Change>,
}

impl Default for Changes {
    fn default() -> Self {
        Self { place: Place::Project, all: Vec::new() }
    }
}

impl Changes {
    /// What follows is about `place`.
    pub(super) fn at(&mut self, place: Place) {
        self.place = place;
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, by place.
    pub(super) fn finish(mut self) -> Vec<Change> {
        // Stable: within a place the order of comparing stays.
        self.all.sort_by(|a, b| a.place.cmp(&b.place));
        self.all
    }

    /// Notes a difference.
    pub(super) fn note(&mut self, direction: Direction, what: &'static str, text: impl Into<String>) {
        self.all.push(Change { place: self.place.clone(), direction, what, text: text.into() });
    }

    /// Somebody can do more.
    pub(super) fn grows(&mut self, what: &'static str, text: impl Into<String>) {
        self.note(Direction::Grows, what, text);
    }

    /// Somebody can do less.
    pub(super) fn shrinks(&mut self, what: &'static str, text: impl Into<String>) {
        self.note(Direction::Shrinks, what, text);
    }

    /// Something is different.
    pub(super) fn changes(&mut self, what: &'static str, text: impl Into<String>) {
        self.note(Direction::Changes, what, text);
    }

    /// A value of which more is more; `name` reads before `is`.
    pub(super) fn level<T: Ord>(
        &mut self,
        what: &'static str,
        name: &str,
        (a, b): (T, T),
        show: impl Fn(&T) -> String,
    ) {
        let direction = match b.cmp(&a) {
            std::cmp::Ordering::Equal => return,
            std::cmp::Ordering::Greater => Direction::Grows,
            std::cmp::Ordering::Less => Direction::Shrinks,
        };
        self.note(direction, what, format!("{name} is {}, was {}", show(&b), show(&a)));
    }

    /// A value that has no more and less; `name` reads before `is`.
    pub(super) fn value<T: PartialEq + Display + ?Sized>(&mut self, what: &'static str, name: &str, a: &T, b: &T) {
        if a != b {
            self.changes(what, format!("{name} is `{b}`, was `{a}`"));
        }
    }

    /// A value in words of ours; `name` reads before `is`.
    pub(super) fn words(&mut self, what: &'static str, name: &str, a: &str, b: &str) {
        if a != b {
            self.changes(what, format!("{name} is {b}, was {a}"));
        }
    }

    /// A text too long to be quoted.
    pub(super) fn text(&mut self, what: &'static str, name: &str, a: &str, b: &str) {
        if a != b {
            self.changes(what, format!("{name} is another: {}", counted(a, b)));
        }
    }

    /// A set of which each member is something somebody can do.
    pub(super) fn set<T: Ord>(
        &mut self,
        what: &'static str,
        (a, b): (&BTreeSet<T>, &BTreeSet<T>),
        gained: impl Fn(&T) -> String,
        lost: impl Fn(&T) -> String,
    ) {
        b.difference(a).for_each(|member| self.grows(what, gained(member)));
        a.difference(b).for_each(|member| self.shrinks(what, lost(member)));
    }
}

/// Every key of two maps, in order, with what each map has.
pub(super) fn paired<'m, K: Ord, V>(
    a: &'m BTreeMap<K, V>,
    b: &'m BTreeMap<K, V>,
) -> impl Iterator<Item = (&'m K, Option<&'m V>, Option<&'m V>)> {
    let keys: BTreeSet<&K> = a.keys().chain(b.keys()).collect();
    keys.into_iter().map(|key| (key, a.get(key), b.get(key)))
}

/// A list as a map; those of one key are numbered from 1.
pub(super) fn numbered<K: Ord + Clone, V>(list: impl IntoIterator<Item = (K, V)>) -> BTreeMap<(K, usize), V> {
    let mut seen = BTreeMap::<K, usize>::new();
    let number = |(key, value): (K, V)| {
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        ((key, *count), value)
    };
    list.into_iter().map(number).collect()
}

/// How many lines came and went, each counted as often as it stands in one text more than in the other.
fn counted(a: &str, b: &str) -> String {
    let mut excess = BTreeMap::<&str, i64>::new();
    b.lines().for_each(|line| *excess.entry(line).or_default() += 1);
    a.lines().for_each(|line| *excess.entry(line).or_default() -= 1);
    let added: i64 = excess.values().filter(|count| **count > 0).sum();
    let removed: i64 = excess.values().filter(|count| **count < 0).map(|count| -count).sum();
    let lines = |count: i64, verb: &str| format!("{count} {} {verb}", if count == 1 { "line" } else { "lines" });
    match (added, removed) {
        (0, 0) => "same lines, in another order or with other line ends".to_owned(),
        _ => format!("{}, {}", lines(added, "added"), lines(removed, "removed")),
    }
}
