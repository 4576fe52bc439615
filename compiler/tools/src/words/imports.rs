//! `P0512` (an import that leads nowhere), `P0513` (a module of Node.js), `P0514` (a name that is not exported), `P0518`
//! (an import only known at run time), `P0521` (an import that leads out of the project).

use std::collections::BTreeSet;

use pace_diag::{Applicability, Diagnostic, code, nearest};

use super::{Files, Says, package};
use crate::child::builtin;
use crate::child::reach::is_path;
use crate::protocol::{Finding, Problem};

pub(super) fn unresolved(says: &Says<'_>, specifier: &str) -> Diagnostic {
    let message = if is_path(specifier) {
        format!("cannot find `{specifier}`")
    } else {
        format!("cannot find the package `{specifier}`")
    };
    let message = if says.is_in_package() { format!("{message}, which `{}` needs", says.package()) } else { message };
    let diagnostic = says.show(Diagnostic::new(&code::UNRESOLVED_IMPORT, message), "leads nowhere");
    match (is_path(specifier), says.is_in_package()) {
        (_, true) => diagnostic.help(format!("install what `{}` needs: `npm install`", says.package())),
        (false, false) if specifier.starts_with("@/") || specifier.starts_with('~') => diagnostic
            .help("write the path from this file, such as `../lib/x.ts`: `paths` of a `tsconfig.json` are for editors"),
        (false, false) if is_meant_for_runtime(specifier) => meant_runtime(says, diagnostic),
        (false, false) => diagnostic.help(format!(
            "run `npm install {}` in the project; a file of the project begins with `./` or `../`",
            crate::child::package_name(specifier)
        )),
        (true, false) => diagnostic.help("paths count from the file that imports"),
    }
}

/// What tools import of Paceline: nothing of it is installed.
const RUNTIME: &str = "@paceline/runtime";

/// Whether it is the one module of Paceline, written wrong. No other package has its scope.
fn is_meant_for_runtime(specifier: &str) -> bool {
    specifier.starts_with("@paceline/") || nearest::nearest(specifier, [RUNTIME]).is_some()
}

fn meant_runtime(says: &Says<'_>, diagnostic: Diagnostic) -> Diagnostic {
    let help = format!("did you mean `{RUNTIME}`?");
    match says.place {
        Some(span) => diagnostic.fix(help, Applicability::Unsafe, span, format!("\"{RUNTIME}\"")),
        None => diagnostic.help(help),
    }
}

pub(super) fn file_type(says: &Says<'_>, specifier: &str) -> Diagnostic {
    let message = format!("`{specifier}` is no code and no JSON");
    says.show(Diagnostic::new(&code::UNRESOLVED_IMPORT, message), "cannot be part of a tool")
        .help("import `.ts`, `.js` and `.json` files; a text can be the value of a constant")
}

/// One import, and all that the packages behind it want of Node.js. The shortest way to any of it is shown.
pub(super) fn needs_node(group: &[Finding], files: &mut Files<'_>) -> Diagnostic {
    let wanted: BTreeSet<&str> = group
        .iter()
        .filter_map(|finding| match &finding.problem {
            Problem::NodeBuiltin { specifier } => Some(specifier.strip_prefix("node:").unwrap_or(specifier)),
            _ => None,
        })
        .collect();
    let Some(nearest) = group.iter().min_by_key(|finding| (finding.chain.len(), &finding.chain)) else {
        return Diagnostic::new(&code::NODE_BUILTIN, "a package needs Node.js");
    };
    let imported = nearest.chain.get(1).map_or("", |path| package(path));
    let listed = pace_diag::nearest::listing(wanted.iter().copied());
    let message = format!("the package `{imported}` needs Node.js, which a tool does not have");
    let says = Says { finding: nearest, place: files.span(&nearest.file, nearest.place) };
    let diagnostic =
        says.show(Diagnostic::new(&code::NODE_BUILTIN, message), "").note(format!("needed of Node.js: {listed}")).help(
            format!("use a package that works in browsers instead of `{imported}`, or write the part that is needed"),
        );
    match wanted.first().filter(|_| wanted.len() == 1) {
        Some(only) => diagnostic.help(builtin::instead(only)),
        None => diagnostic,
    }
}

pub(super) fn builtin(says: &Says<'_>, specifier: &str) -> Diagnostic {
    let message = format!("`{specifier}` is a part of Node.js, which a tool does not have");
    says.show(Diagnostic::new(&code::NODE_BUILTIN, message), "tools run in a sandbox without Node.js")
        .help(builtin::instead(specifier))
}

pub(super) fn outside(says: &Says<'_>, specifier: &str) -> Diagnostic {
    if says.is_in_package() {
        let message = format!("`{specifier}` leads out of the package `{}`", says.package());
        return says
            .show(Diagnostic::new(&code::IMPORT_OUTSIDE, message), "")
            .help("name the other package in its dependencies, and import it by its name");
    }
    let message = format!("`{specifier}` leads out of the project");
    says.show(Diagnostic::new(&code::IMPORT_OUTSIDE, message), "a build reads nothing outside of the project's folder")
        .help("move the file into the project, or make a package of it and import that by its name")
}

pub(super) fn missing_export(
    says: &Says<'_>,
    name: &str,
    exporter: &str,
    is_type: bool,
    near: Option<&str>,
) -> Diagnostic {
    let message = match (name, says.is_in_package()) {
        ("default", false) => format!("`{exporter}` has no default export"),
        (_, false) => format!("`{exporter}` exports no `{name}`"),
        (_, true) => format!("`{exporter}` exports no `{name}`, which `{}` needs", says.package()),
    };
    let label = if is_type { "a type, which is gone when the code runs" } else { "not exported there" };
    let diagnostic = says.show(Diagnostic::new(&code::MISSING_EXPORT, message), label);
    match (near, says.place) {
        _ if says.is_in_package() => diagnostic.help("install versions that go together"),
        _ if is_type => diagnostic.help("write `import type { … }` or `export type { … }` for types"),
        (Some(near), Some(span)) => {
            diagnostic.fix(format!("did you mean `{near}`?"), Applicability::Unsafe, span, near)
        }
        _ if exporter == RUNTIME => diagnostic.help("import `{ defineTool }`, which is all it exports besides types"),
        _ if name == "default" => diagnostic.help("import by name: `import { … } from …`"),
        _ => diagnostic.help("export it there, or import another name"),
    }
}

pub(super) fn circle(says: &Says<'_>, name: &str) -> Diagnostic {
    let message = format!("no module defines `{name}`: it is passed on in a circle");
    says.show(Diagnostic::new(&code::MISSING_EXPORT, message), "leads back to here")
        .help("define it in one of the modules, and pass it on from there")
}

pub(super) fn dynamic(says: &Says<'_>) -> Diagnostic {
    let message = "`import()` of something that is only known when the tool runs";
    says.show(Diagnostic::new(&code::DYNAMIC_IMPORT, message), "not a plain string")
        .help("import every module that may be needed by its own string, and choose among them")
}
