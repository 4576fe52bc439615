//! What the cache held becomes tools: compiled, described and checked like what was just bundled. Milliseconds each, side by
//! side, and the reason why a changed cache can bring no bytecode and no definition that its source does not have.

use std::collections::BTreeMap;

use pace_compiler::CompiledTool;
use pace_syntax::SourceMap;

use crate::cache::Kept;
use crate::compile::{SharedEngine, finished, path};
use crate::definition::{self, Written};
use crate::pool;
use crate::protocol::Outline;
use crate::words::Files;

/// Compiles what was kept, by key. What fails was not kept by a build that succeeded: it is left out, to be bundled again,
/// and nobody is told.
pub(crate) fn compile(kept: Vec<Kept>, engine: &SharedEngine) -> BTreeMap<String, CompiledTool> {
    pool::each(kept, || (), |(), kept| one(kept, engine)).into_iter().flatten().collect()
}

fn one(kept: Kept, engine: &SharedEngine) -> Option<(String, CompiledTool)> {
    let described = engine.describe(&kept.bundle.code).ok()?.ok()?;
    // No frame is drawn of what is wrong here, so nothing is known of where it was written.
    let (mut sources, texts, outline) = (SourceMap::default(), BTreeMap::new(), Outline::default());
    let path = path(&kept.key);
    let written = Written { key: &kept.key, path: &path, outline: &outline };
    let definition = definition::check(&described.description, written, &mut Files::new(&mut sources, &texts)).ok()?;
    Some((kept.key, finished(&kept.bundle, definition, &described.bytecode.0)?))
}
