//! The sections this crate knows, their versions, and how a [`Bundle`] is taken apart into them and put together again.
//!
//! A version rises with any change to a type the section stores; `ir/tests/schema.rs` holds that, against the listings
//! in `ir/schema/`.

use crate::program::Bundle;

use super::codec::{self, EncodeFailed, Stored};
use super::container::RawSection;
use super::reject::RejectReason;
use super::table::{Entry, Need, SectionId};

/// A section this crate knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: SectionId,
    /// The one version of its schema that is read and written.
    pub version: u16,
    /// Whether every bundle has it, and a reader must know it.
    pub need: Need,
    /// The stored type, as `ir/schema/` names it.
    pub root: &'static str,
}

/// Who may do what.
pub const AUTH: Known = required(*b"AUTH", 1, "AuthSection");
/// Bytes by digest.
pub const BLOB: Known = required(*b"BLOB", 1, "BlobSection");
/// What the bundle was made from.
pub const LOCK: Known = required(*b"LOCK", 1, "LockSection");
/// What the bundle says of itself.
pub const META: Known = required(*b"META", 1, "Meta");
/// Agents, loops, models.
pub const PROG: Known = required(*b"PROG", 1, "ProgramSection");
/// The packages inside.
pub const SBOM: Known = optional(*b"SBOM", 1, "SbomSection");
/// Where things were written.
pub const SRCM: Known = optional(*b"SRCM", 1, "SourceMapSection");
/// Where the code of compiled tools was written.
pub const TMAP: Known = optional(*b"TMAP", 1, "ToolMapSection");
/// Tools, pinned servers, skills.
pub const TOOL: Known = required(*b"TOOL", 2, "ToolSection");

/// All of them, by id: the order of the table.
pub const KNOWN: [Known; 9] = [AUTH, BLOB, LOCK, META, PROG, SBOM, SRCM, TMAP, TOOL];

/// The sections that make up the program digest, in the order of the table: what the bundle does, and not what it was
/// made from or by.
pub const PROGRAM: [Known; 4] = [AUTH, BLOB, PROG, TOOL];

const fn required(id: [u8; 4], version: u16, root: &'static str) -> Known {
    Known { id: SectionId::known(id), version, need: Need::Required, root }
}

const fn optional(id: [u8; 4], version: u16, root: &'static str) -> Known {
    Known { id: SectionId::known(id), version, need: Need::Optional, root }
}

/// The sections of `bundle`, encoded.
///
/// # Errors
/// [`EncodeFailed`], which no stored type can cause.
pub(super) fn encode(bundle: &Bundle) -> Result<Vec<RawSection>, EncodeFailed> {
    let mut sections = vec![
        section(AUTH, codec::encode(&bundle.auth)?),
        section(BLOB, codec::encode(&bundle.blobs)?),
        section(LOCK, codec::encode(&bundle.lock)?),
        section(META, codec::encode(&bundle.meta)?),
        section(PROG, codec::encode(&bundle.program)?),
        section(TOOL, codec::encode(&bundle.tools)?),
    ];
    if let Some(sbom) = &bundle.sbom {
        sections.push(section(SBOM, codec::encode(sbom)?));
    }
    if let Some(source_map) = &bundle.source_map {
        sections.push(section(SRCM, codec::encode(source_map)?));
    }
    if let Some(tool_map) = &bundle.tool_map {
        sections.push(section(TMAP, codec::encode(tool_map)?));
    }
    Ok(sections)
}

fn section(known: Known, raw: Vec<u8>) -> RawSection {
    RawSection { id: known.id, version: known.version, need: known.need, raw }
}

/// Duty 6: every section that must be known is, in a known version, and none is missing.
///
/// # Errors
/// [`RejectReason::UnknownRequired`], [`RejectReason::SectionVersion`], [`RejectReason::SectionNeed`],
/// [`RejectReason::MissingSection`].
pub(super) fn check(entries: &[Entry]) -> Result<(), RejectReason> {
    for entry in entries {
        match KNOWN.iter().find(|known| known.id == entry.id) {
            Some(known) => check_known(known, entry)?,
            None if entry.need == Need::Optional => {}
            None => return Err(RejectReason::UnknownRequired { id: entry.id, version: entry.version }),
        }
    }
    let missing = |known: &&Known| known.need == Need::Required && entries.iter().all(|entry| entry.id != known.id);
    match KNOWN.iter().find(missing) {
        Some(known) => Err(RejectReason::MissingSection { id: known.id }),
        None => Ok(()),
    }
}

fn check_known(known: &Known, entry: &Entry) -> Result<(), RejectReason> {
    let id = entry.id;
    if entry.version != known.version {
        return Err(RejectReason::SectionVersion { id, version: entry.version, known: known.version });
    }
    if entry.need != known.need {
        return Err(RejectReason::SectionNeed { id, found: entry.need.as_str(), wanted: known.need.as_str() });
    }
    Ok(())
}

/// Duty 7: the bundle, each known section decoded from its content. `raw` holds one content an entry, in the same
/// order.
///
/// # Errors
/// What is wrong with an encoding.
pub(super) fn decode(entries: &[Entry], raw: &[Vec<u8>]) -> Result<Bundle, RejectReason> {
    let sections = Contents { entries, raw };
    Ok(Bundle {
        auth: sections.required(AUTH)?,
        blobs: sections.required(BLOB)?,
        lock: sections.required(LOCK)?,
        meta: sections.required(META)?,
        program: sections.required(PROG)?,
        sbom: sections.optional(SBOM)?,
        source_map: sections.optional(SRCM)?,
        tool_map: sections.optional(TMAP)?,
        tools: sections.required(TOOL)?,
    })
}

/// Contents by section, for [`decode`].
struct Contents<'a> {
    entries: &'a [Entry],
    raw: &'a [Vec<u8>],
}

impl Contents<'_> {
    fn optional<T: Stored>(&self, known: Known) -> Result<Option<T>, RejectReason> {
        let mut pairs = self.entries.iter().zip(self.raw);
        let found = pairs.find(|(entry, _)| entry.id == known.id);
        found.map(|(entry, raw)| codec::decode(known.id, entry.version, raw)).transpose()
    }

    fn required<T: Stored>(&self, known: Known) -> Result<T, RejectReason> {
        self.optional(known)?.ok_or(RejectReason::MissingSection { id: known.id })
    }
}
