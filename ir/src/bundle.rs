//! How a bundle is stored. The one place that reads or writes the bytes of a `.pace` file.
//!
//! The way in is [`verify::verify`], the way out [`Bundle::emit`](crate::program::Bundle::emit). The rest of this page is
//! `FORMAT.md`.
#![doc = include_str!("../FORMAT.md")]

pub mod codec;
pub mod container;
pub mod emit;
mod fields;
mod frame;
pub mod header;
pub mod reject;
pub mod sections;
pub mod table;
pub mod tool_module;
pub mod verify;
