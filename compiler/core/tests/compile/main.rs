//! The compiler over worlds made of strings: the language and its JSON Schemas agree, no input breaks it, no order but the
//! documented one matters, and what was written is what a bundle says.

mod edit;
mod generate;
mod lowering;
mod mutate;
mod oracle;
mod order;
mod project;
mod robustness;
mod schema;
mod servers;
mod tape;
mod thousand;
mod world;
mod yaml;
