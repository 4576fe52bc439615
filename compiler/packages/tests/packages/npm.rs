//! npm on a registry of the tests: what resolution finds, what it refuses, and what installation makes of it.

pub(crate) mod registry;

use pace_packages::{Need, Network, Notice, PackageError, Registry, Settings, Tree, install, resolve};
use serde_json::json;

use crate::clients::{Clients, listening};
use crate::npm::registry::Npm;
use crate::server;
use crate::site::Page;

fn resolved(npm: &Npm, name: &str) -> Result<Tree, PackageError> {
    resolve(Registry::Npm, name, None, &npm.settings).map(|resolved| resolved.tree)
}

#[test]
fn all_kinds_of_dependencies_are_pinned_and_work() {
    let Some(npm) = Npm::start() else { return };
    npm.publish(json!({"name": "leaf", "version": "1.0.0"}), &[("index.js", "module.exports = 'leaf 1'")]);
    npm.publish(json!({"name": "leaf", "version": "2.0.0"}), &[("index.js", "module.exports = 'leaf 2'")]);
    npm.publish(
        json!({"name": "branch", "version": "1.0.0", "dependencies": {"leaf": "^1"}, "peerDependencies": {"peer": "*"}}),
        &[("index.js", "module.exports = require('leaf') + ', ' + require('peer')")],
    );
    npm.publish(json!({"name": "peer", "version": "3.0.0"}), &[("index.js", "module.exports = 'peer'")]);
    npm.publish(json!({"name": "elsewhere", "version": "1.0.0", "os": ["plan9"]}), &[("index.js", "")]);
    npm.publish(
        json!({"name": "carrier", "version": "1.0.0", "dependencies": {"inside": "1"}, "bundleDependencies": ["inside"]}),
        &[
            ("index.js", "module.exports = require('inside')"),
            ("node_modules/inside/package.json", r#"{"name": "inside", "version": "1.0.0"}"#),
            ("node_modules/inside/index.js", "module.exports = 'inside'"),
        ],
    );
    npm.publish(
        json!({
            "name": "@tests/server", "version": "1.2.3", "bin": {"server": "cli.js", "other": "other.js"},
            "dependencies": {"branch": "1", "leaf": "2", "carrier": "1", "other-name": "npm:leaf@1"},
            "optionalDependencies": {"elsewhere": "1"}, "engines": {"node": ">=18"},
        }),
        &[(
            "cli.js",
            "#!/usr/bin/env node\nconsole.log(['branch', 'leaf', 'carrier', 'other-name'].map(require).join('; '))",
        )],
    );
    let tree = resolved(&npm, "@tests/server").unwrap();
    let listed: Vec<_> = tree.packages.iter().map(|one| format!("{} {}", one.path, one.version)).collect();
    let expected = [
        "node_modules/@tests/server 1.2.3",
        "node_modules/branch 1.0.0",
        "node_modules/branch/node_modules/leaf 1.0.0",
        "node_modules/carrier 1.0.0",
        "node_modules/elsewhere 1.0.0",
        "node_modules/leaf 2.0.0",
        "node_modules/other-name 1.0.0",
        "node_modules/peer 3.0.0",
    ];
    assert_eq!(listed, expected);
    assert_eq!((tree.version.as_str(), tree.entry.as_str(), tree.runtime.as_str()), ("1.2.3", "cli.js", ">=18"));
    assert_eq!(tree.packages[4].need, Need::Optional);
    assert_eq!(tree.packages[4].os, ["plan9"]);
    assert_eq!(tree.packages[6].alias_of.as_deref(), Some("leaf"));
    // Another cache: all comes from the tree.
    let elsewhere = Clients::npm().unwrap();
    let (settings, lines) = listening(elsewhere.settings_for(&npm.site.address));
    let installed = install(&tree, &npm.into, &settings).unwrap();
    assert_eq!(*lines.lock().unwrap(), ["installing `@tests/server` 1.2.3"]);
    assert_eq!(server::output_of(&installed, &npm.clients.path()), "leaf 1, peer; leaf 2; inside; leaf 1\n");
    assert!(!installed.directory.join("node_modules/elsewhere").exists());
    // Nothing in the folder knows the registry.
    let address = npm.site.address.strip_prefix("http://").unwrap();
    let found = std::process::Command::new("grep").arg("-rl").arg(address).arg(&installed.directory).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "");
}

#[test]
fn no_script_of_a_package_runs() {
    let Some(npm) = Npm::start() else { return };
    let ran = npm.into.with_file_name("ran");
    let script = format!("touch {}", ran.display());
    let package = |name: &str, more: serde_json::Value| {
        let mut package = json!({
            "name": name, "version": "1.0.0", "bin": "cli.js", "hasInstallScript": true,
            "scripts": {"preinstall": script, "install": script, "postinstall": script, "prepare": script},
        });
        package.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        // What npm would build by itself, too, and runs a command while it reads it.
        let build = format!("{{'variables': {{'x': '<!({script})'}}, 'targets': []}}");
        npm.publish(package, &[("cli.js", "console.log('started')"), ("binding.gyp", &build)]);
    };
    package("scripted-leaf", json!({}));
    package("scripted", json!({"dependencies": {"scripted-leaf": "1"}}));
    // npm 10 runs one when it packs them, whatever it is told.
    let _packed = std::fs::remove_file(&ran);
    // Not even where the user's own configuration wants them.
    let mut settings = npm.settings.clone();
    settings.variables.push(("npm_config_ignore_scripts".into(), "false".into()));
    let resolved = resolve(Registry::Npm, "scripted", None, &settings).unwrap();
    let script_of = |package: &str| Notice::InstallScript { package: package.to_owned() };
    assert_eq!(resolved.notices, [script_of("scripted-leaf@1.0.0"), script_of("scripted@1.0.0")]);
    assert_eq!(resolved.notices[1].to_string(), "`scripted@1.0.0` has an install script, which is not run");
    let installed = install(&resolved.tree, &npm.into, &settings).unwrap();
    assert_eq!(server::output_of(&installed, &npm.clients.path()), "started\n");
    assert!(!ran.exists());
}

#[test]
fn what_no_registry_pins_is_refused() {
    let Some(npm) = Npm::start() else { return };
    let cli = [("cli.js", "")];
    for (name, wanted) in
        [("from-git", "git+ssh://git@localhost/x/y.git"), ("from-hub", "x/y"), ("from-folder", "file:../x")]
    {
        let package = json!({"name": name, "version": "1.0.0", "bin": "cli.js", "dependencies": {"y": wanted}});
        npm.publish(package, &cli);
        let error = resolved(&npm, name).unwrap_err();
        assert!(matches!(error, PackageError::NotFromRegistry { .. }), "{name}: {error}");
    }
    npm.publish(json!({"name": "leaf", "version": "1.0.0"}), &[]);
    let address = npm.tarball("leaf", "1.0.0");
    npm.publish(
        json!({"name": "from-web", "version": "1.0.0", "bin": "cli.js", "dependencies": {"leaf": address}}),
        &cli,
    );
    let error = resolved(&npm, "from-web").unwrap_err();
    let expected = "`from-web` needs a package that is not from npm, so that it cannot be pinned: leaf";
    assert_eq!(error.to_string(), expected);
    // A hash that can be forged pins nothing.
    npm.publish(json!({"name": "weak", "version": "1.0.0", "bin": "cli.js"}), &cli);
    npm.change("weak", |dist| drop(dist.as_object_mut().unwrap().remove("integrity")));
    assert_eq!(
        resolved(&npm, "weak").unwrap_err().to_string(),
        "npm gives no SHA-512 of `node_modules/weak`, so that it cannot be pinned"
    );
}

#[test]
fn a_package_without_one_program_is_refused() {
    let Some(npm) = Npm::start() else { return };
    npm.publish(json!({"name": "library", "version": "1.0.0"}), &[]);
    assert_eq!(resolved(&npm, "library").unwrap_err().to_string(), "`library` has no program to start");
    npm.publish(
        json!({"name": "many", "version": "1.0.0", "bin": {"b": "b.js", "a": "a.js"}}),
        &[("a.js", ""), ("b.js", "")],
    );
    let error = resolved(&npm, "many").unwrap_err();
    assert_eq!(error.to_string(), "`many` has several programs, and none is named like it");
    assert_eq!(error.help().unwrap(), "install it yourself, and start one of `a`, `b` by `mcp://exec/`");
    npm.publish(json!({"name": "shell", "version": "1.0.0", "bin": "run.sh"}), &[("run.sh", "#!/usr/bin/env bash\n")]);
    let tree = resolved(&npm, "shell").unwrap();
    let error = install(&tree, &npm.into, &npm.settings).unwrap_err();
    assert_eq!(error.to_string(), "the program of `shell` is started by `bash`, not by Node.js");
    npm.publish(json!({"name": "lost", "version": "1.0.0", "bin": "lost.js"}), &[]);
    let tree = resolved(&npm, "lost").unwrap();
    assert_eq!(install(&tree, &npm.into, &npm.settings).unwrap_err().to_string(), "`lost` has no program to start");
    assert_eq!(npm.installed(), Vec::<String>::new());
}

#[test]
fn what_is_missing_is_named() {
    let Some(npm) = Npm::start() else { return };
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        npm.publish(json!({"name": "@tests/known", "version": version, "bin": "cli.js"}), &[("cli.js", "")]);
    }
    let ask = |name: &str, wanted: Option<&str>| resolve(Registry::Npm, name, wanted, &npm.settings).unwrap_err();
    assert_eq!(ask("@tests/unknown", None).to_string(), "npm has no package `@tests/unknown`");
    assert_eq!(ask("unknown", None).to_string(), "npm has no package `unknown`");
    let error = ask("@tests/known", Some("^3"));
    assert_eq!(error.to_string(), "npm has no version `^3` of `@tests/known`");
    assert_eq!(error.help().unwrap(), "the newest are `2.0.0`, `1.1.0`, `1.0.0`");
    assert_eq!(ask("@tests/known", Some("next")).to_string(), "npm has no version `next` of `@tests/known`");
    assert_eq!(ask("@tests/known", Some("git+ssh://x")).to_string(), "`git+ssh://x` is no version of a package of npm");
    assert_eq!(ask("../x", None).to_string(), "`../x` is no name of a package of npm");
    let found = resolve(Registry::Npm, "@tests/known", Some("^1"), &npm.settings).unwrap();
    assert_eq!(found.tree.version, "1.1.0");
    // Of what it needs, too.
    let package = json!({"name": "needy", "version": "1.0.0", "bin": "cli.js", "dependencies": {"gone": "1"}});
    npm.publish(package, &[("cli.js", "")]);
    assert_eq!(ask("needy", None).to_string(), "npm has no package `gone`");
}

#[test]
fn age_is_told() {
    let Some(npm) = Npm::start() else { return };
    let new = json!({"name": "new", "version": "1.0.0", "bin": "cli.js", "engines": {"node": ">=999"}});
    npm.publish(new, &[("cli.js", "")]);
    let error = resolved(&npm, "new").unwrap_err().to_string();
    assert!(error.starts_with("`new` needs Node.js >=999, and this is "), "{error}");
    let old = json!({"name": "old", "version": "1.0.0", "bin": "cli.js", "deprecated": "use \u{1b}[1mnew"});
    npm.publish(old, &[("cli.js", "")]);
    let notices = resolve(Registry::Npm, "old", None, &npm.settings).unwrap().notices;
    assert_eq!(notices[0].to_string(), "`old@1.0.0` is deprecated: use \\u{1b}[1mnew");
}

#[test]
fn the_network_and_the_clients_may_be_missing() {
    let Some(npm) = Npm::start() else { return };
    npm.publish(json!({"name": "here", "version": "1.0.0", "bin": "cli.js"}), &[("cli.js", "")]);
    let offline = Settings { network: Network::Offline, ..npm.settings.clone() };
    let error = resolve(Registry::Npm, "here", None, &offline).unwrap_err();
    assert_eq!(error.to_string(), "`here` is not in the cache, and npm is not asked when offline");
    let error = resolve(Registry::Npm, "here", None, &npm.clients.settings_for("http://127.0.0.1:9")).unwrap_err();
    assert_eq!(error, PackageError::Unreachable { registry: Registry::Npm });
    let nothing = Settings { variables: vec![("PATH".into(), "/nowhere".into())], ..Settings::default() };
    assert_eq!(resolve(Registry::Npm, "here", None, &nothing).unwrap_err(), PackageError::Missing { program: "node" });
}

#[test]
fn a_projects_npmrc_counts_and_is_not_kept() {
    let Some(npm) = Npm::start() else { return };
    npm.publish(json!({"name": "@private/x", "version": "1.0.0", "bin": "cli.js"}), &[("cli.js", "")]);
    let project = tempfile::tempdir().unwrap();
    std::fs::write(project.path().join(".npmrc"), format!("@private:registry={}\n", npm.site.address)).unwrap();
    let settings = npm.clients.settings_for("http://127.0.0.1:9");
    assert!(resolve(Registry::Npm, "@private/x", None, &settings).is_err());
    let settings = Settings { project: Some(project.path().to_owned()), ..settings };
    let tree = resolve(Registry::Npm, "@private/x", None, &settings).unwrap().tree;
    let installed = install(&tree, &npm.into, &settings).unwrap();
    assert!(!installed.directory.join(".npmrc").exists());
}

#[test]
fn what_is_delivered_is_what_was_pinned() {
    let Some(npm) = Npm::start() else { return };
    npm.publish(json!({"name": "leaf", "version": "1.0.0"}), &[("index.js", "module.exports = 'good'")]);
    let server = json!({"name": "server", "version": "1.0.0", "bin": "cli.js", "dependencies": {"leaf": "1"}});
    npm.publish(server, &[("cli.js", "console.log(require('leaf'))")]);
    let tree = resolved(&npm, "server").unwrap();
    // The registry changes its mind, hash and all.
    npm.publish(json!({"name": "leaf", "version": "1.0.0"}), &[("index.js", "module.exports = 'bad'")]);
    let fresh = Clients::npm().unwrap();
    let error = install(&tree, &npm.into, &fresh.settings_for(&npm.site.address)).unwrap_err();
    assert_eq!(error.to_string(), "`leaf 1.0.0` is not what was pinned: npm delivers something else");
    // A lock that was changed asks for what there is not.
    let mut changed = tree.clone();
    changed.packages[0].integrity = vec![format!("sha512-{}==", "A".repeat(86))];
    assert_ne!(changed.digest(), tree.digest());
    let error = install(&changed, &npm.into, &npm.settings).unwrap_err();
    assert_eq!(error.to_string(), "`leaf 1.0.0` is not what was pinned: npm delivers something else");
    assert_eq!(npm.installed(), Vec::<String>::new());
    // npm keeps what it once had, by its hash: what was pinned is still to be had here.
    let installed = install(&tree, &npm.into, &npm.settings);
    if let Ok(installed) = installed {
        assert_eq!(server::output_of(&installed, &npm.clients.path()), "good\n");
    }
}

#[test]
fn what_takes_too_long_is_ended() {
    let Some(npm) = Npm::start() else { return };
    npm.site.put("/slow", Page::Stalls);
    let settings = Settings { limit: std::time::Duration::from_secs(2), ..npm.settings.clone() };
    let error = resolve(Registry::Npm, "slow", None, &settings).unwrap_err();
    assert_eq!(error.to_string(), "`npm` was ended: it took longer than 2 s");
    let settings = npm.settings.clone();
    let cancelled = std::sync::Arc::clone(&settings.cancelled);
    let waiting = std::thread::spawn(move || resolve(Registry::Npm, "slow", None, &settings));
    npm.site.wait_for("/slow");
    cancelled.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(waiting.join().unwrap().unwrap_err(), PackageError::Cancelled);
}
