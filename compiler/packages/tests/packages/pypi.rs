//! PyPI on an index of the tests, with pip and with uv: what resolution finds, what it refuses, and what installation makes of it.

mod index;

use pace_mcp::installed::{self, Place, Unusable};
use pace_packages::{Network, Notice, PackageError, Registry, Settings, Tree, install, pinned, resolve};

use crate::pypi::index::{Index, Wheel};
use crate::server;

fn resolved(index: &Index, name: &str) -> Result<Tree, PackageError> {
    resolve(Registry::PyPi, name, None, &index.settings).map(|resolved| resolved.tree)
}

/// The same test with each client.
fn with_each(test: fn(&Index)) {
    for index in [Index::pip(), Index::uv()].into_iter().flatten() {
        test(&index);
    }
}

/// A server that needs a library with one of its extras.
fn publish(index: &Index) {
    index.publish(&Wheel { name: "extra_leaf", text: "NAME = 'extra'", ..Wheel::default() });
    let requires = ["extra-leaf==1.0; extra == 'more'"];
    index.publish(&Wheel { name: "Some.Leaf", requires: &requires, text: "NAME = 'leaf'", ..Wheel::default() });
    let text = "import sys\nimport extra_leaf, some_leaf\n\
        def main():\n    print(some_leaf.NAME, extra_leaf.NAME, sys.argv[0], [p for p in sys.path if 'dist-packages' in p])\n";
    index.publish(&Wheel {
        name: "the_server",
        requires: &["some-leaf[more]>=1"],
        scripts: &["the-server = the_server:main", "other = the_server:other"],
        python: ">=3.8",
        text,
        ..Wheel::default()
    });
}

#[test]
fn packages_are_pinned_with_all_their_wheels_and_work() {
    with_each(|index| {
        publish(index);
        index.publish(&Wheel {
            name: "Some.Leaf",
            tag: "cp39-cp39-win_amd64",
            requires: &["extra-leaf==1.0; extra == 'more'"],
            ..Wheel::default()
        });
        let tree = resolved(index, "The.Server").unwrap();
        let listed: Vec<_> = tree.packages.iter().map(|one| (one.path.as_str(), one.integrity.len())).collect();
        assert_eq!(listed, [("extra-leaf", 1), ("some-leaf", 2), ("the-server", 1)]);
        assert_eq!((tree.name.as_str(), tree.version.as_str()), ("the-server", "1.0"));
        assert_eq!((tree.entry.as_str(), tree.runtime.as_str()), ("the_server:main", ">=3.8"));
        let installed = install(&tree, &index.into, &index.settings).unwrap();
        let path = index.clients.path();
        assert_eq!(server::output_of(&installed, &path), "leaf extra the-server []\n");
        // From another path, too; and what is compiled is not compiled again there.
        let moved = index.into.with_file_name("moved");
        std::fs::rename(&index.into, &moved).unwrap();
        let found = installed::find(Place { into: &moved, project: None }, &pinned(&tree)).unwrap();
        assert_eq!(server::output_of(&found, &path), "leaf extra the-server []\n");
        let folder = index.into.to_str().unwrap();
        let grep = std::process::Command::new("grep").arg("-rl").arg(folder).arg(&found.directory).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&grep.stdout), "");
        // Not with another Python, because some wheels are for one only.
        let marker = found.directory.join(pace_mcp::installed::MARKER);
        let text = std::fs::read_to_string(&marker).unwrap();
        std::fs::write(&marker, text.replace("cpython-3", "cpython-2")).unwrap();
        let said = server::output_of(&found, &path);
        assert!(said.starts_with("`the-server` was installed for `cpython-2"), "{said}");
    });
}

#[test]
fn what_is_delivered_is_what_was_pinned() {
    with_each(|index| {
        publish(index);
        let tree = resolved(index, "the-server").unwrap();
        let mut changed = tree.clone();
        changed.packages[1].integrity = vec![format!("sha256:{}", "0".repeat(64))];
        let error = install(&changed, &index.into, &index.settings).unwrap_err();
        assert_eq!(error.to_string(), "`some-leaf 1.0` is not what was pinned: PyPI delivers something else");
        // Nothing comes that is not listed.
        let mut fewer = tree.clone();
        fewer.packages.remove(0);
        let error = install(&fewer, &index.into, &index.settings).unwrap_err();
        assert!(matches!(&error, PackageError::Incomplete { lacks, .. } if lacks.starts_with("extra-leaf")), "{error}");
        let place = Place { into: &index.into, project: None };
        assert_eq!(installed::find(place, &pinned(&changed)), Err(Unusable::Absent));
        assert_eq!(installed::find(place, &pinned(&fewer)), Err(Unusable::Absent));
        // Nor if the index changes its mind.
        index.publish(&Wheel { name: "extra_leaf", text: "NAME = 'bad'", ..Wheel::default() });
        let error = install(&tree, &index.into, &index.elsewhere()).unwrap_err();
        assert_eq!(error.to_string(), "`extra-leaf 1.0` is not what was pinned: PyPI delivers something else");
    });
}

#[test]
fn what_is_missing_is_named() {
    with_each(|index| {
        publish(index);
        for version in ["1.1", "2.0"] {
            index.publish(&Wheel {
                name: "the_server",
                version,
                scripts: &["the-server = the_server:main"],
                ..Wheel::default()
            });
        }
        let ask = |name: &str, wanted: Option<&str>| resolve(Registry::PyPi, name, wanted, &index.settings);
        let version = |wanted: &str| ask("the-server", Some(wanted)).unwrap().tree.version;
        assert_eq!([version("1.0"), version("<2"), version("latest")], ["1.0", "1.1", "2.0"]);
        assert_eq!(ask("unknown", None).unwrap_err().to_string(), "PyPI has no package `unknown`");
        let error = ask("the-server", Some("9")).unwrap_err();
        assert_eq!(error.to_string(), "PyPI has no version `9` of `the-server`");
        if index.is_pip() {
            assert_eq!(error.help().unwrap(), "the newest are `2.0`, `1.1`, `1.0`");
        }
        assert_eq!(
            ask("the-server", Some("next")).unwrap_err().to_string(),
            "`next` is no version of a package of PyPI"
        );
        assert_eq!(
            ask("x @ file:///y", None).unwrap_err().to_string(),
            "`x @ file:///y` is no name of a package of PyPI"
        );
        index.publish(&Wheel { name: "library", ..Wheel::default() });
        assert_eq!(ask("library", None).unwrap_err().to_string(), "`library` has no program to start");
        index.publish(&Wheel { name: "many", scripts: &["b = many:b", "a = many:a"], ..Wheel::default() });
        let error = ask("many", None).unwrap_err();
        assert_eq!(error.to_string(), "`many` has several programs, and none is named like it");
        index.publish(&Wheel {
            name: "needy",
            requires: &["gone"],
            scripts: &["needy = needy:main"],
            ..Wheel::default()
        });
        assert_eq!(ask("needy", None).unwrap_err().to_string(), "PyPI has no package `gone`");
        let requires = ["gone @ https://example.com/gone-1.0-py3-none-any.whl"];
        index.publish(&Wheel {
            name: "direct",
            requires: &requires,
            scripts: &["direct = direct:main"],
            ..Wheel::default()
        });
        assert!(ask("direct", None).is_err());
    });
}

#[test]
fn nothing_is_built() {
    with_each(|index| {
        index.publish_source("sourced");
        let error = resolved(index, "sourced").unwrap_err();
        assert_eq!(
            error.to_string(),
            "`sourced` is published as source only, or not for this machine: nothing is built here"
        );
    });
}

#[test]
fn age_is_told() {
    with_each(|index| {
        let scripts = ["new = new:main"];
        index.publish(&Wheel { name: "new", python: ">=3.99", scripts: &scripts, ..Wheel::default() });
        let error = resolved(index, "new").unwrap_err();
        assert!(matches!(&error, PackageError::OldRuntime { needed, .. } if needed == ">=3.99"), "{error}");
        index.publish(&Wheel { name: "back", yanked: true, scripts: &["back = back:main"], ..Wheel::default() });
        let notices = resolve(Registry::PyPi, "back", Some("1.0"), &index.settings).unwrap().notices;
        assert_eq!(notices, [Notice::Yanked { package: "back==1.0".to_owned() }]);
    });
}

#[test]
fn the_network_and_the_clients_may_be_missing() {
    with_each(|index| {
        publish(index);
        let offline = Settings { network: Network::Offline, ..index.settings.clone() };
        let error = resolve(Registry::PyPi, "the-server", None, &offline).unwrap_err();
        assert_eq!(error.to_string(), "`the-server` is not in the cache, and PyPI is not asked when offline");
        let error =
            resolve(Registry::PyPi, "the-server", None, &index.clients.settings_for("http://127.0.0.1:9")).unwrap_err();
        assert_eq!(error, PackageError::Unreachable { registry: Registry::PyPi });
        let nothing = Settings { variables: vec![("PATH".into(), "/nowhere".into())], ..Settings::default() };
        let error = resolve(Registry::PyPi, "the-server", None, &nothing).unwrap_err();
        assert_eq!(error, PackageError::Missing { program: "python3" });
    });
}
