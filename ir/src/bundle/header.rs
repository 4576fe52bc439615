//! The first 64 bytes of a bundle: what it is, which version, how long, and its name. Reading them is a reader's duty
//! 1.

use crate::digest::{BundleId, Digest};

use super::fields::{Fields, length_u64};
use super::reject::RejectReason;
use super::table;

/// The first eight bytes. The first is not ASCII and the last four hold both line ends, so that a copy in text mode
/// breaks them (after PNG).
pub const MAGIC: [u8; 8] = *b"\x89PACE\r\n\x1a";

/// The container's major version: a reader refuses any other.
pub const MAJOR: u16 = 1;

/// The container's minor version: a reader refuses any higher one.
pub const MINOR: u16 = 0;

/// Length of the header, bytes.
pub const HEADER_LENGTH: usize = 64;

/// The longest file a reader takes, bytes. It holds the whole file in memory; the largest tool module with its source
/// is under 8 MiB, so this is room for dozens of them.
pub const MAX_FILE_LENGTH: u64 = 256 << 20;

/// The most sections a file may have: nine are known, the rest is room for later minor versions.
pub const MAX_SECTIONS: u32 = 64;

/// The header, its magic, version and reserved bytes already judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Container version, major part.
    pub major: u16,
    /// Container version, minor part.
    pub minor: u16,
    /// Number of table entries.
    pub section_count: u32,
    /// Length of the whole file, bytes, as stated.
    pub file_length: u64,
    /// The bundle's id, as stated.
    pub id: BundleId,
}

impl Header {
    /// The header as stored.
    pub fn to_bytes(self) -> [u8; HEADER_LENGTH] {
        let mut bytes = [0; HEADER_LENGTH];
        let fields = MAGIC
            .into_iter()
            .chain(self.major.to_le_bytes())
            .chain(self.minor.to_le_bytes())
            .chain(self.section_count.to_le_bytes())
            .chain(self.file_length.to_le_bytes())
            .chain(*self.id.digest().as_bytes());
        bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        bytes
    }

    /// The bytes that follow the header up to the first section, for the id and the table.
    ///
    /// # Errors
    /// [`RejectReason::TableCut`] if the file ends inside the table.
    pub(super) fn table<'a>(&self, file: &'a [u8]) -> Result<&'a [u8], RejectReason> {
        let wanted = table::end(self.section_count);
        let end = usize::try_from(wanted).unwrap_or(usize::MAX);
        let cut = RejectReason::TableCut { sections: self.section_count, wanted, length: length_u64(file.len()) };
        file.get(HEADER_LENGTH..end).ok_or(cut)
    }
}

/// Reads and judges the header of `file` (duty 1).
///
/// # Errors
/// The reason the file cannot be a bundle of this version.
pub(super) fn read(file: &[u8]) -> Result<Header, RejectReason> {
    let length = length_u64(file.len());
    if length > MAX_FILE_LENGTH {
        return Err(RejectReason::TooLong { length });
    }
    let (magic, header, reserved) = fields(file).ok_or(RejectReason::TooShort { length })?;
    if magic != MAGIC {
        return Err(RejectReason::Magic { found: magic });
    }
    if header.major != MAJOR || header.minor > MINOR {
        return Err(RejectReason::ContainerVersion { major: header.major, minor: header.minor });
    }
    if reserved != [0; 8] {
        return Err(RejectReason::Reserved { found: u64::from_le_bytes(reserved) });
    }
    if header.section_count > MAX_SECTIONS {
        return Err(RejectReason::TooManySections { count: header.section_count });
    }
    Ok(header)
}

/// The fields in file order; `None` if `file` is shorter than a header.
fn fields(file: &[u8]) -> Option<([u8; 8], Header, [u8; 8])> {
    let mut fields = Fields::new(file);
    let magic = fields.bytes()?;
    let header = Header {
        major: fields.u16()?,
        minor: fields.u16()?,
        section_count: fields.u32()?,
        file_length: fields.u64()?,
        id: BundleId::new(Digest::from_bytes(fields.bytes()?)),
    };
    Some((magic, header, fields.bytes()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_goes_round() {
        let id = BundleId::new(Digest::of(b"id"));
        let header = Header { major: MAJOR, minor: MINOR, section_count: 7, file_length: 1 << 20, id };
        assert_eq!(read(&header.to_bytes()), Ok(header));
        assert_eq!(header.to_bytes()[56..], [0; 8]);
    }
}
