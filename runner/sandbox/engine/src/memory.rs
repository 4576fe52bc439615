//! Memory for the host to write into.

use std::alloc::{Layout, alloc, realloc};

/// The component model's `realloc`, as Javy's modules expect it: null for `old` means new memory. Memory that is not to be
/// had is a trap.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_length: usize, align: usize, length: usize) -> *mut u8 {
    let Ok(layout) = Layout::from_size_align(if old_length == 0 { length } else { old_length }, align) else {
        std::process::abort()
    };
    if length == 0 {
        return std::ptr::without_provenance_mut(align);
    }
    // SAFETY: `length` is not 0, and `old` came from here with `old_length` and `align`, as the caller promises.
    let memory = unsafe { if old_length == 0 { alloc(layout) } else { realloc(old, layout, length) } };
    if memory.is_null() {
        std::process::abort()
    }
    memory
}
