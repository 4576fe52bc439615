//! Being written.
pub(crate) fn of(_: &pace_ir::VerifiedBundle) -> String {
    String::new()
}
