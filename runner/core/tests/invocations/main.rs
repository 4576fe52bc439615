//! The turn loop over recorded turns: what an invocation answers, what it tells while it runs, and what it leaves behind when
//! it does not get to its end.

mod answers;
mod delegation;
mod depth;
mod ends;
mod fixture;
mod limits;
mod traces;
