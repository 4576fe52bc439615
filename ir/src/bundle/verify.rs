//! The only way from bytes to a bundle somebody may act on. [`verify`] performs a reader's duties in order; there is no
//! flag to skip any, and nothing else makes a [`VerifiedBundle`].

use crate::digest::{BundleId, Digest};
use crate::program::Bundle;

use super::fields::length_u64;
use super::reject::RejectReason;
use super::sections::{self, PROGRAM};
use super::table::{self, Entry};
use super::{container, header, tool_module};

/// The context of the program digest in BLAKE3's derive-key mode.
pub const PROGRAM_DIGEST_CONTEXT: &str = "paceline 2026-11 program digest v1";

/// What a required feature begins with when it names the interface between compiled tools and their host.
pub const TOOL_ABI_PREFIX: &str = "tool-abi/";

/// The tool interface of this version: what compiled tools are wrapped for.
pub const TOOL_ABI: &str = "tool-abi/1";

/// The tool interfaces for which duty 9 can be done. A bundle that requires another is refused in duty 8, whatever features
/// a caller claims to have.
const CHECKED_TOOL_ABIS: [&str; 1] = [TOOL_ABI];

/// What a reader demands of a bundle, and what it can do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy<'a> {
    /// The bundle that has to be in the file, where somebody said so (`--expect`, a signature).
    pub expect: Option<BundleId>,
    /// The optional features this reader has, such as `stdio:node`.
    pub features: &'a [&'a str],
}

/// A bundle that passed every check. Only [`verify`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedBundle {
    id: BundleId,
    program_digest: Digest,
    length: u64,
    sections: Vec<Entry>,
    bundle: Bundle,
}

/// Performs the nine duties of `FORMAT.md` on the bytes of a whole file. Called once a load; the time is linear in the
/// file and its content, and the memory is bounded by the limits of [`container`] and [`header`].
///
/// # Errors
/// The first check that fails, in the order of the duties.
pub fn verify(file: &[u8], policy: &Policy<'_>) -> Result<VerifiedBundle, RejectReason> {
    // 1: what kind of file this is.
    let header = header::read(file)?;
    let table = header.table(file)?;
    // 2: its name. Nothing that follows is believed before.
    container::check_id(&header, table, policy.expect)?;
    // 3: where everything lies.
    let entries = table::check(file, table, header.file_length)?;
    // 4: every stored byte, before one of them is decoded.
    container::check_stored(file, &entries)?;
    // 5: every unpacked byte.
    let raw = container::inflate(file, &entries)?;
    // 6: whether the sections are known.
    sections::check(&entries)?;
    // 7: what they say.
    let bundle = sections::decode(&entries, &raw)?;
    // 8: whether they fit together, and this reader can do what is asked.
    check_meaning(&bundle, policy)?;
    // 9: compiled tools are their wrapped bytecode, and nothing else.
    check_modules(&bundle)?;
    let program_digest = program_digest(&entries);
    Ok(VerifiedBundle { id: header.id, program_digest, length: length_u64(file.len()), sections: entries, bundle })
}

impl VerifiedBundle {
    /// Its name.
    pub fn id(&self) -> BundleId {
        self.id
    }

    /// Its content.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Its content, by itself.
    pub fn into_bundle(self) -> Bundle {
        self.bundle
    }

    /// What it does, whoever built it and wherever its sources had comments: equal for two bundles with equal AUTH,
    /// BLOB, PROG and TOOL sections.
    pub fn program_digest(&self) -> Digest {
        self.program_digest
    }

    /// The table, unknown optional sections included.
    pub fn sections(&self) -> &[Entry] {
        &self.sections
    }

    /// Length of the file, bytes.
    pub fn length(&self) -> u64 {
        self.length
    }
}

/// Duty 8.
fn check_meaning(bundle: &Bundle, policy: &Policy<'_>) -> Result<(), RejectReason> {
    let broken = |broken: crate::program::BrokenReference| RejectReason::References { problem: broken.to_string() };
    bundle.check_references().map_err(broken)?;
    bundle.check_values().map_err(|value| RejectReason::Values { problem: value.to_string() })?;
    let features = &bundle.meta.required_features;
    if let Some(tool) = bundle.tools.local.keys().next()
        && !features.iter().any(|feature| feature.starts_with(TOOL_ABI_PREFIX))
    {
        return Err(RejectReason::ToolAbi { tool: tool.clone() });
    }
    match features.iter().find(|feature| !is_known(feature, policy)) {
        Some(feature) => Err(RejectReason::UnknownFeature { feature: feature.clone(), known: known(policy) }),
        None => Ok(()),
    }
}

/// Duty 9.
fn check_modules(bundle: &Bundle) -> Result<(), RejectReason> {
    let is_wrapped =
        |module: &Digest| bundle.blobs.blobs.get(module).is_some_and(|bytes| tool_module::unwrap(bytes).is_some());
    match bundle.tools.local.iter().find(|(_, tool)| !is_wrapped(&tool.module)) {
        Some((tool, _)) => Err(RejectReason::ToolModule { tool: tool.clone() }),
        None => Ok(()),
    }
}

fn is_known(feature: &str, policy: &Policy<'_>) -> bool {
    let checked = !feature.starts_with(TOOL_ABI_PREFIX) || CHECKED_TOOL_ABIS.contains(&feature);
    checked && policy.features.contains(&feature)
}

fn known(policy: &Policy<'_>) -> Vec<String> {
    policy.features.iter().filter(|feature| is_known(feature, policy)).map(|feature| (*feature).to_owned()).collect()
}

/// The program digest of checked entries: id, version and raw digest of each program section, in table order.
fn program_digest(entries: &[Entry]) -> Digest {
    let is_program = |entry: &&Entry| PROGRAM.iter().any(|known| known.id == entry.id);
    let mut bytes = Vec::new();
    for entry in entries.iter().filter(is_program) {
        bytes.extend(entry.id.as_bytes());
        bytes.extend(entry.version.to_le_bytes());
        bytes.extend(entry.raw_digest.as_bytes());
    }
    Digest::derive(PROGRAM_DIGEST_CONTEXT, [bytes.as_slice()])
}
