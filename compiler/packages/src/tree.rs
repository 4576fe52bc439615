//! A package and everything it needs, pinned: what `mcp.lock` lists, and what a bundle holds as text. Holds no
//! addresses, because registries have other names on other machines.

use std::fmt;

use pace_ir::digest::Digest;

/// Where packages come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registry {
    /// The registry that npm is configured with: `mcp://npx/…`.
    Npm,
    /// The index that uv or pip is configured with: `mcp://uvx/…`.
    PyPi,
}

/// A package and all it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// Where all of it comes from.
    pub registry: Registry,
    /// The package that was asked for, as its registry spells it (PyPI: normalised).
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// The versions of Node.js (`engines.node`) or Python (`Requires-Python`) it asks for, in its own words; empty for any.
    pub runtime: String,
    /// What is started. npm: the program's path within the package. PyPI: `module:function` of the console script.
    pub entry: String,
    /// Everything that is installed, the package itself included, sorted by path, then by version.
    pub packages: Vec<Package>,
}

/// One package of a tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// npm: the folder it is installed to, `node_modules/a/node_modules/b`. PyPI: its normalised name.
    pub path: String,
    /// Its exact version.
    pub version: String,
    /// npm: its name where the folder has another one, as `npm:` aliases have it.
    pub alias_of: Option<String>,
    /// npm: one `sha512-…` as in a `package-lock.json`. PyPI: `sha256:<hex>` of every wheel of this version, sorted: one of
    /// them is installed.
    pub integrity: Vec<String>,
    /// Whether the rest works without it.
    pub need: Need,
    /// npm: the systems it is for (`linux`, `!win32`); empty for all.
    pub os: Vec<String>,
    /// npm: the processors it is for; empty for all.
    pub cpu: Vec<String>,
    /// npm: the C libraries it is for; empty for all.
    pub libc: Vec<String>,
    /// PyPI: where it is needed, a marker of PEP 508; none for everywhere.
    pub marker: Option<String>,
}

/// Whether a package has to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// Without it nothing works.
    Required,
    /// Left out where it does not fit the system.
    Optional,
}

/// A tree that no resolution gives: a lock file edited by hand, or broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the {what} `{value}` of a pinned package cannot be right", value = pace_ir::text::quoted(.value))]
pub struct Malformed {
    /// Which part.
    pub what: &'static str,
    /// What it says.
    pub value: String,
}

impl Registry {
    /// How people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::PyPi => "PyPI",
        }
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.title())
    }
}

impl Tree {
    /// The name of the tree: covers everything in it.
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_text().as_bytes())
    }

    /// The tree as bundles hold it: what is started, then a line for each package. The parts of a tree that passes
    /// [`Tree::check`] have no line breaks, so that no two trees share a text.
    pub fn to_text(&self) -> String {
        let runtime = match self.registry {
            Registry::Npm => "node",
            Registry::PyPi => "python",
        };
        let Self { name, version, runtime: needs, entry, .. } = self;
        let lines: String = self.packages.iter().map(|package| package.to_line() + "\n").collect();
        format!("{runtime} {name} {version}\nneeds {needs}\nentry {entry}\n{lines}")
    }

    /// Reads what [`Tree::to_text`] writes.
    ///
    /// # Errors
    /// The first line that cannot be right.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let mut lines = text.lines();
        let mut line = || lines.next().unwrap_or_default();
        let (first, needs, entry) = (line(), line(), line());
        let wrong = |what: &'static str, value: &str| Malformed { what, value: value.to_owned() };
        let mut words = first.splitn(3, ' ');
        let registry = match words.next() {
            Some("node") => Registry::Npm,
            Some("python") => Registry::PyPi,
            _ => return Err(wrong("runtime", first)),
        };
        let (Some(name), Some(version)) = (words.next(), words.next()) else { return Err(wrong("name", first)) };
        let needs = needs.strip_prefix("needs ").ok_or_else(|| wrong("runtime", needs))?;
        let entry = entry.strip_prefix("entry ").ok_or_else(|| wrong("program", entry))?;
        let packages = lines.map(|line| Package::parse(line).ok_or_else(|| wrong("list", line)));
        let tree = Self {
            registry,
            name: name.to_owned(),
            version: version.to_owned(),
            runtime: needs.to_owned(),
            entry: entry.to_owned(),
            packages: packages.collect::<Result<_, _>>()?,
        };
        tree.check()?;
        Ok(tree)
    }

    /// Whether this can be handed to the registries' clients: names, versions and paths that say nothing else to them, in
    /// order, the package itself among them. Trees come from lock files, which people edit.
    ///
    /// # Errors
    /// The first part that is wrong.
    pub fn check(&self) -> Result<(), Malformed> {
        ensure("name", &self.name, is_name(self.registry, &self.name))?;
        ensure("version", &self.version, is_version(&self.version))?;
        ensure("program", &self.entry, is_entry(self.registry, &self.entry))?;
        ensure("runtime", &self.runtime, self.runtime.len() < 200 && !self.runtime.contains(char::is_control))?;
        for package in &self.packages {
            package.check(self.registry)?;
        }
        for pair in self.packages.windows(2) {
            if let [before, after] = pair {
                // What npm installs to one folder is one package; of PyPI's, markers choose one of several versions.
                let same = self.registry == Registry::Npm && before.path == after.path;
                ensure("place", &after.path, before < after && !same)?;
            }
        }
        ensure("list", &self.name, self.root().is_some())
    }

    /// The package itself.
    pub fn root(&self) -> Option<&Package> {
        let path = match self.registry {
            Registry::Npm => format!("node_modules/{}", self.name),
            Registry::PyPi => self.name.clone(),
        };
        self.packages.iter().find(|package| package.path == path && package.version == self.version)
    }
}

impl Package {
    /// npm: the folder it lies in (empty for the top) and its name there.
    pub(crate) fn place(&self) -> (&str, &str) {
        match self.path.rsplit_once("/node_modules/") {
            Some(place) => place,
            None => ("", self.path.strip_prefix("node_modules/").unwrap_or(&self.path)),
        }
    }

    /// `<path> <version> <integrity>`, and after it what else there is to say: see [`Package::rest`].
    fn to_line(&self) -> String {
        let rest = self.rest();
        let rest = if rest.is_empty() { rest } else { format!(" {rest}") };
        format!("{} {} {}{rest}", self.path, self.version, self.integrity.join(","))
    }

    /// `optional`, `of=<name>`, `os=<words>`, `cpu=<words>`, `libc=<words>`, and a marker after `;`.
    pub fn rest(&self) -> String {
        let mut rest: Vec<String> = Vec::new();
        if self.need == Need::Optional {
            rest.push("optional".to_owned());
        }
        rest.extend(self.alias_of.iter().map(|name| format!("of={name}")));
        for (key, words) in [("os", &self.os), ("cpu", &self.cpu), ("libc", &self.libc)] {
            if !words.is_empty() {
                rest.push(format!("{key}={}", words.join(",")));
            }
        }
        if let Some(marker) = &self.marker {
            rest.push(format!("; {marker}"));
        }
        rest.join(" ")
    }

    /// Reads a line of a tree.
    pub fn parse(line: &str) -> Option<Self> {
        let (line, marker) = match line.split_once("; ") {
            Some((line, marker)) => (line.trim_end(), Some(marker.to_owned())),
            None => (line, None),
        };
        let mut words = line.split(' ');
        let (path, version, integrity) = (words.next()?, words.next()?, words.next()?);
        let list = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
        let mut package = Self {
            path: path.to_owned(),
            version: version.to_owned(),
            alias_of: None,
            integrity: list(integrity),
            need: Need::Required,
            os: Vec::new(),
            cpu: Vec::new(),
            libc: Vec::new(),
            marker,
        };
        for word in words {
            match word.split_once('=') {
                None if word == "optional" => package.need = Need::Optional,
                Some(("of", name)) => package.alias_of = Some(name.to_owned()),
                Some(("os", words)) => package.os = list(words),
                Some(("cpu", words)) => package.cpu = list(words),
                Some(("libc", words)) => package.libc = list(words),
                _ => return None,
            }
        }
        Some(package)
    }

    fn check(&self, registry: Registry) -> Result<(), Malformed> {
        ensure("version", &self.version, is_version(&self.version))?;
        ensure("place", &self.path, is_path(registry, &self.path))?;
        if let Some(name) = &self.alias_of {
            ensure("name", name, is_name(registry, name))?;
        }
        ensure("integrity", &self.path, !self.integrity.is_empty() && self.integrity.is_sorted())?;
        for integrity in &self.integrity {
            ensure("integrity", integrity, is_integrity(registry, integrity))?;
        }
        for word in [&self.os, &self.cpu, &self.libc].into_iter().flatten() {
            let plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!_-".contains(&byte));
            ensure("platform", word, plain && !word.is_empty())?;
        }
        let marker = self.marker.as_deref().unwrap_or_default();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" ._<>=!~()'\",*+-".contains(&byte);
        ensure("marker", marker, marker.bytes().all(plain) && !marker.contains(" --"))
    }
}

fn ensure(what: &'static str, value: &str, holds: bool) -> Result<(), Malformed> {
    if holds { Ok(()) } else { Err(Malformed { what, value: value.to_owned() }) }
}

/// Whether a name is one that the registry may know, and nothing else to its client: no address, folder or option.
pub(crate) fn is_name(registry: Registry, name: &str) -> bool {
    match registry {
        Registry::Npm => {
            let parts = match name.strip_prefix('@') {
                Some(scoped) => scoped.split('/').collect::<Vec<_>>(),
                None => vec![name],
            };
            let wanted = if name.starts_with('@') { 2 } else { 1 };
            name.len() <= 214 && parts.len() == wanted && parts.iter().all(|part| is_npm_word(part))
        }
        Registry::PyPi => {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
            let ends = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
            name.len() <= 214 && name.bytes().all(plain) && ends(name.bytes().next()) && ends(name.bytes().last())
        }
    }
}

/// Old packages have capitals in their names.
fn is_npm_word(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
    word.bytes().all(plain)
        && word.bytes().next().is_some_and(|byte| byte != b'.' && byte != b'-')
        && word != "node_modules"
}

fn is_version(version: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".+!_-".contains(&byte);
    version.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
        && version.len() <= 256
        && version.bytes().all(plain)
}

fn is_path(registry: Registry, path: &str) -> bool {
    match registry {
        Registry::PyPi => is_name(registry, path) && normalised(path) == path,
        Registry::Npm => path
            .strip_prefix("node_modules/")
            .is_some_and(|rest| rest.split("/node_modules/").all(|name| is_name(registry, name))),
    }
}

fn is_integrity(registry: Registry, integrity: &str) -> bool {
    match registry {
        Registry::Npm => integrity.strip_prefix("sha512-").is_some_and(|rest| {
            rest.len() == 88 && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte))
        }),
        Registry::PyPi => integrity
            .strip_prefix("sha256:")
            .is_some_and(|rest| rest.len() == 64 && rest.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))),
    }
}

/// A relative path that stays where it is, or a function of a module.
fn is_entry(registry: Registry, entry: &str) -> bool {
    match registry {
        Registry::Npm => entry.split('/').all(|part| {
            !matches!(part, "" | "." | "..") && !part.contains(|c: char| c.is_control() || matches!(c, '\\' | ':'))
        }),
        Registry::PyPi => {
            let is_identifier = |word: &str| {
                word.chars().all(|c| c.is_alphanumeric() || c == '_') && !word.starts_with(|c: char| c.is_numeric())
            };
            let dotted = |text: &str| text.split('.').all(|word| !word.is_empty() && is_identifier(word));
            entry.split_once(':').is_some_and(|(module, function)| dotted(module) && dotted(function))
        }
    }
}

/// A name of PyPI in its one spelling (PEP 503).
pub(crate) fn normalised(name: &str) -> String {
    let mut spelling = String::with_capacity(name.len());
    for word in name.split(['-', '_', '.']).filter(|word| !word.is_empty()) {
        if !spelling.is_empty() {
            spelling.push('-');
        }
        spelling.push_str(&word.to_ascii_lowercase());
    }
    spelling
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let package = |path: &str| Package {
            path: path.to_owned(),
            version: "1.0.0".to_owned(),
            alias_of: None,
            integrity: vec![format!("sha512-{}==", "A".repeat(86))],
            need: Need::Required,
            os: Vec::new(),
            cpu: Vec::new(),
            libc: Vec::new(),
            marker: None,
        };
        Tree {
            registry: Registry::Npm,
            name: "@a/b".to_owned(),
            version: "1.0.0".to_owned(),
            runtime: ">=18".to_owned(),
            entry: "dist/index.js".to_owned(),
            packages: vec![package("node_modules/@a/b"), package("node_modules/@a/b/node_modules/c")],
        }
    }

    #[test]
    fn a_tree_is_read_as_it_is_written() {
        let mut tree = tree();
        assert_eq!(Tree::parse(&tree.to_text()), Ok(tree.clone()));
        let package = &mut tree.packages[1];
        package.need = Need::Optional;
        package.alias_of = Some("@x/c".to_owned());
        (package.os, package.cpu) = (vec!["linux".to_owned(), "!win32".to_owned()], vec!["x64".to_owned()]);
        package.marker = Some("python_version < \"3.13\" and sys_platform == 'win32'".to_owned());
        let text = tree.to_text();
        assert!(text.contains("== optional of=@x/c os=linux,!win32 cpu=x64 ; python_version < \"3.13\" and"), "{text}");
        assert_eq!(Tree::parse(&text), Ok(tree));
        for broken in ["", "node a", "node a 1.0.0\nneeds \nentry x\n", "ruby a 1.0.0\nneeds \nentry x\na 1 b\n"] {
            assert!(Tree::parse(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn a_tree_is_right_or_says_what_is_wrong() {
        assert_eq!(tree().check(), Ok(()));
        let wrong = |change: fn(&mut Tree)| {
            let mut changed = tree();
            change(&mut changed);
            assert_ne!(changed.digest(), tree().digest());
            changed.check().map_err(|malformed| malformed.what)
        };
        assert_eq!(wrong(|tree| tree.name = "--registry=x".to_owned()), Err("name"));
        assert_eq!(wrong(|tree| tree.version = "latest".to_owned()), Err("version"));
        assert_eq!(wrong(|tree| tree.entry = "../x.js".to_owned()), Err("program"));
        assert_eq!(wrong(|tree| tree.packages[1].path = "node_modules/../../c".to_owned()), Err("place"));
        assert_eq!(wrong(|tree| tree.packages[1].path = "node_modules/@a/b".to_owned()), Err("place"));
        assert_eq!(wrong(|tree| tree.packages.swap(0, 1)), Err("place"));
        assert_eq!(wrong(|tree| tree.packages[1].integrity = vec!["sha1-xyz".to_owned()]), Err("integrity"));
        assert_eq!(wrong(|tree| tree.packages[1].integrity.clear()), Err("integrity"));
        assert_eq!(wrong(|tree| tree.packages[1].alias_of = Some("git+ssh://x".to_owned())), Err("name"));
        assert_eq!(wrong(|tree| tree.packages[1].os = vec!["a b".to_owned()]), Err("platform"));
        assert_eq!(wrong(|tree| tree.packages[1].marker = Some("a --index-url=x".to_owned())), Err("marker"));
        assert_eq!(wrong(|tree| drop(tree.packages.remove(0))), Err("list"));
        assert_eq!(wrong(|tree| tree.packages[1].need = Need::Optional), Ok(()));
    }

    #[test]
    fn names_are_names_and_nothing_else() {
        for name in ["server-x", "@modelcontextprotocol/server-everything", "JSONStream", "@a/b.c_d"] {
            assert!(is_name(Registry::Npm, name), "{name}");
        }
        for name in
            ["", "@a", "@a/", "a/b", "@a/b/c", "-x", ".x", "a@1", "git+ssh://x", "file:x", "a b", "node_modules"]
        {
            assert!(!is_name(Registry::Npm, name), "{name}");
        }
        for name in ["mcp-server-time", "zope.interface", "A_b"] {
            assert!(is_name(Registry::PyPi, name), "{name}");
        }
        for name in ["", "-r", "x[all]", "x @ file", "x-", "x==1", "a/b"] {
            assert!(!is_name(Registry::PyPi, name), "{name}");
        }
        assert_eq!(normalised("Zope.Interface__X"), "zope-interface-x");
    }

    #[test]
    fn functions_are_functions() {
        for entry in ["mcp_server_time:main", "a.b:c.d"] {
            assert!(is_entry(Registry::PyPi, entry), "{entry}");
        }
        for entry in ["a", "a:", ":b", "a:b()", "a:b;c", "a b:c", "1a:b"] {
            assert!(!is_entry(Registry::PyPi, entry), "{entry}");
        }
    }
}
