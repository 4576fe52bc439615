//! The section table: one fixed-size entry a section, right after the header. The layout it describes is judged in
//! `check` (a reader's duty 3) with checked arithmetic, since every number here is a stranger's.

use std::fmt;

use crate::digest::Digest;

use super::fields::{Fields, length_u64};
use super::header::HEADER_LENGTH;
use super::reject::RejectReason;

/// Length of one entry, bytes: 4 + 2 + 2 + 8 + 8 + 8 + 32 + 32.
pub const ENTRY_LENGTH: usize = 96;

/// Sections start at multiples of this, bytes: a cache line, and enough for any type read in place.
pub const ALIGNMENT: u64 = 64;

/// Flag bit 0: a reader that does not know the section must refuse the bundle. The other bits are reserved and zero.
pub const FLAG_REQUIRED: u16 = 1;

/// Four ASCII capitals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId([u8; 4]);

/// Whether a reader that does not know a section may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It must refuse the bundle.
    Required,
    /// It skips the section.
    Optional,
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Which section.
    pub id: SectionId,
    /// Version of the section's own schema.
    pub version: u16,
    /// Whether a reader must know it.
    pub need: Need,
    /// First byte of its frame, from the start of the file; a multiple of [`ALIGNMENT`].
    pub offset: u64,
    /// Length of its frame, bytes.
    pub stored_length: u64,
    /// Length of its content, bytes.
    pub raw_length: u64,
    /// Digest of the frame.
    pub stored_digest: Digest,
    /// Digest of the content.
    pub raw_digest: Digest,
}

impl SectionId {
    /// `bytes` as an id; `None` unless all four are `A`–`Z`.
    pub const fn from_bytes(bytes: [u8; 4]) -> Option<Self> {
        let [a, b, c, d] = bytes;
        let capitals =
            a.is_ascii_uppercase() && b.is_ascii_uppercase() && c.is_ascii_uppercase() && d.is_ascii_uppercase();
        if capitals { Some(Self(bytes)) } else { None }
    }

    /// An id known to this crate.
    pub(super) const fn known(bytes: [u8; 4]) -> Self {
        Self(bytes)
    }

    /// The four letters.
    pub const fn as_bytes(&self) -> &[u8; 4] {
        &self.0
    }
}

impl Need {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Optional => "optional",
        }
    }
}

impl fmt::Display for SectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.escape_ascii(), formatter)
    }
}

impl fmt::Debug for SectionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Entry {
    /// The entry as stored.
    pub fn to_bytes(self) -> [u8; ENTRY_LENGTH] {
        let mut bytes = [0; ENTRY_LENGTH];
        let flags = if self.need == Need::Required { FLAG_REQUIRED } else { 0 };
        let fields = self
            .id
            .0
            .into_iter()
            .chain(self.version.to_le_bytes())
            .chain(flags.to_le_bytes())
            .chain(self.offset.to_le_bytes())
            .chain(self.stored_length.to_le_bytes())
            .chain(self.raw_length.to_le_bytes())
            .chain(*self.stored_digest.as_bytes())
            .chain(*self.raw_digest.as_bytes());
        bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        bytes
    }

    /// The section's frame in `file`; `None` if it reaches past the end.
    pub(super) fn stored<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        let start = usize::try_from(self.offset).ok()?;
        let end = usize::try_from(self.offset.checked_add(self.stored_length)?).ok()?;
        file.get(start..end)
    }
}

/// Where the table of `sections` entries ends, from the start of the file. Both constants are small, so it fits.
pub(super) fn end(sections: u32) -> u64 {
    length_u64(HEADER_LENGTH).saturating_add(u64::from(sections).saturating_mul(length_u64(ENTRY_LENGTH)))
}

/// The first place for a section at or after `offset`; `None` past the end of all numbers.
pub(super) fn aligned(offset: u64) -> Option<u64> {
    offset.checked_next_multiple_of(ALIGNMENT)
}

/// Reads and judges the table (duty 3): names, order, flags, places, padding, and that the file ends with the last
/// section and is as long as the header states.
///
/// # Errors
/// The first thing out of place.
pub(super) fn check(file: &[u8], table: &[u8], stated_length: u64) -> Result<Vec<Entry>, RejectReason> {
    let length = length_u64(file.len());
    if stated_length != length {
        return Err(RejectReason::FileLength { stated: stated_length, length });
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut free = length_u64(HEADER_LENGTH).saturating_add(length_u64(table.len()));
    for bytes in table.chunks_exact(ENTRY_LENGTH) {
        let entry = read(bytes)?;
        if let Some(previous) = entries.last().filter(|previous| previous.id >= entry.id) {
            return Err(RejectReason::SectionOrder { previous: previous.id, id: entry.id });
        }
        free = place(file, &entry, free)?;
        entries.push(entry);
    }
    if free != length {
        return Err(RejectReason::Trailing { end: free, length });
    }
    Ok(entries)
}

/// One entry, its id and flags judged.
fn read(bytes: &[u8]) -> Result<Entry, RejectReason> {
    let mut fields = Fields::new(bytes);
    let name = fields.bytes().unwrap_or_default();
    let id = SectionId::from_bytes(name).ok_or(RejectReason::SectionName { found: name })?;
    let version = fields.u16().unwrap_or_default();
    let flags = fields.u16().unwrap_or_default();
    let need = match flags {
        0 => Need::Optional,
        FLAG_REQUIRED => Need::Required,
        _ => return Err(RejectReason::SectionFlags { id, flags }),
    };
    let mut number = || fields.u64().unwrap_or_default();
    let (offset, stored_length, raw_length) = (number(), number(), number());
    let mut digest = || Digest::from_bytes(fields.bytes().unwrap_or([0; 32]));
    let (stored_digest, raw_digest) = (digest(), digest());
    Ok(Entry { id, version, need, offset, stored_length, raw_length, stored_digest, raw_digest })
}

/// Judges where `entry` lies when everything before `free` is taken; the end of the section.
fn place(file: &[u8], entry: &Entry, free: u64) -> Result<u64, RejectReason> {
    let id = entry.id;
    let wanted = aligned(free).unwrap_or(u64::MAX);
    if entry.offset != wanted {
        return Err(RejectReason::SectionOffset { id, offset: entry.offset, wanted });
    }
    let past = RejectReason::SectionLength {
        id,
        offset: entry.offset,
        stored_length: entry.stored_length,
        length: length_u64(file.len()),
    };
    let stored = entry.stored(file).ok_or(past)?;
    let gap = usize::try_from(free).ok().zip(usize::try_from(entry.offset).ok());
    let padding = gap.and_then(|(start, end)| file.get(start..end)).unwrap_or_default();
    if padding.iter().any(|byte| *byte != 0) {
        return Err(RejectReason::Padding { id, start: free, end: entry.offset });
    }
    Ok(entry.offset.saturating_add(length_u64(stored.len())))
}
