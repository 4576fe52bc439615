//! The registries' own clients, one module a registry: what they are told, and what their answers and failures mean.

pub(crate) mod npm;
pub(crate) mod pypi;
