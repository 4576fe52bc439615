//! What the sandbox asks the system about pages of memory. All of it is about speed and room: where the system cannot, or
//! will not, everything works the same.

use crate::page_map::PAGE;

/// Has the system make these pages private in one go. One by one, as they are written to, each is an interruption; and one that
/// was read before, or whose neighbour was, interrupts the other processors too, to take what they know of it from them. Where
/// the system cannot, they come one by one.
pub(crate) fn populate(place: &mut [u8]) {
    advise(place, Advice::Populate);
}

/// Gives the pages of a part of this binary back: at the next access they are read from the file again. Only for what nobody ever
/// wrote to.
pub(crate) fn forget(place: &'static [u8]) {
    let address = place.as_ptr().addr();
    // Neighbours on the same page are not ours.
    let start = address.next_multiple_of(PAGE) - address;
    let end = place.len().saturating_sub((address + place.len()) % PAGE);
    if let Some(whole) = place.get(start..end).filter(|whole| !whole.is_empty()) {
        advise(whole, Advice::Forget);
    }
}

/// Has pages swapped out, where there is room for that.
#[cfg(test)]
pub(crate) fn page_out(place: &[u8]) {
    advise(place, Advice::PageOut);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Advice {
    Populate,
    Forget,
    #[cfg(test)]
    PageOut,
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a hint to the system about memory that is ours, which takes no memory away")]
fn advise(place: &[u8], advice: Advice) {
    use rustix::mm::{Advice as System, madvise};
    let system = match advice {
        Advice::Populate => System::LinuxPopulateWrite,
        Advice::Forget => System::LinuxDontNeed,
        #[cfg(test)]
        Advice::PageOut => System::LinuxPageOut,
    };
    // SAFETY: the pages are those of `place`. Populating keeps their content, and it is asked for by who alone may change it;
    // it fails before Linux 5.14, and without memory, which writing will find too. What is forgotten stays mapped, with the
    // content of the mapping: the same for what nobody wrote to, and for the rest nobody reads it.
    let _ = unsafe { madvise(place.as_ptr().cast_mut().cast(), place.len(), system) };
}

#[cfg(not(target_os = "linux"))]
fn advise(_: &[u8], _: Advice) {}

#[cfg(test)]
mod tests {
    use super::*;

    static WRITTEN_BY_NOBODY: [u8; 5 * PAGE] = [7; 5 * PAGE];

    #[test]
    fn what_nobody_wrote_to_is_the_same_when_it_is_forgotten() {
        for (start, end) in [(0, 5 * PAGE), (1, 3), (1, PAGE), (100, 4 * PAGE + 100), (7, 7)] {
            forget(WRITTEN_BY_NOBODY.get(start..end).unwrap());
        }
        assert!(std::hint::black_box(&WRITTEN_BY_NOBODY).iter().all(|&byte| byte == 7));
    }
}
