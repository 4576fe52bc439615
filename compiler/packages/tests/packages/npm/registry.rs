//! A registry of npm: documents and tarballs, packed by npm itself.

use std::path::{Path, PathBuf};

use pace_packages::Settings;
use serde_json::{Value, json};

use crate::clients::Clients;
use crate::site::{Page, Site};

/// A registry, and settings that lead to it.
#[derive(Debug)]
pub(crate) struct Npm {
    pub(crate) site: Site,
    pub(crate) clients: Clients,
    pub(crate) settings: Settings,
    /// Where to install to.
    pub(crate) into: PathBuf,
}

impl Npm {
    /// An empty one; nothing where npm is not installed.
    pub(crate) fn start() -> Option<Self> {
        let clients = Clients::npm()?;
        let site = Site::start();
        Some(Self { settings: clients.settings_for(&site.address), into: clients.folder("installed"), site, clients })
    }

    /// Puts a package, described by its `package.json`, into the registry, as the latest of its versions.
    pub(crate) fn publish(&self, mut package: Value, files: &[(&str, &str)]) {
        let [name, version] = ["name", "version"].map(|key| package[key].as_str().unwrap().to_owned());
        let folder = tempfile::tempdir().unwrap();
        let mut all = files.to_vec();
        let text = package.to_string();
        all.push(("package.json", &text));
        for (path, text) in all {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut pack = self.clients.program("npm");
        pack.args(["pack", "--json", "--ignore-scripts", "--loglevel=error"]).current_dir(folder.path());
        let output = pack.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let packed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let packed = if packed.is_array() { packed[0].clone() } else { packed[&name].clone() };
        let tarball = std::fs::read(folder.path().join(packed["filename"].as_str().unwrap())).unwrap();
        self.site.put(&path(&name, &version), Page::Is("application/octet-stream", tarball));
        // As a registry normalises it.
        if let Some(program) = package["bin"].as_str().map(str::to_owned) {
            let word = name.rsplit('/').next().unwrap();
            package["bin"] = json!({word: program});
        }
        package["dist"] = json!({
            "tarball": self.tarball(&name, &version), "integrity": packed["integrity"], "shasum": packed["shasum"],
        });
        let mut document = self.document(&name);
        document["versions"][&version] = package;
        document["dist-tags"]["latest"] = version.into();
        self.write(&name, &document);
    }

    /// Changes what the registry says of the newest tarball of a package.
    pub(crate) fn change(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut document = self.document(name);
        let version = document["dist-tags"]["latest"].as_str().unwrap().to_owned();
        change(&mut document["versions"][&version]["dist"]);
        self.write(name, &document);
    }

    /// The address of a tarball.
    pub(crate) fn tarball(&self, name: &str, version: &str) -> String {
        format!("{}{}", self.site.address, path(name, version))
    }

    /// The names of what is installed.
    pub(crate) fn installed(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.into).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().to_str().unwrap().to_owned());
        names.filter(|name| Path::new(name).extension().is_none_or(|ending| ending != "lock")).collect()
    }

    fn document(&self, name: &str) -> Value {
        let known = self.site.has(&format!("/{name}"));
        known.map_or_else(
            || json!({"name": name, "versions": {}, "dist-tags": {}}),
            |page| serde_json::from_slice(&page).unwrap(),
        )
    }

    fn write(&self, name: &str, document: &Value) {
        self.site.put(&format!("/{name}"), Page::Is("application/json", document.to_string().into_bytes()));
    }
}

/// Where the tarball of a package lies.
pub(crate) fn path(name: &str, version: &str) -> String {
    format!("/{name}/-/{}-{version}.tgz", name.rsplit('/').next().unwrap())
}
