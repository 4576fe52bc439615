//! `P0512`: an import that leads nowhere. What is advised depends on how it is written, and on what is installed.

use pace_diag::nearest::{listing, nearest};
use pace_diag::{Applicability, Diagnostic, code};

use super::Says;
use super::imports::RUNTIME;
use crate::child::package_name;
use crate::child::reach::is_path;
use crate::protocol::Near;

/// How an import is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form<'s> {
    /// Nothing.
    Empty,
    /// `./x`.
    Path,
    /// `.\x`.
    Backslashes,
    /// `@/x`, `~/x`: what a `tsconfig.json` may map.
    Mapped,
    /// `#x`.
    Own,
    /// `https://…`.
    Address,
    /// `npm:x`: the part after it.
    Npm(&'s str),
    /// `jsr:x`: the part after it.
    Jsr(&'s str),
    /// `bun:x`: the scheme.
    Scheme(&'s str),
    /// Anything else.
    Package,
}

impl<'s> Form<'s> {
    fn of(specifier: &'s str) -> Self {
        if specifier.is_empty() {
            return Self::Empty;
        }
        if specifier.contains('\\') {
            return Self::Backslashes;
        }
        if is_path(specifier) {
            return Self::Path;
        }
        if specifier.starts_with("@/") || specifier.starts_with('~') {
            return Self::Mapped;
        }
        if specifier.starts_with('#') {
            return Self::Own;
        }
        match specifier.split_once(':') {
            Some(("http" | "https", _)) => Self::Address,
            Some(("npm", rest)) if !rest.is_empty() => Self::Npm(rest.trim_start_matches('/')),
            Some(("jsr", rest)) if !rest.is_empty() => Self::Jsr(rest.trim_start_matches('/')),
            Some((scheme, _)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => Self::Scheme(scheme),
            _ => Self::Package,
        }
    }
}

pub(super) fn unresolved(says: &Says<'_>, specifier: &str, near: &Near) -> Diagnostic {
    let form = Form::of(specifier);
    let message = match (form, &near.package) {
        (Form::Empty, _) => "an import names nothing".to_owned(),
        (Form::Path | Form::Backslashes, _) => format!("cannot find `{specifier}`"),
        (Form::Own, _) if near.offered.contains(specifier) => {
            format!("`{specifier}` leads to a file that is not there")
        }
        (Form::Own, _) => format!("`{specifier}` is not among the `imports` of a `package.json`"),
        (Form::Address, _) => format!("`{specifier}` is an address, and a build loads nothing from addresses"),
        (Form::Npm(_) | Form::Jsr(_) | Form::Scheme(_), _) => format!("`{specifier}` is written for another runtime"),
        (Form::Mapped | Form::Package, Some(package)) if package_name(specifier) == specifier => {
            format!("`{package}` has nothing that a tool can import as `{specifier}`")
        }
        (Form::Mapped | Form::Package, Some(package)) => format!("`{package}` has no `{specifier}`"),
        (Form::Mapped | Form::Package, None) => format!("cannot find the package `{specifier}`"),
    };
    let message = if says.is_in_package() { format!("{message}, which `{}` needs", says.package()) } else { message };
    let diagnostic = says.show(Diagnostic::new(&code::UNRESOLVED_IMPORT, message), "leads nowhere");
    if says.is_in_package() {
        return diagnostic.help(match near.package {
            Some(_) => "install versions that go together".to_owned(),
            None => format!("install what `{}` needs: `npm install`", says.package()),
        });
    }
    match (form, &near.instead) {
        (_, Some(instead)) => replaced(says, diagnostic, format!("did you mean `{instead}`?"), instead),
        (Form::Empty, None) => diagnostic.help("write the path of a file, such as `./x.ts`, or the name of a package"),
        (Form::Backslashes, None) => diagnostic.help("write paths with `/`; they count from the file that imports"),
        (Form::Path, None) => diagnostic.help("paths count from the file that imports"),
        (Form::Mapped, None) => diagnostic
            .help("write the path from this file, such as `../lib/x.ts`: `paths` of a `tsconfig.json` are for editors"),
        (Form::Own, None) => diagnostic.help(own(specifier, near)),
        (Form::Address, None) => {
            diagnostic.help("install the package and import it by its name, or keep the file in the project")
        }
        (Form::Npm(rest), None) => {
            let (package, rest) = without_version(rest);
            let help = format!("write `{package}{rest}`, and run `npm install {package}` in the project");
            replaced(says, diagnostic, help, &format!("{package}{rest}"))
        }
        (Form::Jsr(rest), None) => {
            let (package, rest) = without_version(rest);
            let help = format!("write `{package}{rest}`, and run `npx jsr add {package}` in the project");
            replaced(says, diagnostic, help, &format!("{package}{rest}"))
        }
        (Form::Scheme(scheme), None) => diagnostic
            .help(format!("use what the web has, or a package that works in browsers: a tool has no `{scheme}:`")),
        (Form::Package, None) => of_package(says, diagnostic, specifier, near),
    }
}

fn own(specifier: &str, near: &Near) -> String {
    if near.offered.contains(specifier) {
        return "correct the path in `imports` of `package.json`".to_owned();
    }
    let there = listing(near.offered.iter().map(String::as_str));
    let help = "write the path of the file, or add it to `imports` of the project's `package.json`";
    if there.is_empty() { help.to_owned() } else { format!("{help}, which has {there}") }
}

/// A package is not there, or is and lacks what is wanted.
fn of_package(says: &Says<'_>, diagnostic: Diagnostic, specifier: &str, near: &Near) -> Diagnostic {
    if is_meant_for_runtime(specifier) {
        return replaced(says, diagnostic, format!("did you mean `{RUNTIME}`?"), RUNTIME);
    }
    let package = package_name(specifier);
    if near.package.is_none() {
        return diagnostic.help(format!(
            "run `npm install {package}` in the project; a file of the project begins with `./` or `../`"
        ));
    }
    if near.offered.contains(specifier) {
        return diagnostic
            .note(format!("what the `package.json` of `{package}` names is not there, or is for Node.js alone"))
            .help("install the package anew, or use one that works in browsers");
    }
    let there = listing(near.offered.iter().map(String::as_str));
    diagnostic.help(if there.is_empty() {
        format!("use another package: `{package}` has no code; its types come with `import type`")
    } else {
        format!("import one of its modules: {there}")
    })
}

/// Whether it is the one module of Paceline, written wrong. No other package has its scope.
fn is_meant_for_runtime(specifier: &str) -> bool {
    specifier.starts_with("@paceline/") || nearest(specifier, [RUNTIME]).is_some()
}

/// Advises another specifier.
fn replaced(says: &Says<'_>, diagnostic: Diagnostic, help: String, specifier: &str) -> Diagnostic {
    match says.place {
        Some(span) => diagnostic.fix(help, Applicability::Unsafe, span, format!("\"{specifier}\"")),
        None => diagnostic.help(help),
    }
}

/// A package's name without its version, and the path in it: `zod` and `/v4` of `zod@4.1/v4`.
fn without_version(specifier: &str) -> (&str, &str) {
    let package = package_name(specifier);
    let rest = specifier.strip_prefix(package).unwrap_or_default();
    let at = package.char_indices().skip(1).find(|(_, letter)| *letter == '@').map_or(package.len(), |(at, _)| at);
    (package.get(..at).unwrap_or(package), rest)
}

#[cfg(test)]
mod tests {
    use super::{Form, without_version};

    #[test]
    fn forms_are_told_apart() {
        for (specifier, wanted) in [
            ("./x", Form::Path),
            ("C:/x", Form::Path),
            ("C:\\x", Form::Backslashes),
            ("..\\x", Form::Backslashes),
            ("", Form::Empty),
            ("@/x", Form::Mapped),
            ("#x", Form::Own),
            ("https://esm.sh/zod", Form::Address),
            ("npm:/zod@4", Form::Npm("zod@4")),
            ("jsr:@std/csv", Form::Jsr("@std/csv")),
            ("bun:sqlite", Form::Scheme("bun")),
            ("@scope/x", Form::Package),
            ("x", Form::Package),
        ] {
            assert_eq!(Form::of(specifier), wanted, "{specifier}");
        }
    }

    #[test]
    fn versions_are_left_out() {
        assert_eq!(without_version("zod@4.1/v4"), ("zod", "/v4"));
        assert_eq!(without_version("@std/csv@^1"), ("@std/csv", ""));
        assert_eq!(without_version("zod"), ("zod", ""));
        assert_eq!(without_version("@"), ("@", ""));
    }
}
