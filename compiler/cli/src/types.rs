//! What an author's editor needs, written beside a project that has tools: their types under `.pace/types`, and once a
//! `tsconfig.json`. What an author has is never touched.

use std::path::Path;

use pace_tools::types::{self, FILES, TSCONFIG, TSCONFIG_TEXT, TYPES};

use crate::bundle_file::write_whole;
use crate::world::plain;

/// Where the settings stand that a check uses when the author has none.
const OWN_SETTINGS: &str = ".pace/types/tsconfig.json";

/// Writes what is missing, and what another version wrote. Does nothing for a project without tools.
pub(crate) fn write(root: &Path) -> anyhow::Result<()> {
    if !types::has_tools(root) {
        return Ok(());
    }
    write_types(root)?;
    // A link that leads nowhere is the author's, too.
    if root.join(TSCONFIG).symlink_metadata().is_err() && !root.join("tools").join(TSCONFIG).exists() {
        write_whole(&root.join(TSCONFIG), TSCONFIG_TEXT.as_bytes())?;
    }
    Ok(())
}

/// The settings to check by: the author's, or our own beside the types. Makes sure that what they lead to is there.
pub(crate) fn settings(root: &Path) -> anyhow::Result<&'static str> {
    write_types(root)?;
    if root.join(TSCONFIG).is_file() {
        return Ok(TSCONFIG);
    }
    let own = TSCONFIG_TEXT.replace("./.pace/types/", "./");
    let own = own.replace("\"tools\"", "\"../../tools\"").replace("\".pace/types/", "\"./");
    write_if_different(&root.join(OWN_SETTINGS), &own)?;
    Ok(OWN_SETTINGS)
}

fn write_types(root: &Path) -> anyhow::Result<()> {
    let folder = root.join(TYPES);
    std::fs::create_dir_all(&folder)
        .map_err(|error| anyhow::anyhow!("cannot make the folder `{TYPES}`: {}", plain(&error)))?;
    crate::bundle_file::keep_out_of_git(&root.join(".pace"))?;
    FILES.iter().try_for_each(|(name, text)| write_if_different(&folder.join(name), text))
}

fn write_if_different(path: &Path, text: &str) -> anyhow::Result<()> {
    match std::fs::read(path) {
        Ok(there) if there == text.as_bytes() => Ok(()),
        _ => write_whole(path, text.as_bytes()),
    }
}
