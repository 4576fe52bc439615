//! Every format on hand-made reports: the exact text, hostile input, and random input.

mod github;
mod hostile;
mod human;
mod json;
mod project;
mod random;
mod sarif;
mod short;
