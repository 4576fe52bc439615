//! What the system says of pages of memory: `/proc/self/pagemap` (Linux, Documentation/admin-guide/mm/pagemap.rst).

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::sync::OnceLock;

/// A page of the machine, bytes. Where pages have another size there is no page map.
pub(crate) const PAGE: usize = 4096;

/// An entry has 64 bits: one is set where the page is in memory, one where it is elsewhere - swapped out, or on the move -, one
/// where it is a file's.
const PRESENT: u64 = 1 << 63;
const ELSEWHERE: u64 = 1 << 62;
const OF_FILE: u64 = 1 << 61;

/// The page map of this process.
#[derive(Debug)]
pub(crate) struct PageMap(File);

/// What is said of one page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry(u64);

impl Entry {
    /// Whether a page of a private mapping is as it was mapped, for certain: there is none yet, or it is the file's. Everything
    /// else is not certain.
    pub(crate) fn is_untouched(self) -> bool {
        let bits = self.0 & (PRESENT | ELSEWHERE | OF_FILE);
        bits & (PRESENT | ELSEWHERE) == 0 || bits == PRESENT | OF_FILE
    }
}

/// Opened early: a process that keeps others from reading its memory cannot open it any more, unless it is root's.
static KEPT: OnceLock<Option<File>> = OnceLock::new();

/// Opens the page map, for sandboxes that are made later. To be called before the process conceals itself, if it does.
pub fn keep_page_map() {
    KEPT.get_or_init(|| File::open("/proc/self/pagemap").ok());
}

impl PageMap {
    /// Nothing where it cannot be read.
    pub(crate) fn open() -> Option<Self> {
        let file = match KEPT.get() {
            Some(kept) => kept.as_ref()?.try_clone().ok()?,
            None => File::open("/proc/self/pagemap").ok()?,
        };
        let map = Some(Self(file)).filter(|_| has_usual_pages())?;
        map.entries(&[0; 2 * PAGE]).map(|_| map)
    }

    /// What is said of each page that lies in this memory. Its first byte begins a page.
    pub(crate) fn entries(&self, memory: &[u8]) -> Option<Vec<Entry>> {
        let mut bytes = vec![0; memory.len() / PAGE * size_of::<u64>()];
        let at = memory.as_ptr().addr() / PAGE * size_of::<u64>();
        self.0.read_exact_at(&mut bytes, at.try_into().ok()?).ok()?;
        Some(bytes.as_chunks().0.iter().map(|entry| Entry(u64::from_ne_bytes(*entry))).collect())
    }

    /// From where to where this memory was written to, or may have been; of the first `most` such pages.
    pub(crate) fn written(&self, memory: &[u8], most: usize) -> Vec<Range<usize>> {
        let entries = self.entries(memory).unwrap_or_default();
        let touched = entries.iter().enumerate().filter(|(_, entry)| !entry.is_untouched());
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for start in touched.take(most).map(|(number, _)| number * PAGE) {
            match ranges.last_mut() {
                Some(last) if last.end == start => last.end += PAGE,
                _ => ranges.push(start..start + PAGE),
            }
        }
        ranges
    }
}

#[cfg(target_os = "linux")]
fn has_usual_pages() -> bool {
    rustix::param::page_size() == PAGE
}

#[cfg(not(target_os = "linux"))]
fn has_usual_pages() -> bool {
    false
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_opened_before_is_read_after() {
        keep_page_map();
        let kept = KEPT.get().unwrap().as_ref().unwrap().metadata().unwrap();
        let map = PageMap::open().unwrap();
        let own = std::os::unix::fs::MetadataExt::ino(&map.0.metadata().unwrap());
        assert_eq!(own, std::os::unix::fs::MetadataExt::ino(&kept));
        assert!(map.entries(&[0; 2 * PAGE]).is_some());
    }

    #[test]
    fn only_what_is_certain_is_untouched() {
        for (bits, is_untouched) in [
            (0, true),
            (OF_FILE, true),
            (PRESENT | OF_FILE, true),
            (PRESENT, false),
            (ELSEWHERE, false),
            (ELSEWHERE | OF_FILE, false),
            (PRESENT | ELSEWHERE | OF_FILE, false),
        ] {
            assert_eq!(Entry(bits | 1 << 55 | 0x1234).is_untouched(), is_untouched, "{bits:x}");
        }
    }

    #[test]
    fn what_was_written_to_is_told() {
        let map = PageMap::open().unwrap();
        let mut place = vec![0_u8; 9 * PAGE];
        let start = place.as_ptr().addr().next_multiple_of(PAGE) - place.as_ptr().addr();
        let place = &mut place[start..start + 8 * PAGE];
        place.fill(7);
        assert_eq!(map.written(place, 3), vec![Range { start: 0, end: 3 * PAGE }]);
        assert_eq!(map.written(place, 100), vec![Range { start: 0, end: 8 * PAGE }]);
    }
}
