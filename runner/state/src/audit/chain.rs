//! How a row's hash is made: over the hash before it and everything the row says, each part preceded by its length.

use crate::key::Key;
use crate::settings::Scope;

use super::{AuditEntry, AuditKind};

/// What BLAKE3 derives its key from. A change of what is hashed is another text here.
const CONTEXT: &str = "paceline 2026-11-26 audit row v1";

/// Where a chain ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tip {
    pub(super) sequence: u64,
    pub(super) hash: [u8; 32],
}

impl Tip {
    /// Before the first row.
    pub(super) const START: Self = Self { sequence: 0, hash: [0; 32] };

    /// The next row's.
    pub(super) fn next(self, scope: &Scope, instance: Key, entry: &AuditEntry) -> Self {
        let sequence = self.sequence.saturating_add(1);
        Self { sequence, hash: hash(self.hash, scope, instance, sequence, entry) }
    }
}

fn hash(previous: [u8; 32], scope: &Scope, instance: Key, sequence: u64, entry: &AuditEntry) -> [u8; 32] {
    let AuditEntry { kind, invocation, call, at, payload } = entry;
    let (kind, intent) = match kind {
        AuditKind::Intent => (0_u8, 0),
        AuditKind::Outcome { intent } => (1, *intent),
    };
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    let parts: [&[u8]; 11] = [
        &previous,
        scope.project.as_bytes(),
        scope.environment.as_bytes(),
        &instance.0.to_be_bytes(),
        &sequence.to_be_bytes(),
        &[kind],
        &intent.to_be_bytes(),
        &invocation.0.to_be_bytes(),
        call.as_bytes(),
        &at.0.to_be_bytes(),
        payload,
    ];
    for part in parts {
        hasher.update(&(part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}
