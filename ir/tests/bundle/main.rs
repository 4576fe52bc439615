//! Attacks on the container: a small real bundle, every way to damage it, and one crafted file for each reason a reader
//! has to refuse one. `draft.rs`, `edit.rs`, `reencodes.rs` and `sample.rs` also serve the fuzz
//! targets.

mod draft;
mod edit;
mod exhaustive;
mod kept;
mod reencodes;
mod refusals;
mod resealed;
mod sample;
mod values;
mod writer;
