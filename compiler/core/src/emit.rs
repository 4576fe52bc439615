//! Last pass: a linked program becomes bytes. The reader goes over what was written before anybody else sees it.

use pace_ir::{EmitError, Emitted};

use crate::link::LinkedProgram;

/// Writes a program.
///
/// # Errors
/// When a limit of the container is passed. Anything else would be a fault of ours.
pub(crate) fn emit(linked: &LinkedProgram) -> Result<Emitted, EmitError> {
    linked.bundle.emit()
}
