//! Each kind of difference with its words and its direction.

mod edits;
mod rows;
pub(crate) mod sample;

use pace_ir::Bundle;

use super::{Change, Direction, of};

/// A line as people read it, behind its place.
fn line(change: &Change) -> String {
    format!("{}: {} {}", change.place, change.direction.sign(), change.text)
}

#[test]
fn each_difference_has_its_words_and_its_direction() {
    let old = sample::bundle();
    for row in rows::all() {
        let mut new = old.clone();
        (row.edit)(&mut new);
        let lines: Vec<String> = of(&old, &new).iter().map(line).collect();
        assert_eq!(lines, row.lines, "{}", row.name);
    }
}

#[test]
fn swapping_the_bundles_swaps_what_grows_and_what_shrinks() {
    let edited: Vec<Bundle> = rows::all()
        .into_iter()
        .map(|row| {
            let mut new = sample::bundle();
            (row.edit)(&mut new);
            new
        })
        .collect();
    // Each against the sample, and against its neighbour, which differs from it in two things.
    let base = sample::bundle();
    let pairs = edited.iter().map(|new| (&base, new)).chain(edited.iter().zip(edited.iter().skip(1)));
    for (a, b) in pairs {
        assert_eq!(sorted(&of(a, b), |direction| direction), sorted(&of(b, a), swapped));
    }
}

fn sorted(changes: &[Change], turn: impl Fn(Direction) -> Direction) -> Vec<String> {
    let key = |change: &Change| format!("{} {} {}", change.place, change.what, turn(change.direction).as_str());
    let mut keys: Vec<_> = changes.iter().map(key).collect();
    keys.sort();
    keys
}

fn swapped(direction: Direction) -> Direction {
    match direction {
        Direction::Grows => Direction::Shrinks,
        Direction::Shrinks => Direction::Grows,
        Direction::Changes => Direction::Changes,
    }
}

#[test]
fn equal_programs_have_no_differences() {
    let (old, mut new) = (sample::bundle(), sample::bundle());
    new.meta.compiler = "0.2.0".to_owned();
    new.meta.project = sample::name("shop");
    new.lock.inputs.insert("paceline.yaml".to_owned(), pace_ir::Digest::of(b"x"));
    assert_eq!(of(&old, &new), []);
    let said = ["project is `shop`, was `default`", "compiler is 0.2.0, was 0.1.0"];
    assert_eq!(super::aside::of(&old, &new), said);
    assert_eq!(super::aside::sources(&old, &new), ["input `paceline.yaml` is new"]);
}

#[test]
fn a_difference_that_changes_nothing_is_not_passed_over() {
    let (old, mut new) = (sample::bundle(), sample::bundle());
    new.blobs.insert(b"unused".to_vec());
    let lines: Vec<String> = of(&old, &new).iter().map(line).collect();
    assert_eq!(lines, ["project: ~ holds something that nothing in it uses, or no longer does"]);
}
