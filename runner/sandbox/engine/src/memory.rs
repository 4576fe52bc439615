//! Memory for the host to write into.

use std::alloc::{Layout, alloc, dealloc, realloc};

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

/// Takes, for good, the free memory between what start-up has allocated. What a call allocates then lies together behind it,
/// on few pages of its own, instead of on most pages of the engine: each page that a call writes to is copied for it first.
pub(crate) fn fill() {
    /// Longer than any gap that start-up leaves, bytes.
    const BEHIND: usize = 256 << 10;
    /// The lengths of the gaps that are looked for, bytes: the allocator has no shorter ones.
    const LENGTHS: std::ops::RangeInclusive<usize> = 8..=64 << 10;
    const STEP: usize = 8;
    let layout = |length| Layout::from_size_align(length, STEP).unwrap_or(Layout::new::<u64>());
    // SAFETY: no length is 0, and what is freed is what was allocated.
    unsafe {
        let behind = alloc(layout(BEHIND));
        assert!(!behind.is_null(), "start-up has memory");
        dealloc(behind, layout(BEHIND));
        for length in LENGTHS.rev().step_by(STEP) {
            loop {
                let gap = alloc(layout(length));
                assert!(!gap.is_null(), "start-up has memory");
                if gap >= behind {
                    dealloc(gap, layout(length));
                    break;
                }
            }
        }
    }
}
