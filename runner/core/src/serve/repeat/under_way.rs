//! What a runner notes in the store about a key that it works on, for others and for who comes after it.

use serde::{Deserialize, Serialize};

use crate::id::InvocationId;

/// Who works on a key, and what that work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UnderWay {
    /// The number of the process, hexadecimal.
    runner: String,
    pub(super) invocation: InvocationId,
}

impl UnderWay {
    pub(super) fn of(runner: u128, invocation: InvocationId) -> Self {
        Self { runner: format!("{runner:x}"), invocation }
    }

    /// Whether that process works on it. Of any other nobody can tell whether it is still there: several may share a store.
    pub(super) fn is_of(&self, runner: u128) -> bool {
        self.runner == format!("{runner:x}")
    }

    /// What was noted; a later version's cannot be read.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    pub(super) fn written(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
