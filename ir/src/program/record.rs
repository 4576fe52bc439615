//! What a bundle says of itself: `META`, `BLOB`, `LOCK`, `SRCM`, `SBOM`.

use std::collections::{BTreeMap, BTreeSet};

use bincode::{Decode, Encode};

use super::name::ProjectName;
use crate::digest::Digest;

/// Who made the bundle and what it needs (section `META`).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Meta {
    /// The project.
    pub project: ProjectName,
    /// The compiler's version.
    pub compiler: String,
    /// The tool engine's digest, where the bundle has compiled tools.
    pub engine: Option<Digest>,
    /// What a runner must offer, such as `tool-abi/1`. Strings, so that an old runner can name what it lacks.
    pub required_features: BTreeSet<String>,
}

/// Bytes by digest, each once (section `BLOB`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct BlobSection {
    /// By the BLAKE3 digest of the bytes.
    pub blobs: BTreeMap<Digest, Vec<u8>>,
}

/// What the bundle was made from (section `LOCK`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct LockSection {
    /// The BLAKE3 digest of each file read, by its path in the project.
    pub inputs: BTreeMap<String, Digest>,
}

/// Where things were written, so that a run-time error can name a line (section `SRCM`, optional).
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct SourceMapSection {
    /// By what they are: `agents/helper/model`, `loops/daily/schedule`, `agents/helper/tools/0`.
    pub locations: BTreeMap<String, SourceLocation>,
}

/// A place in a source file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SourceLocation {
    /// The path in the project.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

/// The packages inside the bundle (section `SBOM`, optional).
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct SbomSection {
    /// By package URL (purl), such as `pkg:npm/zod@4.6.7`.
    pub components: BTreeMap<String, Component>,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Component {
    /// SPDX expression, where the package states one.
    pub licence: Option<String>,
    /// Digest of what was taken from it.
    pub digest: Digest,
}

impl BlobSection {
    /// Adds bytes and answers their digest.
    pub fn insert(&mut self, bytes: Vec<u8>) -> Digest {
        let digest = Digest::of(&bytes);
        self.blobs.insert(digest, bytes);
        digest
    }
}
