//! Each section's stored types are listed in `ir/schema/<id>.<version>.txt`, printed from their Rust source. A stored
//! type that changes without its section's version rising fails here.

#![expect(clippy::disallowed_methods, reason = "reads the crate's own source and its stored listings")]

mod listing;
mod source;

use std::collections::BTreeSet;
use std::path::PathBuf;

use pace_ir::Digest;
use pace_ir::bundle::sections::{KNOWN, Known};

use listing::Listing;
use source::Types;

const RULE: &str = "A stored type changed. Bundles in the old form exist, so:
  1. raise the version of the section in ir/src/bundle/sections.rs;
  2. keep a bundle of the old version under tests/compat/ and decide there whether it is still read or refused by name;
  3. BLESS=1 writes the listing of the new version.
Only while no version of Paceline has been released may a listing be written again under the same version.";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema")
}

fn file_name(known: &Known) -> String {
    format!("{}.{}.txt", known.id, known.version)
}

#[test]
fn listings_are_those_of_the_stored_types() {
    let types = Types::read();
    let mut changed = Vec::new();
    for known in &KNOWN {
        let text = Listing::of(known.root, &types).to_text(known);
        let path = folder().join(file_name(known));
        let stored = std::fs::read_to_string(&path).unwrap_or_default();
        if stored != text {
            changed.push(format!(
                "{}: {}\n{}",
                file_name(known),
                Digest::of(text.as_bytes()),
                difference(&stored, &text)
            ));
            if std::env::var_os("BLESS").is_some() {
                std::fs::write(&path, text).unwrap();
            }
        }
    }
    assert!(changed.is_empty() || std::env::var_os("BLESS").is_some(), "{RULE}\n\n{}", changed.join("\n"));
}

#[test]
fn every_current_section_has_a_listing_and_every_listing_a_section() {
    let stored: BTreeSet<String> =
        std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    // Listings of older versions stay.
    let possible = KNOWN.iter().flat_map(|known| (1..=known.version).map(|version| Known { version, ..*known }));
    let possible: BTreeSet<String> = possible.map(|known| file_name(&known)).collect();
    assert_eq!(stored, possible);
}

/// Decoding recurses as deep as the types do. A type that contained itself would let a bundle choose how deep.
#[test]
fn no_stored_type_contains_itself() {
    let types = Types::read();
    for known in &KNOWN {
        let listing = Listing::of(known.root, &types);
        assert_eq!(listing.cycle(), None, "section {}", known.id);
    }
}

/// Lines that are on one side only.
fn difference(old: &str, new: &str) -> String {
    let only = |a: &str, b: &str, sign: char| -> String {
        let there: BTreeSet<&str> = b.lines().collect();
        let lines: Vec<String> =
            a.lines().filter(|line| !there.contains(line)).map(|line| format!("  {sign} {line}")).collect();
        lines.join("\n")
    };
    format!("{}\n{}", only(old, new, '-'), only(new, old, '+'))
}
