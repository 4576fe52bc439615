//! The file a bundle is stored in, and what it was made from.

use std::collections::BTreeMap;

use pace_ir::VerifiedBundle;
use pace_ir::bundle::table::{Entry, Need};
use serde::Serialize;

/// The file.
#[derive(Debug, Serialize)]
pub(crate) struct FileView {
    pub(crate) id: String,
    pub(crate) program_digest: String,
    /// The compiler's version.
    pub(crate) compiler: String,
    /// The tool engine's digest.
    pub(crate) engine: Option<String>,
    /// Its length.
    pub(crate) bytes: u64,
    pub(crate) sections: Vec<SectionView>,
    /// Digests of the files it was made from.
    pub(crate) inputs: BTreeMap<String, String>,
    /// Where things were written; absent where the bundle does not say.
    pub(crate) source_map: Option<BTreeMap<String, LocationView>>,
    /// The packages inside; absent where the bundle does not say.
    pub(crate) packages: Option<BTreeMap<String, PackageView>>,
}

/// A section.
#[derive(Debug, Serialize)]
pub(crate) struct SectionView {
    pub(crate) id: String,
    pub(crate) version: u16,
    pub(crate) required: bool,
    pub(crate) stored_bytes: u64,
    pub(crate) raw_bytes: u64,
    pub(crate) raw_digest: String,
}

/// A place in a source file.
#[derive(Debug, Serialize)]
pub(crate) struct LocationView {
    file: String,
    line: u32,
    column: u32,
}

/// A package.
#[derive(Debug, Serialize)]
pub(crate) struct PackageView {
    pub(crate) licence: Option<String>,
    digest: String,
}

impl FileView {
    /// The file of a bundle.
    pub(super) fn of(verified: &VerifiedBundle) -> Self {
        let bundle = verified.bundle();
        Self {
            id: verified.id().to_string(),
            program_digest: verified.program_digest().to_string(),
            compiler: bundle.meta.compiler.clone(),
            engine: bundle.meta.engine.map(|digest| digest.to_string()),
            bytes: verified.length(),
            sections: verified.sections().iter().map(SectionView::of).collect(),
            inputs: bundle.lock.inputs.iter().map(|(path, digest)| (path.clone(), digest.to_string())).collect(),
            source_map: bundle.source_map.as_ref().map(|map| {
                let places = map.locations.iter().map(|(what, at)| {
                    (what.clone(), LocationView { file: at.file.clone(), line: at.line, column: at.column })
                });
                places.collect()
            }),
            packages: bundle.sbom.as_ref().map(|sbom| {
                let packages = sbom.components.iter().map(|(package, component)| {
                    let digest = component.digest.to_string();
                    (package.clone(), PackageView { licence: component.licence.clone(), digest })
                });
                packages.collect()
            }),
        }
    }
}

impl SectionView {
    fn of(entry: &Entry) -> Self {
        Self {
            id: entry.id.to_string(),
            version: entry.version,
            required: entry.need == Need::Required,
            stored_bytes: entry.stored_length,
            raw_bytes: entry.raw_length,
            raw_digest: entry.raw_digest.to_string(),
        }
    }
}
