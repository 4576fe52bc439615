//! What the cache held becomes tools, checked like what was just bundled. Where no seal vouches for what the engine made of it,
//! the engine is asked again: milliseconds each, side by side, and the reason why a changed cache can bring no bytecode and no
//! definition that its source does not have.

use std::collections::BTreeMap;

use pace_compiler::CompiledTool;
use pace_syntax::SourceMap;

use crate::cache::{Cache, Found};
use crate::compile::{SharedEngine, finished, path};
use crate::definition::{self, Written};
use crate::pool;
use crate::protocol::Outline;
use crate::words::Files;

/// Takes up what was found, by key, and seals what was not sealed. What fails was not kept by a build that succeeded: it is left out, to be bundled again,
/// and nobody is told.
pub(crate) fn compile(found: Vec<Found>, cache: &Cache, engine: &SharedEngine) -> BTreeMap<String, CompiledTool> {
    pool::each(found, || (), |(), found| one(found, cache, engine)).into_iter().flatten().collect()
}

fn one(found: Found, cache: &Cache, engine: &SharedEngine) -> Option<(String, CompiledTool)> {
    let Found { kept, described: sealed } = found;
    let was_sealed = sealed.is_some();
    let described = match sealed {
        Some(described) => described,
        None => engine.describe(&kept.bundle.code).ok()?.ok()?,
    };
    // No frame is drawn of what is wrong here, so nothing is known of where it was written.
    let (mut sources, texts, outline) = (SourceMap::default(), BTreeMap::new(), Outline::default());
    let path = path(&kept.key);
    let written = Written { key: &kept.key, path: &path, outline: &outline };
    let definition = definition::check(&described.description, written, &mut Files::new(&mut sources, &texts)).ok()?;
    if !was_sealed {
        cache.seal(&kept, &described);
    }
    Some((kept.key, finished(&kept.bundle, definition, &described.bytecode.0)?))
}
