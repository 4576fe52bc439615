//! Servers that others publish: from their registry to an answer over standard input, which is given without a network.

use std::path::Path;
use std::time::Duration;

use pace_mcp::installed::{self, Place};
use pace_packages::{Network, PackageError, Registry, Settings, install, pinned, resolve};

use crate::clients::Clients;
use crate::server;

/// Packages that the registries really have, once `cargo xtask test` has seen that they answer.
fn clients(registry: Registry) -> Option<Clients> {
    pace_tests::installed("PACE_TEST_REGISTRIES", "the registries of npm and PyPI")?;
    match registry {
        Registry::Npm => Clients::npm(),
        Registry::PyPi => Clients::pip(),
    }
}

/// Settings that take a registry which stumbles for what it is.
fn settings(clients: &Clients) -> Settings {
    clients.settings(&[("npm_config_fetch_retries", "5"), ("PIP_RETRIES", "10"), ("UV_HTTP_RETRIES", "10")])
}

/// What comes of it, tried again where it fails: the clients do not try everything again that a registry may answer.
#[track_caller]
fn in_the_end<T>(attempt: impl Fn() -> Result<T, PackageError>) -> T {
    for pause in [5, 20] {
        if let Ok(done) = attempt() {
            return done;
        }
        std::thread::sleep(Duration::from_secs(pause));
    }
    attempt().unwrap()
}

/// Resolves, installs, starts.
fn answers(registry: Registry, package: &str, arguments: &[&str], expected: &str) {
    let Some(clients) = clients(registry) else { return };
    let settings = settings(&clients);
    let into = clients.folder("installed");
    let resolved = in_the_end(|| resolve(registry, package, None, &settings));
    let installed = in_the_end(|| install(&resolved.tree, &into, &settings));
    let find = |into: &Path| installed::find(Place { into, project: None }, &pinned(&resolved.tree));
    // The runner has nothing but the pin in the bundle.
    let found = find(&into).unwrap();
    assert_eq!(found, installed);
    let path = clients.path();
    assert_eq!(server::name_of(&found, &path, arguments), expected, "{package}");
    // A folder that moved starts from where it is now.
    let moved = clients.folder("moved");
    std::fs::rename(&into, &moved).unwrap();
    let found = find(&moved).unwrap();
    assert_eq!(server::name_of(&found, &path, arguments), expected, "{package} moved");
}

#[test]
fn filesystem() {
    answers(Registry::Npm, "@modelcontextprotocol/server-filesystem", &["/tmp"], "secure-filesystem-server");
}

#[test]
fn everything() {
    answers(Registry::Npm, "@modelcontextprotocol/server-everything", &[], "mcp-servers/everything");
}

#[test]
fn memory() {
    answers(Registry::Npm, "@modelcontextprotocol/server-memory", &[], "memory-server");
}

#[test]
fn sequential_thinking() {
    answers(Registry::Npm, "@modelcontextprotocol/server-sequential-thinking", &[], "sequential-thinking-server");
}

#[test]
fn time() {
    answers(Registry::PyPi, "mcp-server-time", &[], "mcp-time");
}

#[test]
fn fetch() {
    answers(Registry::PyPi, "mcp-server-fetch", &[], "mcp-fetch");
}

#[test]
fn git() {
    answers(Registry::PyPi, "mcp-server-git", &[], "mcp-git");
}

#[test]
fn uv_pins_for_every_system() {
    if clients(Registry::PyPi).is_none() {
        return;
    }
    let Some(clients) = Clients::uv() else { return };
    let settings = settings(&clients);
    let tree = in_the_end(|| resolve(Registry::PyPi, "mcp-server-time", None, &settings)).tree;
    let windows = tree.packages.iter().filter_map(|one| one.marker.as_deref()).any(|marker| marker.contains("win32"));
    assert!(windows, "{tree:#?}");
    let into = clients.folder("installed");
    let installed = in_the_end(|| install(&tree, &into, &settings));
    assert_eq!(server::name_of(&installed, &clients.path(), &[]), "mcp-time");
    // What was installed is in uv's cache.
    let offline = Settings { network: Network::Offline, ..settings };
    install(&tree, &clients.folder("again"), &offline).unwrap();
}

#[test]
fn npm_installs_offline_what_it_knows() {
    let Some(clients) = clients(Registry::Npm) else { return };
    let settings = settings(&clients);
    let tree = in_the_end(|| resolve(Registry::Npm, "@modelcontextprotocol/server-memory", None, &settings)).tree;
    in_the_end(|| install(&tree, &clients.folder("installed"), &settings));
    let offline = Settings { network: Network::Offline, ..settings };
    let resolved =
        resolve(Registry::Npm, "@modelcontextprotocol/server-memory", Some(&tree.version), &offline).unwrap();
    assert_eq!(resolved.tree, tree);
    install(&tree, &clients.folder("again"), &offline).unwrap();
}
