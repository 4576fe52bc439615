//! Node.js and Python of this machine, and whether they are new enough for a package.

use std::path::Path;

use crate::error::PackageError;
use crate::process;
use crate::settings::Settings;
use crate::tree::{Registry, Tree};

/// What asks Node.js and Python the same: their version, and what installed packages have to fit.
const NODE: &str = "console.log(process.versions.node + '\\n' + ['node', process.platform, process.arch].join(' '))";
const PYTHON: &str = "import platform, sys\n\
    print('%d.%d.%d' % sys.version_info[:3])\n\
    print(sys.implementation.cache_tag, sys.platform, platform.machine())";

/// What runs packages here.
#[derive(Debug, Clone)]
pub(crate) struct Runtime {
    pub(crate) version: String,
    /// What installed packages have to fit: `node linux x64`, `cpython-311 linux x86_64`.
    pub(crate) fits: String,
}

/// Asks the program that would run packages of `registry`.
pub(crate) fn here(registry: Registry, folder: &Path, settings: &Settings) -> Result<Runtime, PackageError> {
    let (program, arguments) = match registry {
        Registry::Npm => ("node", ["-e", NODE].as_slice()),
        Registry::PyPi => ("python3", ["-I", "-c", PYTHON].as_slice()),
    };
    let output = process::run(program, arguments, folder, settings)?;
    let mut lines = output.out.lines();
    match (output.succeeded, lines.next(), lines.next()) {
        (true, Some(version), Some(fits)) => Ok(Runtime { version: version.to_owned(), fits: fits.to_owned() }),
        _ => Err(PackageError::failed(program, &output.err)),
    }
}

/// Whether `runtime` is new enough for the package.
pub(crate) fn check(tree: &Tree, runtime: &Runtime) -> Result<(), PackageError> {
    if parts(&runtime.version) >= least(&tree.runtime) {
        return Ok(());
    }
    Err(PackageError::OldRuntime {
        name: tree.name.clone(),
        runtime: title(tree.registry),
        needed: tree.runtime.clone(),
        found: runtime.version.clone(),
    })
}

pub(crate) fn title(registry: Registry) -> &'static str {
    match registry {
        Registry::Npm => "Node.js",
        Registry::PyPi => "Python",
    }
}

/// The lowest version that a range of npm (`^18 || >=20.1`) or of Python (`>=3.10,<4`) lets through, as far as numbers tell.
/// Upper bounds are not judged: packages give them for versions that nobody has seen yet.
fn least(range: &str) -> [u64; 3] {
    let alternative = |text: &str| {
        // `>= 18` is one comparison.
        let text = [">=", "<=", ">", "<", "^", "~", "="]
            .iter()
            .fold(text.to_owned(), |text, sign| text.replace(&format!("{sign} "), sign));
        let bounds = text.split([',', ' ']).filter(|word| !word.starts_with(['<', '!'])).map(parts);
        bounds.max().unwrap_or_default()
    };
    // The upper end of `1 - 2` is none.
    range.split("||").map(|text| alternative(text.split(" - ").next().unwrap_or(text).trim())).min().unwrap_or_default()
}

/// The first three numbers of a version; what is no number counts as 0.
fn parts(version: &str) -> [u64; 3] {
    let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut numbers = digits.split('.').map(|part| {
        let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        part.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(0)
    });
    [(); 3].map(|()| numbers.next().unwrap_or(0))
}

/// Whether a version is at least `needed`.
pub(crate) fn is_at_least(version: &str, needed: &str) -> bool {
    parts(version) >= parts(needed)
}

#[cfg(test)]
mod tests {
    use super::{is_at_least, least};

    #[test]
    fn the_lower_ends_of_ranges_are_found() {
        for (range, expected) in [
            ("", [0, 0, 0]),
            ("*", [0, 0, 0]),
            (">=18", [18, 0, 0]),
            (">= 18.14.1", [18, 14, 1]),
            ("^18.17.0 || >=20.5.0", [18, 17, 0]),
            (">=20.1 <23", [20, 1, 0]),
            ("18.x", [18, 0, 0]),
            ("16 - 20", [16, 0, 0]),
            ("<21", [0, 0, 0]),
            (">=3.10", [3, 10, 0]),
            ("<4,>=3.10,!=3.11.0", [3, 10, 0]),
            ("~=3.9", [3, 9, 0]),
        ] {
            assert_eq!(least(range), expected, "{range}");
        }
        assert!(is_at_least("v20.20.2", "18") && is_at_least("23.2.1", "22.2") && !is_at_least("3.9.18", "3.10"));
    }
}
