//! A second writer of the format, made from `FORMAT.md` alone, in which everything can be overridden. It seals whatever
//! it is given: digests and id always fit, so a crafted fault is the only one in the file.

use pace_ir::bundle::codec;
use pace_ir::program::Bundle;

/// A file to be. Overrides stand in `Option`s; what is absent is computed.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) magic: [u8; 8],
    pub(crate) major: u16,
    pub(crate) minor: u16,
    pub(crate) reserved: u64,
    pub(crate) count: Option<u32>,
    pub(crate) length: Option<u64>,
    pub(crate) id: Option<[u8; 32]>,
    pub(crate) sections: Vec<Section>,
    /// Bytes after the last section.
    pub(crate) tail: Vec<u8>,
}

/// A section to be.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) name: [u8; 4],
    pub(crate) version: u16,
    pub(crate) flags: u16,
    pub(crate) raw: Vec<u8>,
    /// The frame, where it is not the one a writer makes.
    pub(crate) stored: Option<Vec<u8>>,
    pub(crate) offset: Option<u64>,
    pub(crate) stored_length: Option<u64>,
    pub(crate) raw_length: Option<u64>,
    pub(crate) stored_digest: Option<[u8; 32]>,
    pub(crate) raw_digest: Option<[u8; 32]>,
    /// What the padding before it is filled with.
    pub(crate) padding: u8,
}

impl Section {
    pub(crate) fn new(name: [u8; 4], flags: u16, raw: Vec<u8>) -> Self {
        Self {
            name,
            version: 1,
            flags,
            raw,
            stored: None,
            offset: None,
            stored_length: None,
            raw_length: None,
            stored_digest: None,
            raw_digest: None,
            padding: 0,
        }
    }

    /// The frame: overridden, or as the writer makes it.
    pub(crate) fn frame(&self) -> Vec<u8> {
        self.stored.clone().unwrap_or_else(|| zstd::bulk::compress(&self.raw, 6).unwrap())
    }
}

impl Draft {
    /// The draft a writer would make of `bundle`.
    pub(crate) fn of(bundle: &Bundle) -> Self {
        let mut sections = vec![
            Section::new(*b"AUTH", 1, codec::encode(&bundle.auth).unwrap()),
            Section::new(*b"BLOB", 1, codec::encode(&bundle.blobs).unwrap()),
            Section::new(*b"LOCK", 1, codec::encode(&bundle.lock).unwrap()),
            Section::new(*b"META", 1, codec::encode(&bundle.meta).unwrap()),
            Section::new(*b"PROG", 1, codec::encode(&bundle.program).unwrap()),
        ];
        sections.extend(bundle.sbom.iter().map(|sbom| Section::new(*b"SBOM", 0, codec::encode(sbom).unwrap())));
        sections.extend(bundle.source_map.iter().map(|map| Section::new(*b"SRCM", 0, codec::encode(map).unwrap())));
        sections.extend(bundle.tool_map.iter().map(|map| Section::new(*b"TMAP", 0, codec::encode(map).unwrap())));
        let tools = codec::encode(&bundle.tools).unwrap();
        sections.push(Section { version: 2, ..Section::new(*b"TOOL", 1, tools) });
        Self::new(sections)
    }

    pub(crate) fn new(sections: Vec<Section>) -> Self {
        Self {
            magic: *b"\x89PACE\r\n\x1a",
            major: 1,
            minor: 0,
            reserved: 0,
            count: None,
            length: None,
            id: None,
            sections,
            tail: Vec::new(),
        }
    }

    /// The file, digests and id fitting.
    pub(crate) fn seal(&self) -> Vec<u8> {
        let mut table = Vec::new();
        let mut body = Vec::new();
        let start = 64 + 96 * self.sections.len();
        for section in &self.sections {
            let frame = section.frame();
            let used = start + body.len();
            let offset = used.next_multiple_of(64);
            body.resize(offset - start, section.padding);
            body.extend_from_slice(&frame);
            table.extend_from_slice(&entry(section, &frame, offset as u64));
        }
        body.extend_from_slice(&self.tail);
        let length = (start + body.len()) as u64;
        let header = |id: [u8; 32]| self.header(length, id);
        let computed = || {
            let mut hasher = blake3::Hasher::new_derive_key("paceline 2026-11 bundle id v1");
            hasher.update(&header([0; 32]));
            // A crafted count covers fewer entries, or more than there are: the bytes that follow then count as table.
            let covered: Vec<u8> = table.iter().chain(&body).copied().take(96 * self.count() as usize).collect();
            hasher.update(&covered);
            *hasher.finalize().as_bytes()
        };
        let mut file = header(self.id.unwrap_or_else(computed));
        file.extend(table);
        file.extend(body);
        file
    }

    fn count(&self) -> u32 {
        self.count.unwrap_or(u32::try_from(self.sections.len()).unwrap())
    }

    fn header(&self, length: u64, id: [u8; 32]) -> Vec<u8> {
        let mut bytes = self.magic.to_vec();
        bytes.extend(self.major.to_le_bytes());
        bytes.extend(self.minor.to_le_bytes());
        bytes.extend(self.count().to_le_bytes());
        bytes.extend(self.length.unwrap_or(length).to_le_bytes());
        bytes.extend(id);
        bytes.extend(self.reserved.to_le_bytes());
        bytes
    }
}

fn entry(section: &Section, frame: &[u8], offset: u64) -> Vec<u8> {
    let digest = |bytes: &[u8]| *blake3::hash(bytes).as_bytes();
    let mut bytes = section.name.to_vec();
    bytes.extend(section.version.to_le_bytes());
    bytes.extend(section.flags.to_le_bytes());
    bytes.extend(section.offset.unwrap_or(offset).to_le_bytes());
    bytes.extend(section.stored_length.unwrap_or(frame.len() as u64).to_le_bytes());
    bytes.extend(section.raw_length.unwrap_or(section.raw.len() as u64).to_le_bytes());
    bytes.extend(section.stored_digest.unwrap_or_else(|| digest(frame)));
    bytes.extend(section.raw_digest.unwrap_or_else(|| digest(&section.raw)));
    bytes
}
