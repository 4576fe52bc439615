//! The readable manifest beside a bundle: the JSON of `pace inspect`, so that a build can be reviewed and compared with
//! any tool. Nothing reads it back.

use pace_ir::VerifiedBundle;

use crate::view::{Detail, View};

/// The manifest of a bundle: pretty JSON that ends in a newline.
pub(crate) fn of(verified: &VerifiedBundle) -> String {
    pretty(&View::of(verified, Detail::Everything))
}

/// Pretty JSON with a newline at the end.
pub(crate) fn pretty(view: &impl serde::Serialize) -> String {
    // Only a map whose keys are no strings cannot be written, and there is none.
    let json = serde_json::to_string_pretty(view).unwrap_or_default();
    format!("{json}\n")
}
