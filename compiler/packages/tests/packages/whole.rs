//! Installed folders are whole or not there: whoever else installs, whatever is killed, and whatever happens to them later.

use std::path::Path;
use std::process::Command;

use pace_mcp::installed::{self, Installed, MARKER, Place, Unusable};
use pace_packages::{PackageError, Registry, Tree, install, pinned, resolve};
use serde_json::json;

use crate::npm::registry::{Npm, path};
use crate::server;
use crate::site::Page;

/// Tells the test's own program to install what a registry has, and where.
const CHILD: &str = "PACE_TEST_INSTALL";

fn published() -> Option<(Npm, Tree)> {
    let npm = Npm::start()?;
    npm.publish(json!({"name": "leaf", "version": "1.0.0"}), &[("index.js", "module.exports = 'whole'")]);
    let server = json!({"name": "server", "version": "1.0.0", "bin": "cli.js", "dependencies": {"leaf": "1"}});
    npm.publish(server, &[("cli.js", "console.log(require('leaf'))")]);
    let tree = resolve(Registry::Npm, "server", None, &npm.settings).unwrap().tree;
    Some((npm, tree))
}

fn find(npm: &Npm, tree: &Tree) -> Result<Installed, Unusable> {
    installed::find(Place { into: &npm.into, project: None }, &pinned(tree))
}

#[test]
fn several_install_at_once() {
    let Some((npm, tree)) = published() else { return };
    let all: Vec<_> = std::thread::scope(|scope| {
        let one = || scope.spawn(|| install(&tree, &npm.into, &npm.settings).unwrap());
        [(); 4].map(|()| one()).map(|thread| thread.join().unwrap()).into()
    });
    assert!(all.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(npm.installed(), [tree.digest().to_string()]);
    // Only the first had anything to do.
    let fetched = npm.site.asked().iter().filter(|asked| **asked == path("server", "1.0.0")).count();
    assert_eq!(fetched, 1);
    assert_eq!(server::output_of(&all[0], &npm.clients.path()), "whole\n");
}

/// Not a test of its own: the process that the next one kills.
#[test]
fn an_installation_that_is_killed() {
    let Some(address) = std::env::var(CHILD).ok() else { return };
    let (address, into) = address.split_once(' ').unwrap();
    let clients = crate::clients::Clients::npm().unwrap();
    let settings = clients.settings_for(address);
    let tree = resolve(Registry::Npm, "server", None, &settings).unwrap().tree;
    let _ended = install(&tree, Path::new(into), &settings);
}

#[test]
fn what_is_killed_leaves_nothing_in_the_way() {
    let Some((npm, tree)) = published() else { return };
    let tarball = path("leaf", "1.0.0");
    let good = npm.site.has(&tarball).unwrap();
    npm.site.put(&tarball, Page::Stalls);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "whole::an_installation_that_is_killed", "--nocapture"]);
    let mut child = child.env(CHILD, format!("{} {}", npm.site.address, npm.into.display())).spawn().unwrap();
    npm.site.wait_for(&tarball);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = npm.installed();
    assert!(left.len() == 1 && left[0].starts_with(".new-"), "{left:?}");
    assert_eq!(find(&npm, &tree), Err(Unusable::Absent));
    npm.site.put(&tarball, Page::Is("application/octet-stream", good));
    let installed = install(&tree, &npm.into, &npm.settings).unwrap();
    assert_eq!(server::output_of(&installed, &npm.clients.path()), "whole\n");
    assert_eq!(npm.installed(), [tree.digest().to_string()]);
}

#[test]
fn what_was_changed_is_noticed() {
    let Some((npm, tree)) = published() else { return };
    let installed = install(&tree, &npm.into, &npm.settings).unwrap();
    let file = installed.directory.join("node_modules/leaf/index.js");
    let good = std::fs::read(&file).unwrap();
    assert!(std::fs::metadata(&file).unwrap().permissions().readonly());
    let write = |bytes: &[u8]| {
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, bytes).unwrap();
    };
    let changed = |how: &str| Err(Unusable::Changed(how.to_owned()));
    assert_eq!(find(&npm, &tree), Ok(installed.clone()));
    // Of the same length, of another, gone, and one that came later: each is told, and installed again.
    write(b"module.exports = 'mad!!'");
    assert_eq!(find(&npm, &tree), changed("its file `node_modules/leaf/index.js` is not what was installed"));
    assert_eq!(install(&tree, &npm.into, &npm.settings), Ok(installed.clone()));
    assert_eq!(std::fs::read(&file).unwrap(), good);
    write(b"module.exports = 'a longer one'");
    assert_eq!(install(&tree, &npm.into, &npm.settings), Ok(installed.clone()));
    std::fs::remove_file(&file).unwrap();
    assert_eq!(find(&npm, &tree), changed("its file `node_modules/leaf/index.js` is gone"));
    assert_eq!(install(&tree, &npm.into, &npm.settings), Ok(installed.clone()));
    std::fs::write(installed.directory.join("node_modules/leaf.js"), "module.exports = 'added'").unwrap();
    assert_eq!(find(&npm, &tree), changed("its file `node_modules/leaf.js` was added"));
    assert_eq!(install(&tree, &npm.into, &npm.settings), Ok(installed.clone()));
    assert_eq!(server::output_of(&installed, &npm.clients.path()), "whole\n");
    // What a server keeps beside itself is its own business.
    std::fs::write(installed.directory.join("node_modules/leaf/memory.jsonl"), "{}").unwrap();
    assert_eq!(find(&npm, &tree), Ok(installed.clone()));
}

/// What a folder says of itself never says what is run.
#[test]
fn a_marker_says_nothing_of_what_is_started() {
    let Some((npm, tree)) = published() else { return };
    let installed = install(&tree, &npm.into, &npm.settings).unwrap();
    let marker = installed.directory.join(MARKER);
    let text = std::fs::read_to_string(&marker).unwrap();
    // For another machine: here it is installed anew.
    std::fs::write(&marker, text.replace("node linux", "node plan9")).unwrap();
    assert_ne!(find(&npm, &tree), Ok(installed.clone()));
    assert_eq!(install(&tree, &npm.into, &npm.settings).unwrap(), installed);
    // What it cannot say, it does not say: then it is nothing, as it is without its marker.
    let runs = text.replacen('{', r#"{"runtime": "/usr/bin/touch", "arguments": ["x"], "script": "a","#, 1);
    for broken in [String::new(), runs, text.replace("layout\": 2", "layout\": 1")] {
        std::fs::write(&marker, broken).unwrap();
        assert_eq!(find(&npm, &tree), Err(Unusable::Absent));
    }
    assert_eq!(install(&tree, &npm.into, &npm.settings).unwrap(), installed);
    assert_eq!(npm.installed(), [tree.digest().to_string()]);
}

#[test]
fn what_others_may_write_to_is_not_started() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some((npm, tree)) = published() else { return };
    let installed = install(&tree, &npm.into, &npm.settings).unwrap();
    let open = |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    open(&installed.directory.join("node_modules"), 0o777);
    assert!(matches!(find(&npm, &tree), Err(Unusable::Exposed(_))));
    // Installing makes a folder of its own.
    assert_eq!(install(&tree, &npm.into, &npm.settings).unwrap(), installed);
    open(&npm.into, 0o777);
    assert!(matches!(find(&npm, &tree), Err(Unusable::Place(_))));
    assert!(matches!(install(&tree, &npm.into, &npm.settings), Err(PackageError::Exposed { .. })));
    open(&npm.into, 0o755);
    assert_eq!(find(&npm, &tree), Ok(installed));
}

#[test]
fn a_place_that_is_no_folder_is_told() {
    let Some((npm, tree)) = published() else { return };
    let error = install(&tree, std::path::Path::new("/proc/version/x"), &npm.settings).unwrap_err().to_string();
    assert!(error.starts_with("cannot make a folder: "), "{error}");
    let mut tree = tree;
    tree.packages[0].path = "node_modules/../../../leaf".to_owned();
    let error = install(&tree, &npm.into, &npm.settings).unwrap_err();
    assert_eq!(error.to_string(), "the place `node_modules/../../../leaf` of a pinned package cannot be right");
    assert_eq!(error.help().unwrap(), "run `pace mcp update` to pin it anew");
}
