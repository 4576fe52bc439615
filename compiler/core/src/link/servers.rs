//! Pinned servers as a bundle holds them.

use std::collections::{BTreeMap, BTreeSet};

use pace_ir::Digest;
use pace_ir::program::tool::{PinnedPackage, PinnedServer, PinnedTool};
use pace_ir::program::{BlobSection, ToolSection};

use crate::pin::{Pinned, PinnedUse};
use crate::pins::{self, PackagePin, ToolPin};

/// What a bundle requires of its runner because of the servers it starts.
pub(super) fn features(pinned: &Pinned<'_>) -> impl Iterator<Item = String> {
    let packages = pinned.servers.values().filter_map(|server| server.pin.package.as_ref());
    let features: BTreeSet<_> = packages.map(|package| package.runtime.feature().to_owned()).collect();
    features.into_iter()
}

/// Adds the servers, the trees of their packages, and the lock as it will be.
pub(super) fn attach(
    pinned: &Pinned<'_>,
    tools: &mut ToolSection,
    blobs: &mut BlobSection,
    inputs: &mut BTreeMap<String, Digest>,
) {
    for (key, server) in &pinned.servers {
        if let Some(server) = self::server(key, server, blobs) {
            tools.servers.insert((*key).to_owned(), server);
        }
    }
    // The next build reads it, and has to give the same bytes.
    if let Some(lock) = &pinned.report.lock {
        inputs.insert(pins::PATH.to_owned(), Digest::of(lock.as_bytes()));
    }
}

fn server(key: &str, server: &PinnedUse<'_>, blobs: &mut BlobSection) -> Option<PinnedServer> {
    let pin = &server.pin;
    Some(PinnedServer {
        address: server.uses.first()?.written.clone(),
        name: pin.name.clone(),
        package: pin.package.as_ref().map(|pin| package(key, pin, blobs)),
        needs_credential: pin.needs_credential,
        tools: pin.tools.iter().map(|(name, pin)| (name.clone(), tool(pin))).collect(),
    })
}

fn package(key: &str, pin: &PackagePin, blobs: &mut BlobSection) -> PinnedPackage {
    PinnedPackage {
        version: pin.version.clone(),
        runtime: pin.runtime,
        entry: pin.entry.clone(),
        tree: blobs.insert(pin.tree_text(key).into_bytes()),
    }
}

fn tool(pin: &ToolPin) -> PinnedTool {
    let ToolPin { title, description, access, destructive, idempotent, open_world, input, output } = pin.clone();
    PinnedTool { title, description, input, output, access, destructive, idempotent, open_world }
}
