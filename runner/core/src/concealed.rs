//! What other programs of the same user may not see of a process that holds secrets.

/// Keeps them from reading its memory and its variables. To be called at the start of `main`, before anything is read in
/// `/proc/self`; a supervisor ([`pace_mcp::supervise`]) does it itself.
pub fn conceal() {
    pace_sandbox::keep_page_map();
    pace_mcp::conceal();
}
