//! Why a reader refuses a bundle: one variant a check, in the order of the nine duties. The sentences are what a person
//! sees after `pace-runner check`, so each names both sides: what the file says and what this reader wants.

use crate::digest::{BundleId, Digest};
use crate::text::{quoted, shortened};

use super::container::{MAX_RAW_LENGTH, MAX_TOTAL_RAW_LENGTH};
use super::header::{HEADER_LENGTH, MAGIC, MAJOR, MAX_FILE_LENGTH, MAX_SECTIONS, MINOR};
use super::table::SectionId;

/// The most characters of a decoder's words: some quote what they could not read.
const PROBLEM: usize = 300;

/// The first check a file failed. Nothing of a refused bundle is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RejectReason {
    // Duty 1: length, magic, version, reserved bytes.
    /// Longer than a reader holds in memory.
    #[error("the file is {length} bytes long; a bundle has at most {MAX_FILE_LENGTH}")]
    TooLong {
        /// Length of the file, bytes.
        length: u64,
    },
    /// Shorter than a header.
    #[error("the file is {length} bytes long; a bundle has at least {HEADER_LENGTH}")]
    TooShort {
        /// Length of the file, bytes.
        length: u64,
    },
    /// Some other kind of file, or one that was copied in text mode.
    #[error("the file starts with `{}`; a bundle starts with `{}`", found.escape_ascii(), MAGIC.escape_ascii())]
    Magic {
        /// The first eight bytes.
        found: [u8; 8],
    },
    /// Written for a newer reader, or for one that is long gone.
    #[error(
        "this bundle is container version {major}.{minor}; this reader knows {MAJOR}.{MINOR} and lower minor versions; \
         update the reader, or build again with the version of `pace` it comes with"
    )]
    ContainerVersion {
        /// Major version of the file.
        major: u16,
        /// Minor version of the file.
        minor: u16,
    },
    /// Something in the part of the header that has no meaning yet.
    #[error("the reserved bytes of the header hold {found:#x}; this reader wants zeros there")]
    Reserved {
        /// The eight bytes as a little-endian number.
        found: u64,
    },
    /// More sections than the format has room for.
    #[error("the header announces {count} sections; a bundle has at most {MAX_SECTIONS}")]
    TooManySections {
        /// The number announced.
        count: u32,
    },
    /// The file ends inside its table.
    #[error("the table of {sections} sections ends at byte {wanted}; the file ends at byte {length}")]
    TableCut {
        /// The number of entries announced.
        sections: u32,
        /// Where the table would end.
        wanted: u64,
        /// Length of the file, bytes.
        length: u64,
    },

    // Duty 2: the id.
    /// Header or table were changed, by accident or by hand.
    #[error("the header says the bundle is {stated}; its content is {computed}")]
    IdMismatch {
        /// What the header says.
        stated: BundleId,
        /// What the header and the table give.
        computed: BundleId,
    },
    /// A sound bundle, but not the one asked for.
    #[error("this bundle is {found}; {expected} was demanded")]
    NotExpected {
        /// What was asked for.
        expected: BundleId,
        /// What the file is.
        found: BundleId,
    },

    // Duty 3: the layout.
    /// Cut short in transit, or something was appended.
    #[error("the header says the file is {stated} bytes long; it is {length}")]
    FileLength {
        /// What the header says, bytes.
        stated: u64,
        /// Length of the file, bytes.
        length: u64,
    },
    /// An id that is not four capitals.
    #[error("the table lists a section `{}`; a section is named by four capital letters", found.escape_ascii())]
    SectionName {
        /// The four bytes.
        found: [u8; 4],
    },
    /// A flag this version gives no meaning.
    #[error("section {id} has the flags {flags:#06x}; this reader knows 0x0001, required, and no other")]
    SectionFlags {
        /// The section.
        id: SectionId,
        /// Its flags.
        flags: u16,
    },
    /// Out of order, or there twice.
    #[error("section {id} follows {previous} in the table; ids ascend and none stands twice")]
    SectionOrder {
        /// The entry before.
        previous: SectionId,
        /// The entry that should come later.
        id: SectionId,
    },
    /// A section that leaves a gap, overlaps or lies elsewhere.
    #[error("section {id} starts at byte {offset}; its place is byte {wanted}, the next multiple of 64")]
    SectionOffset {
        /// The section.
        id: SectionId,
        /// Where the table says it starts.
        offset: u64,
        /// Where it has to start.
        wanted: u64,
    },
    /// A section that reaches past the end.
    #[error("section {id} is {stored_length} bytes from byte {offset} on; the file ends at byte {length}")]
    SectionLength {
        /// The section.
        id: SectionId,
        /// Where it starts.
        offset: u64,
        /// How long it is said to be, bytes.
        stored_length: u64,
        /// Length of the file, bytes.
        length: u64,
    },
    /// Bytes that belong to nothing.
    #[error("the padding before section {id}, bytes {start} to {end}, holds data; it has to be zeros")]
    Padding {
        /// The section that follows.
        id: SectionId,
        /// First byte of the padding.
        start: u64,
        /// One past its last byte.
        end: u64,
    },
    /// Bytes after the last section.
    #[error("the last section ends at byte {end}; the file goes on to byte {length}")]
    Trailing {
        /// End of the last section, or of the table.
        end: u64,
        /// Length of the file, bytes.
        length: u64,
    },

    // Duty 4: stored digests.
    /// A section that was changed after it was written.
    #[error("section {id} has the digest {computed} as stored; the table says {stated}")]
    StoredDigest {
        /// The section.
        id: SectionId,
        /// What the table says.
        stated: Digest,
        /// What the bytes give.
        computed: Digest,
    },

    // Duty 5: inflating.
    /// Too large to unpack.
    #[error("section {id} unpacks to {raw_length} bytes; a section has at most {MAX_RAW_LENGTH}")]
    RawLength {
        /// The section.
        id: SectionId,
        /// Its raw length, bytes.
        raw_length: u64,
    },
    /// Too large together.
    #[error("the sections unpack to {total} bytes in all; a bundle has at most {MAX_TOTAL_RAW_LENGTH}")]
    TotalRawLength {
        /// The sum of all raw lengths, bytes.
        total: u64,
    },
    /// Not zstd, or one of its skippable frames.
    #[error("section {id} does not start with the magic number of a zstd frame")]
    NotZstd {
        /// The section.
        id: SectionId,
    },
    /// A frame of a form this format does not use.
    #[error(
        "the zstd frame of section {id} has the descriptor {descriptor:#010b}; this format uses no checksum, no \
         dictionary and no reserved bit"
    )]
    FrameDescriptor {
        /// The section.
        id: SectionId,
        /// The frame header descriptor (RFC 8878, 3.1.1.1.1).
        descriptor: u8,
    },
    /// A frame that says another length than the table, or none.
    #[error(
        "the zstd frame of section {id} announces {}; the table says {raw_length} bytes",
        stated.map_or_else(|| "no size".to_owned(), |size| format!("{size} bytes"))
    )]
    ContentSize {
        /// The section.
        id: SectionId,
        /// What the frame says, bytes.
        stated: Option<u64>,
        /// What the table says, bytes.
        raw_length: u64,
    },
    /// A second frame, or anything else behind the first.
    #[error("the zstd frame of section {id} is {frame} bytes long; the section is {stored_length}")]
    FrameLength {
        /// The section.
        id: SectionId,
        /// Length of the first frame, bytes.
        frame: u64,
        /// Length of the section as stored, bytes.
        stored_length: u64,
    },
    /// A frame zstd cannot unpack.
    #[error("section {id} cannot be unpacked to its {raw_length} bytes: {}", shortened(problem, PROBLEM))]
    Inflate {
        /// The section.
        id: SectionId,
        /// What the table says, bytes.
        raw_length: u64,
        /// In the words of zstd.
        problem: String,
    },
    /// Unpacks to something else than was packed.
    #[error("section {id} has the digest {computed} when unpacked; the table says {stated}")]
    RawDigest {
        /// The section.
        id: SectionId,
        /// What the table says.
        stated: Digest,
        /// What the bytes give.
        computed: Digest,
    },

    // Duty 6: which sections.
    /// Something this reader must know and does not.
    #[error("the bundle requires section {id}, version {version}; this reader does not know that section")]
    UnknownRequired {
        /// The section.
        id: SectionId,
        /// Its version.
        version: u16,
    },
    /// A schema this reader does not know.
    #[error("section {id} is version {version}; this reader knows version {known}")]
    SectionVersion {
        /// The section.
        id: SectionId,
        /// Its version.
        version: u16,
        /// The version this reader knows.
        known: u16,
    },
    /// A known section that is marked as it may not be.
    #[error("section {id} is marked {found}; it has to be {wanted}")]
    SectionNeed {
        /// The section.
        id: SectionId,
        /// How it is marked: `required` or `optional`.
        found: &'static str,
        /// How it has to be marked.
        wanted: &'static str,
    },
    /// A section no bundle can do without.
    #[error("the bundle has no section {id}; every bundle has one")]
    MissingSection {
        /// The section.
        id: SectionId,
    },

    // Duty 7: decoding.
    /// Not the encoding of this section's type.
    #[error("section {id} cannot be read as version {version} of its schema: {}", shortened(problem, PROBLEM))]
    Decode {
        /// The section.
        id: SectionId,
        /// The version it was read as.
        version: u16,
        /// In the words of the decoder.
        problem: String,
    },
    /// More than the section's type takes.
    #[error("section {id} is read to its end after {read} bytes; it has {raw_length}")]
    LeftOver {
        /// The section.
        id: SectionId,
        /// How many bytes were needed.
        read: u64,
        /// How many there are.
        raw_length: u64,
    },
    /// The same content is written in another way: unsorted or doubled keys, numbers longer than they need be.
    #[error("section {id} is not written in the one canonical way; it differs from byte {offset} on")]
    NotCanonical {
        /// The section.
        id: SectionId,
        /// The first byte that differs from the canonical encoding.
        offset: u64,
    },

    // Duty 8: what the sections say together.
    /// A name or digest that leads nowhere, or a blob nothing leads to.
    #[error("the sections do not fit together: {problem}")]
    References {
        /// What leads nowhere.
        problem: String,
    },
    /// A value its type would allow and no compiler writes.
    #[error("the bundle says something that means nothing: {problem}")]
    Values {
        /// The value and what it could be.
        problem: String,
    },
    /// Holds WebAssembly and does not say by which interface it talks to its host.
    #[error(
        "the bundle holds the compiled tool `{}` and requires no `tool-abi/…`; every bundle with one does",
        quoted(tool)
    )]
    ToolAbi {
        /// The first compiled tool.
        tool: String,
    },
    /// Asks for more than this reader can do.
    #[error(
        "the bundle requires `{}`; this reader has {}",
        quoted(feature),
        if known.is_empty() { "no optional features".to_owned() } else { format!("`{}`", known.join("`, `")) }
    )]
    UnknownFeature {
        /// The feature.
        feature: String,
        /// What the reader has.
        known: Vec<String>,
    },

    // Duty 9: compiled tools.
    /// A tool's module is something else than bytecode in its wrapper: it could do more than a tool may.
    #[error("the module of the compiled tool `{}` is not what wrapping its bytecode gives", quoted(tool))]
    ToolModule {
        /// The first such tool.
        tool: String,
    },
}

impl RejectReason {
    /// The check's name for machines, stable for ever: `id-mismatch`.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too-long",
            Self::TooShort { .. } => "too-short",
            Self::Magic { .. } => "magic",
            Self::ContainerVersion { .. } => "container-version",
            Self::Reserved { .. } => "reserved",
            Self::TooManySections { .. } => "too-many-sections",
            Self::TableCut { .. } => "table-cut",
            Self::IdMismatch { .. } => "id-mismatch",
            Self::NotExpected { .. } => "not-expected",
            Self::FileLength { .. } => "file-length",
            Self::SectionName { .. } => "section-name",
            Self::SectionFlags { .. } => "section-flags",
            Self::SectionOrder { .. } => "section-order",
            Self::SectionOffset { .. } => "section-offset",
            Self::SectionLength { .. } => "section-length",
            Self::Padding { .. } => "padding",
            Self::Trailing { .. } => "trailing",
            Self::StoredDigest { .. } => "stored-digest",
            Self::RawLength { .. } => "raw-length",
            Self::TotalRawLength { .. } => "total-raw-length",
            Self::NotZstd { .. } => "not-zstd",
            Self::FrameDescriptor { .. } => "frame-descriptor",
            Self::ContentSize { .. } => "content-size",
            Self::FrameLength { .. } => "frame-length",
            Self::Inflate { .. } => "inflate",
            Self::RawDigest { .. } => "raw-digest",
            Self::UnknownRequired { .. } => "unknown-required",
            Self::SectionVersion { .. } => "section-version",
            Self::SectionNeed { .. } => "section-need",
            Self::MissingSection { .. } => "missing-section",
            Self::Decode { .. } => "decode",
            Self::LeftOver { .. } => "left-over",
            Self::NotCanonical { .. } => "not-canonical",
            Self::References { .. } => "references",
            Self::Values { .. } => "values",
            Self::ToolAbi { .. } => "tool-abi",
            Self::UnknownFeature { .. } => "unknown-feature",
            Self::ToolModule { .. } => "tool-module",
        }
    }
}
