//! Text that must stand nowhere: spaces at the end of a line, paths of one person's machine, hosts of registries.

use super::{File, Report};

/// Text files that people write.
const TEXT: [&str; 12] = ["rs", "toml", "md", "yml", "yaml", "sh", "py", "ts", "tsx", "json", "html", "tpl"];

/// Paths that are right on one machine only. Joined here so that this file does not find itself.
const MACHINE_PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/t", "mp/"), concat!("../sha", "red")];

/// Packages are named, never fetched from a host by address: the ordinary clients know where to ask.
const REGISTRY_HOSTS: [&str; 7] = [
    concat!("static.crates", ".io"),
    concat!("index.crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("deb.debian", ".org"),
    concat!("registry.yarnpkg", ".com"),
];

/// Checks one file, if people write it.
pub(crate) fn check(file: &File, report: &mut Report) {
    if is_lock(file) || !(TEXT.contains(&file.extension()) || file.path.starts_with(".ci/")) {
        return;
    }
    for (index, line) in file.text.lines().enumerate() {
        let place = format!("{}:{}", file.path, index + 1);
        if line.ends_with([' ', '\t']) && !is_fixture(file) {
            report.fail(format!("{place}: the line ends in spaces"));
        }
        if let Some(path) = MACHINE_PATHS.iter().find(|path| line.contains(**path)) {
            report.fail(format!("{place}: `{path}` is a path of one machine"));
        }
        if let Some(host) = REGISTRY_HOSTS.iter().find(|host| line.contains(**host)) {
            report.fail(format!("{place}: `{host}` is the host of a registry; name the package alone"));
        }
    }
}

/// Lock files are written by the clients, which put hosts into them.
fn is_lock(file: &File) -> bool {
    file.extension() == "lock" || file.name() == "package-lock.json"
}

/// A test may need spaces at the end of a line.
fn is_fixture(file: &File) -> bool {
    file.path.split('/').any(|part| part == "tests") && file.extension() != "rs"
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn failures(path: &str, text: &str) -> usize {
        let mut report = Report::default();
        check(&file(path, text), &mut report);
        report.failures().len()
    }

    #[test]
    fn spaces_at_the_end_are_found_outside_fixtures() {
        assert_eq!(failures("README.md", "fine\nnot fine \n"), 1);
        assert_eq!(failures("tests/ui/names/tabs/paceline.yaml", "version: 1 \n"), 0);
        assert_eq!(failures("logo.svg", "x \n"), 0);
    }

    #[test]
    fn machine_paths_and_hosts_are_found() {
        let path = format!("see {}main", MACHINE_PATHS[0]);
        let host = format!("ask https://{}/simple", REGISTRY_HOSTS[2]);
        assert_eq!(failures("docs/a.md", &path), 1);
        assert_eq!(failures(".ci/run", &host), 1);
        assert_eq!(failures("package-lock.json", &host), 0);
    }
}
