//! The files an author writes, key by key. What stands here is the language: reading, JSON Schema and documentation
//! follow from it.

pub(crate) mod access;
pub(crate) mod agent;
pub(crate) mod authentication;
pub(crate) mod project;
pub(crate) mod scheduled_loop;
pub(crate) mod tool_entry;

pub(crate) use agent::AgentSpec;
pub(crate) use project::ProjectSpec;
pub(crate) use scheduled_loop::LoopSpec;
pub(crate) use tool_entry::ToolEntrySpec;
