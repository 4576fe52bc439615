//! An index of PyPI: pages of links, and wheels that Python zips.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;

use pace_packages::Settings;
use serde_json::json;

use crate::clients::Clients;
use crate::site::{Page, Site};

/// Makes a wheel, or a source archive, of what its argument says.
const MAKE: &str = include_str!("make.py");

/// An index, and settings that lead to it.
#[derive(Debug)]
pub(crate) struct Index {
    site: Site,
    pub(crate) clients: Clients,
    pub(crate) settings: Settings,
    /// Where to install to.
    pub(crate) into: PathBuf,
    is_pip: bool,
    /// The links of each page, by file.
    links: Mutex<BTreeMap<String, BTreeMap<String, String>>>,
}

/// What a wheel holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wheel<'a> {
    pub(crate) name: &'a str,
    pub(crate) version: &'a str,
    pub(crate) tag: &'a str,
    pub(crate) requires: &'a [&'a str],
    pub(crate) scripts: &'a [&'a str],
    pub(crate) python: &'a str,
    /// Of its one module.
    pub(crate) text: &'a str,
    pub(crate) yanked: bool,
}

impl Default for Wheel<'_> {
    fn default() -> Self {
        let tag = "py3-none-any";
        Self { name: "", version: "1.0", tag, requires: &[], scripts: &[], python: "", text: "", yanked: false }
    }
}

impl Index {
    /// An empty one for pip; nothing where Python is not installed.
    pub(crate) fn pip() -> Option<Self> {
        Clients::pip().map(|clients| Self::of(clients, true))
    }

    /// An empty one for uv.
    pub(crate) fn uv() -> Option<Self> {
        Clients::uv().map(|clients| Self::of(clients, false))
    }

    fn of(clients: Clients, is_pip: bool) -> Self {
        let site = Site::start();
        let settings = clients.settings_for(&site.address);
        Self { settings, into: clients.folder("installed"), site, clients, is_pip, links: Mutex::default() }
    }

    pub(crate) fn is_pip(&self) -> bool {
        self.is_pip
    }

    /// The same settings with another cache.
    pub(crate) fn elsewhere(&self) -> Settings {
        let mut settings = self.settings.clone();
        let cache = self.clients.folder("another cache").into_os_string();
        settings.variables.extend([("PIP_CACHE_DIR".into(), cache.clone()), ("UV_CACHE_DIR".into(), cache)]);
        settings
    }

    /// Puts a wheel into the index.
    pub(crate) fn publish(&self, wheel: &Wheel<'_>) {
        let Wheel { name, version, tag, requires, scripts, python, text, yanked } = wheel;
        let module = name.to_lowercase().replace(['.', '-'], "_");
        let file = format!("{module}-{version}-{tag}.whl");
        let what = json!({
            "file": file, "name": name, "module": module, "version": version, "tag": tag, "requires": requires,
            "scripts": scripts, "python": python, "text": text,
        });
        let yanked = if *yanked { " data-yanked=\"broken\"" } else { "" };
        let python = python.replace('>', "&gt;");
        self.add(&module, &file, &what.to_string(), &format!("data-requires-python=\"{python}\"{yanked}"));
    }

    /// Puts a source archive into the index.
    pub(crate) fn publish_source(&self, name: &str) {
        let file = format!("{name}-1.0.tar.gz");
        self.add(name, &file, &json!({"file": file, "name": name, "version": "1.0"}).to_string(), "");
    }

    fn add(&self, name: &str, file: &str, what: &str, attributes: &str) {
        let folder = tempfile::tempdir().unwrap();
        let made =
            self.clients.program("python3").args(["-I", "-c", MAKE, what]).current_dir(folder.path()).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let hash = String::from_utf8(made.stdout).unwrap();
        self.site.put(
            &format!("/files/{file}"),
            Page::Is("application/zip", std::fs::read(folder.path().join(file)).unwrap()),
        );
        let link = format!("<a href=\"/files/{file}#sha256={}\" {attributes}>{file}</a>", hash.trim());
        let mut links = self.links.lock().unwrap();
        let links = links.entry(name.to_owned()).or_default();
        links.insert(file.to_owned(), link);
        let page = format!("<!DOCTYPE html><html><body>{}</body></html>", links.values().cloned().collect::<String>());
        self.site.put(&format!("/simple/{}/", name.replace('_', "-")), Page::Is("text/html", page.into_bytes()));
    }
}
