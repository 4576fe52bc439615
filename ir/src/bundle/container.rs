//! The file as a whole: [`write()`] lays sections out, `check_id`, `check_stored` and `inflate` are a reader's duties
//! 2, 4 and 5. What the sections mean is not known here, which is why unknown ones are treated no better.

use crate::digest::{BundleId, Digest};

use super::fields::length_u64;
use super::frame;
use super::header::{HEADER_LENGTH, Header, MAJOR, MAX_FILE_LENGTH, MAX_SECTIONS, MINOR};
use super::reject::RejectReason;
use super::table::{self, ENTRY_LENGTH, Entry, Need, SectionId};

/// The context of the bundle id in BLAKE3's derive-key mode. It never changes: a new one would be a new major version.
pub const BUNDLE_ID_CONTEXT: &str = "paceline 2026-11 bundle id v1";

/// The longest content of one section, bytes.
pub const MAX_RAW_LENGTH: u64 = 256 << 20;

/// The longest content of all sections together, bytes: what a reader may be made to hold beside the file.
pub const MAX_TOTAL_RAW_LENGTH: u64 = 512 << 20;

/// A section to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawSection {
    /// Which section.
    pub id: SectionId,
    /// Version of its schema.
    pub version: u16,
    /// Whether a reader must know it.
    pub need: Need,
    /// Its content.
    pub raw: Vec<u8>,
}

/// Sections that make no bundle.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// One id twice.
    #[error("section {0} is there twice")]
    Duplicate(SectionId),
    /// Over [`MAX_SECTIONS`].
    #[error("there are {0} sections; a bundle has at most {MAX_SECTIONS}")]
    TooManySections(usize),
    /// Over [`MAX_RAW_LENGTH`].
    #[error("section {id} has {length} bytes; a section has at most {MAX_RAW_LENGTH}")]
    RawLength {
        /// The section.
        id: SectionId,
        /// Its length, bytes.
        length: u64,
    },
    /// Over [`MAX_TOTAL_RAW_LENGTH`].
    #[error("the sections have {0} bytes in all; a bundle has at most {MAX_TOTAL_RAW_LENGTH}")]
    TotalRawLength(u64),
    /// Over [`MAX_FILE_LENGTH`].
    #[error("the file would be {0} bytes long; a bundle has at most {MAX_FILE_LENGTH}")]
    FileLength(u64),
    /// No memory for zstd.
    #[error("section {id} cannot be packed")]
    Deflate {
        /// The section.
        id: SectionId,
        /// What zstd says.
        source: std::io::Error,
    },
}

/// The bytes of a bundle of these sections, which may come in any order. Equal sections give equal bytes.
///
/// # Errors
/// A [`WriteError`] if an id stands twice or a limit is passed.
pub fn write(mut sections: Vec<RawSection>) -> Result<Vec<u8>, WriteError> {
    sections.sort_by_key(|section| section.id);
    let count = check_limits(&sections)?;
    let mut entries = Vec::new();
    let mut frames = Vec::new();
    let mut end = table::end(count);
    for section in &sections {
        let stored = deflate(section)?;
        let entry = entry(section, &stored, end);
        end = entry.offset.saturating_add(entry.stored_length);
        entries.push(entry);
        frames.push(stored);
    }
    if end > MAX_FILE_LENGTH {
        return Err(WriteError::FileLength(end));
    }
    Ok(assemble(count, end, &entries, &frames))
}

/// The id of the bundle with this header and table: header with the id zeroed, then the table.
pub fn bundle_id(header: &Header, table: &[u8]) -> BundleId {
    let zeroed = Header { id: BundleId::new(Digest::from_bytes([0; 32])), ..*header }.to_bytes();
    BundleId::new(Digest::derive(BUNDLE_ID_CONTEXT, [zeroed.as_slice(), table]))
}

/// Duty 2: the id is what the content gives, and what was demanded.
///
/// # Errors
/// [`RejectReason::IdMismatch`], [`RejectReason::NotExpected`].
pub(super) fn check_id(header: &Header, table: &[u8], expected: Option<BundleId>) -> Result<(), RejectReason> {
    let computed = bundle_id(header, table);
    if computed != header.id {
        return Err(RejectReason::IdMismatch { stated: header.id, computed });
    }
    match expected {
        Some(expected) if expected != computed => Err(RejectReason::NotExpected { expected, found: computed }),
        _ => Ok(()),
    }
}

/// Duty 4: the stored digest of every section, unknown ones too, so that no byte of the file is free to change.
///
/// # Errors
/// [`RejectReason::StoredDigest`].
pub(super) fn check_stored(file: &[u8], entries: &[Entry]) -> Result<(), RejectReason> {
    for entry in entries {
        let computed = Digest::of(entry.stored(file).unwrap_or_default());
        if computed != entry.stored_digest {
            return Err(RejectReason::StoredDigest { id: entry.id, stated: entry.stored_digest, computed });
        }
    }
    Ok(())
}

/// Duty 5: the content of every section, in table order. All lengths are judged before the first byte is inflated.
///
/// # Errors
/// What is wrong with a length, a frame or a raw digest.
pub(super) fn inflate(file: &[u8], entries: &[Entry]) -> Result<Vec<Vec<u8>>, RejectReason> {
    check_raw_lengths(entries)?;
    entries.iter().map(|entry| inflate_one(file, entry)).collect()
}

fn inflate_one(file: &[u8], entry: &Entry) -> Result<Vec<u8>, RejectReason> {
    let raw = frame::inflate(entry, entry.stored(file).unwrap_or_default())?;
    let computed = Digest::of(&raw);
    if computed != entry.raw_digest {
        return Err(RejectReason::RawDigest { id: entry.id, stated: entry.raw_digest, computed });
    }
    Ok(raw)
}

fn check_raw_lengths(entries: &[Entry]) -> Result<(), RejectReason> {
    let mut total: u64 = 0;
    for entry in entries {
        if entry.raw_length > MAX_RAW_LENGTH {
            return Err(RejectReason::RawLength { id: entry.id, raw_length: entry.raw_length });
        }
        total = total.saturating_add(entry.raw_length);
    }
    if total > MAX_TOTAL_RAW_LENGTH {
        return Err(RejectReason::TotalRawLength { total });
    }
    Ok(())
}

/// The number of sections, when sorted sections keep to the limits a reader has.
fn check_limits(sections: &[RawSection]) -> Result<u32, WriteError> {
    let count = u32::try_from(sections.len()).ok().filter(|count| *count <= MAX_SECTIONS);
    let count = count.ok_or(WriteError::TooManySections(sections.len()))?;
    if let Some(id) = sections.array_windows().find_map(|[a, b]| (a.id == b.id).then_some(a.id)) {
        return Err(WriteError::Duplicate(id));
    }
    let mut total: u64 = 0;
    for section in sections {
        let length = length_u64(section.raw.len());
        if length > MAX_RAW_LENGTH {
            return Err(WriteError::RawLength { id: section.id, length });
        }
        total = total.saturating_add(length);
    }
    if total > MAX_TOTAL_RAW_LENGTH { Err(WriteError::TotalRawLength(total)) } else { Ok(count) }
}

fn deflate(section: &RawSection) -> Result<Vec<u8>, WriteError> {
    frame::deflate(&section.raw).map_err(|source| WriteError::Deflate { id: section.id, source })
}

/// The entry of a section whose frame is `stored`, when everything before `free` is taken.
fn entry(section: &RawSection, stored: &[u8], free: u64) -> Entry {
    Entry {
        id: section.id,
        version: section.version,
        need: section.need,
        offset: table::aligned(free).unwrap_or(u64::MAX),
        stored_length: length_u64(stored.len()),
        raw_length: length_u64(section.raw.len()),
        stored_digest: Digest::of(stored),
        raw_digest: Digest::of(&section.raw),
    }
}

fn assemble(section_count: u32, file_length: u64, entries: &[Entry], frames: &[Vec<u8>]) -> Vec<u8> {
    let table: Vec<u8> = entries.iter().flat_map(|entry| entry.to_bytes()).collect();
    let id = BundleId::new(Digest::from_bytes([0; 32]));
    let header = Header { major: MAJOR, minor: MINOR, section_count, file_length, id };
    let header = Header { id: bundle_id(&header, &table), ..header };
    let mut file = Vec::with_capacity(HEADER_LENGTH + entries.len() * ENTRY_LENGTH);
    file.extend(header.to_bytes());
    file.extend(table);
    for (entry, stored) in entries.iter().zip(frames) {
        file.resize(usize::try_from(entry.offset).unwrap_or(file.len()), 0);
        file.extend_from_slice(stored);
    }
    file
}
